"""Trained networks that tell the chords of recordings, read without torch."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from maestrokit.analysis.chords.network import ChordNetwork, weight_shapes
from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.errors import NoInputError, choices_hint
from maestrokit.files import checkpoint
from maestrokit.inference.networks import checked_weights, config_for, sizes_of, unusable

TASK = "chords"
NETWORK, CHROMA = "network", "chroma"
WAYS = (NETWORK, CHROMA)
SHIPPED = "chords"


def load_chord_network(way: str) -> ChordNetwork | None:
    """Return the network that tells chords: the shipped one, that of a run folder, or none.

    Parameters
    ----------
    way : str
        ``network`` for the shipped one, ``chroma`` for none, or the name of a shipped model or path of a run folder.

    Raises
    ------
    NoInputError
        If there is no such model.
    BadDataError
        If it is damaged, or does something else.
    """
    if way == CHROMA:
        return None
    try:
        folder = checkpoint.model_folder(SHIPPED if way == NETWORK else way)
    except NoInputError:
        hint = f"{choices_hint(way, WAYS)}, or a run folder of a network of chords"
        raise NoInputError(f"no way to tell chords '{way}'", hint, parameter="chords") from None
    return read_chord_network(folder)


@lru_cache(maxsize=2)
def read_chord_network(folder: Path) -> ChordNetwork:
    """Return the network in a folder; raises as :func:`load_chord_network`."""
    config = config_for(folder, task=TASK, does="tell chords")
    sizes = sizes_of(config, ("qualities", "channels", "width", "depth"))
    if sizes is None or config.get("qualities") != list(QUALITY_NAMES):
        raise unusable(folder, "its config.json does not say its qualities and sizes", task=TASK)
    durations, weight = config.get("duration_scores"), config.get("duration_weight", 1.0)
    if not _are_scores(durations) or not (isinstance(weight, int | float) and weight >= 0):
        raise unusable(folder, "its config.json does not say how long chords last", task=TASK)
    weights = checked_weights(folder, weight_shapes(**sizes), task=TASK)
    return ChordNetwork(weights, weight * np.array(durations, np.float64))


def _are_scores(values: object) -> bool:
    if not isinstance(values, list) or len(values) < 2:
        return False
    return all(isinstance(value, int | float) and np.isfinite(value) for value in values)
