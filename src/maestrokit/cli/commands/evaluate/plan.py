"""From the options of ``evaluate`` to what is compared with what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from maestrokit.cli import plan as streams
from maestrokit.cli import report
from maestrokit.cli.commands.evaluate.corpora import (
    check_corpora,
    is_root,
    performances_among,
    references_in,
    training_in,
)
from maestrokit.cli.commands.evaluate.evaluation import Evaluation, Settings
from maestrokit.cli.commands.evaluate.sets import SetPlans, names_in_sets, score_set
from maestrokit.cli.commands.evaluate.work import (
    PairWork,
    names_in_pairs,
    paired,
    score_pairs,
    stem,
)
from maestrokit.cli.options import Batch, Inputs
from maestrokit.errors import NoInputError, UsageError
from maestrokit.files import walk
from maestrokit.metrics.score_pairs import Tolerance


@dataclass(frozen=True)
class Comparison:
    """Which files are compared with which."""

    estimates: streams.Plan
    references: list[streams.Task]
    partners: dict[str, str] | None
    """Path of the reference, by path of the estimate; None where two sets are compared."""


def plan_evaluation(inputs: Inputs, running: Batch, settings: Settings, *, output: str) -> Evaluation:
    """Return the evaluation of pairs or of a set, and say on standard error which of the two it is.

    Raises
    ------
    UsageError
        If options contradict each other.
    NoInputError
        If a reference is not there.
    CannotWriteError
        If the output is one of the files to score or to compare with.
    """
    if settings.pairs and not settings.reference:
        raise UsageError("`pairs` needs references", "name their folder with `reference`", parameter="pairs")
    if settings.pairs and (settings.metric or settings.training_corpus):
        raise UsageError("`metric` and `training_corpus` are of sets, and these are pairs", "leave them out")
    check_corpora(settings)
    tolerances = tolerances_of(settings)
    mine, theirs = _inputs_and_references(inputs, settings)
    estimates = streams.gather(mine, running, suffixes=walk.MIDI_SUFFIXES)
    comparison = _comparison(settings, estimates, references_in(theirs, running) if settings.reference else [])
    training = training_in(settings, running)
    streams.protect_inputs([*estimates.tasks, *comparison.references, *training], output)
    if (words := _described(inputs.inputs or [], settings, comparison)) and not running.quiet:
        report.say(f"note: {words}")
    if comparison.partners is not None:
        work = PairWork(comparison.partners, tolerances, bool(settings.extend_pedal), settings.repair)
        return Evaluation(
            f"{len(estimates.tasks)} estimates against their references",
            partial(score_pairs, estimates, work, seed=settings.seed, running=running),
            names_in_pairs(),
        )
    against = f" against {len(comparison.references)}" if settings.reference else ""
    plans = SetPlans(estimates, streams.Plan(comparison.references, []), streams.Plan(training, []))
    score = partial(
        score_set, plans, settings.metric or None, seed=settings.seed, repair=settings.repair, running=running
    )
    title = f"{len(estimates.tasks)} performances{against}"
    return Evaluation(title, score, names_in_sets(settings.metric))


def tolerances_of(settings: Settings) -> tuple[Tolerance, ...]:
    """Return the tolerances, one for each onset tolerance.

    Raises
    ------
    UsageError
        If one is not a number, or negative.
    """
    try:
        onsets = [float(text) for text in settings.onset_tolerance.split(",")]
    except ValueError:
        raise UsageError(
            f"'{settings.onset_tolerance}' is no tolerance",
            "write seconds: 0.05, or 0.03,0.05,0.1",
            parameter="onset_tolerance",
        ) from None
    return tuple(Tolerance(onset, settings.offset_ratio, settings.offset_min_tolerance) for onset in onsets)


def _comparison(settings: Settings, estimates: streams.Plan, references: list[streams.Task]) -> Comparison:
    """Return what is compared with what.

    Raises
    ------
    NoInputError
        If references of a set are tables of notes only, which are no performances.
    """
    if _is_pairs(settings, estimates.tasks, references):
        return Comparison(estimates, references, paired(estimates.tasks, references))
    performances = performances_among(references)
    if references and not performances:
        raise NoInputError(f"'{settings.reference[0]}' holds no performance", "`pairs` compares with tables of notes")
    return Comparison(estimates, performances, None)


def _is_pairs(settings: Settings, estimates: Sequence[streams.Task], references: Sequence[streams.Task]) -> bool:
    """Return whether each input has a reference of its own.

    It has if a single file is given as reference, or if the names of inputs and references, as they lie below the
    folders that were given and but for their suffixes, are the same, each once. A MAESTRO root is a corpus.
    """
    if settings.pairs is not None:
        return settings.pairs
    if settings.metric or settings.training_corpus or any(map(is_root, settings.reference)):
        return False
    if len(references) == 1 and references[0].source == settings.reference[0]:
        return True
    mine = sorted(map(stem, estimates))
    return bool(mine) and mine in (sorted(map(stem, references)), sorted(map(stem, performances_among(references))))


def _described(inputs: Sequence[str], settings: Settings, comparison: Comparison) -> str:
    """Return what is compared with what, in words; empty where it could have been nothing else."""
    count = len(comparison.estimates.tasks)
    performances = f"{count} performance{'s' * (count != 1)}"
    is_free = settings.pairs is None and not (settings.metric or settings.training_corpus)
    if not count:
        return ""
    if comparison.partners is not None and is_free:
        return f"pairs: {performances}, each compared with its reference (--sets compares them as a set)"
    if comparison.partners is not None:
        left = len(comparison.references) - len(set(comparison.partners.values()))
        unused = f"; {left} reference{'s' * (left != 1)} without an input" if left else ""
        return f"pairs: {performances}, each compared with its reference{unused}"
    if settings.reference:
        what = f"sets: {performances} compared with a corpus of {len(comparison.references)}"
        return what + (" (--pairs compares each with the reference of its name)" if is_free else "")
    if len(inputs) == count == 2 and all(Path(name).is_file() for name in inputs):
        one, other = inputs
        return f"sets: {performances}, not compared (to compare the two: evaluate '{one}' --reference '{other}')"
    return ""


def _inputs_and_references(inputs: Inputs, settings: Settings) -> tuple[Inputs, Inputs]:
    """Return the inputs of both sides; --split and --where are the inputs' if one is a root, else the references'."""
    has_root = any(is_root(name) for name in inputs.inputs or ())
    references = [*settings.reference]
    if settings.reference_split is not None and not any(map(is_root, references)):
        fact = "`reference_split` needs a MAESTRO root as reference"
        raise UsageError(fact, "name one with `reference`", parameter="reference_split")
    split, where = (None, None) if has_root else (inputs.split, inputs.where)
    theirs = Inputs(inputs=references, split=settings.reference_split or split, where=where)
    is_theirs = bool(references) and not has_root
    return (replace(inputs, split=None, where=None) if is_theirs else inputs), theirs
