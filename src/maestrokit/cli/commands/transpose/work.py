"""The work of ``maestrokit transpose`` on one input: one output, or one for each shift."""

import re
from dataclasses import dataclass
from typing import Any

import typer

from maestrokit.cli import batch
from maestrokit.cli.batch import Messages
from maestrokit.cli.options import Batch
from maestrokit.cli.performances import Loss, large_losses, read_performance, write_performance
from maestrokit.cli.planning import Plan, Task
from maestrokit.cli.report import counted
from maestrokit.files.tables import write_records
from maestrokit.music.edits.key_shift import key_notes, key_record, key_shift
from maestrokit.music.edits.transpose import TransposeReport, check_policy, check_range, check_semitones, transposed
from maestrokit.music.keys import Key, check_profile


@dataclass(frozen=True)
class Transposition:
    """How every input is transposed; a class, so that it can be sent to other processes."""

    semitones: int | None
    target: Key | None
    key: Key | None
    profile: str
    out_of_range: str
    lowest: int
    highest: int
    augment: tuple[int, int] | None
    """The first and last of further shifts, one output for each; None for one output."""
    finds_key: bool
    """Whether to look for the key even where the shift does not depend on it."""
    repair: bool
    made_by: str | None

    def __post_init__(self) -> None:
        check_range(self.lowest, self.highest)
        check_policy(self.out_of_range)
        check_profile(self.profile)
        for shift in self.augment or (0,):
            check_semitones((self.semitones or 0) + shift)

    def __call__(self, task: Task) -> tuple[dict[str, Any], Messages]:
        """Read the source and write its targets; return a record of what was done, and the same in words."""
        performance = read_performance(task.source, repair=self.repair)
        shift = key_shift(
            performance,
            semitones=self.semitones,
            target=self.target,
            key=self.key,
            profile=self.profile,
            finds_key=self.finds_key,
            lowest=self.lowest,
            highest=self.highest,
        )
        results = [
            transposed(
                performance,
                shift.semitones + more,
                out_of_range=self.out_of_range,
                lowest=self.lowest,
                highest=self.highest,
            )
            for more in self.shifts
        ]
        for target, more, (result, _) in zip(self.targets(task.target), self.shifts, results, strict=True):
            write_performance(result, target, made_by=self.made_by and _for_one_shift(self.made_by, more))
        reports = [report for _, report in results]
        record, notes = {"file": task.source} | key_record(shift), key_notes(shift)
        scores = record.pop("scores")
        for count in ("moved", "folded", "dropped"):
            record[count] = sum(getattr(report, count) for report in reports)
        record |= {"scores": scores, "outside": sum(report.outside for report in reports)}
        notes += [
            f"{report.semitones:+d} semitones: {counted(report.moved, 'note')} moved, {report.folded} folded, "
            f"{report.dropped} dropped, {report.outside} outside the range"
            for report in reports
        ]
        return record, Messages(tuple(notes), tuple(self._warnings(reports, len(performance.notes))))

    def _warnings(self, reports: list[TransposeReport], notes: int) -> list[str]:
        """Return what the user has to know of the worst of the outputs of one input, a line for each kind of harm."""
        most_dropped = max(reports, key=lambda report: report.dropped)
        loss = f"were left out at {most_dropped.semitones:+d} semitones"
        warnings = large_losses(Loss(most_dropped.dropped, notes, loss, "--out-of-range fold keeps them"))
        most_outside = max(reports, key=lambda report: report.outside)
        if most_outside.outside:
            where = f"outside {self.lowest}..{self.highest} at {most_outside.semitones:+d} semitones"
            warnings.append(f"{most_outside.outside} of {notes} notes are {where}, and kept")
        return warnings

    @property
    def shifts(self) -> range:
        """The further shifts; 0 alone for one output."""
        first, last = self.augment or (0, 0)
        return range(first, last + 1)

    def targets(self, target: str) -> list[str]:
        """Return the files that an output becomes: itself, or ``take.+2.mid`` for each shift."""
        if self.augment is None:
            return [target]
        folder, slash, name = target.rpartition("/")
        stem, dot, suffix = name.rpartition(".")
        if not stem:
            stem, dot, suffix = name, "", ""
        return [f"{folder}{slash}{stem}.{shift:+d}{dot}{suffix}" for shift in self.shifts]


def run_transpose(work: Transposition, plan: Plan, running: Batch, *, report: str | None, report_format: str) -> None:
    """Do all tasks, and write a record of each that succeeded; the exit status is that of the others."""
    records: list[dict[str, Any]] = []
    failure = None
    try:
        for task, (record, notes) in batch.results("transpose", work, plan, running):
            records.append(record)
            batch.say(task, notes, running)
    except typer.Exit as leave:
        failure = leave
    if report is not None and not running.dry_run:
        write_records(report, records, format=report_format)
    if failure is not None:
        raise failure


def _for_one_shift(line: str, shift: int) -> str:
    """Return the line of provenance of one of several outputs: the command that makes it alone.

    >>> _for_one_shift("maestrokit 0.1.0: transpose --to C --augment -3..3", -1)
    'maestrokit 0.1.0: transpose --to C --augment -1..-1'
    """
    return re.sub(r"(?<= --augment )\S+", f"{shift}..{shift}", line)
