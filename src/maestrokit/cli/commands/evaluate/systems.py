"""The work of ``evaluate --system``: sets of performances made comparable, and scored beside one another."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.cli import planning
from maestrokit.cli.commands.evaluate.corpora import searched
from maestrokit.cli.commands.evaluate.evaluation import Scores, SystemTable, all_results, release_workers
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.commands.evaluate.report.contents import examples_per_set
from maestrokit.cli.commands.evaluate.sets import say_left_out, summary_of
from maestrokit.cli.commands.evaluate.stretches import Stretches, SystemPlans, stretches_of
from maestrokit.cli.options import Batch
from maestrokit.cli.performances import read_performance
from maestrokit.metrics import comparable, score_sets, score_systems
from maestrokit.metrics.comparable import spread
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece, piece_of
from maestrokit.metrics.profile import Profile, mean_profile, profile
from maestrokit.metrics.score_systems import CEILING, FLOOR, System

if TYPE_CHECKING:
    from maestrokit.cli.commands.evaluate.report.contents import Section


class Stretch(NamedTuple):
    """What is scored of a stretch of a piece."""

    summary: dict[str, Any]
    pitches: Floats
    """How often each pitch is struck, shape (128,)."""
    profile: Profile | None
    """For a page only."""
    piece: Piece | None
    """The same, of examples."""


Results = Sequence[tuple[planning.Task, Stretch]]


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
    examples: frozenset[str] | None = None
    """Sources of the pieces that a page shows; None where there is no page."""

    def __call__(self, task: planning.Task) -> Stretch:
        """Return what is scored of the stretch."""
        performance = read_performance(task.source, repair=self.repair)
        generator = np.random.default_rng([self.seed, zlib.crc32(task.relative.encode("utf-8", "surrogateescape"))])
        piece = comparable.stretch(
            piece_of(performance), self.seconds, extends_by_pedal=self.extends_by_pedal, generator=generator
        )
        if self.histogram is not None:
            piece = comparable.without_music(piece, self.histogram, generator=generator)
        histogram = np.bincount(piece.pitch, minlength=128).astype(np.float64)
        summary = summary_of(piece, score_sets.metrics(self.names), origin=performance)
        if self.examples is None:
            return Stretch(summary, histogram, None, None)
        return Stretch(summary, histogram, profile(piece), piece if task.source in self.examples else None)


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
    of_page = partial(_for_page, settings=settings, systems=len(parts.systems) + 1)
    results = {name: all_results(of_page(work, plan), plan, running) for name, plan in parts.systems.items()}
    corpus, _ = all_results(work, parts.corpus, running)
    noise = replace(work, histogram=np.sum([result.pitches for _, result in corpus], axis=0))
    results[FLOOR] = all_results(of_page(noise, parts.systems[CEILING]), parts.systems[CEILING], running)
    copied = _summaries_of_training(plans.training, chosen, running, repair=settings.repair)
    systems = {name: _system(done) for name, (done, _) in results.items()}
    ceiling = searched(results[CEILING][0], plans.training, chosen, running)
    systems[CEILING] = replace(systems[CEILING], summaries=ceiling)
    for name, system in systems.items():
        say_left_out(system.summaries, chosen, running, of=name)
    release_workers(running)
    scores, comparisons = score_systems.score(
        systems, [result.summary for _, result in corpus], chosen, generator=generator, training=copied
    )
    table = SystemTable(scores, comparisons, _sentences(parts, extends=extends))
    status = next(filter(None, [parts.status, *(status for _, status in results.values())]), 0)
    done = {name: scored for name, (scored, _) in results.items()}
    sections = _sections(done) if settings.has_figures else []
    return Scores([], [], status, table, sections)


def _for_page(work: StretchWork, plan: planning.Plan, *, settings: Settings, systems: int) -> StretchWork:
    """Return the work on a plan, some of whose pieces a page shows."""
    if not settings.has_figures:
        return work
    return replace(work, examples=frozenset(task.source for task in spread(plan.tasks, examples_per_set(systems))))


def _sections(results: Mapping[str, Results]) -> "list[Section]":
    """Return what a page shows of the stretches that were scored."""
    from maestrokit.cli.commands.evaluate.report.examples import example_section
    from maestrokit.cli.commands.evaluate.report.profiles import profile_sections

    present = {name: done for name, done in results.items() if done}
    profiles = {
        name: mean_profile([result.profile for _, result in done if result.profile]) for name, done in present.items()
    }
    pieces = [
        (f"{name}: {task.relative}", result.piece)
        for name, done in results.items()
        for task, result in done
        if result.piece
    ]
    return [*profile_sections(profiles, CEILING), example_section(pieces)]


def _summaries_of_training(
    training: planning.Plan, chosen: Mapping[str, Metric], running: Batch, *, repair: bool
) -> list[dict[str, Any]]:
    names = tuple(name for name, metric in chosen.items() if metric.needs == "training")
    done, _ = all_results(partial(_whole_piece, names=names, repair=repair), training, running)
    return [summary for _, summary in done]


def _whole_piece(task: planning.Task, *, names: Sequence[str], repair: bool) -> dict[str, Any]:
    piece = piece_of(read_performance(task.source, repair=repair))
    return score_sets.summarize(piece, score_sets.metrics(names))


def _system(results: Results) -> System:
    files = [task.target or task.source for task, _ in results]
    return System(files, [task.relative for task, _ in results], [result.summary for _, result in results])


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
