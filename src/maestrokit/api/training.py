"""Models trained on performances and recordings."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from maestrokit.errors import DataWarning, MaestrokitError
from maestrokit.files.cache import default_cache
from maestrokit.files.checkpoint import model_folder
from maestrokit.training.device import find_context
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
    """Train a model, or resume a training that is in the run folder.

    Parameters
    ----------
    family : {'lstm', 'transformer', 'cnn'}
        Kind of model.
    data : str, Path or sequence of these
        MIDI files, recordings with their notes beside them, folders, or a MAESTRO root, whose official split is kept.
        Elsewhere 80 % of the pieces are for training, 10 % for validation and 10 % for tests.
    run : str or Path
        The run folder. It receives ``config.json``, ``model.safetensors`` (the best weights by validation),
        ``log.jsonl`` and ``resume.safetensors``.
    task : str, optional
        What to train for, where the family can do several things. Default is its first.
    init : str, optional
        Name of a shipped model or path of a run whose weights to start from. Default is new weights.
    device : str
        'cpu', 'cuda', 'cuda:1' .., or 'auto': a GPU if there is one.
    cache : str or Path, optional
        Folder for prepared data, which are found again by content. Default is the user's cache folder.
    jobs : int > 0
        Processes that prepare data.
    report : callable, optional
        Called with each record of the log, a mapping. Default is none.
    **settings : object
        Settings of the training, the task and the model, by name: ``steps``, ``time_limit`` (in seconds), ``batch``,
        ``learning_rate``, ``seed``, ``layers`` .. maestrokit-train(1) explains all of them.

    Returns
    -------
    TrainingOutcome
        Why the training ended, and its progress by then.

    Raises
    ------
    UsageError
        If a setting is unknown or outside its range, or the folder holds a training with other settings.
    NoInputError
        If there are no data, or no model to start from.
    LockedError
        If another process trains in the folder.

    Warns
    -----
    DataWarning
        For each file that cannot be used and is left out, and for parts of a corpus that are missing.
    """
    names = [data] if isinstance(data, str | Path) else data
    spec = TrainingSpec(
        family=family,
        task=task or "",
        data=[str(name) for name in names],
        folder=Path(run),
        settings={name: str(value) for name, value in settings.items() if value is not None},
        init=None if init is None else model_folder(init),
        cache=default_cache() if cache is None else Path(cache),
        jobs=jobs,
    )
    context = find_context(device)
    try:
        return run_training(
            spec, context=context, warn=_warn, reject=_warn_of_file, report=report or (lambda record: None)
        )
    finally:
        context.leave()


def _warn(sentence: str) -> None:
    warnings.warn(sentence, DataWarning, stacklevel=3)


def _warn_of_file(error: MaestrokitError) -> None:
    _warn(str(error))
