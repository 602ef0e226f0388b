"""Onsets in recordings: where the spectrum rises, band by band, and which rises are notes."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.frames import Samples, Spectrum, analyse_stream
from maestrokit.audio.mel import mel_analysis
from maestrokit.music.columns import Floats, Integers

SAMPLE_RATE = 16000  # Hz
HOP_SAMPLES = 160
FRAME_RATE = SAMPLE_RATE / HOP_SAMPLES  # 100 frames a second
FFT_SAMPLES = 1024
MELS = 80
LOWEST, HIGHEST = 27.5, 8000.0  # Hz
BAND_EDGES = (0, 8, 28, 80)  # mels: up to 250 Hz, to 1.1 kHz, and above
LAG = 2  # frames back to the spectrum that a rise is measured from
WIDTH = 1  # mels to both sides whose maximum it is measured from: vibrato and beating are no rises
GAIN = 1e4  # of power before its logarithm is taken, so that noise below -60 dB hardly counts
NEIGHBOURHOOD = 50  # frames to both sides over which a peak must stand out
PROMINENCE = 1.4  # times the mean of the neighbourhood
LEAST = 0.05  # mean rise a mel, in natural logarithms, below which nothing is an onset
DISTANCE = 3  # frames to both sides of which an onset is the highest
LATENESS = 0.005  # seconds by which the steepest rise of a struck tone comes after its onset


class Onsets(NamedTuple):
    """Onsets in seconds, rising, and how strong each is.

    Parameters
    ----------
    time : float64, shape (onsets,)
    strength : float64, shape (onsets, bands + 1)
        Mean rise in the low, middle and high band, and in all, in natural logarithms.
    """

    time: Floats
    strength: Floats


def onset_strength(blocks: Iterable[Samples]) -> NDArray[np.float32]:
    """Return how much the spectrum rises in each frame, shape (frames, 4): low, middle and high band, and all.

    The rise of the logarithm of the mel spectrum over two frames, where each band is compared with the highest of its
    neighbours then (SuperFlux), averaged over the band. Frame i is at i / ``FRAME_RATE`` seconds.

    Parameters
    ----------
    blocks : iterable of float32, shape (samples,)
        A recording at ``SAMPLE_RATE``; memory grows with its length by 16 bytes a frame only.

    References
    ----------
    S. Boeck, G. Widmer: Maximum filter vibrato suppression for onset detection. DAFx 2013.

    >>> click = np.zeros(16000, np.float32)
    >>> click[8000:] = np.random.default_rng(0).normal(0, 0.1, 8000)
    >>> abs(int(onset_strength([click])[:, 3].argmax()) - 50) <= 3
    True
    """
    analysis = mel_analysis(
        sample_rate=SAMPLE_RATE,
        fft_samples=FFT_SAMPLES,
        hop_samples=HOP_SAMPLES,
        mels=MELS,
        minimum_frequency=LOWEST,
        maximum_frequency=HIGHEST,
        floor=None,
    )
    return np.concatenate([np.empty((0, len(BAND_EDGES)), np.float32), *_rises(analyse_stream(blocks, analysis))])


def find_onsets(strength: NDArray[np.float32]) -> Onsets:
    """Return the peaks of the rise over all bands that stand out from the second around them.

    Parameters
    ----------
    strength : float32, shape (frames, 4)
        From :func:`onset_strength`.
    """
    total = strength[:, -1].astype(np.float64)
    if not len(total):
        return Onsets(np.empty(0), np.empty((0, len(BAND_EDGES))))
    highest = _around(total, DISTANCE).max(axis=1)
    is_peak = (total == highest) & (total > LEAST) & (total > PROMINENCE * _local_mean(total))
    is_peak &= np.diff(total, prepend=-1.0) > 0  # of equal neighbours the first
    rows = np.flatnonzero(is_peak)
    near = np.clip(rows[:, None] + np.arange(-1, 2), 0, len(total) - 1)
    return Onsets(_refined(total, rows) / FRAME_RATE - LATENESS, strength[near].max(axis=1).astype(np.float64))


def _rises(spectra: Iterable[Spectrum]) -> Iterator[NDArray[np.float32]]:
    """Yield the rises of one group of frames after the other, which need the last frames of the one before."""
    before: NDArray[np.float32] | None = None
    for spectrum in spectra:
        level = np.log1p(GAIN * np.asarray(spectrum, np.float32))
        level = np.concatenate([np.repeat(level[:1], LAG, axis=0) if before is None else before, level])
        reference = level[:-LAG].copy()
        for shift in range(1, WIDTH + 1):
            np.maximum(reference[:, shift:], level[:-LAG, :-shift], out=reference[:, shift:])
            np.maximum(reference[:, :-shift], level[:-LAG, shift:], out=reference[:, :-shift])
        rise = np.maximum(level[LAG:] - reference, 0)  # (frames, mels)
        bands = [rise[:, first:after].mean(axis=1) for first, after in pairwise(BAND_EDGES)]
        yield np.stack([*bands, rise.mean(axis=1)], axis=1)
        before = level[-LAG:]


def _around(values: Floats, reach: int) -> Floats:
    return np.lib.stride_tricks.sliding_window_view(np.pad(values, reach), 2 * reach + 1)


def _local_mean(values: Floats) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(values)])
    rows = np.arange(len(values))
    first, after = np.maximum(rows - NEIGHBOURHOOD, 0), np.minimum(rows + NEIGHBOURHOOD + 1, len(values))
    return np.asarray((total[after] - total[first]) / (after - first), np.float64)


def _refined(values: Floats, rows: Integers) -> Floats:
    """Return peaks moved to the top of the parabola through each and its neighbours, in frames."""
    low, here, high = (values[np.clip(rows + side, 0, len(values) - 1)] for side in (-1, 0, 1))
    bend = low - 2 * here + high
    return np.asarray(rows + np.where(bend < 0, 0.5 * (low - high) / np.where(bend < 0, bend, -1.0), 0.0), np.float64)
