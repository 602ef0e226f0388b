"""Which pieces of which systems ``evaluate --system`` compares, and how long a stretch of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from maestrokit.cli import plan as streams
from maestrokit.cli.commands.evaluate.evaluation import all_results
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.commands.evaluate.sequence_models import limited
from maestrokit.cli.performances import read_performance
from maestrokit.errors import UsageError
from maestrokit.metrics import comparable, score_sets
from maestrokit.metrics.piece import piece_of
from maestrokit.metrics.score_systems import CEILING


@dataclass(frozen=True)
class SystemPlans:
    """The performances of each system, and those that they are compared with."""

    systems: Mapping[str, streams.Plan]
    reference: streams.Plan
    training: streams.Plan


@dataclass(frozen=True)
class Stretches:
    """What is compared: as many pieces of each system, a ceiling of the reference's, and its other pieces."""

    systems: Mapping[str, streams.Plan]
    corpus: streams.Plan
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
    running, scoring = settings.running, settings.systems
    lengths: dict[str, dict[str, float]] = {}
    statuses = []
    for name, plan in {**plans.systems, "": plans.reference}.items():
        done, status = all_results(partial(_seconds, repair=settings.repair), plan, running)
        lengths[name] = {task.source: seconds for task, seconds in done}
        statuses.append(status)
    of_reference = lengths.pop("")
    if not all(lengths.values()):
        raise UsageError("a system has no piece that can be read", parameter="system")
    seconds = scoring.seconds or comparable.common_seconds([np.array([*one.values()]) for one in lengths.values()])
    readable = {
        name: [task for task in plan.tasks if task.source in lengths[name]] for name, plan in plans.systems.items()
    }
    candidates = [task for task in plans.reference.tasks if of_reference.get(task.source, -1.0) >= seconds]
    count = _count(readable, candidates, scoring.pieces, seconds)
    held = set(generator.permutation(len(candidates))[:count].tolist())
    ceiling, corpus = (
        streams.Plan([task for row, task in enumerate(candidates) if (row in held) == is_held], [])
        for is_held in (True, False)
    )
    chosen = {name: limited(streams.Plan(tasks, []), count) for name, tasks in readable.items()}
    return Stretches({**chosen, CEILING: ceiling}, corpus, count, seconds, next(filter(None, statuses), 0))


def _count(
    readable: Mapping[str, Sequence[streams.Task]], candidates: Sequence[streams.Task], pieces: int | None,
    seconds: float,
) -> int:  # fmt: skip
    """Return how many pieces of each system are compared.

    Raises
    ------
    UsageError
        If a system or the reference has less than what was asked for, or too few for a distribution.
    """
    sizes = {name: len(tasks) for name, tasks in readable.items()} | {"the reference": len(candidates) // 2}
    least = min(sizes, key=lambda name: sizes[name])
    if sizes[least] >= (pieces or score_sets.FEWEST):
        return pieces or sizes[least]
    fact = f"'{least}' has {sizes[least]} pieces, and {pieces or score_sets.FEWEST} are compared"
    if least == "the reference":
        fact = f"the reference has {len(candidates)} pieces of {seconds:g} s, and needs {2 * (pieces or 3)}"
    raise UsageError(fact, "half of the reference are the ceiling; give fewer `pieces`, or shorter by `seconds`")


def _seconds(task: streams.Task, *, repair: bool) -> float:
    return comparable.onset_seconds(piece_of(read_performance(task.source, repair=repair)))
