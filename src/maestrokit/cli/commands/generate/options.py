"""The options of ``maestrokit generate``."""

from typing import Annotated

import typer

from maestrokit.bounds import DAY, LARGEST_COUNT, SHARE, Within
from maestrokit.cli.choices import ASIDE, kept_in, models_for, one_of

Prompt = Annotated[
    str | None, typer.Argument(metavar="PROMPT", help="MIDI file to continue; - is standard input."), ASIDE
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to FILE; - is standard output, the default."),
    ASIDE,
]
Directory = Annotated[
    str | None,
    typer.Option(
        "--directory", "-d", metavar="DIR", help="Write DIR/1.mid, DIR/2.mid .. for --count N, or of another --format."
    ),
    ASIDE,
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="mid, flac, wav, ogg; or jsonl: a line for each new note, with onset and offset in seconds, pitch and "
        "velocity, to standard output as it is made. Default: the suffix of --output, else mid.",
        autocompletion=one_of(kept_in("maestrokit.files.formats:MUSIC.formats")),
    ),
]
Model = Annotated[
    str,
    typer.Option(
        metavar="NAME|RUN",
        help="The name of a shipped model, or a run folder of train.",
        autocompletion=one_of(models_for("events")),
    ),
]
Duration = Annotated[
    str, typer.Option(metavar="TIME", help="Length of the new music (30s, 2m); after a prompt, what is added.")
]
PromptSeconds = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Use only this much of the prompt, from its start."),
    Within(0, DAY),
]
Infill = Annotated[
    str | None,
    typer.Option(
        metavar="FROM..TO",
        help="Replace what lies in this span of the prompt (12..20, 1m..1m8s), and keep all else; --duration has no "
        "effect. For a model that was trained to (train --set infill=true, the default for notes).",
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        metavar="T",
        help="Below 1 is more conservative, above more varied; 0 takes the most probable. A model of notes applies "
        "this, and the three below, to time, pitch, velocity and duration each. Default: as fitted to the model, else "
        "0.95.",
    ),
    Within(0, 100),
]
TopK = Annotated[
    int | None,
    typer.Option(metavar="N", help="Sample from the N most probable; 0 from all. Default: as fitted, else 0."),
    Within(0, LARGEST_COUNT),
]
TopP = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Sample from the fewest that together have probability P. Default: as fitted, else 0.98.",
    ),
    Within(0, 1, above=True),
]
MinP = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Sample only from those at least P times as probable as the most probable. Default: as fitted, else 0.",
    ),
    SHARE,
]
Count = Annotated[int, typer.Option(metavar="N", help="Make N performances at once."), Within(1, 10_000)]

BestOf = Annotated[
    int, typer.Option(metavar="M", help="Make M candidates for each performance, and keep the best."), Within(1, 1000)
]
RankBy = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="What the best is: likelihood, that with the fewest nats a note by the model itself.",
        autocompletion=one_of(kept_in("maestrokit.inference.sampling:RANKINGS")),
    ),
]
