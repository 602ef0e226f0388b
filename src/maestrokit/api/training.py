"""Models trained on performances and recordings."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from maestrokit.bounds import COUNT, check
from maestrokit.errors import DataWarning, MaestrokitError
from maestrokit.files.cache import default_cache
from maestrokit.files.checkpoint import model_folder
from maestrokit.training.device import DistributedContext, find_context
from maestrokit.training.loop import TrainingOutcome
from maestrokit.training.run import TrainingSpec
from maestrokit.training.run import train as run_training


def train(
    family: str,
    data: str | Path | Sequence[str | Path],
    run: str | Path,
    *,
    task: str | None = None,
    init: str | None = None,
    device: str = "auto",
    cache: str | Path | None = None,
    jobs: int = 1,
    report: Callable[[Mapping[str, Any]], None] | None = None,
    **settings: object,
) -> TrainingOutcome:
    """Train a model, or resume a training that is in the run folder; what cannot be used is left out, with a warning.

    Parameters
    ----------
    family : {'lstm', 'transformer', 'gan', 'cnn'}
        Kind of model.
    data : str, Path or sequence of these
        MIDI files, recordings with their notes beside them, folders, or a MAESTRO root, whose split is kept.
    run : str or Path
        The run folder, which receives the best weights by validation, the log, and what resuming needs.
    task : str, optional
        What to train for. Default is the first task of the family.
    init : str, optional
        Name of a shipped model or path of a run whose weights to start from. Default is new weights.
    device : str
        'cpu', 'cuda', 'cuda:1' .., or 'auto': a GPU if there is one.
    cache : str or Path, optional
        Folder for prepared data. Default is that of the user.
    jobs : int > 0
        Processes that prepare data.
    report : callable, optional
        Called with each record of the log.
    **settings : object
        Settings by name, such as ``steps`` and ``learning_rate``; maestrokit-train(1) explains them.

    Returns
    -------
    TrainingOutcome
        Why the training ended, and its progress by then.

    Raises
    ------
    UsageError
        If a setting is unknown or outside its range, or the folder holds a training with other settings.
    NoInputError, LockedError
        If there are no data or no model to start from; if another process trains in the folder.
    """
    check("jobs", jobs, COUNT)
    spec = TrainingSpec(
        family,
        task or "",
        data=[str(name) for name in ([data] if isinstance(data, str | Path) else data)],
        folder=Path(run),
        settings={name: str(value) for name, value in settings.items() if value is not None},
        init=None if init is None else model_folder(init),
        cache=default_cache() if cache is None else Path(cache), jobs=jobs,
    )  # fmt: skip
    return _run(spec, find_context(device), report or (lambda record: None))


def _run(
    spec: TrainingSpec, context: DistributedContext, report: Callable[[Mapping[str, Any]], None]
) -> TrainingOutcome:
    try:
        return run_training(spec, context=context, warn=_warn, reject=_warn, report=report)
    finally:
        context.leave()


def _warn(about: str | MaestrokitError) -> None:
    warnings.warn(str(about), DataWarning, stacklevel=3)
