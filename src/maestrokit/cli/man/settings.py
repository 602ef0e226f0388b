"""The section of maestrokit-train(1) on the settings of ``--set``, from the sources of the settings' dataclasses."""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import get_type_hints

from maestrokit import registry
from maestrokit.bounds import sentence, within_of
from maestrokit.models import families

TRAINING, TASKS, MODELS = "maestrokit.training.settings", "maestrokit.training.tasks", "maestrokit.models"
HEAD = "Settings that --set changes, with their defaults; an option of the command stands for the setting of its name."

Setting = tuple[str, str, str]
"""Name, default as it is written, meaning."""


def settings_section(escape: Callable[[str], str], items: Callable[[Iterable[tuple[str, str]]], str]) -> str:
    """Return the settings of every training, of each task and of each family, as roff."""
    texts = [escape(HEAD)]
    for title, settings in all_settings():
        entries = [(f"\\fB{escape(name)}\\fR ({escape(default)})", escape(text)) for name, default, text in settings]
        texts.append(f".SS Of {title}\n{items(entries)}")
    return "\n".join(texts)


def all_settings() -> list[tuple[str, list[Setting]]]:
    """Return the settings of every training, of each task and of each family, by what they belong to."""
    parts = [("every training", settings_of(TRAINING, "TrainingSettings"))]
    parts += [(f"the task {name}", settings_of(f"{TASKS}.{name}", "Options")) for name in registry.names(TASKS)]
    for name in families():
        family = importlib.import_module(f"{MODELS}.{name}")
        networks = getattr(family, "NETWORKS", {})
        if family.TASKS[0] not in networks:
            parts.append((f"the model {name}", settings_of(f"{MODELS}.{name}", "Config")))
        parts += [
            (f"the model {name} for the task {task}", settings_of(f"{MODELS}.{module}", "Config"))
            for task, module in networks.items()
        ]
    return parts


def settings_of(module: str, name: str) -> list[Setting]:
    """Return the settings of a dataclass in a module, as its source has them: names, defaults, and the texts below."""
    kind = getattr(importlib.import_module(module), name)
    defaults = {field.name: field.default for field in fields(kind)}
    hints = get_type_hints(kind, include_extras=True)
    tree = ast.parse(inspect.getsource(kind))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef))
    settings = []
    for statement, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            field = ast.unparse(statement.target)
            default = defaults[field]
            written = "none" if default is None else str(default).lower() or "empty"
            within = within_of(hints[field])
            meaning = _meaning(after) if within is None else f"{_meaning(after)} {sentence(within)}"
            settings.append((field.rstrip("_"), written, meaning))  # from_ would be a keyword
    return settings


def _meaning(statement: ast.stmt | None) -> str:
    """Return the text below a field, in one paragraph."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""  # which a test reports
