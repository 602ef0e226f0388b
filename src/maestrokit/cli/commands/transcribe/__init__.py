"""``maestrokit transcribe``: recordings into performances."""

import math
from typing import TYPE_CHECKING

from maestrokit.cli import report
from maestrokit.cli.commands.transcribe.options import MIDI, TranscribeOptions
from maestrokit.cli.options import Batch, Inputs, Outputs, Provenance, Reading
from maestrokit.errors import UsageError, choices_hint

if TYPE_CHECKING:
    from maestrokit.cli.commands.transcribe.collected import TranscriptionSummary

EXAMPLES = (
    ("A recording into MIDI", "maestrokit transcribe take.flac -o take.mid"),
    (
        "From a recording to a cleaned performance on a grid of 10 ms",
        "maestrokit transcribe take.flac | maestrokit quantize - --step 10ms -o clean.mid",
    ),
    ("A folder, two recordings at once", "maestrokit transcribe takes --jobs 2 -d midi"),
    (
        "With a tempo map of tracked beats, ready for a grid",
        "maestrokit transcribe take.flac --tempo track -o take.mid",
    ),
    ("A picture of the notes over the spectrum", "maestrokit transcribe take.flac -o take.mid --plot take.png"),
    ("A table of the most certain notes", "maestrokit transcribe take.flac --onset-threshold 0.6 --format tsv"),
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
    running: Batch,
    provenance: Provenance,
    options: TranscribeOptions,
) -> None:
    """Transcribe recordings of piano music into notes and pedals.

    A note lasts as long as it sounds. Where the sustain pedal is written beside the notes, the two agree: a note that
    ends when the pedal comes up ends with it, and none is caught by a pedal that goes down just before its end, so
    that notes extended by the pedal last the same. Where no note is found, as in silence, the output is a valid
    performance without notes, and a note on standard error says so. Memory does not grow with the recording, but for
    npz and what comes through a pipe. An excerpt of a recording gives the notes of the excerpt.
    """
    from maestrokit.analysis.tuning import STANDARD, concert_pitch_of
    from maestrokit.cli import batch, planning
    from maestrokit.cli.commands.transcribe.work import Transcription
    from maestrokit.cli.declare import state
    from maestrokit.files.checkpoint import model_folder
    from maestrokit.files.formats import NOTES, chosen_format
    from maestrokit.files.walk import SOUND_SUFFIXES

    format = chosen_format(options.format_, outputs.output, NOTES, default="mid")
    state(MIDI if format == "mid" else None)
    from maestrokit.music.edits.pedalling import PEDAL_WAYS

    if options.pedal not in (None, *PEDAL_WAYS):
        hint = choices_hint(options.pedal, PEDAL_WAYS)
        raise UsageError(f"no way '{options.pedal}' of writing the pedal", hint, parameter="pedal")
    folder = str(model_folder(options.model, "transcription"))
    tempo, tuning = _tempo(options.tempo), concert_pitch_of(options.tuning)
    work = Transcription(folder, options, format, tempo, tuning, reading.repair, provenance.made_by)
    work.check()
    output = None if outputs.directory else outputs.output or "-"
    planning.check_standard_output({"output": output, "plot": options.plot})
    pictures = [options.plot] if options.plot is not None and not outputs.directory else []
    plan = planning.convert(
        inputs, outputs, running, suffixes=SOUND_SUFFIXES, suffix=f".{format}",
        targets=lambda target: [target, *pictures],
    )  # fmt: skip
    if options.plot is not None and plan.is_batch:
        raise UsageError("`plot` draws one recording, and these are several", "draw one at a time", parameter="plot")
    planning.protect_inputs(plan.tasks, options.plot)
    if format != "tsv":
        planning.refuse_terminal(plan.targets, "MIDI" if format == "mid" else "an array")
    for task, summary in batch.results("transcribe", work, plan, running):
        _report(task.source, summary, running)
        if tuning is None and summary.concert_pitch not in (None, STANDARD) and not running.quiet:
            report.say(f"note: '{task.source}': the piano is tuned to {summary.concert_pitch:.1f} Hz, and read so")


def _report(source: str, summary: "TranscriptionSummary", running: Batch) -> None:
    """Print what was found in a recording: with ``-v``, or if it has no notes or too few for beats."""
    passed = [f"{seconds:.1f} s {reason}" for seconds, reason in (
        (summary.quiet, "too quiet"), (summary.doubtful, "of no piano"),
    ) if seconds >= 0.05]  # fmt: skip
    skipped = f" ({', '.join(passed)})" if passed else ""
    if not summary.notes and not running.quiet:
        report.say(f"note: '{source}': no piano notes found in {summary.seconds:.1f} s of sound{skipped}")
    elif running.verbose:
        bars = " in bars" if summary.has_meter else ""
        tracked = "" if summary.beats is None else f", {report.counted(summary.beats, 'beat')}{bars}"
        report.say(f"{source}: {report.counted(summary.notes, 'note')}{tracked} in {summary.seconds:.1f} s{skipped}")
    if summary.notes and summary.beats == 0 and not running.quiet:
        report.say(f"note: '{source}': too few notes to track beats, so its tempo has no meaning")


def _tempo(text: str | None) -> float | str | None:
    """Return a tempo in beats per minute, or ``track``.

    Raises
    ------
    UsageError
        If it is neither, or out of range.
    """
    from maestrokit.inference.notes_to_performance import TEMPOS

    if text is None or text == "track":
        return text
    try:
        tempo = float(text)
    except ValueError:
        tempo = math.nan
    if tempo not in TEMPOS:
        raise UsageError(f"`tempo` must be 'track' or beats per minute {TEMPOS}, not '{text}'", parameter="tempo")
    return tempo
