"""Level and loudness over time."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from maestrokit.audio.frames import Samples
from maestrokit.audio.resample import equal_blocks
from maestrokit.music.columns import Floats

SAMPLE_RATE = 48000  # Hz, for which the standard gives its filters
STEP_SAMPLES = 960
FRAME_RATE = SAMPLE_RATE / STEP_SAMPLES  # 50 frames a second
BLOCK, OVERLAP = 0.4, 0.75  # seconds of a gating block, and share of it that the next one covers
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0  # LUFS, and LU below what is left
OFFSET = -0.691  # dB: a full-scale tone of 997 Hz reads -3.01 LUFS
SILENCE = -120.0  # dB; nothing is given as quieter
SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


class Levels(NamedTuple):
    """Mean squares of each frame of 20 ms.

    Parameters
    ----------
    power : float64, shape (frames,)
        Of the samples, full scale is 1.
    weighted : float64, shape (frames,)
        Of the samples as the ear hears them (K-weighted).
    peak : float
        Greatest magnitude of a sample.
    """

    power: Floats
    weighted: Floats
    peak: float


def levels(blocks: Iterable[Samples]) -> Levels:
    """Return the power of a recording over time; memory grows with it by 16 bytes a frame.

    Parameters
    ----------
    blocks : iterable of float32, shape (samples,)
        One channel at ``SAMPLE_RATE``. The last frame is as long as it comes.

    >>> tone = np.sin(2 * np.pi * 997 / 48000 * np.arange(96000)).astype(np.float32)
    >>> round(integrated_loudness(levels([tone]).weighted), 2)
    -3.01
    """
    power, weighted, peak = [np.empty(0)], [np.empty(0)], 0.0
    for block, heard in _weighted(equal_blocks(blocks, 100 * STEP_SAMPLES)):
        power.append(_mean_squares(block))
        weighted.append(_mean_squares(heard))
        peak = max(peak, float(np.abs(block).max(initial=0)))
    return Levels(np.concatenate(power), np.concatenate(weighted), peak)


def decibels(power: Floats, floor: float = SILENCE) -> Floats:
    """Return mean squares in dB of full scale, none below the floor.

    >>> decibels(np.array([1.0, 0.1, 0.0])).tolist()
    [0.0, -10.0, -120.0]
    """
    least = 10 ** (floor / 10)  # its logarithm may be a little lower than the floor
    return np.asarray(np.maximum(10 * np.log10(np.maximum(power, least)), floor), np.float64)


def integrated_loudness(weighted: Floats) -> float:
    """Return the loudness of a whole recording in LUFS, after ITU-R BS.1770-4; minus infinity for silence.

    Blocks of 400 ms count if they are above -70 LUFS, and then if they are above the mean of these less 10 LU. Of a
    recording in stereo this is the loudness of the mean of its channels, up to 3 dB below that of the two together.

    Parameters
    ----------
    weighted : float64, shape (frames,)
        From :func:`levels`.

    References
    ----------
    ITU-R BS.1770-4: Algorithms to measure audio programme loudness and true-peak audio level. 2015.
    """
    blocks = gating_blocks(weighted)
    loud = blocks[blocks > 10 ** ((ABSOLUTE_GATE - OFFSET) / 10)]
    if len(loud):
        loud = loud[loud > loud.mean() * 10 ** (RELATIVE_GATE / 10)]
    return float(OFFSET + 10 * np.log10(loud.mean())) if len(loud) else float("-inf")


def gating_blocks(weighted: Floats) -> Floats:
    """Return the mean power of the overlapping blocks; of less than one block, of all there is."""
    length, step = round(BLOCK * FRAME_RATE), round(BLOCK * (1 - OVERLAP) * FRAME_RATE)
    if len(weighted) < length:
        return weighted.mean(keepdims=True) if len(weighted) else weighted
    return np.asarray(np.lib.stride_tricks.sliding_window_view(weighted, length)[::step].mean(axis=1), np.float64)


def _weighted(blocks: Iterable[Samples]) -> Iterator[tuple[Samples, Floats]]:
    """Yield each block as it is, and K-weighted."""
    from scipy.signal import sosfilt

    sections = np.array([[*SHELF[0], *SHELF[1]], [*HIGH_PASS[0], *HIGH_PASS[1]]])
    state = np.zeros((2, 2))
    for block in blocks:
        heard, state = sosfilt(sections, block.astype(np.float64), zi=state)
        yield block, heard


def _mean_squares(samples: Samples | Floats) -> Floats:
    squares = np.square(samples.astype(np.float64))
    starts = np.arange(0, len(squares), STEP_SAMPLES)
    return np.asarray(np.add.reduceat(squares, starts) / np.diff(np.append(starts, len(squares))), np.float64)
