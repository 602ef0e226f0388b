"""Where a piece gets stuck: the longest loop of a few notes, and the longest silence, in seconds.

Models that sample one note after another can fall into a pattern that makes itself ever likelier, or wait without end
[1]. ``longest_loop`` is how long a pattern of one to three notes is repeated: the time from the first to the last onset
of the longest stretch in which every note has the pitch of the note so many before it, the pattern being there three
times at least. Notes of a chord (onsets up to 30 ms apart) are ordered from the lowest up. Tempo, dynamics and key do
not matter. ``longest_silence`` is the longest time within the piece in which nothing sounds, the sustain pedal
included.

People repeat notes, play trills and pause, too: compare with pieces of people of the same length, since longer ones
have longer loops and silences.

References
----------
.. [1] A. Holtzman et al., "The Curious Case of Neural Text Degeneration", ICLR 2020 (repetition, of words).
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece
from maestrokit.metrics.sets.copying import chord_order

LONGEST_PATTERN = 3  # notes
LEAST_TIMES = 3  # that a pattern is there


def longest_loop(piece: Piece) -> Floats:
    """Return the seconds of the longest loop, 0 without any, shape (1,); NaN without notes."""
    if not len(piece):
        return np.array([np.nan])
    rows = chord_order(piece)
    onset, pitch = piece.onset[rows], piece.pitch[rows]
    longest = 0.0
    for period in range(1, min(LONGEST_PATTERN, len(pitch) - 1) + 1):
        is_same = np.concatenate(([False], pitch[period:] == pitch[:-period], [False]))
        first, end = np.flatnonzero(np.diff(is_same.astype(np.int8))).reshape(-1, 2).T  # of each stretch
        is_loop = end - first >= (LEAST_TIMES - 1) * period
        seconds = onset[end[is_loop] - 1 + period] - onset[first[is_loop]]
        longest = max(longest, float(seconds.max(initial=0.0)))
    return np.array([longest])


def longest_silence(piece: Piece) -> Floats:
    """Return the seconds of the longest silence, 0 without any, shape (1,); NaN without notes."""
    if not len(piece):
        return np.array([np.nan])
    ends = np.maximum.accumulate(piece.sounding_offset)
    return np.array([(piece.onset[1:] - ends[:-1]).max(initial=0.0)])


METRICS = {
    "longest_loop": Metric("s", "closer", longest_loop),
    "longest_silence": Metric("s", "closer", longest_silence),
}
