"""Onsets in recordings: where the spectrum rises, which rises are notes, and what each does to broad bands."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.peaks import peak_offset
from maestrokit.arrays import Floats, Integers, sums_between
from maestrokit.audio.spectra.frames import Samples, Spectrum, analyse_stream
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.bounds import LARGEST_COUNT, Within, check

SAMPLE_RATE = 16000  # Hz
HOP_SAMPLES = 160
FRAME_RATE = SAMPLE_RATE / HOP_SAMPLES  # 100 frames a second
SPECTRUM = SpectrumSettings("mel", SAMPLE_RATE, HOP_SAMPLES, 1024, mels=80, minimum_frequency=27.5)
BAND_EDGES = (0, 8, 28, 80)  # mels: up to 250 Hz, to 1.1 kHz, and above
LAG = 2  # frames back to the spectrum that a rise is measured from
BROAD_EDGES = (0, 4, 8, 16, 28, 50, 80)  # mels: of the six bands whose growth and level describe an onset
GROWTH_LAG, GROWN = 5, 3  # frames over which growth is measured, and from an onset to where it has happened
LASTED = 12  # frames from there to where it shows what lasts
WIDTH = 1  # mels to both sides whose maximum it is measured from: vibrato and beating are no rises
GAIN = 1e4  # of power before its logarithm is taken, so that noise below -60 dB hardly counts
NEIGHBOURHOOD = 50  # frames to both sides over which a peak must stand out
PROMINENCE = 1.4  # times the mean of the neighbourhood
LEAST = 0.05  # mean rise a mel, in natural logarithms, below which nothing is an onset
DISTANCE = 3  # frames
LATENESS = 0.005  # seconds by which the steepest rise of a struck tone comes after its onset


class OnsetFeatures(NamedTuple):
    """What a spectrum does in time. Frame i is at i / ``FRAME_RATE`` seconds; all is in natural logarithms of power.

    Parameters
    ----------
    strength : float32, shape (frames, 4)
        How much the low, middle and high band rise, and all, each compared with the highest of its neighbours before
        (SuperFlux), averaged over the band.
    growth : float32, shape (frames, 6)
        How much broad bands have risen in 50 ms, in the mean over their mels; those that fell count as 0.
    level : float32, shape (frames, 6)
        Means of broad bands.
    """

    strength: NDArray[np.float32]
    growth: NDArray[np.float32]
    level: NDArray[np.float32]


class Onsets(NamedTuple):
    """Onsets in seconds, rising, and what the spectrum does there, in natural logarithms of power.

    Parameters
    ----------
    time : float64, shape (onsets,), in seconds
        When the onsets are, rising.
    strength : float64, shape (onsets, 4)
        Mean rise in the low, middle and high band, and in all.
    growth, level, lasting : float64, shape (onsets, 6)
        Of broad bands: how much they grow, how high they then are, and what is left of that 120 ms later.
    """

    time: Floats
    strength: Floats
    growth: Floats
    level: Floats
    lasting: Floats


def onset_features(blocks: Iterable[Samples]) -> OnsetFeatures:
    """Return what the logarithm of the mel spectrum of a recording does over time.

    Parameters
    ----------
    blocks : iterable of float32, shape (samples,)
        A recording at ``SAMPLE_RATE``; memory grows with its length by 64 bytes a frame only.

    Returns
    -------
    OnsetFeatures
        One row for each frame.

    References
    ----------
    S. Boeck, G. Widmer: Maximum filter vibrato suppression for onset detection. DAFx 2013.

    Examples
    --------
    >>> click = np.zeros(16000, np.float32)
    >>> click[8000:] = np.random.default_rng(0).normal(0, 0.1, 8000)
    >>> abs(int(onset_features([click]).strength[:, 3].argmax()) - 50) <= 3
    True
    """
    broad = len(BROAD_EDGES) - 1
    none = (np.empty((0, len(BAND_EDGES)), np.float32), *[np.empty((0, broad), np.float32)] * 2)
    parts = zip(none, *_described(analyse_stream(blocks, SPECTRUM.analysis())), strict=True)
    return OnsetFeatures(*(np.concatenate(part) for part in parts))


def find_onsets(features: OnsetFeatures, *, prominence: float = PROMINENCE, distance: int = DISTANCE) -> Onsets:
    """Return the peaks of the rise over all bands that stand out from the second around them.

    Parameters
    ----------
    features : OnsetFeatures
        From :func:`onset_features`.
    prominence : float >= 0
        Times the mean of the second around.
    distance : int >= 0
        Frames to both sides of which an onset is the highest.

    Returns
    -------
    Onsets
        Their times, and the spectrum there.
    """
    check("prominence", prominence, Within(0, 1_000_000))
    check("distance", distance, Within(0, LARGEST_COUNT, whole=True))
    total = features.strength[:, -1].astype(np.float64)
    is_peak = np.zeros(len(total), np.bool_)
    if len(total):
        highest = _around(total, distance).max(axis=1)
        is_peak = (total == highest) & (total > LEAST) & (total > prominence * _local_mean(total))
        is_peak &= np.diff(total, prepend=-1.0) > 0  # of equal neighbours the first
    rows = np.flatnonzero(is_peak)

    def at(values: NDArray[np.float32], shift: int) -> Floats:
        return values[np.clip(rows + shift, 0, max(len(values) - 1, 0))].astype(np.float64)

    level = at(features.level, GROWN)
    return Onsets(
        time=_refined(total, rows) / FRAME_RATE - LATENESS,
        strength=np.maximum.reduce([at(features.strength, shift) for shift in (-1, 0, 1)]),
        growth=at(features.growth, GROWN),
        level=level,
        lasting=at(features.level, GROWN + LASTED) - level,
    )


def _described(spectra: Iterable[Spectrum]) -> Iterator[tuple[NDArray[np.float32], ...]]:
    """Yield the columns of a course for one group of frames after the other."""
    before: NDArray[np.float32] | None = None
    for spectrum in spectra:
        level = np.log1p(GAIN * np.asarray(spectrum, np.float32))
        level = np.concatenate([np.repeat(level[:1], GROWTH_LAG, axis=0) if before is None else before, level])
        now, then = level[GROWTH_LAG:], level[GROWTH_LAG - LAG : -LAG]
        reference = then.copy()
        for shift in range(1, WIDTH + 1):
            np.maximum(reference[:, shift:], then[:, :-shift], out=reference[:, shift:])
            np.maximum(reference[:, :-shift], then[:, shift:], out=reference[:, :-shift])
        rise, growth = np.maximum(now - reference, 0), np.maximum(now - level[:-GROWTH_LAG], 0)  # (frames, mels)
        strength = np.concatenate([_banded(rise, BAND_EDGES), rise.mean(axis=1, keepdims=True)], axis=1)
        yield strength, _banded(growth, BROAD_EDGES), _banded(now, BROAD_EDGES)
        before = level[-GROWTH_LAG:]


def _banded(mels: NDArray[np.float32], edges: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the means of bands, (frames, bands)."""
    return np.stack([mels[:, first:after].mean(axis=1) for first, after in pairwise(edges)], axis=1)


def _around(values: Floats, reach: int) -> Floats:
    return np.lib.stride_tricks.sliding_window_view(np.pad(values, reach), 2 * reach + 1)


def _local_mean(values: Floats) -> Floats:
    rows = np.arange(len(values))
    first, after = np.maximum(rows - NEIGHBOURHOOD, 0), np.minimum(rows + NEIGHBOURHOOD + 1, len(values))
    return np.asarray(sums_between(values, first, after) / (after - first))


def _refined(values: Floats, rows: Integers) -> Floats:
    """Return peaks moved to the top of the parabola through each and its neighbours, in frames."""
    low, here, high = (values[np.clip(rows + side, 0, len(values) - 1)] for side in (-1, 0, 1))
    return np.asarray(rows + peak_offset(low, here, high), np.float64)
