"""From the probabilities of roots, basses and qualities over time to chords one after another."""

from typing import NamedTuple, Self

import numpy as np

from maestrokit.analysis.chords.from_notes import Chords
from maestrokit.analysis.chords.templates import NO_CHORD, QUALITIES
from maestrokit.analysis.viterbi import segment_path
from maestrokit.arrays import Floats

IMPOSSIBLE = -1e3  # log-probability
FARTHEST = 0.45  # cells that a boundary moves; less than a half, so that no chord is empty
NOTHING = 12  # column of no chord


class ChordScores(NamedTuple):
    """Log-probabilities in each cell of time."""

    root: Floats
    """Shape (cells, 13): pitch classes, and no chord."""
    bass: Floats
    """Shape (cells, 13)."""
    quality: Floats
    """Shape (cells, 12, qualities), by root."""

    @classmethod
    def silent(cls, cells: int) -> Self:
        """Return the scores where nothing sounds."""
        root = np.full((cells, NOTHING + 1), IMPOSSIBLE)
        root[:, NOTHING] = 0.0
        return cls(root, root, np.zeros((cells, NOTHING, len(QUALITIES))))


def segmented(scores: ChordScores, duration_scores: Floats, *, cell_seconds: float, length: float) -> Chords:
    """Return the likeliest chords.

    Cell i is centred on i times its length. Durations are scored as by
    :func:`maestrokit.analysis.viterbi.segment_path`. The bass is that tone of the chord which is likeliest over its
    whole span. Between two chords lies a boundary within a cell, as the shares that they have in it say; the last one
    lasts up to the length of the recording, in seconds.
    """
    qualities = scores.quality.shape[2]
    cells = min(len(scores.quality), int(length / cell_seconds + 1e-6) + 1)
    if not cells:
        return _columns([], np.zeros(1))
    scores = ChordScores(*(part[:cells] for part in scores))
    states = np.concatenate(
        [(scores.root[:, :NOTHING, None] + scores.quality).reshape(cells, -1), scores.root[:, NOTHING:]], axis=1
    )
    path = segment_path(states, duration_scores)
    path = [stretch for row, stretch in enumerate(path) if not row or stretch[2] != path[row - 1][2]]
    firsts = [first for first, _, _ in path] + [cells]
    rows = list[tuple[int, int, int, int, float]]()
    for (_, _, state), first, after in zip(path, firsts[:-1], firsts[1:], strict=True):
        if state == states.shape[1] - 1:
            rows.append((NO_CHORD, NO_CHORD, NO_CHORD, 0, 0.0))
            continue
        root, quality = divmod(state, qualities)
        tones = (root + np.array(QUALITIES[quality].degrees)) % 12
        inversion = int(scores.bass[first:after, tones].sum(axis=0).argmax())
        score = float(np.exp(states[first:after, state]).mean())
        rows.append((root, quality, int(tones[inversion]), inversion, score))
    inner = [_boundary(states, first, before[2], here[2]) for before, here, first in
             zip(path[:-1], path[1:], firsts[1:-1], strict=True)]  # fmt: skip
    return _columns(rows, np.array([0.0, *(cell_seconds * boundary for boundary in inner), length]))


def _boundary(states: Floats, first: int, before: int, here: int) -> float:
    """Return where one chord gives way to another, in cells: within half of one of where the other one's first begins.

    In the two cells about it, each chord has the share of the time that it is probable.
    """
    log_odds = states[first - 1 : first + 1, before] - states[first - 1 : first + 1, here]
    shares = 1 / (1 + np.exp(-np.clip(log_odds, -50, 50)))
    return first - 0.5 + float(np.clip(shares.sum() - 1, -FARTHEST, FARTHEST))


def _columns(rows: list[tuple[int, int, int, int, float]], edges: Floats) -> Chords:
    root, quality, bass, inversion, score = zip(*rows, strict=True) if rows else ((),) * 5
    chord = [np.array(column, np.int64) for column in (root, quality, bass, inversion)]
    return Chords(edges[:-1], edges[1:], chord[0], chord[1], chord[2], chord[3], np.array(score, np.float64))
