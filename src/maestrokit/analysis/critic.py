"""How likely notes were played by a person rather than made by a model, by a trained critic that runs in numpy.

The network is that of the task ``critic`` of the family gan (:mod:`maestrokit.models.adversarial.critic`); its weights
are handed in. It reads windows of notes; of long music the log-odds of windows that cover it are averaged.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.convolution import Weights
from maestrokit.arrays import Floats, Integers
from maestrokit.music.encodings.notes import DURATIONS, FACTORS, TIMES, factor_classes
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.piano_range import KEYS

KERNEL = 5  # notes
SLOPE = np.float32(0.2)  # of the activation below 0


def weight_shapes(*, channels: int, depth: int, velocity_bins: int) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the weights of a critic, by its settings in training."""
    sizes = zip(FACTORS, (TIMES, KEYS, velocity_bins, DURATIONS), strict=True)
    shapes: dict[str, tuple[int, ...]] = {f"critic.tables.{name}.weight": (size, channels) for name, size in sizes}
    for layer in range(depth):
        shapes |= {f"critic.layers.{layer}.weight": (channels, channels, KERNEL)}
        shapes |= {f"critic.layers.{layer}.bias": (channels,)}
    return {**shapes, "critic.head.weight": (1, 2 * channels), "critic.head.bias": (1,)}


def person_log_odds(notes: StepNotes, weights: Weights, *, length: int) -> float:
    """Return the log-odds that a person played some notes; -inf where there are none.

    Parameters
    ----------
    notes : StepNotes
        On the grid that the critic was trained on, with its velocity bins.
    weights : mapping of arrays
        Of the critic.
    length : int > 0, in notes
        Of the windows, those of its training.
    """
    count = len(notes.pitch)
    if not count:
        return -math.inf
    starts = np.linspace(0, max(0, count - length), -(-count // length)).astype(np.int64).tolist()
    windows = (factor_classes(notes.select(slice(start, start + length))) for start in starts)
    return float(np.mean([window_log_odds(window, weights) for window in windows]))


def window_log_odds(classes: Mapping[str, Integers], weights: Weights) -> float:
    """Return the log-odds of one window, given the classes of each factor of its notes: the network in numpy."""
    vectors: Floats = np.sum([weights[f"critic.tables.{name}.weight"][classes[name]] for name in FACTORS], axis=0)
    x = np.ascontiguousarray(vectors.T, np.float32)  # (channels, notes)
    layer = 0
    while (kernel := weights.get(f"critic.layers.{layer}.weight")) is not None:
        x = x + _convolved(_leaky(x), kernel, dilation=2**layer) + weights[f"critic.layers.{layer}.bias"][:, None]
        layer += 1
    x = _leaky(x)
    pooled = np.concatenate((x.mean(axis=1), x.max(axis=1)))
    return float(weights["critic.head.weight"][0] @ pooled + weights["critic.head.bias"][0])


def _convolved(x: NDArray[np.float32], kernel: NDArray[np.float32], *, dilation: int) -> NDArray[np.float32]:
    """Return the convolution of (channels, notes) over the notes, zeros around them."""
    notes, reach = x.shape[1], kernel.shape[2] // 2 * dilation
    padded = np.pad(x, ((0, 0), (reach, reach)))
    parts = [kernel[:, :, tap] @ padded[:, tap * dilation : tap * dilation + notes] for tap in range(kernel.shape[2])]
    return np.asarray(np.sum(parts, axis=0))


def _leaky(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(x < 0, SLOPE * x, x)
