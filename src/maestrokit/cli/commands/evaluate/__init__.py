"""``maestrokit evaluate``: how good performances are, alone, against a corpus, or against their references."""

from typing import TYPE_CHECKING, Annotated

import typer

from maestrokit.bounds import SEED, Within
from maestrokit.cli.choices import Listed, assigned_to, kept_in, one_of, set_metrics
from maestrokit.cli.options import ASIDE, Inputs, ModelScoring, Reading, Running, split_names
from maestrokit.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from maestrokit.cli.commands.evaluate.plan import Evaluation, Settings
    from maestrokit.cli.commands.evaluate.work import Scores

EXAMPLES = (
    ("Score a transcription against what was played", "maestrokit evaluate take.mid --reference reference.mid"),
    (
        "Score generated pieces against a corpus",
        "maestrokit evaluate generated --reference performances --format table",
    ),
    (
        "How well the shipped LSTM tells the events of the validation performances of MAESTRO",
        "maestrokit evaluate --model lstm maestro-v3.0.0 --split validation --baseline maestro-v3.0.0",
    ),
    (
        "How well the shipped model hears a recording with its notes beside it, by threshold",
        "maestrokit evaluate --model transcription takes --sweep onset_threshold=0.3..0.5/0.1 --format table",
    ),
    ("Write a report for people", "maestrokit evaluate generated --reference performances -o report.html"),
)
REFERENCES = (
    "Yang and Lerch, On the evaluation of generative models in music, Neural Computing and Applications 32 (2020)",
    "Wu and Yang, The Jazz Transformer on the front line, ISMIR 2020",
    "Raffel et al., mir_eval: a transparent implementation of common MIR metrics, ISMIR 2014",
)

# The limits of scores.
score_names = kept_in(
    "maestrokit.cli.commands.evaluate.metric_names:names_in_pairs",
    "maestrokit.cli.commands.evaluate.metric_names:names_in_sets",
)
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


def run(
    inputs: Inputs,
    reading: Reading,
    running: Running,
    judged: ModelScoring,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="Compare with PATH. Pairs are compared if PATH is a single file, or if each input has one file of its "
            "name, as it lies below the folder given, and no reference is left over; else the inputs are a set, and "
            "PATH is a corpus, as a MAESTRO root always is. Without it, only what a set says by itself is scored. May "
            "be repeated.",
        ),
    ] = None,
    reference_split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of a MAESTRO root given by --reference, only this split. Default: that of --split, which is the "
            "inputs' if one of them is a root too.",
            autocompletion=one_of(split_names),
        ),
    ] = None,
    pairs: Annotated[
        bool | None,
        typer.Option(
            "--pairs/--sets",
            help="Compare each input with the file of --reference that has its name, or all of them with all files of "
            "--reference. Default: by the names, see --reference; a note says which.",
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Score a set by NAME only. May be repeated. Default: all.",
            autocompletion=one_of(set_metrics),
        ),
        Listed(set_metrics),
    ] = None,
    onset_tolerance: Annotated[
        str,
        typer.Option(metavar="SECONDS", help="How far onsets of pairs may be off; several with commas, for a sweep."),
        Within(0, 3600),
    ] = "0.05",
    offset_ratio: Annotated[
        float,
        typer.Option(metavar="SHARE", help="How far offsets may be off, as a share of the reference's duration."),
        Within(0, 100),
    ] = 0.2,
    offset_min_tolerance: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="How far offsets may be off at least, however short the note."),
        Within(0, 3600),
    ] = 0.05,
    extend_pedal: Annotated[
        bool,
        typer.Option("--extend-pedal", help="Let the sustain pedal hold the notes of MIDI files, in pairs."),
    ] = False,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="tsv, csv, jsonl or json for programs, table or html for people. Default: by the suffix of --output "
            "(.txt is a table), else tsv.",
            autocompletion=one_of(kept_in("maestrokit.files.formats:SCORES.formats")),
        ),
    ] = None,
    per_file: Annotated[
        bool, typer.Option("--per-file/--no-per-file", help="Print the scores of each file before those of all.")
    ] = True,
    fail_under: FailUnder = None,
    fail_over: FailOver = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Write to FILE; - is standard output."), ASIDE
    ] = "-",
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the resampling behind the 95 % intervals."), SEED] = 0,
) -> None:
    """Score performances: generated ones against a corpus, or estimates against their references.

    Set mode describes each piece by every metric, prints the mean over pieces with a 95 % interval by bootstrap, and
    the value that the reference itself has; metrics named with .overlapped_area and .kl compare distributions.
    With --model, a model of events or notes is scored instead: nats a token, a note and a second, perplexity and
    accuracy, and of notes the nats of time, pitch, velocity and duration; the unit names the encoding, and a token is
    one event or one note, so compare encodings by nats a note. A model that transcribes is scored as pairs are, on
    recordings with their notes beside them (a .tsv or .mid of their name, the pedal as the .mid has it) or in
    --reference; notes last as long as they sound.
    Pair mode gives precision, recall and F1 of onsets, offsets, velocities, frames and pedals, as mir_eval does.
    Columns of TSV and keys of JSON Lines: file (* is all together), metric, value, low, high, unit, n, reference,
    better (higher, lower, or alike: the nearer to the reference the better).
    """
    from maestrokit.cli.commands.evaluate.limits import broken, check_known, parse_thresholds
    from maestrokit.cli.commands.evaluate.plan import Settings
    from maestrokit.cli.commands.evaluate.tables import score_text
    from maestrokit.files import streams as files
    from maestrokit.files.formats import SCORES, chosen_format
    from maestrokit.files.tables import encoded

    chosen = chosen_format(format_, output, SCORES, default="tsv")
    limits = parse_thresholds(fail_under or (), is_floor=True) + parse_thresholds(fail_over or (), is_floor=False)
    settings = Settings(
        tuple(reference or ()), reference_split, pairs, tuple(metric or ()), onset_tolerance, offset_ratio,
        offset_min_tolerance, extend_pedal, seed, reading.repair,
    )  # fmt: skip
    evaluation = _plan(inputs, running, judged, settings, output)
    check_known(limits, evaluation.names)
    scores: Scores = evaluation.score()
    if running.dry_run:
        return
    if scores.status and not scores.files:
        raise typer.Exit(scores.status)
    each = scores.files if per_file else []
    text = score_text(each, scores.whole, format=chosen, title=evaluation.title, made_by=running.made_by)
    files.write_bytes(output, encoded(text))
    is_worse = broken(scores.whole, limits)
    if scores.status or is_worse:
        raise typer.Exit(scores.status or int(ExitStatus.NO))


def _plan(inputs: Inputs, running: Running, judged: ModelScoring, settings: "Settings", output: str) -> "Evaluation":
    """Return what is to be scored: performances, or a model."""
    from maestrokit.cli.commands.evaluate.plan import plan_evaluation, transcribing

    folder = None if judged.model is None else transcribing(judged.model)
    if judged.sweep is not None and folder is None:
        raise UsageError("--sweep is of a model that transcribes", "name one with --model: transcription")
    if judged.model is None:
        return plan_evaluation(inputs, running, settings, output=output)
    if folder is not None:
        from maestrokit.cli.commands.evaluate.transcription_models import plan_transcription

        return plan_transcription(inputs, running, judged, settings, folder=folder, output=output)
    from maestrokit.cli.commands.evaluate.sequence_models import plan_model

    return plan_model(inputs, running, judged, settings, output=output)
