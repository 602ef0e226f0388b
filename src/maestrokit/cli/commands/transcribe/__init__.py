"""``maestrokit transcribe``: recordings into performances."""

from typing import TYPE_CHECKING, Annotated

import typer

from maestrokit.bounds import Within
from maestrokit.cli import report
from maestrokit.cli.choices import kept_in, models_for, one_of
from maestrokit.cli.options import ASIDE, Inputs, Outputs, Reading, Running
from maestrokit.errors import UsageError, choices_hint

if TYPE_CHECKING:
    from maestrokit.cli.commands.transcribe.work import TranscriptionSummary

PEDALS = ("cc64", "extend", "none")
EXAMPLES = (
    ("A recording into MIDI", "maestrokit transcribe take.flac -o take.mid"),
    (
        "From a recording to a cleaned performance on a grid of 10 ms",
        "maestrokit transcribe take.flac | maestrokit quantize - --step 10ms -o clean.mid",
    ),
    ("A folder, two recordings at once", "maestrokit transcribe takes --jobs 2 -d midi"),
    ("With the beats that are heard, ready for a grid", "maestrokit transcribe take.flac --tempo track -o take.mid"),
    ("The notes over the spectrum, for a look", "maestrokit transcribe take.flac -o take.mid --plot take.png"),
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
    reading: Reading,
    running: Running,
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME|RUN",
            help="The name of a shipped model, or a run folder of train cnn.",
            autocompletion=one_of(models_for("transcription")),
        ),
    ] = "transcription",
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="mid; tsv (onset, offset, pitch, velocity); or npz, with what the model says of each 20 ms. Default: "
            "the suffix of --output, else mid.",
            autocompletion=one_of(kept_in("maestrokit.files.formats:NOTES.formats")),
        ),
    ] = None,
    onset_threshold: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="Tell notes from this height of their onset on, 0..1; lower finds more. Default: fitted to the model.",
        ),
        Within(0, 1, above=True, below=True),
    ] = None,
    min_note: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Let no note be shorter. Default: fitted to the model."),
        Within(0, 60),
    ] = None,
    pedal: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="cc64: notes last as long as they sound, and the sustain pedal is written, too. extend: they last so "
            "long, and no pedal is written. none: no pedal is written, and notes that it held end where the next key "
            "is struck. Default: cc64 if the model hears the pedal, else extend.",
            autocompletion=one_of(lambda: PEDALS),
        ),
    ] = None,
    tempo: Annotated[
        str | None,
        typer.Option(
            metavar="BPM",
            help="Write this tempo, or with 'track' the beats that are heard in the notes, as a tempo map, with a time "
            "signature where the meter is beyond doubt. No note moves. Without it the file says that its tempo means "
            "nothing.",
            autocompletion=one_of(lambda: ("track",)),
        ),
    ] = None,
    listen_level: Annotated[
        float | None,
        typer.Option(metavar="DBFS", help="Tell no notes where the sound is quieter, over 0.2 s. Default: -80."),
        Within(-200, 0),
    ] = None,
    listen_certainty: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="Tell no notes where those of some seconds are less certain on the mean, 0..1; 0 tells all. "
            "Default: fitted to the model.",
        ),
        Within(0, 1, below=True),
    ] = None,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Draw the notes over the spectrum into FILE (.png, .svg or .pdf), velocities as colour, and the pedal "
            "beneath.",
        ),
        ASIDE,
    ] = None,
    threads: Annotated[int, typer.Option(metavar="N", help="Threads that work on each input."), Within(1, 1024)] = 1,
) -> None:
    """Write down the piano notes of recordings.

    A note lasts as long as it sounds. Where the sustain pedal is written beside the notes, the two agree: a note that
    ends when the pedal comes up ends with it, and none is caught by a pedal that goes down just before its end, so
    that whoever lets the pedal extend the notes hears the same. Where nothing is heard, as in silence, the output is a
    valid performance without notes, and the command says so. Memory does not grow with the recording, but for npz and
    what comes through a pipe. The same recording gives the same notes, wherever it is cut, up to what the cut takes
    away.
    """
    from maestrokit.cli import batch
    from maestrokit.cli import plan as streams
    from maestrokit.cli.commands.transcribe.work import TranscribeOptions, Transcription
    from maestrokit.files.checkpoint import model_folder
    from maestrokit.files.formats import NOTES, chosen_format
    from maestrokit.files.walk import SOUND_SUFFIXES

    kind = chosen_format(format_, outputs.output, NOTES, default="mid")
    if pedal not in (None, *PEDALS):
        raise UsageError(f"no way '{pedal}' of writing the pedal", choices_hint(pedal, PEDALS))
    asked = TranscribeOptions(
        kind, onset_threshold, min_note, pedal, _tempo(tempo), listen_level, listen_certainty, plot
    )
    work = Transcription(str(model_folder(model)), asked, threads, reading.repair, running.made_by)
    work.check()
    plan = streams.convert(inputs, outputs, running, suffixes=SOUND_SUFFIXES, suffix=f".{kind}")
    if plot is not None and plan.is_batch:
        raise UsageError("--plot draws one recording, and these are several", "draw one at a time")
    streams.protect_inputs(plan.tasks, plot)
    for task in plan.tasks[:1]:
        if kind != "tsv":
            streams.refuse_terminal(task.target, "MIDI" if kind == "mid" else "an array")
    for task, found in batch.results("transcribe", work, plan, running):
        _say(task.source, found, running)


def _say(source: str, found: "TranscriptionSummary", running: Running) -> None:
    """Say what was found in a recording: with ``-v``, or if there is nothing to be had."""
    passed = [f"{seconds:.1f} s {what}" for seconds, what in (
        (found.quiet, "too quiet"), (found.doubtful, "of no piano"),
    ) if seconds >= 0.05]  # fmt: skip
    told = f" ({', '.join(passed)})" if passed else ""
    if not found.notes and not running.quiet:
        report.say(f"note: '{source}': no piano note is heard in {found.seconds:.1f} s of sound{told}")
    elif running.verbose:
        tracked = "" if found.beats is None else f", {found.beats} beats{' in bars' if found.has_meter else ''}"
        report.say(f"{source}: {found.notes} notes{tracked} in {found.seconds:.1f} s{told}")
    if found.notes and found.beats == 0 and not running.quiet:
        report.say(f"note: '{source}': too few notes to hear beats in, so its tempo means nothing")


def _tempo(text: str | None) -> float | str | None:
    """Return a tempo in beats a minute, or ``track``.

    Raises
    ------
    UsageError
        If it is neither, or no pianist plays it.
    """
    if text is None or text == "track":
        return text
    try:
        tempo = float(text)
    except ValueError:
        tempo = 0.0
    if not 4 <= tempo <= 1000:
        raise UsageError(f"no tempo '{text}'", "use track, or 4 to 1000 beats a minute")
    return tempo
