"""Which pieces of which systems ``evaluate --system`` compares, and how long a stretch of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from maestrokit.cli import planning, report
from maestrokit.cli.commands.evaluate.evaluation import all_results
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.performances import read_performance
from maestrokit.metrics import comparable
from maestrokit.metrics.piece import piece_of
from maestrokit.metrics.score_systems import CEILING

SHORT = 5.0  # seconds of a stretch, of which metrics say little


@dataclass(frozen=True)
class SystemPlans:
    """The performances of each system, and those that they are compared with."""

    systems: Mapping[str, planning.Plan]
    reference: planning.Plan
    training: planning.Plan


@dataclass(frozen=True)
class Stretches:
    """What is compared: as many pieces of each system, a ceiling of the reference's, and its other pieces."""

    systems: Mapping[str, planning.Plan]
    corpus: planning.Plan
    count: int
    seconds: float
    status: int


def stretches_of(plans: SystemPlans, settings: Settings, generator: np.random.Generator) -> Stretches:
    """Return what is compared: of each system as many pieces, and a ceiling that is drawn from the reference.

    Raises
    ------
    UsageError
        If there are too few pieces.
    """
    done: dict[str, list[tuple[planning.Task, float]]] = {}
    statuses = []
    for name, plan in {**plans.systems, "": plans.reference}.items():
        lengths, status = all_results(partial(_seconds, repair=settings.repair), plan, settings.running)
        done[name] = [(task, seconds) for task, seconds in lengths if seconds > 0]
        left_out = [task.source for task, seconds in lengths if not seconds > 0]
        if left_out and not settings.running.quiet:
            more = f" and {len(left_out) - 1} more" * (len(left_out) > 1)
            report.say(f"note: '{left_out[0]}'{more}: left out, with fewer than two onsets")
        statuses.append(status)
    reference = done.pop("")
    selection = comparable.select(
        {name: [seconds for _, seconds in pieces] for name, pieces in done.items()},
        [seconds for _, seconds in reference],
        pieces=settings.systems.pieces,
        seconds=settings.systems.seconds,
        generator=generator,
    )
    _say_short(done, settings)
    systems = {name: _plan(done[name], rows) for name, rows in selection.systems.items()}
    return Stretches(
        {**systems, CEILING: _plan(reference, selection.ceiling)},
        _plan(reference, selection.corpus),
        len(selection.ceiling),
        selection.seconds,
        next(filter(None, statuses), 0),
    )


def _say_short(done: Mapping[str, Sequence[tuple[planning.Task, float]]], settings: Settings) -> None:
    """Print a note on the piece that makes stretches short, where nobody chose their length."""
    if settings.systems.seconds is not None or settings.running.quiet:
        return
    length = comparable.common_seconds([np.array([seconds for _, seconds in pieces]) for pieces in done.values()])
    task, seconds = min((piece for pieces in done.values() for piece in pieces), key=lambda piece: piece[1])
    if length < SHORT:
        hint = "--seconds 20 compares longer ones, and such pieces whole"
        report.say(f"note: '{task.source}' lasts {seconds:.3g} s, and stretches {length:.3g} s: {hint}")


def _plan(done: Sequence[tuple[planning.Task, float]], rows: Sequence[int]) -> planning.Plan:
    return planning.Plan([done[row][0] for row in rows], [])


def _seconds(task: planning.Task, *, repair: bool) -> float:
    return comparable.onset_seconds(piece_of(read_performance(task.source, repair=repair)))
