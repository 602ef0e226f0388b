"""The work of ``evaluate`` on sets of performances, and on the corpora that they are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from maestrokit.cli import planning, report
from maestrokit.cli.commands.evaluate.corpora import searched
from maestrokit.cli.commands.evaluate.evaluation import Scores, all_results, release_workers
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.commands.evaluate.report.contents import examples_per_set
from maestrokit.cli.options import Batch
from maestrokit.cli.performances import read_performance
from maestrokit.cli.report import counted
from maestrokit.metrics import score_sets
from maestrokit.metrics.comparable import spread
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece, piece_of
from maestrokit.metrics.profile import Profile, mean_profile, profile
from maestrokit.music.performance import Performance

if TYPE_CHECKING:
    from maestrokit.cli.commands.evaluate.report.contents import Section

OF_DISTRIBUTIONS = ("overlapped_area", "kl")


class Described(NamedTuple):
    """What is scored of a piece."""

    summary: dict[str, Any]
    notes: int
    """Number of them."""
    profile: Profile | None
    """For a page only."""
    piece: Piece | None
    """The same, of examples."""


Results = Sequence[tuple[planning.Task, Described]]


@dataclass(frozen=True)
class SetPlans:
    """The performances to score, and those that they are compared with; a corpus without tasks is not there."""

    generated: planning.Plan
    reference: planning.Plan
    training: planning.Plan

    @property
    def corpora(self) -> list[str]:
        """Names of the corpora that are there."""
        plans = {"reference": self.reference, "training": self.training}
        return [name for name, plan in plans.items() if plan.tasks]


def score_set(plans: SetPlans, settings: Settings) -> Scores:
    """Return the scores of a set, against the corpora that there are."""
    running, repair = settings.running, settings.repair
    chosen = score_sets.metrics(settings.options.metric or None, corpora=plans.corpora)
    work = partial(_described, names=list(chosen), repair=repair, examples=_examples(plans, settings))
    copied = [name for name, metric in chosen.items() if metric.needs == "training"]
    generated, status = all_results(work, plans.generated, running)
    references, other_status = all_results(work, plans.reference, running)
    sources, third_status = all_results(partial(_described, names=copied, repair=repair), plans.training, running)
    summaries, training = ([result.summary for _, result in side] for side in (generated, sources))
    reference = searched(references, plans.training, chosen, running)
    say_left_out(summaries, chosen, running)
    _say_silent([task.source for task, result in (*generated, *references) if not result.notes], running)
    release_workers(running)
    rows, totals = score_sets.score(
        summaries, reference, chosen, generator=np.random.default_rng(settings.seed), training=training
    )
    _say_without_value(settings.options.metric or (), [row.metric for row in totals], running)
    files_rows = [(task.source, part) for (task, _), part in zip(generated, rows, strict=True)]
    sections = _sections({"set": generated, "reference": references}) if settings.has_figures else []
    return Scores(files_rows, totals if generated else [], status or other_status or third_status, sections=sections)


def _described(
    task: planning.Task, *, names: Sequence[str], repair: bool, examples: frozenset[str] | None = None
) -> Described:
    """Return what is scored of a piece, and where examples for a page are chosen what that shows of it."""
    performance = read_performance(task.source, repair=repair)
    piece = piece_of(performance)
    summary = summary_of(piece, score_sets.metrics(names), origin=performance)
    if examples is None:
        return Described(summary, len(piece.onset), None, None)
    return Described(summary, len(piece.onset), profile(piece), piece if task.source in examples else None)


def _examples(plans: SetPlans, settings: Settings) -> frozenset[str] | None:
    """Return the sources of the pieces that a page shows; None where there is no page."""
    sides = [plan.tasks for plan in (plans.generated, plans.reference) if plan.tasks]
    if not settings.has_figures:
        return None
    return frozenset(task.source for tasks in sides for task in spread(tasks, examples_per_set(len(sides))))


def _sections(results: Mapping[str, Results]) -> "list[Section]":
    """Return what a page shows of both sides."""
    from maestrokit.cli.commands.evaluate.report.examples import example_section
    from maestrokit.cli.commands.evaluate.report.profiles import profile_sections

    present = {name: done for name, done in results.items() if done}
    profiles = {
        name: mean_profile([result.profile for _, result in done if result.profile]) for name, done in present.items()
    }
    pieces = [
        (f"{name}: {task.relative}", result.piece.replace(offset=result.piece.sounding_offset))
        for name, done in present.items()
        for task, result in done
        if result.piece
    ]
    return [*profile_sections(profiles, "reference"), example_section(pieces)] if profiles else []


def summary_of(piece: Piece, chosen: Mapping[str, Metric], *, origin: Performance) -> dict[str, Any]:
    """Return the summary of a piece, or of a part of one, by each metric."""
    summary = score_sets.summarize(piece, chosen)
    if any(metric.embedding for metric in chosen.values()):
        from maestrokit.inference.embedding import embeddings

        summary |= embeddings(piece, chosen, origin=origin)
    return summary


def say_left_out(
    summaries: Sequence[score_sets.Summary], chosen: Mapping[str, Metric], running: Batch, *, of: str = ""
) -> None:
    """Print a note on pieces, of a system, that have no embedding since the model of the metric generated them."""
    for name, metric in chosen.items():
        count = sum(metric.embedding is not None and len(summary[name]) == 0 for summary in summaries)
        if count and not running.quiet:
            them = counted(count, "performance") + f" of '{of}'" * bool(of)
            report.say(f"note: {name} leaves out {them} without notes, or made by its own model")


def _say_silent(names: Sequence[str], running: Batch) -> None:
    """Print a note on performances without notes, which count for nothing."""
    if names and not running.quiet:
        others = f" and {len(names) - 1} more" * (len(names) > 1)
        report.say(f"note: '{names[0]}'{others}: no piano notes, so nothing to score")


def _say_without_value(named: Sequence[str], known: Sequence[str], running: Batch) -> None:
    """Print a note on metrics that were asked for by name and have no value."""
    if (missing := [name for name in named if name not in known]) and not running.quiet:
        few = f"it takes {score_sets.FEWEST} performances with notes, and as many in the corpus that it compares with"
        report.say(f"note: no value of {', '.join(missing)}: {few}")


def names_in_sets(chosen: tuple[str, ...] = ()) -> list[str]:
    """Return the names of the scores of a set by the metrics that were chosen, or by all.

    >>> names_in_sets(("pitch_range",))
    ['pitch_range', 'pitch_range.overlapped_area', 'pitch_range.kl']
    """
    names = []
    for name, metric in score_sets.metrics(chosen or list(score_sets.known_metrics())).items():
        names += [name, *(f"{name}.{kind}" for kind in OF_DISTRIBUTIONS if metric.is_distributed)]
    return names
