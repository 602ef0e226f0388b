"""The work of ``evaluate --system``: sets of performances made comparable, and scored beside one another."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.cli import plan as streams
from maestrokit.cli.commands.evaluate.evaluation import Scores, SystemTable, all_results
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.commands.evaluate.sets import say_left_out, summary_of
from maestrokit.cli.commands.evaluate.stretches import Stretches, SystemPlans, stretches_of
from maestrokit.cli.options import Batch
from maestrokit.cli.performances import read_performance
from maestrokit.metrics import comparable, score_sets, score_systems
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import piece_of
from maestrokit.metrics.score_systems import CEILING, FLOOR, System

Results = Sequence[tuple[streams.Task, tuple[dict[str, Any], Floats]]]


@dataclass(frozen=True)
class StretchWork:
    """The summary of a stretch of one performance; a class, so that it can be sent to other processes."""

    names: tuple[str, ...]
    """Of the metrics."""
    seconds: float
    extends_by_pedal: bool
    seed: int
    repair: bool
    histogram: Floats | None = None
    """If given, the piece becomes noise with pitches of this histogram."""

    def __call__(self, task: streams.Task) -> tuple[dict[str, Any], Floats]:
        """Return the summary, and how often each pitch is struck."""
        performance = read_performance(task.source, repair=self.repair)
        generator = np.random.default_rng([self.seed, zlib.crc32(task.relative.encode("utf-8", "surrogateescape"))])
        piece = comparable.stretch(
            piece_of(performance), self.seconds, extends_by_pedal=self.extends_by_pedal, generator=generator
        )
        if self.histogram is not None:
            piece = comparable.without_music(piece, self.histogram, generator=generator)
        histogram = np.bincount(piece.pitch, minlength=128).astype(np.float64)
        return summary_of(piece, score_sets.metrics(self.names), origin=performance), histogram


def score_plans(plans: SystemPlans, settings: Settings) -> Scores:
    """Return the scores of systems, of people's other pieces as their ceiling, and of noise as their floor.

    Raises
    ------
    UsageError
        If there are too few pieces.
    """
    options, running = settings.options, settings.running
    generator = np.random.default_rng(settings.seed)
    parts = stretches_of(plans, settings, generator)
    corpora = ["reference", *(["training"] if plans.training.tasks else [])]
    chosen = score_sets.metrics(options.metric or None, corpora=corpora)
    extends = options.extend_pedal is not False
    work = StretchWork(tuple(chosen), parts.seconds, extends, settings.seed, settings.repair)
    results = {name: all_results(work, plan, running) for name, plan in parts.systems.items()}
    corpus, _ = all_results(work, parts.corpus, running)
    histogram = np.sum([pitches for _, (_, pitches) in corpus], axis=0)
    results[FLOOR] = all_results(replace(work, histogram=histogram), parts.systems[CEILING], running)
    copied = _summaries_of_training(plans.training, chosen, running, repair=settings.repair)
    systems = {name: _system(name, done) for name, (done, _) in results.items()}
    for name, system in systems.items():
        say_left_out(system.summaries, chosen, running, of=name)
    scores, comparisons = score_systems.score(
        systems, [summary for _, (summary, _) in corpus], chosen, generator=generator, training=copied
    )
    table = SystemTable(scores, comparisons, _sentences(parts, extends=extends))
    return Scores([], [], next(filter(None, [parts.status, *(status for _, status in results.values())]), 0), table)


def _summaries_of_training(
    training: streams.Plan, chosen: Mapping[str, Metric], running: Batch, *, repair: bool
) -> list[dict[str, Any]]:
    names = tuple(name for name, metric in chosen.items() if metric.needs == "training")
    done, _ = all_results(partial(_whole_piece, names=names, repair=repair), training, running)
    return [summary for _, summary in done]


def _whole_piece(task: streams.Task, *, names: Sequence[str], repair: bool) -> dict[str, Any]:
    piece = piece_of(read_performance(task.source, repair=repair))
    return score_sets.summarize(piece, score_sets.metrics(names))


def _system(name: str, results: Results) -> System:
    files = [task.target or task.source for task, _ in results]
    return System(files, [task.relative for task, _ in results], [summary for _, (summary, _) in results])


def _sentences(parts: Stretches, *, extends: bool) -> list[str]:
    """Return what was compared, and how it was made comparable."""
    names = [name for name in parts.systems if name != CEILING]
    pedal = "as long as the sustain pedal holds them" if extends else "until their keys are released, without the pedal"
    return [
        f"{', '.join(names)}: {parts.count} pieces each, against {len(parts.corpus.tasks)} of the reference",
        f"Of each piece a stretch of {parts.seconds:g} s; notes last {pedal}; bars are 2 s",
        f"{CEILING}: {parts.count} other pieces of the reference; {FLOOR}: the same with their notes shuffled in time "
        "and pitches by chance",
    ]
