"""Trained networks that classify performances, read without torch."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from maestrokit.analysis.classes import Classifier, weight_shapes
from maestrokit.errors import BadDataError
from maestrokit.files import checkpoint

TASK = "classes"
HINT = "train one of the family cnn for the task classes"


def load_classifier(name: str) -> Classifier:
    """Return the network that classifies of a run folder, or a shipped one.

    Parameters
    ----------
    name : str
        Name of a shipped model, or path of a run folder.

    Raises
    ------
    NoInputError
        If there is no such model.
    BadDataError
        If it is damaged, or does something else.
    """
    return read_classifier(checkpoint.model_folder(name))


@lru_cache(maxsize=2)
def read_classifier(folder: Path) -> Classifier:
    """Return the network in a folder; raises as :func:`load_classifier`."""
    config = checkpoint.read_config(folder)
    if config.get("task") != TASK:
        raise BadDataError(
            f"cannot use '{folder}': a {config['family']} that does not classify", HINT, path=str(folder)
        )
    names, sizes = config.get("class_names"), _sizes(config.get("model"))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or sizes is None:
        raise _damaged(folder, "its config.json does not say its classes and sizes")
    weights = checkpoint.read_weight_arrays(folder)
    for key, shape in weight_shapes(**sizes).items():
        if key not in weights or weights[key].shape != shape:
            raise _damaged(folder, f"the weight '{key}' is missing or has another shape than its settings ask for")
    temperature, threshold = (config.get(key, default) for key, default in (("temperature", 1.0), ("threshold", 0.0)))
    if len(names) != sizes["outputs"] or not all(isinstance(one, int | float) for one in (temperature, threshold)):
        raise _damaged(folder, "its classes, temperature or threshold do not fit it")
    if not (temperature > 0 and 0 <= threshold <= 1):
        raise _damaged(folder, f"its temperature is {temperature} and its threshold {threshold}")
    return Classifier(tuple(names), weights, float(temperature), float(threshold))


def _sizes(model: Any) -> dict[str, int] | None:
    """Return the sizes of a network, or None if its settings do not have them."""
    values = model if isinstance(model, dict) else {}
    names = ("outputs", "channels", "depth")
    sizes = {name: size for name in names if isinstance(size := values.get(name), int) and size >= 0}
    return sizes if len(sizes) == len(names) else None


def _damaged(folder: Path, fact: str) -> BadDataError:
    return BadDataError(f"cannot use '{folder}': {fact}", HINT, path=str(folder))
