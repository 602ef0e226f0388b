"""The names that options accept.

They are for the completion of shells, and for help that lists them. Each list is looked up where it is
defined, and only when it is needed: nothing is imported before.
"""

import ast
import importlib
import importlib.util
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from maestrokit import registry

Names = Callable[[], Iterable[str]]
Completion = Callable[[str], list[str]]
"""From an incomplete word to candidates; typer leaves out those that do not begin with the word."""


@dataclass(frozen=True)
class Listed:
    """Of an option whose help lists all names; they are looked up when the help is shown."""

    names: Names


@dataclass(frozen=True)
class Sets:
    """Of an option that sets parameters of the library by names other than its own."""

    names: Names


def one_of(names: Names) -> Completion:
    """Return the completion of one name."""

    def complete(incomplete: str) -> list[str]:
        return list(names())

    return complete


def several_of(names: Names) -> Completion:
    """Return the completion of names separated by commas, each once."""

    def complete(incomplete: str) -> list[str]:
        typed, comma, _ = incomplete.rpartition(",")
        return [f"{typed}{comma}{name}" for name in names() if name not in typed.split(",")]

    return complete


def assigned_to(names: Names) -> Completion:
    """Return the completion of the name in NAME=VALUE."""

    def complete(incomplete: str) -> list[str]:
        return [f"{name}=" for name in names()]

    return complete


def kept_in(*sources: str) -> Names:
    """Return the names in constants of modules, or those that functions of modules return.

    >>> kept_in("maestrokit.files.datasets.maestro:SPLITS")()
    ['train', 'validation', 'test']
    """

    def names() -> list[str]:
        values: list[str] = []
        for source in sources:
            module, _, constant = source.partition(":")
            value = operator.attrgetter(constant)(importlib.import_module(module))
            values += [str(name) for name in (value() if callable(value) else value)]
        return values

    return names


def models_for(*tasks: str | None) -> Names:
    """Return the names of the shipped models for some tasks; None is all."""

    def names() -> list[str]:
        from maestrokit.files.checkpoint import shipped_models

        return [name for task in tasks for name in shipped_models(task=task)]

    return names


def generating_models() -> list[str]:
    """Return the names of the shipped models that make, transfer or perform music."""
    return [*models_for("events", "style", "performance")()]


def conditions() -> list[str]:
    """Return the names of conditions of models of notes."""
    return list(
        kept_in("maestrokit.music.encodings.conditions:SCALES", "maestrokit.music.encodings.conditions:COLUMNS")()
    )


def classes_of_models(condition: str) -> Names:
    """Return the last words of the classes that shipped models know of a condition, such as surnames of composers."""

    def names() -> list[str]:
        from maestrokit.files.checkpoint import model_folder, read_config, shipped_models

        configs = [read_config(model_folder(model)) for model in shipped_models()]
        known = [name for config in configs for name in config.get("classes", {}).get(condition, ())]
        return list(dict.fromkeys(name.rpartition(" ")[2] for name in known))

    return names


def styles_of_models() -> list[str]:
    """Return the styles that shipped models know."""
    from maestrokit.files.checkpoint import model_folder, read_config, shipped_models

    configs = [read_config(model_folder(model)) for model in shipped_models(task="style")]
    return [style for config in configs for style in config["styles"]]


def feature_groups() -> list[str]:
    """Return the names of the groups of descriptors."""
    return registry.names("maestrokit.features.groups")


def tasks() -> list[str]:
    """Return the names of the tasks that models can be trained for."""
    return registry.names("maestrokit.training.tasks")


def set_metrics() -> list[str]:
    """Return the names of the metrics of sets, read in their sources, since importing these would import numpy.

    >>> "grooving" in set_metrics()
    True
    """
    package = "maestrokit.metrics.sets"
    return [name for module in registry.names(package) for name in _keys(f"{package}.{module}", "METRICS")]


def _keys(module: str, constant: str) -> list[str]:
    """Return the keys of a dictionary that a module has, by its source."""
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    return [
        str(ast.literal_eval(key))
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Dict)
        if [ast.unparse(target) for target in statement.targets] == [constant]
        for key in statement.value.keys
        if key is not None
    ]


def training_settings() -> list[str]:
    """Return the names of all settings of training, of its tasks and of the models."""
    from maestrokit.cli.man.settings import all_settings

    return sorted({name for _, part in all_settings() for name, _, _ in part})
