"""Conversion of channels to one, and of any sample rate to another."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.spectra.frames import Samples
from maestrokit.bounds import LARGEST_COUNT, Within, check

RATES = Within(0, LARGEST_COUNT, above=True)  # Hz
BLOCK_SAMPLES = 1 << 16  # fed to the resampler at a time, always: so its output does not depend on the caller


def mono(samples: NDArray[np.float32]) -> Samples:
    """Return the mean of the channels, shape (samples,), from shape (samples, channels) or (samples,).

    A product with a vector of weights: ten times as fast as ``mean(axis=1)``, because the reduced axis is short.

    >>> mono(np.array([[1, 3], [0, 1]], np.float32)).tolist()
    [2.0, 0.5]
    """
    if samples.ndim == 1:
        return samples
    channels = samples.shape[1]
    if channels == 1:
        return np.ascontiguousarray(samples[:, 0])
    return np.asarray(samples @ np.full(channels, 1 / channels, np.float32))


def resample(samples: Samples, *, from_rate: float, to_rate: float) -> Samples:
    """Return the samples at another rate, by soxr's high-quality band-limited interpolation.

    Parameters
    ----------
    samples : float32, shape (samples,)
        One channel.
    from_rate, to_rate : float > 0, in Hz
        Sample rates before and after.

    Returns
    -------
    float32, shape (about samples * to_rate / from_rate,)

    Raises
    ------
    UsageError
        If a rate is not positive.

    Examples
    --------
    >>> len(resample(np.zeros(44100, np.float32), from_rate=44100, to_rate=16000))
    16000
    """
    return np.concatenate([np.empty(0, np.float32), *resample_stream([samples], from_rate=from_rate, to_rate=to_rate)])


def resample_stream(blocks: Iterable[Samples], *, from_rate: float, to_rate: float) -> Iterator[Samples]:
    """Yield a recording that arrives in blocks of any length, shape (samples,) or (samples, channels), at another rate.

    The joined output does not depend on the blocks.
    """
    check("from_rate", from_rate, RATES)
    check("to_rate", to_rate, RATES)
    if from_rate == to_rate:
        yield from blocks
        return
    import soxr

    resampler, nothing = None, np.empty(0, np.float32)
    for block in equal_blocks(blocks, BLOCK_SAMPLES):
        if resampler is None:
            channels, nothing = math.prod(block.shape[1:]), block[:0]
            resampler = soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality="HQ")
        yield resampler.resample_chunk(block)
    yield nothing if resampler is None else resampler.resample_chunk(nothing, last=True)


def equal_blocks(blocks: Iterable[Samples], length: int) -> Iterator[Samples]:
    """Yield the same samples in blocks of one length, the last as long as it comes.

    >>> [b.tolist() for b in equal_blocks([np.arange(3), np.arange(3, 5)], 2)]
    [[0, 1], [2, 3], [4]]
    """
    pending = np.empty(0, np.float32)
    for block in blocks:
        pending = np.concatenate([pending, block]) if len(pending) else block
        stop = len(pending) // length * length
        for start in range(0, stop, length):
            yield pending[start : start + length]
        pending = pending[stop:]
    if len(pending):
        yield pending
