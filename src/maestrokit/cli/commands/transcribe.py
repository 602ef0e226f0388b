"""``maestrokit transcribe``: recordings into performances."""

from pathlib import PurePath
from typing import Annotated

import typer

from maestrokit.cli import report
from maestrokit.cli.options import Inputs, Outputs, Running
from maestrokit.errors import UsageError

FORMATS = ("mid", "tsv", "npz")
EXAMPLES = (
    ("A recording into MIDI", "maestrokit transcribe take.flac -o take.mid"),
    (
        "From a recording to a cleaned performance on a grid of 10 ms",
        "maestrokit transcribe take.flac | maestrokit quantize - --step 10ms -o clean.mid",
    ),
    ("A folder, two recordings at once", "maestrokit transcribe takes --jobs 2 -d midi"),
    ("A table of notes, of clear ones only", "maestrokit transcribe take.flac --onset-threshold 0.6 --format tsv"),
)
REFERENCES = (
    "Bittner et al., Deep Salience Representations for F0 Estimation in Polyphonic Music, ISMIR 2017",
    "Wei et al., HPPNet: Modeling the Harmonic Structure and Pitch Invariance in Piano Transcription, ISMIR 2022",
    "Kong et al., High-Resolution Piano Transcription With Pedals by Regressing Onset and Offset Times, IEEE/ACM "
    "Transactions on Audio, Speech, and Language Processing 29 (2021)",
)


def run(
    inputs: Inputs,
    outputs: Outputs,
    running: Running,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="A run folder of train cnn, or the name of a shipped model.")
    ] = "transcription",
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="mid; tsv (onset, offset, pitch, velocity); or npz, with what the model says of each 20 ms. Default: "
            "the suffix of --output, else mid.",
        ),
    ] = None,
    onset_threshold: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="Tell notes from this height of their onset on, 0..1; lower finds more. Default: fitted to the model.",
        ),
    ] = None,
    min_note: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Let no note be shorter. Default: fitted to the model.")
    ] = None,
    tempo: Annotated[
        float | None,
        typer.Option(
            metavar="BPM",
            min=4,
            max=1000,
            help="Write this tempo; it moves no note. Without it the file says that its tempo means nothing.",
        ),
    ] = None,
    threads: Annotated[int, typer.Option(metavar="N", min=1, help="Threads that work on each input.")] = 1,
) -> None:
    """Write down the piano notes of recordings.

    Notes last as long as they sound, in the sustain pedal too, and no pedal is written. Where nothing is heard the
    output is a valid performance without notes, and the command says so. Memory does not grow with the recording,
    but for npz. The same recording gives the same notes, wherever it is cut, up to what the cut takes away.
    """
    from maestrokit.cli import batch, streams
    from maestrokit.cli.transcripts import Transcription
    from maestrokit.files.checkpoint import model_folder
    from maestrokit.files.walk import SOUND_SUFFIXES

    kind = _format(format_, outputs)
    work = Transcription(str(model_folder(model)), kind, onset_threshold, min_note, tempo, threads, running.made_by)
    work.check()
    plan = streams.convert(inputs, outputs, running, suffixes=SOUND_SUFFIXES, suffix=f".{kind}")
    for task in plan.tasks[:1]:
        if kind != "tsv":
            streams.refuse_terminal(task.target, "MIDI" if kind == "mid" else "an array")
    for task, found in batch.results("transcribe", work, plan, running):
        if not found.notes and not running.quiet:
            report.say(f"note: '{task.source}': no piano note is heard in {found.seconds:.1f} s of sound")
        elif running.verbose:
            report.say(f"{task.source}: {found.notes} notes in {found.seconds:.1f} s")


def _format(name: str | None, outputs: Outputs) -> str:
    suffix = PurePath(outputs.output or "-").suffix.lower().removeprefix(".")
    kind = name or {"midi": "mid"}.get(suffix, suffix) or "mid"
    if kind not in FORMATS:
        raise UsageError(f"cannot write notes as '{kind}'", f"use {', '.join(FORMATS)}, or name a --format")
    return kind
