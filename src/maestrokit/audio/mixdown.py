"""Channels to one, so that none cancels another.

The mean of two channels is silent where one is the other with its polarity reversed, as by a cable with its wires
swapped. Where channels would cancel, one is inverted before the mean is taken. Elsewhere it is the mean, to the bit.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.resample import equal_blocks, mono
from maestrokit.audio.spectra.frames import Samples

Channels = NDArray[np.float32]
"""Shape (samples, channels)."""

WINDOW_SECONDS = 0.1  # over which channels are compared, to the nearest power of two samples
WINDOWS = 16  # of a block, over which they are compared as well
# Correlations below which one of two channels is inverted. Of music in seven rooms, in each of them recorded by two
# microphones far apart, 3 of 90,000 windows and 3 of 6,000 blocks are below.
WINDOW_CANCELS, BLOCK_CANCELS = -0.9, -0.5
SILENCE = 1e-10  # mean power of channels that are not compared: -100 dB
WEAKEST = 1 / 25  # power of a channel, of that of another, below which it cannot cancel that one
UNEQUAL = (1 + 1 / WEAKEST) * np.sqrt(WEAKEST)  # (a + b) / sqrt(a b) of the most unequal powers that are compared
# Share of the power of two channels that their mean must have for it to be certain that they do not cancel.
LEAST_MEAN = np.float32(1 / 4 + BLOCK_CANCELS / UNEQUAL / 2)
FADE = 16  # part of a window, 1 / FADE, over which a channel is turned round


class Mixdown:
    """Mixes the channels of a recording, which come in blocks, to one."""

    def __init__(self, sample_rate: int) -> None:
        self.window = 2 ** round(np.log2(max(WINDOW_SECONDS * sample_rate, 2)))
        self.inverted = 0
        """Samples in which some channel was inverted."""

    def through(self, blocks: Iterable[Channels]) -> Iterator[Samples]:
        """Yield the mean of the channels; the output does not depend on how the recording is cut into blocks."""
        signs: Floats | None = None
        for block in equal_blocks(blocks, WINDOWS * self.window):
            mixed, signs = self._mixed(block, mono(block), signs)
            yield mixed

    def _mixed(self, block: Channels, mean: Samples, before: Floats | None) -> tuple[Samples, Floats]:
        """Return a block as one channel, and the signs at its end, given those before it; none at the start."""
        signs = np.ones(block.shape[1]) if before is None else before
        if signs.min() > 0 and _cannot_cancel(block, mean, self.window):
            return mean, signs
        products = _products(block, self.window)
        correlation, of_block = _correlations(products, self.window), _correlations(products.sum(0), len(block))
        if signs.min() > 0 and correlation.min() >= WINDOW_CANCELS and of_block.min() >= BLOCK_CANCELS:
            return mean, signs
        steps = np.array([signs, *_aligned(correlation, of_block, signs)])
        if before is None:
            steps[0] = steps[1]  # what holds at the start held before
        self.inverted += int(np.count_nonzero(np.repeat((steps[1:] < 0).any(axis=1), self.window)[: len(block)]))
        return np.asarray((block * _faded(steps, self.window)[: len(block)]).mean(axis=1), np.float32), steps[-1]


def _cannot_cancel(block: Channels, mean: Samples, window: int) -> bool:
    """Return whether the power of the mean alone shows that no correlation is low enough; of two channels.

    With powers a and b of the channels and m of the mean, the sum of their products is 2 m - (a + b) / 2. Channels that
    are compared differ in power by 1 / WEAKEST at most, so a correlation of r needs less than r (a + b) / UNEQUAL. The
    limit of blocks is the higher one; it holds of a block if of all its windows.
    """
    if block.shape[1] != 2:
        return False
    stop = len(block) // window * window
    return _is_strong(mean[:stop].reshape(-1, window), block[:stop]) and _is_strong(mean[None, stop:], block[stop:])


def _is_strong(means: NDArray[np.float32], block: Channels) -> bool:
    """Return whether in each window, a row of `means`, the mean has the power that proves that nothing cancels."""
    pairs = block.reshape(len(means), 2 * means.shape[1])
    return bool((np.vecdot(means, means) >= LEAST_MEAN * np.vecdot(pairs, pairs)).all())


def _products(block: Channels, window: int) -> Floats:
    """Return the sums of products of all pairs of channels, shape (windows, channels, channels)."""
    starts = np.arange(0, len(block), window)
    columns = np.ascontiguousarray(block.T)
    sums = np.empty((len(starts), len(columns), len(columns)))
    for left, samples in enumerate(columns):
        for right in range(left + 1):
            sums[:, left, right] = sums[:, right, left] = np.add.reduceat(samples * columns[right], starts)
    return sums


def _correlations(products: Floats, samples: int) -> Floats:
    """Return the correlations of all pairs of channels, 0 where one is silent or far weaker; the shape stays.

    >>> _correlations(np.array([[1.0, -0.5], [-0.5, 1.0]]), 2).tolist()
    [[1.0, -0.5], [-0.5, 1.0]]
    >>> _correlations(np.array([[1.0, -0.1], [-0.1, 0.01]]), 2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    power = np.diagonal(products, axis1=-2, axis2=-1)
    left, right = power[..., :, None], power[..., None, :]
    is_sound = (np.minimum(left, right) > np.maximum(left, right) * WEAKEST) & (left + right > 2 * samples * SILENCE)
    return np.asarray(np.divide(products, np.sqrt(left * right), out=np.zeros_like(products), where=is_sound))


def _aligned(correlation: Floats, of_block: Floats, signs: Floats) -> Iterator[Floats]:
    """Yield the sign of each channel in each window, which depends on the one before it that it is most like.

    A channel is inverted where it clearly cancels that one, and then for as long as it would cancel it at all.
    """
    for window in correlation:
        signs = signs.copy()
        for channel in range(1, len(signs)):
            in_block, here = (_strongest(signs[:channel] * pairs[:channel, channel]) for pairs in (of_block, window))
            sign = signs[channel]
            if sign * here < (0 if sign < 0 or in_block < BLOCK_CANCELS else WINDOW_CANCELS):
                signs[channel] = -sign
        yield signs


def _strongest(correlation: Floats) -> float:
    return float(correlation[np.abs(correlation).argmax()])


def _faded(steps: Floats, window: int) -> NDArray[np.float32]:
    """Return the weight of each channel in each sample: the sign of its window, reached from that of the one before."""
    ramp = np.minimum(np.arange(1, window + 1) * (FADE / window), 1)[None, :, None]
    weights = steps[:-1, None] + ramp * np.diff(steps, axis=0)[:, None]  # (windows, samples, channels)
    return np.asarray(weights.reshape(-1, steps.shape[1]), np.float32)
