"""The options of ``maestrokit evaluate``."""

from typing import Annotated

import typer

from maestrokit.bounds import Within
from maestrokit.cli.choices import ASIDE, Listed, assigned_to, kept_in, one_of, set_metrics
from maestrokit.cli.options import split_names

score_names = kept_in(
    "maestrokit.cli.commands.evaluate.work:names_in_pairs",
    "maestrokit.cli.commands.evaluate.sets:names_in_sets",
)


References = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATH",
        help="Compare with PATH. Pairs are compared if PATH is a single file, or if each input has one file of its "
        "name, as it lies below the folder given, and no reference is left over; else the inputs are a set, and "
        "PATH is a corpus, as a MAESTRO root always is. Without it, a set is scored by itself. May be repeated.",
    ),
]
ReferenceSplit = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Of a MAESTRO root given by --reference, only this split. Default: that of --split, which is the "
        "inputs' if one of them is a root too.",
        autocompletion=one_of(split_names),
    ),
]
Pairs = Annotated[
    bool | None,
    typer.Option(
        "--pairs/--sets",
        help="Compare each input with the file of --reference that has its name, or all of them with all files of "
        "--reference. Default: by the names, see --reference; a note says which.",
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Score a set by NAME only. May be repeated. Default: all.",
        autocompletion=one_of(set_metrics),
    ),
    Listed(set_metrics),
]
TrainingCorpus = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATH",
        help="Search a set for what it has in common, note by note in any key, with PATH: what a model was trained on; "
        "of a MAESTRO root, its train split. May be repeated.",
    ),
]
OnsetTolerance = Annotated[
    str,
    typer.Option(metavar="SECONDS", help="How far onsets of pairs may be off; several with commas, for a sweep."),
    Within(0, 10),
]
OffsetRatio = Annotated[
    float,
    typer.Option(metavar="SHARE", help="How far offsets may be off, as a share of the reference's duration."),
    Within(0, 100),
]
OffsetMinTolerance = Annotated[
    float,
    typer.Option(metavar="SECONDS", help="How far offsets may be off at least, however short the note."),
    Within(0, 10),
]
ExtendPedal = Annotated[
    bool | None,
    typer.Option(
        "--extend-pedal/--no-extend-pedal",
        help="Extend the notes of MIDI files by the sustain pedal, or not. Default: in systems, not in pairs.",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="tsv, csv, jsonl or json for programs, table or html for people. Default: by the suffix of --output "
        "(.txt is a table), else tsv.",
        autocompletion=one_of(kept_in("maestrokit.files.formats:SCORES.formats")),
    ),
]
PerFile = Annotated[
    bool, typer.Option("--per-file/--no-per-file", help="Print the scores of each file before those of all.")
]
FailUnder = Annotated[
    list[str] | None,
    typer.Option(
        metavar="METRIC=VALUE",
        help="Exit with status 1 if METRIC of all files is below VALUE. May be repeated.",
        autocompletion=assigned_to(score_names),
    ),
]
FailOver = Annotated[
    list[str] | None,
    typer.Option(
        metavar="METRIC=VALUE",
        help="Exit with status 1 if METRIC of all files is above VALUE. May be repeated.",
        autocompletion=assigned_to(score_names),
    ),
]
Output = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="Write to FILE; - is standard output."), ASIDE
]
