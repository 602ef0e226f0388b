"""The concert pitch that a recording is tuned to, from the peaks of its spectrum.

Peaks of tones lie at whole semitones from the concert pitch. The phases of their distances from 440 Hz, a semitone
being a whole turn, are averaged; the angle of the mean is the tuning, and its length says how well the peaks agree.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.peaks import peak_offset
from maestrokit.bounds import Within
from maestrokit.errors import UsageError

STANDARD = 440.0  # Hz
AUTO, OFF = "auto", "off"
CONCERT_PITCHES = Within(380, 470)  # Hz; above, the highest harmonics that the network reads are cut off
WINDOW_SECONDS = 0.256
LOWEST, HIGHEST = 80.0, 1000.0  # Hz; partials of piano strings above lie ever higher than multiples
LEAST_OF_FRAME, LEAST_OF_ALL = 0.05, 0.001  # magnitude of a peak, of the greatest of its frame; of a frame, of all
LEAST_AGREEMENT = 0.25
LEAST_PEAKS = 100


class Tuning(NamedTuple):
    """The tuning of a recording.

    Parameters
    ----------
    cents : float, -50 to 50, in hundredths of a semitone
        How far the concert pitch lies from 440 Hz, but for whole semitones.
    agreement : float, 0..1
        Length of the mean of phases: 1 if all peaks have the same tuning, near 0 for what is no music.
    peaks : int
        Number of peaks.
    """

    cents: float
    agreement: float
    peaks: int

    @property
    def is_clear(self) -> bool:
        """Whether there are enough peaks, and they agree enough, to go by."""
        return self.agreement >= LEAST_AGREEMENT and self.peaks >= LEAST_PEAKS

    @property
    def concert_pitch(self) -> float:
        """Frequency of the A above middle C, in Hz, within half a semitone of 440 Hz."""
        return float(STANDARD * 2 ** (self.cents / 1200))


def concert_pitch_of(tuning: float | str) -> float | None:
    """Return what a choice of tuning means in Hz, or None where the concert pitch is to be estimated.

    >>> concert_pitch_of("off"), concert_pitch_of("auto"), concert_pitch_of("415")
    (440.0, None, 415.0)

    Raises
    ------
    UsageError
        If it is neither `auto` nor `off`, nor a concert pitch.
    """
    if tuning in (AUTO, OFF):
        return None if tuning == AUTO else STANDARD
    try:
        pitch = float(tuning)
    except ValueError:
        pitch = 0.0
    if pitch not in CONCERT_PITCHES:
        raise UsageError(f"no concert pitch '{tuning}'", "use auto, off, or 380 to 470 Hz", parameter="tuning")
    return pitch


def estimate_tuning(samples: NDArray[np.float32], *, sample_rate: int) -> Tuning:
    """Return the tuning of a recording, to some 5 cents.

    Parameters
    ----------
    samples : float32, shape (samples,)
        One channel. Ten seconds are enough.
    sample_rate : int, in Hz
        Its sample rate.

    Examples
    --------
    >>> second = np.arange(5 * 16000) / 16000
    >>> chord = sum(np.sin(2 * np.pi * 432 * 2 ** (key / 12) * second) for key in (0, 4, 7))
    >>> round(estimate_tuning(chord.astype(np.float32), sample_rate=16000).concert_pitch, 1)
    432.0

    Notes
    -----
    Bins of a spectrum are refined by parabolas through logarithms of magnitudes, as in J. O. Smith, X. Serra, "PARSHL:
    An analysis/synthesis program for non-harmonic sounds based on a sinusoidal representation", ICMC 1987; the mean of
    phases is that of K. Dressler, S. Streich, "Tuning frequency estimation using circular statistics", ISMIR 2007.
    """
    length = round(WINDOW_SECONDS * sample_rate)
    if len(samples) < length:
        return Tuning(0.0, 0.0, 0)
    frames = np.lib.stride_tricks.sliding_window_view(samples, length)[:: length // 2]
    magnitude = np.abs(np.fft.rfft(frames * np.hanning(length), axis=1))
    bounds = slice(round(LOWEST * length / sample_rate), round(HIGHEST * length / sample_rate))
    left, right = (slice(bounds.start + shift, bounds.stop + shift) for shift in (-1, 1))
    here, greatest = magnitude[:, bounds], magnitude.max(axis=1, keepdims=True)
    is_peak = (here > magnitude[:, left]) & (here >= magnitude[:, right]) & (here > LEAST_OF_FRAME * greatest)
    frame, bin_ = np.nonzero(is_peak & (greatest > LEAST_OF_ALL * greatest.max()))
    if not len(frame):
        return Tuning(0.0, 0.0, 0)
    bin_ += bounds.start
    near = np.log(magnitude[frame, bin_ + np.array([[-1], [0], [1]])] + np.finfo(float).tiny)  # (3, peaks)
    frequency = (bin_ + peak_offset(*near)) * sample_rate / length
    weight = np.sqrt(magnitude[frame, bin_])
    mean = np.average(np.exp(2j * np.pi * 12 * np.log2(frequency / STANDARD)), weights=weight)
    return Tuning(float(np.angle(mean) / (2 * np.pi) * 100), float(np.abs(mean)), len(frame))
