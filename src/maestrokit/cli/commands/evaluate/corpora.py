"""What ``evaluate`` compares with: references, and the performances that a model was trained on."""

from collections.abc import Sequence
from pathlib import Path

from maestrokit.cli import plan as streams
from maestrokit.cli.commands.evaluate.options import EvaluateOptions
from maestrokit.cli.commands.evaluate.work import PAIR_SUFFIXES
from maestrokit.cli.options import Batch, Inputs
from maestrokit.errors import NoInputError, UsageError, choices_hint
from maestrokit.files import checkpoint, walk
from maestrokit.metrics import score_sets

FORCED = "model:"  # before the name of a model where a file has it, too


def references_in(inputs: Inputs, running: Batch) -> list[streams.Task]:
    """Return the performances and tables of notes that references mean.

    Raises
    ------
    NoInputError
        If one of them is not there.
    """
    plan = streams.gather(inputs, running, suffixes=PAIR_SUFFIXES)
    if plan.missing:
        raise plan.missing[0]
    return plan.tasks


def performances_among(references: Sequence[streams.Task]) -> list[streams.Task]:
    """Return the references that are performances, without tables of notes."""
    return [task for task in references if not walk.has_suffix(task.source, (walk.TABLE_SUFFIX,))]


def check_corpora(options: EvaluateOptions) -> None:
    """Refuse metrics that were chosen but lack what they compare with.

    Raises
    ------
    UsageError
        If there is one.
    """
    given = {"": True, "reference": bool(options.reference), "training": bool(options.training_corpus)}
    for name, metric in score_sets.metrics(options.metric or None).items():
        if options.metric and not given[metric.needs]:
            corpus = {"reference": "reference", "training": "training_corpus"}[metric.needs]
            raise UsageError(f"metric '{name}' compares with a corpus", f"name it with `{corpus}`", parameter=corpus)


def training_in(options: EvaluateOptions, running: Batch) -> list[streams.Task]:
    """Return the performances that a model was trained on.

    Raises
    ------
    NoInputError
        If one of them is not there.
    """
    if not options.training_corpus:
        return []
    has_root = any(map(walk.is_root, options.training_corpus))
    inputs = Inputs(inputs=[*options.training_corpus], split="train" if has_root else None)
    return performances_among(references_in(inputs, running))


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
