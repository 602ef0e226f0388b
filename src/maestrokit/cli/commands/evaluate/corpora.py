"""What ``evaluate`` compares with: references, and the performances that a model was trained on."""

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from maestrokit.cli import planning, report
from maestrokit.cli.commands.evaluate.options import EvaluateOptions
from maestrokit.cli.commands.evaluate.work import PAIR_SUFFIXES
from maestrokit.cli.options import Batch, Inputs
from maestrokit.cli.performances import read_performance
from maestrokit.errors import MaestrokitError, NoInputError, UsageError, choices_hint
from maestrokit.files import checkpoint, streams, walk
from maestrokit.metrics import score_sets
from maestrokit.metrics.contract import Metric
from maestrokit.music.provenance_events import commands
from maestrokit.provenance import option_of

FORCED = "model:"  # before the name of a model where a file has it, too


class Summarized(Protocol):
    """What has the summary of a piece."""

    @property
    def summary(self) -> dict[str, Any]:
        """The summary by each metric."""


def references_in(inputs: Inputs, running: Batch) -> list[planning.Task]:
    """Return the performances and tables of notes that references mean.

    Raises
    ------
    NoInputError
        If one of them is not there.
    """
    references = planning.gather(inputs, running, suffixes=PAIR_SUFFIXES)
    if references.missing:
        raise references.missing[0]
    return references.tasks


def performances_among(references: Sequence[planning.Task]) -> list[planning.Task]:
    """Return the references that are performances, without tables of notes."""
    return [task for task in references if not walk.has_suffix(task.source, (walk.TABLE_SUFFIX,))]


def check_corpora(options: EvaluateOptions, training: Sequence[planning.Task]) -> None:
    """Refuse metrics that were chosen but lack what they compare with.

    Raises
    ------
    UsageError
        If there is one.
    """
    has_corpus = {"": True, "reference": bool(options.reference), "training": bool(training)}
    for name, metric in score_sets.metrics(options.metric or None).items():
        if options.metric and not has_corpus[metric.needs]:
            corpus = {"reference": "reference", "training": "training_corpus"}[metric.needs]
            raise UsageError(f"metric '{name}' compares with a corpus", f"name it with `{corpus}`", parameter=corpus)


def training_in(
    options: EvaluateOptions, running: Batch, *, models: Iterable[str] = (), sets: Iterable[planning.Plan] = ()
) -> list[planning.Task]:
    """Return the performances that models were trained on: those that are named, else those that the models know.

    Parameters
    ----------
    options : EvaluateOptions
    running : Batch
    models : iterable of str
        Shipped models and run folders that are scored.
    sets : iterable of Plan
        Performances that are scored, which may say that a shipped model generated them.

    Raises
    ------
    NoInputError
        If one that is named is not there.
    """
    if options.training_corpus:
        has_root = any(map(walk.is_root, options.training_corpus))
        inputs = Inputs(inputs=[*options.training_corpus], split="train" if has_root else None)
        return performances_among(references_in(inputs, running))
    if not any(metric.needs == "training" for metric in score_sets.metrics(options.metric or None).values()):
        return []
    names = (
        sorted({*models, *(name for set_plan in sets for name in _model_of(set_plan.tasks))})
        if options.reference
        else []
    )
    roots = [name for name in options.reference or () if names and walk.is_root(name)]
    training = [task for root in roots for task in _train_split(root, names, running)]
    if names and not training and not options.metric and not running.quiet:
        report.say(f"note: copied notes are not searched: --training-corpus names what '{names[0]}' was trained on")
    return training


def _train_split(root: str, models: Iterable[str], running: Batch) -> list[planning.Task]:
    """Return the train split of a MAESTRO root if one of the models was trained on it, and say so."""
    digests = {checkpoint.read_config(checkpoint.model_folder(name)).get("files"): name for name in models}
    silent = replace(running, quiet=True)
    train, validation = (
        planning.gather(Inputs(inputs=[root], split=name), silent, suffixes=walk.MIDI_SUFFIXES).tasks
        for name in ("train", "validation")
    )
    model = digests.get(checkpoint.digest_of_names(task.source for task in (*train, *validation)))
    if model is None:
        return []
    if not running.quiet:
        note = f"copied notes are searched in the train split of '{root}', which model '{model}' was trained on"
        report.say(f"note: {note} (--training-corpus names another corpus)")
    return train


def _model_of(tasks: Sequence[planning.Task]) -> list[str]:
    """Return the shipped model that generated a set, by what its first performance says; none if it does not."""
    first = next((task.source for task in tasks if task.source != streams.STANDARD), None)
    if first is None:
        return []
    with contextlib.suppress(MaestrokitError):
        names = {option_of(line, "generate", "model") for line in commands(read_performance(first, repair=True))}
        return [name for name in checkpoint.shipped_models(task="events") if name in names]
    return []


def others_than(
    scored: Sequence[planning.Task], references: Sequence[planning.Task], running: Batch, *, pieces: int | None
) -> list[planning.Task]:
    """Return the references that are not scored themselves.

    Raises
    ------
    UsageError
        If they are too few for a ceiling, whatever their lengths.
    """
    own = _real_paths(scored)
    others = [task for task in references if os.path.realpath(task.source) not in own]
    if len(others) < len(references) and not running.quiet:
        report.say(f"note: {len(references) - len(others)} pieces of the reference are scored, and so left out of it")
    needed = 2 * (pieces or score_sets.FEWEST)
    if len(others) < needed:
        unscored = " that are not scored" if len(others) < len(references) else ""
        fact = f"the reference has {len(others)} pieces{unscored}, and needs {needed}"
        hint = "half of them are the ceiling; give fewer `pieces`, or more by `reference` or `reference_split`"
        raise UsageError(fact, hint, parameter="reference")
    return others


def searched(
    results: Sequence[tuple[planning.Task, Summarized]],
    training: planning.Plan,
    chosen: Mapping[str, Metric],
    running: Batch,
) -> list[score_sets.Summary]:
    """Return the summaries of pieces of the reference; those of the training corpus itself are not searched in it.

    A note says how many these are.
    """
    own = _real_paths(training.tasks)
    is_own = [bool(own) and os.path.realpath(task.source) in own for task, _ in results]
    if any(is_own) and not running.quiet:
        pieces = report.counted(sum(is_own), "piece")
        report.say(f"note: copied notes leave out {pieces} of the reference that are of the training corpus itself")
    return [
        score_sets.without_copies(result.summary, chosen) if without else result.summary
        for (_, result), without in zip(results, is_own, strict=True)
    ]


def _real_paths(tasks: Sequence[planning.Task]) -> set[str]:
    return {os.path.realpath(task.source) for task in tasks}


def is_model(origin: str) -> bool:
    """Return whether an origin is a model: a run folder, or no path but the name of a shipped model.

    Raises
    ------
    NoInputError
        If it is neither a path nor a model.
    """
    if origin.startswith(FORCED):
        return True
    if Path(origin).exists():
        return (Path(origin) / checkpoint.CONFIG).is_file()
    known = checkpoint.shipped_models(task="events")
    if origin not in known:
        raise NoInputError(f"'{origin}' is neither a file, a folder nor a model", choices_hint(origin, known))
    return True
