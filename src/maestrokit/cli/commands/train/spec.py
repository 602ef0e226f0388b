"""From the options of ``train`` to what is trained."""

import keyword
from pathlib import Path

from maestrokit.cli.commands.train.options import TrainOptions
from maestrokit.cli.errors import about, is_given
from maestrokit.cli.options import Jobs
from maestrokit.cli.parse import seconds
from maestrokit.errors import CannotWriteError, UsageError
from maestrokit.files.cache import default_cache
from maestrokit.files.checkpoint import model_folder
from maestrokit.training.run import TrainingSpec, check_folder, modules, settings_of_parts
from maestrokit.training.task import find_corpus

NAMED = ("from_", "to", "steps", "patience", "batch", "length", "learning_rate", "dropout", "weight_decay")
"""Settings that have options of their own."""


def settings_of(options: TrainOptions, seed: int) -> dict[str, str]:
    """Return settings by name from options of their own, and from NAME=VALUE.

    Raises
    ------
    UsageError
        If one has no value.
    """
    chosen = {name: getattr(options, name) for name in NAMED} | ({"seed": seed} if is_given("seed") else {})
    values = {name: str(value) for name, value in chosen.items() if value is not None}
    if options.time_limit is not None:
        values["time_limit"] = str(seconds(options.time_limit, parameter="time_limit"))
    for setting in options.settings or ():
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"`settings` must be NAME=VALUE, not '{setting}'", parameter="settings")
        name = name.replace("-", "_")
        values[f"{name}_" if keyword.iskeyword(name) else name] = value
    return values


def spec_of(options: TrainOptions, seed: int, running: Jobs) -> TrainingSpec:
    """Return what is to be trained, on what, and where.

    Raises
    ------
    NoInputError
        If there is no model to start from.
    CannotWriteError
        If the run folder is one of the folders of data, or holds other files.
    UsageError
        If it holds a model of another family.
    """
    folder, output = Path(options.output), options.output
    if any(Path(name).resolve() == folder.resolve() for name in options.data):
        raise CannotWriteError(f"'{output}' is both the data and the run folder", "choose another folder for the run")
    check_folder(folder, options.family)
    with about("init"):
        start = None if options.init is None else model_folder(options.init)
    cache = Path(options.cache) if options.cache else default_cache()
    settings = settings_of(options, seed)
    return TrainingSpec(
        options.family, options.task or "", options.data, folder, settings, start, cache, running.workers
    )


def print_plan(spec: TrainingSpec, *, is_search: bool) -> None:
    """Print which files would be read, and the run folder, once settings are known to be valid."""
    if is_search:
        from maestrokit.training.tuning import spaces

        spaces(spec)
    else:
        settings_of_parts(spec)
    corpus = find_corpus(spec.data, modules(spec)[1], cache=spec.cache)
    from maestrokit.cli import batch

    batch.print_plan((path, str(spec.folder)) for path in corpus.paths)
