"""Pieces made comparable: stretches of one length, the pedal applied to all or to none; and pieces without music."""

from collections.abc import Sequence

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.piece import Piece, notes_in_seconds

LONGEST = 60.0  # seconds of a stretch, where nobody chose a length
MOST_SHORTER = 0.1  # of the pieces of a system may be shorter than the stretch


def onset_seconds(piece: Piece) -> float:
    """Return the time from the first onset to the last, by which a piece is long enough or not."""
    return float(np.ptp(piece.onset)) if len(piece) else 0.0


def common_seconds(lengths: Sequence[Floats]) -> float:
    """Return the length of stretches of which each system has nearly all, at most a minute, in whole seconds if it can.

    Parameters
    ----------
    lengths : sequence of float64, shape (pieces,), in seconds
        Of the pieces of each system. A tenth of them may be shorter, so that one piece that broke off does not decide.

    >>> common_seconds([np.array([300.0, 200.0]), np.array([30.5] * 19 + [2.0])])
    30.0
    """
    shortest = min(float(np.quantile(of_system, MOST_SHORTER, method="lower")) for of_system in lengths)
    return min(float(np.floor(shortest)) if shortest >= 1 else shortest, LONGEST)


def stretch(piece: Piece, seconds: float, *, extends_by_pedal: bool, generator: np.random.Generator) -> Piece:
    """Return a stretch of a piece that begins with a note, from somewhere in it; a shorter piece is whole.

    Times count from its first onset, bars are of 2 s, and what sounds on is cut at its end.

    Parameters
    ----------
    seconds : float > 0
    extends_by_pedal : bool
        Whether notes last as long as the sustain pedal holds them; either way, the pedal is no part of the result.
    """
    if len(piece) == 0:
        return piece
    latest = max(piece.onset[-1] - seconds, piece.onset[0])
    start = piece.onset[np.searchsorted(piece.onset, generator.uniform(piece.onset[0], latest))]
    part = piece.select((piece.onset >= start) & (piece.onset < start + seconds))
    offset = part.sounding_offset if extends_by_pedal else part.offset
    ends = np.maximum(np.minimum(offset, start + seconds), part.onset)
    return notes_in_seconds(part.onset - start, ends - start, part.pitch, part.velocity)


def without_music(piece: Piece, histogram: Floats, *, generator: np.random.Generator) -> Piece:
    """Return as many notes of the same durations and velocities, strewn evenly in time, with pitches of a histogram.

    Parameters
    ----------
    histogram : float64, shape (128,)
        How often each pitch is struck in the corpus.
    """
    if len(piece) == 0 or not histogram.any():
        return piece
    onset = generator.uniform(piece.onset[0], piece.onset[-1], len(piece))
    pitch = generator.choice(128, len(piece), p=histogram / histogram.sum())
    return notes_in_seconds(onset, onset + piece.offset - piece.onset, pitch, piece.velocity)
