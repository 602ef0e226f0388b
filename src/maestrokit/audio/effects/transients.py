"""Moments at which something is struck, and maps of time that leave them alone."""

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.spectra.frames import Samples, analyse
from maestrokit.audio.spectra.settings import SpectrumSettings

WINDOW = 0.032  # seconds
HOP = 0.004  # seconds
NEIGHBOURHOOD = 0.4  # seconds over which a rise must stand out
PROMINENCE = 1.8  # times the mean rise of the neighbourhood
LEAST_RISE = 0.12  # of the spectrum itself
DEPTH = 1e-4  # of a frame's largest power; below that, steady low tones beat with the frames
EARLINESS = 0.006  # seconds by which windows see a struck tone coming
LEAST_DISTANCE = 0.04  # seconds between two transients
BEFORE, AFTER = 0.03, 0.06  # seconds around a transient that are played as they are
LEAST_STEP = 1e-6  # seconds between two knots of a map
LARGEST_SHARE = 0.35  # of the time between two transients that may be played as it is


def transients(samples: Samples, *, sample_rate: int) -> Floats:
    """Return the moments at which the sound suddenly rises, in seconds, rising.

    A moment is a peak of the spectral flux, the sum over frequency of the increase of the square root of magnitude,
    that stands out from its neighbourhood.

    References
    ----------
    J. P. Bello et al.: A tutorial on onset detection in music signals. IEEE Trans. Speech and Audio Processing 13,
    2005.
    """
    window_samples, hop = 2 * round(WINDOW * sample_rate / 2), max(1, round(HOP * sample_rate))
    spectrum = SpectrumSettings("power", sample_rate, hop_samples=hop, fft_samples=window_samples)
    power = analyse(samples, spectrum.analysis()).real  # (frames, bins)
    if len(power) <= 4:
        return np.empty(0)
    magnitude = np.sqrt(np.sqrt(np.maximum(power, DEPTH * power.max(axis=1, keepdims=True))))
    rise = np.maximum(0, magnitude[4:] - magnitude[:-4]).sum(axis=1)
    width = min(round(NEIGHBOURHOOD / HOP), len(rise))
    around = np.convolve(rise, np.full(width, 1 / width), "same")
    reach = round(LEAST_DISTANCE / HOP)
    padded = np.pad(rise, reach)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    is_peak = (rise == highest) & (rise > PROMINENCE * around)
    is_peak &= rise > LEAST_RISE * magnitude[2:-2].sum(axis=1)
    return (np.flatnonzero(is_peak) + 2) * hop / sample_rate + EARLINESS


def stretched_map(moments: Floats, *, duration: float, factor: float) -> tuple[Floats, Floats]:
    """Return a map of time: knots in seconds of the input, and where each lies in the output.

    Every moment t lands on t * factor exactly; around it time runs as in the input, and between them as it must. Both
    rows strictly rise.

    >>> before, after = stretched_map(np.array([1.0]), duration=2.0, factor=2.0)
    >>> before.round(3).tolist(), after.round(3).tolist()
    ([0.0, 0.97, 1.06, 2.0], [0.0, 1.97, 2.06, 4.0])
    """
    moments = np.minimum(moments, duration)
    gaps = np.diff(np.concatenate([[0.0], moments, [duration]]))
    allowed = LARGEST_SHARE * min(1.0, factor) * gaps
    early = np.minimum(BEFORE, allowed[:-1])
    late = np.minimum(AFTER, allowed[1:])
    before = np.stack([moments - early, moments + late], axis=1).ravel()
    after = np.stack([moments * factor - early, moments * factor + late], axis=1).ravel()
    return _rising(np.concatenate([[0.0], before, [duration]]), np.concatenate([[0.0], after, [duration * factor]]))


def _rising(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """Leave out the knots that do not come later than the one before, or not earlier than the last."""
    keep: NDArray[np.bool_] = np.append(True, (np.diff(before) > LEAST_STEP) & (np.diff(after) > LEAST_STEP))
    keep &= (before < before[-1] - LEAST_STEP) & (after < after[-1] - LEAST_STEP)
    keep[-1] = True
    keep[0] = before[0] < before[-1]
    return before[keep], after[keep]
