"""Trained networks that classify performances or recordings, read without torch."""

from functools import lru_cache
from pathlib import Path

from maestrokit.analysis.class_spectrum import SPECTRUM
from maestrokit.analysis.classes import INPUTS, MEL_INPUT, ROLL_INPUT, Classifier, weight_shapes
from maestrokit.files import checkpoint
from maestrokit.inference.networks import checked_weights, config_for, sizes_of, unusable

TASK = "classes"


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
    return read_classifier(checkpoint.model_folder(name, "classes"))


@lru_cache(maxsize=2)
def read_classifier(folder: Path) -> Classifier:
    """Return the network in a folder; raises as :func:`load_classifier`."""
    config = config_for(folder, task=TASK, does="classify")
    names, sizes = config.get("class_names"), sizes_of(config, ("outputs", "channels", "depth", "members"))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or sizes is None:
        raise unusable(folder, "its config.json does not say its classes and sizes", task=TASK)
    input = config["model"].get("input", ROLL_INPUT)
    if input not in INPUTS or (input == MEL_INPUT and config.get("spectrum") != SPECTRUM.described()):
        raise unusable(folder, "it was made for another input", task=TASK)
    weights = checked_weights(folder, weight_shapes(**sizes, input=input), task=TASK)
    temperature, threshold = config.get("temperature", 1.0), config.get("threshold", 0.0)
    if len(names) != sizes["outputs"] or not all(isinstance(value, int | float) for value in (temperature, threshold)):
        raise unusable(folder, "its classes, temperature or threshold do not fit it", task=TASK)
    if not (temperature > 0 and 0 <= threshold <= 1):
        raise unusable(folder, f"its temperature is {temperature} and its threshold {threshold}", task=TASK)
    return Classifier(tuple(names), weights, float(temperature), float(threshold), input)
