"""From the options of ``evaluate`` to what is compared with what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from maestrokit.cli import planning, report
from maestrokit.cli.commands.evaluate.corpora import (
    check_corpora,
    performances_among,
    references_in,
    training_in,
)
from maestrokit.cli.commands.evaluate.evaluation import Evaluation
from maestrokit.cli.commands.evaluate.limits import check_metric
from maestrokit.cli.commands.evaluate.options import PAIRS, SETS, EvaluateOptions, Settings
from maestrokit.cli.commands.evaluate.sets import SetPlans, names_in_sets, score_set
from maestrokit.cli.commands.evaluate.work import (
    PairWork,
    names_in_pairs,
    paired,
    score_pairs,
    stem,
)
from maestrokit.cli.declare import state
from maestrokit.cli.errors import is_typed
from maestrokit.cli.options import Inputs
from maestrokit.cli.parse import seconds
from maestrokit.cli.report import counted
from maestrokit.errors import NoInputError, UsageError
from maestrokit.files import walk
from maestrokit.files.streams import STANDARD
from maestrokit.metrics import score_sets
from maestrokit.metrics.score_pairs import Tolerance


@dataclass(frozen=True)
class ComparedFiles:
    """Which files are compared with which."""

    estimates: planning.Plan
    references: list[planning.Task]
    partners: dict[str, str] | None
    """Path of the reference, by path of the estimate; None where two sets are compared."""


def plan_evaluation(settings: Settings) -> Evaluation:
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
    options, running = settings.options, settings.running
    for name in options.metric or ():
        check_metric(name, names_in_sets(), parameter="metric")
    tolerances = tolerances_of(options)
    inputs, reference_inputs = _inputs_and_references(settings.inputs, options)
    estimates = planning.gather(inputs, running, suffixes=walk.MIDI_SUFFIXES)
    comparison = _comparison(options, estimates, references_in(reference_inputs, running) if options.reference else [])
    state(SETS if comparison.partners is None else PAIRS)
    training = training_in(options, running, sets=[estimates] if comparison.partners is None else [])
    check_corpora(options, training)
    planning.protect_inputs([*estimates.tasks, *comparison.references, *training], options.output)
    if (words := _described(settings.inputs.inputs or [], options, comparison)) and not running.quiet:
        report.say(f"note: {words}")
    if comparison.partners is not None:
        work = PairWork(
            comparison.partners, tolerances, bool(options.extend_pedal), settings.repair, settings.has_figures
        )
        title = f"{counted(len(estimates.tasks), 'estimate')} against references"
        return Evaluation(title, partial(score_pairs, estimates, work, settings), names_in_pairs(tolerances))
    against = f" against {len(comparison.references)}" if options.reference else ""
    plans = SetPlans(estimates, planning.Plan(comparison.references, []), planning.Plan(training, []))
    title = f"{counted(len(estimates.tasks), 'performance')}{against}"
    return Evaluation(title, partial(score_set, plans, settings), _names(options))


def _names(options: EvaluateOptions) -> list[str]:
    """Return the names of the scores of a set: those that compare distributions need a reference."""
    names = names_in_sets(tuple(score_sets.metrics(options.metric or None)))
    return names if options.reference else [name for name in names if "." not in name]


def tolerances_of(options: EvaluateOptions) -> tuple[Tolerance, ...]:
    """Return the tolerances, one for each onset tolerance.

    Raises
    ------
    UsageError
        If one is no time.
    """
    onsets = [seconds(text, parameter="onset_tolerance") for text in options.onset_tolerance.split(",")]
    return tuple(Tolerance(onset, options.offset_ratio, options.offset_min_tolerance) for onset in onsets)


def _comparison(options: EvaluateOptions, estimates: planning.Plan, references: list[planning.Task]) -> ComparedFiles:
    """Return what is compared with what.

    Raises
    ------
    NoInputError
        If references of a set are tables of notes only, which are no performances.
    """
    if _is_pairs(options, estimates.tasks, references):
        return ComparedFiles(estimates, references, paired(estimates.tasks, references))
    performances = performances_among(references)
    if references and not performances:
        raise NoInputError(
            f"'{(options.reference or [''])[0]}' holds no performance", "`pairs` compares with tables of notes"
        )
    return ComparedFiles(estimates, performances, None)


def _is_pairs(
    options: EvaluateOptions, estimates: Sequence[planning.Task], references: Sequence[planning.Task]
) -> bool:
    """Return whether each input has a reference of its own.

    It has if a single file is given as reference, or if the names of inputs and references, as they lie below the
    folders that were given and but for their suffixes, are the same, each once. A MAESTRO root is a corpus.
    """
    if options.pairs is not None and options.reference:
        return options.pairs
    if options.metric or options.training_corpus or any(map(walk.is_root, options.reference or ())):
        return False
    if len(references) == 1 and references[0].source == (options.reference or [""])[0]:
        return True
    stems = sorted(map(stem, estimates))
    return bool(stems) and stems in (sorted(map(stem, references)), sorted(map(stem, performances_among(references))))


def _described(inputs: Sequence[str], options: EvaluateOptions, comparison: ComparedFiles) -> str:
    """Return what is compared with what, in words; empty where it could have been nothing else."""
    count = len(comparison.estimates.tasks)
    performances = counted(count, "performance")
    is_free = options.pairs is None and not (options.metric or options.training_corpus)
    if not count:
        return ""
    if comparison.partners is not None and is_free:
        return f"pairs: {performances}, each compared with its reference (--sets compares them as a set)"
    if comparison.partners is not None:
        used = set(comparison.partners.values())
        names = {stem(task) for task in comparison.references}  # a performance and a table of one name are of one piece
        left = names - {stem(task) for task in comparison.references if task.source in used}
        unused = f"; {counted(len(left), 'reference')} without an input" if left else ""
        return f"pairs: {performances}, each compared with its reference{unused}"
    if options.reference:
        fact = f"sets: {performances} compared with a corpus of {len(comparison.references)}"
        return fact + (" (--pairs compares each with the reference of its name)" if is_free else "")
    if len(inputs) == count == 2 and all(Path(name).is_file() for name in inputs):
        first, second = inputs
        return f"sets: {performances}, not compared (to compare the two: evaluate '{first}' --reference '{second}')"
    return ""


def _inputs_and_references(inputs: Inputs, options: EvaluateOptions) -> tuple[Inputs, Inputs]:
    """Return the inputs of both sides; --split and --where are the inputs' if one is a root, else the references'."""
    has_root = any(map(walk.is_root, inputs.inputs or ()))
    references = [*(options.reference or ())]
    if [*(inputs.inputs or ()), *references].count(STANDARD) > 1:
        raise UsageError("standard input is named twice", "it can be read once")
    if is_typed("reference_split") and not any(map(walk.is_root, references)):
        fact = "`reference_split` needs a MAESTRO root as reference"
        raise UsageError(fact, "name one with `reference`", parameter="reference_split")
    split, where = (None, None) if has_root else (inputs.split, inputs.where)
    reference_inputs = Inputs(inputs=references, split=options.reference_split or split, where=where)
    is_theirs = bool(references) and not has_root
    return (replace(inputs, split=None, where=None) if is_theirs else inputs), reference_inputs
