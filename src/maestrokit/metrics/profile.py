"""What a report shows of a set of pieces as a whole: its pitch classes, times between onsets, and chord changes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.entropy import shares
from maestrokit.metrics.piece import Piece
from maestrokit.metrics.sets.harmonic_consistency import QUALITIES, transitions
from maestrokit.metrics.sets.pitch_class_distance import degree_histogram
from maestrokit.metrics.sets.rhythmic_entropy import EDGES, distinct_onsets


class Profile(NamedTuple):
    """Distributions of a piece, or of a set: then the mean of those of its pieces, of chord changes that of all."""

    degrees: Floats
    """Shares of the twelve pitch classes above the tonic, shape (12,); NaN in a piece without notes."""
    intervals: Floats
    """Shares of times between onsets in classes of equal ratio, shape (EDGES + 1,); NaN where there are none."""
    changes: Floats
    """How often each chord change is, shape (qualities before, semitones from root to root, qualities after)."""


def profile(piece: Piece) -> Profile:
    """Return the distributions of a piece."""
    between = np.bincount(np.searchsorted(EDGES, np.diff(distinct_onsets(piece))), minlength=len(EDGES) + 1)
    degrees = degree_histogram(piece).reshape(2, 12).sum(axis=0)
    return Profile(degrees, shares(between), transitions(piece).reshape(QUALITIES, 12, QUALITIES))


def mean_profile(profiles: Sequence[Profile]) -> Profile:
    """Return the distributions of a set; zeros where no piece has any."""
    degrees, intervals = (_mean([profile[column] for profile in profiles]) for column in (0, 1))
    return Profile(degrees, intervals, np.sum([profile.changes for profile in profiles], axis=0))


def _mean(rows: Sequence[Floats]) -> Floats:
    table = np.array(rows)
    known = table[np.isfinite(table).all(axis=1)]
    return np.asarray(known.mean(axis=0) if len(known) else np.zeros(table.shape[1]), np.float64)
