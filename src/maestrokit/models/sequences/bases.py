"""What models of notes are built on that is not learned: radial bases, and frequencies of rotations; without torch.

Ordered classes share what is learned about their neighbours by Gaussian radial basis functions [1] of three widths.
Rotary positions [2] turn pairs of channels, of notes a half of them by position and the other half by time.

References
----------
.. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer, 2006, section 3.1.
.. [2] J. Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021.
"""

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.music.encodings.conditions import SCALES
from maestrokit.music.encodings.notes import DURATION_EDGES, TIME_EDGES
from maestrokit.music.piano_range import KEYS

Bases = NDArray[np.float32]
"""The weight of each shared vector in each class, shape (classes, bases)."""
WIDTHS = (1.0, 3.0, 9.0)  # standard deviations of the bases, in classes
PERIODS = (8.0, 8000.0)  # of the rotations that follow the time of notes, the fastest and the slowest, in steps
CLASSES_PER_NAT = 4.0  # distance of times, and of durations, whose ratio is e, as classes are smoothed


def radial_bases(position: Floats, *, classes: int, period: int = 0) -> Bases:
    """Return the weight of each shared vector in each class, (classes, bases).

    Parameters
    ----------
    position : float64, shape (ordered classes,)
        Where the ordered classes lie; neighbours are about 1 apart.
    classes : int
        Number of all classes; those after the ordered ones share nothing.
    period : int
        Classes whose numbers are equal modulo this share a vector, too; 0 for none.
    """
    low, high = position.min(), position.max()
    parts = []
    for width in WIDTHS:
        centre = np.arange(low, high + width, width)
        parts.append(np.exp(-0.5 * ((position[:, None] - centre) / width) ** 2))
    if period:
        parts.append(np.eye(period)[np.arange(len(position)) % period])
    bases = np.concatenate(parts, axis=1)
    return np.pad(bases, ((0, classes - len(bases)), (0, 0))).astype(np.float32)


def factor_bases(factor: str, classes: int) -> Bases:
    """Return the radial bases of a factor's classes, (classes, bases); see :func:`radial_bases`."""
    if factor in ("time", "duration"):
        edges = TIME_EDGES if factor == "time" else DURATION_EDGES
        centre = (edges[:-1] + np.minimum(edges[1:], 2 * edges[:-1] + 1) - 1) / 2
        return radial_bases(CLASSES_PER_NAT * np.log1p(centre / 2), classes=classes)
    ordered = KEYS if factor == "pitch" else classes
    return radial_bases(np.arange(ordered, dtype=np.float64), classes=classes, period=12 * (factor == "pitch"))


def scale_bases(condition: str) -> Bases:
    """Return the radial bases of a measured condition; its first class, "not given", shares nothing."""
    count = len(SCALES[condition])
    return np.pad(radial_bases(np.arange(count, dtype=np.float64), classes=count), ((1, 0), (0, 0)))


def rotations(dim: int, *, of_notes: bool) -> tuple[NDArray[np.float32], Floats]:
    """Return the frequencies of the rotation of each pair of channels, in radians a position, and in radians a step.

    Parameters
    ----------
    dim : int
        Channels of a head.
    of_notes : bool
        Whether half of the pairs follow the time; else the second result is empty.
    """
    pairs = np.arange(0, dim, 2)
    if not of_notes:
        return (10000.0 ** -(pairs / dim)).astype(np.float32), np.empty(0)
    by_step = 2 * np.pi / np.geomspace(*PERIODS, dim // 4)
    return (10000.0 ** -(pairs[: len(pairs) - len(by_step)] / (dim / 2))).astype(np.float32), by_step
