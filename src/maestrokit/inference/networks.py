"""Trained networks that run in numpy: their weights as arrays, checked, read without torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.errors import BadDataError
from maestrokit.files import checkpoint


def config_for(folder: Path, *, task: str, does: str) -> dict[str, Any]:
    """Return the ``config.json`` of a model; BadDataError says that it is for another task, and so does not .."""
    config = checkpoint.read_config(folder)
    if config.get("task") != task:
        raise unusable(folder, f"{checkpoint.family_with_article(config)} that does not {does}", task=task)
    return config


def sizes_of(config: Mapping[str, Any], names: Sequence[str]) -> dict[str, int] | None:
    """Return settings of a network that are whole numbers, or None if it does not have them."""
    model = config.get("model")
    values = model if isinstance(model, dict) else {}
    sizes = {name: size for name in names if isinstance(size := values.get(name), int) and size >= 0}
    return sizes if len(sizes) == len(names) else None


def checked_weights(
    folder: Path, shapes: Mapping[str, tuple[int, ...]], *, task: str
) -> dict[str, NDArray[np.float32]]:
    """Return the weights in a folder; BadDataError says that one is missing or has another shape."""
    weights = checkpoint.read_weight_arrays(folder)
    for key, shape in shapes.items():
        if key not in weights or weights[key].shape != shape:
            fact = f"the weight '{key}' is missing or has another shape than its settings ask for"
            raise unusable(folder, fact, task=task)
    return weights


def unusable(folder: Path, fact: str, *, task: str) -> BadDataError:
    """Return the error of a model that does not fit its settings, or the task."""
    return BadDataError(f"cannot use '{checkpoint.model_name(folder)}': {fact}", _hint(task), path=str(folder))


def _hint(task: str) -> str:
    return f"train one for the task {task}"
