"""Structure by self-similarity: how much of a piece comes back, at three lengths.

Each half second is a vector of how often each pitch class is struck; S(i, j) is the cosine of two of them.
The mean of S along its diagonals over L seconds is how alike two stretches of L seconds are, in their order. For
each stretch, compare the most similar one that does not overlap it with the mean over all that do not: (best -
mean) / (1 - mean), which is 0 if no stretch is more like it than any other, and 1 if it comes back exactly. The
value is the mean over stretches.

MusDr's structureness indicator asks the same at 3-8, 8-15 and over 15 seconds, but takes the one most repeated
stretch of a piece (the largest fitness of a scape plot from audio); its values are not comparable. The mean over
stretches is chosen as it needs no path search, describes the whole piece, and depends less on its length.

References
----------
Wu, S.-L. and Yang, Y.-H. The Jazz Transformer on the front line. ISMIR 2020.
Foote, J. Visualizing music and audio using self-similarity. ACM Multimedia 1999.
"""

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers
from maestrokit.metrics.contract import SHARE, Metric
from maestrokit.metrics.piece import Piece

FRAME = 0.5  # seconds
LENGTHS = (8, 16, 32)  # frames, powers of two
LONGEST = 7200  # frames of a piece that are looked at: an hour
BLOCK = 256  # stretches compared with all others at a time, which bounds memory


def structure(piece: Piece) -> Floats:
    """Return the repetition of stretches of 4, 8 and 16 s, 0..1 each, shape (3,); NaN where there are not three."""
    frames = chroma_frames(piece)
    contrasts: list[list[Floats]] = [[] for _ in LENGTHS]
    for start in range(0, len(frames), BLOCK):
        stop = start + BLOCK + LENGTHS[-1] - 1
        similar = frames[start:stop] @ frames.T  # (rows, frames)
        step = 1
        for length, contrast in zip(LENGTHS, contrasts, strict=True):
            while step < length:
                similar = similar[:-step, :-step] + similar[step:, step:]
                step *= 2
            rows = np.arange(start, min(start + BLOCK, start + len(similar), similar.shape[1]))
            if similar.shape[1] > 2 * length:
                contrast.append(_contrast(similar[: len(rows)] / np.float32(length), rows, length))
    return np.array([np.mean(np.concatenate(contrast)) if contrast else np.nan for contrast in contrasts], np.float64)


def chroma_frames(piece: Piece) -> NDArray[np.float32]:
    """Return how often each pitch class is struck in each half second, as vectors of length 1 or 0: (frames, 12)."""
    frame = ((piece.onset - piece.onset.min(initial=np.inf)) / FRAME).astype(np.int64)
    piece, frame = piece.select(frame < LONGEST), frame[frame < LONGEST]
    counts = np.zeros((int(frame.max(initial=-1)) + 1, 12), np.float32)
    np.add.at(counts, (frame, piece.pitch % 12), 1)
    norm = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.maximum(norm, 1), np.float32)


def _contrast(similar: NDArray[np.float32], rows: Integers, length: int) -> Floats:
    """Return (best - mean) / (1 - mean) of each row over the stretches that do not overlap it."""
    count = similar.shape[1]
    near = rows[:, None] + np.arange(1 - length, length)
    is_inside = (near >= 0) & (near < count)
    similar[np.nonzero(is_inside)[0], near[is_inside]] = 0
    mean = similar.sum(axis=1, dtype=np.float64) / (count - is_inside.sum(axis=1))
    best = similar.max(axis=1)
    return np.asarray(np.divide(best - mean, 1 - mean, out=np.zeros_like(mean), where=mean < 1 - 1e-6))


METRICS = {
    "structure_4s": Metric("", "closer", structure, column=0, bounds=SHARE),
    "structure_8s": Metric("", "closer", structure, column=1, bounds=SHARE),
    "structure_16s": Metric("", "closer", structure, column=2, bounds=SHARE),
}
