"""The work of ``maestrokit quantize`` on one input, and on all of them where velocities need the whole corpus."""

from dataclasses import dataclass, replace
from pathlib import Path

from maestrokit.arrays import Floats
from maestrokit.cli import batch, planning, report
from maestrokit.cli.options import Batch, Inputs, Outputs
from maestrokit.cli.performances import Loss, large_losses, read_performance, write_performance
from maestrokit.cli.report import counted
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import streams, walk
from maestrokit.files.formats import PERFORMANCE, format_by_name
from maestrokit.files.streams import decoded
from maestrokit.music.edits.retime import parse_beats
from maestrokit.music.edits.velocity import parse_velocity_range, velocity_range, with_normalized_velocity
from maestrokit.music.performance import Performance
from maestrokit.music.provenance_events import TEMPO_UNKNOWN, has_text
from maestrokit.music.quantization.quantize import Quantization, QuantizeReport, quantize

SOURCE = "{}"  # in --beats: the input without its suffix
TRACK = "track"  # in --beats: to be found in the notes


@dataclass(frozen=True)
class Quantizer:
    """How inputs are quantized; a class, so that it can be sent to other processes.

    Parameters
    ----------
    velocities : str, (int, int) or None
        ``file``: each has its own range; a range; or None, to leave velocities alone.
    """

    how: Quantization
    beats: str | None
    velocities: str | tuple[int, int] | None
    repair: bool
    made_by: str | None

    def __call__(self, task: planning.Task) -> batch.Messages:
        """Read the source, quantize it, write the target."""
        performance, report, beats = self.quantized(task)
        spread, warnings = "", self.losses(report)
        if self.how.note_values and self.beats is None and has_text(performance, TEMPO_UNKNOWN):
            warnings.append("its tempo is unknown, so this is no grid of its music; give --beats track, or a --step")
        if self.velocities is not None:
            lowest, highest = map(int, velocity_range([performance]) if self.velocities == "file" else self.velocities)
            performance, outside = with_normalized_velocity(performance, lowest, highest)
            spread = f"; velocities {lowest}..{highest} became 1..127" if lowest < highest else "; velocities became 64"
            if outside:
                warnings.append(f"velocities outside {lowest}..{highest} became 1 or 127: {outside}")
        write_performance(performance, task.target, made_by=self.made_by)
        tracked = f"{counted(len(beats), 'beat')} tracked; " if self.beats == TRACK and beats is not None else ""
        return batch.Messages((tracked + described(report) + spread,), tuple(warnings))

    def rehearse(self, task: planning.Task) -> None:
        """Refuse beats that are not there."""
        if self.beats not in (None, TRACK):
            streams.check_file(self.beats_path(task.source))

    def losses(self, report: QuantizeReport) -> list[str]:
        """Return sentences on notes that were merged and onsets that moved far, with the option that helps."""
        finer = "use a smaller --step" if self.how.step is not None else "use a finer --grid"
        fewer = "use a smaller --duplicate-window" if self.how.duplicate_window else "give --keep-duplicates"
        return large_losses(
            Loss(
                report.duplicates, report.notes, "were merged into others as duplicates",
                finer if 2 * report.merged >= report.duplicates else fewer,
            ),
            Loss(report.moved_far, report.notes - report.duplicates, "moved by more than 250 ms", finer),
        )  # fmt: skip

    def quantized(self, task: planning.Task) -> tuple[Performance, QuantizeReport, Floats | None]:
        """Read and quantize the source of a task, its velocities as they are; return the beats used, too."""
        performance = read_performance(task.source, repair=self.repair)
        beats = None
        if self.beats is not None:
            beats = self.tracked(performance, task) if self.beats == TRACK else self.beats_of(task)
        return *quantize(performance, self.how, beats=beats), beats

    def tracked(self, performance: Performance, task: planning.Task) -> Floats:
        """Return the beats tracked in the notes of a performance.

        Raises
        ------
        BadDataError
            If there are too few onsets for two beats, or a rest so long that MIDI holds no tempo for it.
        """
        from maestrokit.analysis.beats.from_notes import performed_beats

        beats = performed_beats(performance).time
        if len(beats) < 2:
            raise BadDataError(
                f"cannot track the beats of {streams.named(task.source)}: too few moments at which notes begin",
                "use `step`, or a file of `beats`",
                path=task.source,
            )
        return beats

    def beats_of(self, task: planning.Task) -> Floats:
        """Read the beats that belong to a task."""
        path = self.beats_path(task.source)
        try:
            text = decoded(streams.read_bytes(path))
        except UnicodeDecodeError:
            hint = "one beat a line, its time in seconds first"
            raise BadDataError(f"cannot read '{path}': not a text", hint, path=path) from None
        return parse_beats(text, name=path)

    def beats_path(self, source: str) -> str:
        """Return the file of the beats that belong to an input."""
        return str(self.beats).replace(SOURCE, str(Path(source).with_suffix("")))

    def read_for(self, source: str) -> list[str]:
        """Return the files that are read beside an input."""
        return [] if self.beats in (None, TRACK) else [self.beats_path(source)]

    def range_of(self, task: planning.Task) -> tuple[int, int]:
        """Return the velocity range of the quantized source of a task."""
        return velocity_range([self.quantized(task)[0]])


def run_quantize(quantizer: Quantizer, inputs: Inputs, outputs: Outputs, running: Batch) -> None:
    """Quantize all inputs; print what was done to each with ``-v``, and what was lost unless ``-q``."""
    _, has_source, behind = (quantizer.beats or "").rpartition(SOURCE)
    ending = Path(behind).name.lower() if has_source else ""
    format_by_name(outputs.output, PERFORMANCE)
    plan = planning.convert(
        inputs, outputs, running, suffixes=walk.MIDI_SUFFIXES, beside=(ending,) if ending else (),
        reads=quantizer.read_for,
    )  # fmt: skip
    planning.refuse_terminal(plan.targets, "MIDI")
    _check_beats(quantizer, plan)
    if isinstance(quantizer.velocities, str) and quantizer.velocities not in ("file", "corpus"):
        quantizer = replace(quantizer, velocities=parse_velocity_range(quantizer.velocities))
    if quantizer.velocities == "corpus" and not running.dry_run:
        quantizer = replace(quantizer, velocities=_corpus_range(quantizer, inputs, plan, running))
    batch.run("quantize", quantizer, plan, running)


def _corpus_range(quantizer: Quantizer, inputs: Inputs, plan: planning.Plan, running: Batch) -> str | tuple[int, int]:
    """Return the velocity range of all inputs, those with new enough outputs too; unreadable ones are skipped."""
    if any(task.source == streams.STANDARD for task in plan.tasks):
        return "file"  # standard input comes alone, and can be read once
    tasks = planning.gather(inputs, replace(running, quiet=True), suffixes=walk.MIDI_SUFFIXES).tasks
    outcomes = batch.outcomes(quantizer.range_of, tasks, running)
    names = [task.source for task in tasks]
    outcomes = report.with_progress(outcomes, names=names, label="velocities", quiet=running.quiet)
    ranges = [outcome.result for outcome in outcomes if outcome.result is not None]
    lowest, highest = velocity_range([])
    return min([lowest, *(low for low, _ in ranges)]), max([highest, *(high for _, high in ranges)])


def _check_beats(quantizer: Quantizer, plan: planning.Plan) -> None:
    if quantizer.beats is None:
        return
    if plan.is_batch and quantizer.beats != TRACK and SOURCE not in quantizer.beats:
        raise UsageError(
            f"'{quantizer.beats}' cannot be the beats of several inputs",
            "with {} for the input without its suffix each has its own: {}_beats.txt",
            parameter="beats",
        )
    if quantizer.beats == streams.STANDARD and any(task.source == streams.STANDARD for task in plan.tasks):
        raise UsageError("standard input is named twice", "it can be read once")


def described(report: QuantizeReport) -> str:
    """Return a report in words.

    >>> described(QuantizeReport(notes=3, moved=2, farthest=0.0312, moved_far=0, duplicates=1, overlaps=0, merged=1))
    '3 notes: 2 onsets moved, by up to 31 ms; 1 duplicate removed; 0 overlaps cut'
    """
    return (
        f"{counted(report.notes, 'note')}: {counted(report.moved, 'onset')} moved, "
        f"by up to {1000 * report.farthest:.0f} ms; {counted(report.duplicates, 'duplicate')} removed; "
        f"{counted(report.overlaps, 'overlap')} cut"
    )
