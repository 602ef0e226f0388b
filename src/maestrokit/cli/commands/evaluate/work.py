"""The work of ``evaluate`` on pairs of an estimate and its reference."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

import numpy as np

from maestrokit.cli import planning
from maestrokit.cli.commands.evaluate.evaluation import Scores, all_results
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.performances import read_performance
from maestrokit.errors import NoInputError, UsageError
from maestrokit.files import streams, walk
from maestrokit.files.note_tables import parse_notes
from maestrokit.metrics.contract import Row
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.recall import Excerpt, Recall, recall_and_excerpt
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, compare, mean_rows

if TYPE_CHECKING:
    from maestrokit.cli.commands.evaluate.report.contents import Section

PAIR_SUFFIXES = (*walk.MIDI_SUFFIXES, walk.TABLE_SUFFIX)


class PairResult(NamedTuple):
    """What is scored of a pair, and for a page also which notes were matched."""

    scores: dict[str, float]
    recall: Recall | None = None
    excerpt: Excerpt | None = None

    @classmethod
    def of(
        cls, scores: dict[str, float], estimate: NotesAndPedal, reference: NotesAndPedal, tolerance: Tolerance, *,
        has_details: bool,
    ) -> Self:  # fmt: skip
        """Return the result of a pair."""
        details = recall_and_excerpt(estimate, reference, tolerance=tolerance) if has_details else (None, None)
        return cls(scores, *details)


class Work(Protocol):
    """The scoring of one pair."""

    def __call__(self, task: planning.Task) -> PairResult:
        """Return the scores."""

    def recording_of(self, path: str) -> str | None:
        """Return the recording of an estimate, if there is one."""


@dataclass(frozen=True)
class PairWork:
    """The scoring of one estimate; a class, so that it can be sent to other processes."""

    references: Mapping[str, str]
    """Path of the reference, by path of the estimate."""
    tolerances: tuple[Tolerance, ...]
    extends_by_pedal: bool
    repair: bool
    has_details: bool = False

    def __call__(self, task: planning.Task) -> PairResult:
        """Return the scores of the estimate."""
        if task.source not in self.references:
            raise NoInputError(f"'{task.source}' has no reference", "one has the same name but for its suffix")
        estimate, reference = (
            read_notes(path, repair=self.repair, extends_by_pedal=self.extends_by_pedal)
            for path in (task.source, self.references[task.source])
        )
        scores = compare(estimate, reference, tolerances=self.tolerances)
        return PairResult.of(scores, estimate, reference, self.tolerances[0], has_details=self.has_details)

    def recording_of(self, path: str) -> str | None:
        """Return the recording beside an estimate or its reference."""
        from maestrokit.cli.commands.evaluate.report.recordings import recording_beside

        return recording_beside(path, self.references[path])


def read_notes(path: str, *, repair: bool, extends_by_pedal: bool) -> NotesAndPedal:
    """Return the notes, and the pedal if it is known, in a MIDI file or a table of notes.

    Raises
    ------
    NoInputError, BadDataError
        If it cannot be read.
    """
    if walk.has_suffix(path, (walk.TABLE_SUFFIX,)):
        onset, offset, pitch, velocity = parse_notes(streams.read_bytes(path), name=path)
        return NotesAndPedal(notes_in_seconds(onset, offset, pitch.astype(np.int64), velocity.astype(np.int64)), None)
    return NotesAndPedal.of(read_performance(path, repair=repair), extends_by_pedal=extends_by_pedal)


def score_pairs(estimates: planning.Plan, work: Work, settings: Settings) -> Scores:
    """Return the scores of estimates, each against its reference, and their means."""
    results, status = all_results(work, estimates, settings.running)
    named = [(task.source, [Row(name, value, reference=1.0) for name, value in scores.items()])
             for task, (scores, *_) in results]  # fmt: skip
    means = mean_rows([result.scores for _, result in results], generator=np.random.default_rng(settings.seed))
    details = {task.source: result for task, result in results} if settings.has_figures else {}
    return Scores(named, means, status, sections=_sections(named, means, details, work))


def _sections(
    files: Sequence[tuple[str, list[Row]]], means: Sequence[Row], details: Mapping[str, PairResult], work: Work
) -> "list[Section]":
    """Return what a page shows of pairs: recall, and the files with the worst scores."""
    from maestrokit.cli.commands.evaluate.report.pairs import WORST, recall_section, worst_section
    from maestrokit.cli.commands.evaluate.report.tables import ranked

    if not details:
        return []
    excerpts = [(name, excerpt) for name, _ in ranked(files, means) if (excerpt := details[name].excerpt)]
    recalls = [result.recall for result in details.values() if result.recall]
    return [recall_section(recalls), worst_section(excerpts[:WORST], work.recording_of)]


def paired(estimates: Iterable[planning.Task], references: Sequence[planning.Task]) -> dict[str, str]:
    """Return the reference of each estimate, by paths; estimates without one are left out.

    A single reference is that of all. Else the reference of an estimate has its relative path, or at least its name,
    but for the suffix; of several, the one with the same suffix, else the first.

    Raises
    ------
    UsageError
        If several references of one kind have the name of an estimate.
    """
    if len(references) == 1:
        return {task.source: references[0].source for task in estimates}
    by_path, by_name = _grouped(references, stem), _grouped(references, lambda task: PurePosixPath(stem(task)).name)
    partners = {}
    for task in estimates:
        candidates = by_path.get(stem(task)) or by_name.get(PurePosixPath(stem(task)).name, [])
        alike = [
            reference for reference in candidates if Path(reference.source).suffix == Path(task.source).suffix
        ] or candidates
        if len(alike) > 1 and len({stem(reference) for reference in alike}) > 1:
            raise UsageError(
                f"'{task.source}' has several references: '{alike[0].source}', '{alike[1].source}'",
                "give folders of the same tree",
            )
        if alike:
            partners[task.source] = alike[0].source
    return partners


def _grouped(tasks: Iterable[planning.Task], key: Callable[[planning.Task], str]) -> dict[str, list[planning.Task]]:
    groups: dict[str, list[planning.Task]] = {}
    for task in tasks:
        groups.setdefault(key(task), []).append(task)
    return groups


def stem(task: planning.Task) -> str:
    """Return the path of a file below the folder that was given, without its suffix."""
    return (
        PurePosixPath(task.relative).with_suffix("").as_posix() if task.relative != streams.STANDARD else task.relative
    )


def names_in_pairs(tolerances: Sequence[Tolerance] = (Tolerance(),)) -> list[str]:
    """Return the names of the scores of an estimate against its reference.

    >>> {"onset_f1", "pedal_frame_f1"} <= set(names_in_pairs())
    True
    """
    times = np.array([0.0]), np.array([1.0])
    performance = NotesAndPedal(notes_in_seconds(*times, np.array([60])), np.stack(times, 1))
    return list(compare(performance, performance, tolerances=tolerances))
