"""Level and loudness over time, of all channels."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.audio.resample import equal_blocks
from maestrokit.audio.spectra.frames import Samples

SAMPLE_RATE = 48000  # Hz, for which the standard gives its filters
STEP_SAMPLES = 960
FRAME_RATE = SAMPLE_RATE / STEP_SAMPLES  # 50 frames a second
BLOCK, OVERLAP = 0.4, 0.75  # seconds of a gating block, and share of it that the next one covers
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0  # LUFS, and LU below what is left
OFFSET = -0.691  # dB: a full-scale tone of 997 Hz reads -3.01 LUFS
SILENCE = -120.0  # dB; nothing is given as quieter
SURROUND = {5: (1.0, 1.0, 1.0, 1.41, 1.41), 6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)}
SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


class Levels(NamedTuple):
    """Powers of each frame of 20 ms."""

    power: Floats
    """Mean square of the samples of all channels, full scale is 1."""
    weighted: Floats
    """Sum over the channels of the mean squares of the samples as the ear hears them (K-weighted)."""
    peak: float
    """Greatest magnitude of a sample, in any channel."""


def levels(blocks: Iterable[Samples]) -> Levels:
    """Return the power of a recording at ``SAMPLE_RATE`` over time; memory grows with it by 16 bytes a frame.

    >>> tone = np.sin(2 * np.pi * 997 / 48000 * np.arange(96000)).astype(np.float32)
    >>> round(integrated_loudness(levels([tone]).weighted), 2)
    -3.01
    """
    power, weighted, peak = [np.empty(0)], [np.empty(0)], 0.0
    for block, filtered in _weighted(equal_blocks(blocks, 100 * STEP_SAMPLES)):
        power.append(_mean_squares(block).mean(axis=1))
        weighted.append(_mean_squares(filtered) @ channel_weights(block.shape[1]))
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

    Blocks of 400 ms count if they are above -70 LUFS, and then if they are above the mean of these less 10 LU. One
    channel counts as one: the same sound in two channels is 3 LU louder.

    References
    ----------
    ITU-R BS.1770-4: Algorithms to measure audio programme loudness and true-peak audio level. 2015.
    """
    blocks = gating_blocks(weighted)
    loud = blocks[blocks > 10 ** ((ABSOLUTE_GATE - OFFSET) / 10)]
    if len(loud):
        loud = loud[loud > loud.mean() * 10 ** (RELATIVE_GATE / 10)]
    return float(OFFSET + 10 * np.log10(loud.mean())) if len(loud) else float("-inf")


def channel_weights(channels: int) -> Floats:
    """Return the weight of the power of each channel: 1, but of five or six, which are taken for 5.0 and 5.1, 1.41 at
    the back and 0 of the low-frequency effects.

    >>> channel_weights(2).tolist(), channel_weights(6).tolist()
    ([1.0, 1.0], [1.0, 1.0, 1.0, 0.0, 1.41, 1.41])
    """
    return np.array(SURROUND.get(channels, (1.0,) * channels))


def gating_blocks(weighted: Floats) -> Floats:
    """Return the mean power of the overlapping blocks; of less than one block, of all there is."""
    length, step = round(BLOCK * FRAME_RATE), round(BLOCK * (1 - OVERLAP) * FRAME_RATE)
    if len(weighted) < length:
        return weighted.mean(keepdims=True) if len(weighted) else weighted
    return np.asarray(np.lib.stride_tricks.sliding_window_view(weighted, length)[::step].mean(axis=1), np.float64)


def _weighted(blocks: Iterable[Samples]) -> Iterator[tuple[Samples, Floats]]:
    """Yield each block as it is, and K-weighted, shape (samples, channels)."""
    from scipy.signal import sosfilt

    sections = np.array([[*SHELF[0], *SHELF[1]], [*HIGH_PASS[0], *HIGH_PASS[1]]])
    state: Floats | None = None
    for block in blocks:
        columns = block.reshape(len(block), -1)
        state = np.zeros((2, 2, columns.shape[1])) if state is None else state
        filtered, state = sosfilt(sections, columns.astype(np.float64), axis=0, zi=state)
        yield columns, filtered


def _mean_squares(samples: Samples | Floats) -> Floats:
    squares = np.square(samples.astype(np.float64))
    starts = np.arange(0, len(squares), STEP_SAMPLES)
    lengths = np.diff(np.append(starts, len(squares)))
    return np.asarray(np.add.reduceat(squares, starts, axis=0) / lengths[:, None], np.float64)
