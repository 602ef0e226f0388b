"""How long each pitch sounds between given moments."""

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.arrays import Floats

PITCHES = 128


def sounding_seconds(onset: ArrayLike, offset: ArrayLike, pitch: ArrayLike, edges: ArrayLike) -> Floats:
    """Return how long each pitch sounds in each of the spans between edges, in seconds.

    The result has shape (spans, 128). Two notes of one pitch at a time count as one.

    >>> sounding_seconds([0.0], [1.5], [60], [0, 1, 2, 3])[:, 60].tolist()
    [1.0, 0.5, 0.0]
    """
    moments = np.asarray(edges, np.float64)
    widths = np.diff(moments)
    start = np.clip(np.asarray(onset, np.float64), moments[0], moments[-1])
    end = np.clip(np.asarray(offset, np.float64), start, moments[-1])
    column = np.asarray(pitch, np.int64)
    first, last = (np.clip(np.searchsorted(moments, time, "right") - 1, 0, len(widths) - 1) for time in (start, end))
    # Each note is wholly on from its first span up to its last; then the parts before and after it are put right.
    rows, columns = np.concatenate([first, last]), np.concatenate([column, column])
    change = np.concatenate([np.ones(len(first)), -np.ones(len(last))])
    seconds = np.cumsum(_summed(rows, columns, change, len(widths)), axis=0) * widths[:, None]
    part = np.concatenate([moments[first] - start, end - moments[last]])
    seconds += _summed(rows, columns, part, len(widths))
    return np.clip(seconds, 0.0, widths[:, None])  # (spans, 128)


def _summed(rows: ArrayLike, columns: ArrayLike, values: Floats, count: int) -> Floats:
    cell = np.asarray(rows) * PITCHES + np.asarray(columns)
    return np.bincount(cell, values, count * PITCHES).astype(np.float64, copy=False).reshape(count, PITCHES)
