"""From the options of ``train`` to what is trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from maestrokit.cli import batch
from maestrokit.cli.errors import about
from maestrokit.cli.options import Jobs
from maestrokit.cli.parse import parse_duration
from maestrokit.errors import CannotWriteError, UsageError
from maestrokit.files.cache import default_cache
from maestrokit.files.checkpoint import model_folder
from maestrokit.training.run import TrainingSpec, modules, settings_of_parts
from maestrokit.training.task import find_corpus


def settings_of(named: Mapping[str, object], time_limit: str | None, others: Sequence[str]) -> dict[str, str]:
    """Return settings by name from options of their own, and from NAME=VALUE.

    Raises
    ------
    UsageError
        If one has no value.
    """
    values = {name: str(value) for name, value in named.items() if value is not None}
    if time_limit is not None:
        with about("time_limit"):
            values["time_limit"] = str(parse_duration(time_limit))
    for setting in others:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"`settings` must be NAME=VALUE, not '{setting}'", parameter="settings")
        values[name.replace("-", "_")] = value
    return values


def spec_of(
    family: str,
    task: str | None,
    data: Sequence[str],
    output: str,
    settings: Mapping[str, str],
    init: str | None,
    cache: str | None,
    running: Jobs,
) -> TrainingSpec:
    """Return what is to be trained, on what, and where.

    Raises
    ------
    NoInputError
        If there is no model to start from.
    CannotWriteError
        If the run folder is one of the folders of data.
    """
    folder = Path(output)
    if any(Path(name).resolve() == folder.resolve() for name in data):
        raise CannotWriteError(f"'{output}' is both the data and the run folder", "choose another folder for the run")
    with about("init"):
        start = None if init is None else model_folder(init)
    return TrainingSpec(
        family,
        task or "",
        data,
        folder,
        settings,
        start,
        Path(cache) if cache else default_cache(),
        running.workers,
    )


def print_plan(spec: TrainingSpec, *, is_search: bool) -> None:
    """Print which files would be read, and the run folder, once settings are known to be valid."""
    if is_search:
        from maestrokit.training.tuning import spaces

        spaces(spec)
    else:
        settings_of_parts(spec)
    corpus = find_corpus(spec.data, modules(spec)[1], cache=spec.cache)
    batch.print_plan((path, str(spec.folder)) for path in corpus.paths)
