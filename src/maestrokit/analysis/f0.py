"""Fundamental frequency of one voice at a time: YIN, pYIN and harmonic summation."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.peaks import peak_offset
from maestrokit.arrays import Floats
from maestrokit.audio.resample import equal_blocks
from maestrokit.audio.spectra.frames import Analysis, Samples, Spectrum, analyse_stream, sliding
from maestrokit.audio.spectra.windows import window
from maestrokit.errors import UsageError, choices_hint

SAMPLE_RATE = 16000  # Hz
HOP_SAMPLES = 160
FRAME_RATE = SAMPLE_RATE / HOP_SAMPLES  # 100 frames a second
LOWEST, HIGHEST = 26.72, 4308.7  # Hz: a quarter tone below the lowest key of a piano and above the highest one
WINDOW_SAMPLES = 1024  # that are compared with those a period later
LONGEST_LAG = int(np.ceil(SAMPLE_RATE / LOWEST)) + 1  # samples
YIN_REACH = (WINDOW_SAMPLES + LONGEST_LAG + 1) // 2  # samples
DIP = 0.3  # of the normalised difference: the first dip below it is the period (de Cheveigne's absolute threshold); .1
# to .15 are usual for speech, and more is better for pianos, whose other strings ring on (tests/benchmarks/f0_maps.py)
VOICED = 0.3  # normalised difference below which a frame is voiced
PYIN_VOICED = 0.05  # the same of the probability by pYIN: .2 and more of tones, .01 of noise
FLOOR = 1e-7  # mean power of a frame below which it is silent: -70 dB
HARMONICS = 10  # of the summation
DECAY = 0.7  # weight of each harmonic after the one before; Hermes has .84, for speech
FFT_SAMPLES = 4096
PADDED_SAMPLES = 2 * FFT_SAMPLES  # with zeros, so that the lowest keys are some bins apart
STEPS_AN_OCTAVE = 120  # of the candidates of the summation: 10 cents
CONCENTRATED = 0.5  # how much less must lie between the harmonics than on them, for a frame to be voiced
ABOVE = 0.5  # share of the power above HIGHEST, from which a frame has no voice in reach
SHORT = 16  # samples: shorter periods are refined by those of several together
CHUNK_SAMPLES = 3000 * HOP_SAMPLES  # given to pYIN at a time: 30 s


class Pitches(NamedTuple):
    """The pitch in each frame, at ``FRAME_RATE``.

    Parameters
    ----------
    frequency : float64, shape (frames,), in Hz
        The best guess, in frames without a voice too; 0 where there is none. A voice lies within those of a piano's
        keys and a quarter tone around: 26.7 to 4309 Hz.
    voicing : float64, shape (frames,)
        0 (noise or silence) to 1 (a periodic tone).
    is_voiced : bool, shape (frames,)
        Whether there is a voice.
    """

    frequency: Floats
    voicing: Floats
    is_voiced: NDArray[np.bool_]


def track_pitch(blocks: Iterable[Samples], *, method: str = "yin") -> Pitches:
    """Return the fundamental frequency of a recording of one voice.

    Parameters
    ----------
    blocks : iterable of float32, shape (samples,)
        At ``SAMPLE_RATE``; memory grows by 24 bytes a frame.
    method : {'yin', 'pyin', 'fft'}
        yin: the period at which the wave repeats best. pyin: the same with all thresholds at once, and the smoothest
        path (librosa's, in pieces of 30 s). fft: the frequency whose harmonics hold most of the spectrum.

    Returns
    -------
    Pitches
        Frequency and voicing at ``FRAME_RATE`` frames a second.

    Raises
    ------
    UsageError
        If there is no such method.

    References
    ----------
    A. de Cheveigne, H. Kawahara: YIN, a fundamental frequency estimator for speech and music. JASA 111, 2002.
    M. Mauch, S. Dixon: pYIN, an f0 estimator using probabilistic threshold distributions. ICASSP, 2014.
    D. J. Hermes: Measurement of pitch by subharmonic summation. JASA 83, 1988.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 / 16000 * np.arange(16000)).astype(np.float32)
    >>> [round(float(np.median(track_pitch([tone], method=name).frequency))) for name in ("yin", "fft")]
    [440, 440]
    """
    if method not in METHODS:
        raise UsageError(f"no f0 method '{method}'", choices_hint(method, METHODS), parameter="f0")
    frames = np.concatenate([np.empty((0, 3)), *METHODS[method](blocks)])
    return Pitches(frames[:, 0], frames[:, 1], frames[:, 2] > 0)


def _by_frames(blocks: Iterable[Samples], reach: int, transform: Callable[[Samples], Spectrum]) -> Iterator[Floats]:
    analysis = Analysis(np.empty(0), SAMPLE_RATE, HOP_SAMPLES, reach, transform)
    return (np.asarray(part, np.float64) for part in analyse_stream(blocks, analysis))


def _yin_frames(segment: Samples) -> NDArray[np.float32]:
    """Return frequency, voicing and whether there is a voice, shape (frames, 3)."""
    frames = sliding(segment, 2 * YIN_REACH, HOP_SAMPLES).astype(np.float64)
    difference = _normalised_difference(frames, LONGEST_LAG)  # (frames, lags)
    shortest = int(SAMPLE_RATE / HIGHEST)
    inside = difference[:, shortest:-1]
    is_dip = (inside <= difference[:, shortest - 1 : -2]) & (inside < difference[:, shortest + 1 :])
    is_low = is_dip & (inside < DIP)
    short = SHORT - shortest
    is_low[:, :short] |= is_dip[:, :short] & (_parabola(difference[:, shortest - 1 : SHORT + 1])[1] < DIP)
    lag = (
        np.where(is_low.any(axis=1), is_low.argmax(axis=1), np.where(is_dip, inside, np.inf).argmin(axis=1)) + shortest
    )
    period, depth = _period(difference, lag)
    frequency = SAMPLE_RATE / period
    sounds = (frames[:, :WINDOW_SAMPLES] ** 2).mean(axis=1) > FLOOR
    voicing = np.where(sounds, np.clip(1 - depth, 0, 1), 0)
    is_voiced = (voicing > 1 - VOICED) & is_in_reach(frequency, frames)
    return np.stack([np.where(sounds, frequency, 0), voicing, is_voiced], axis=1).astype(np.float32)


def _period(difference: Floats, lag: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the period in samples, with fractions, and the difference there: the bottom of a parabola through a dip.

    A short period is too coarse for a parabola, so two, four and eight periods are measured in its place.
    """
    period, depth = _bottom(difference, lag)
    is_short = lag < SHORT
    for count in (2, 4, 8):
        many = np.clip(np.rint(count * period).astype(np.int64), 1, difference.shape[1] - 2)
        period = np.where(is_short, _bottom(difference, many)[0] / count, period)
    return period, depth


def _bottom(difference: Floats, lag: NDArray[np.int64]) -> tuple[Floats, Floats]:
    moved, depth = _parabola(difference[np.arange(len(difference))[:, None], lag[:, None] + np.array([-1, 0, 1])])
    return np.asarray(lag + np.clip(moved[:, 0], -0.5, 0.5), np.float64), depth[:, 0]


def _parabola(values: Floats) -> tuple[Floats, Floats]:
    """Return the place and height of the bottom of the parabola through each value and its neighbours in a row.

    Where there is no bottom it is the value itself. The outer values of the row are only neighbours.
    """
    low, here, high = values[:, :-2], values[:, 1:-1], values[:, 2:]
    moved = np.asarray(peak_offset(-low, -here, -high), np.float64)
    return moved, here - 0.25 * (low - high) * moved


def is_in_reach(frequency: Floats, frames: Floats | Samples) -> NDArray[np.bool_]:
    """Return whether frequencies are those of a piano, and the frames, shape (frames, samples), lie not mostly above.

    A tone beyond the highest key repeats after several of its periods, too, and looks like a lower one.
    """
    from scipy.fft import rfft

    middle = frames[:, :WINDOW_SAMPLES].astype(np.float32) * window("hann", WINDOW_SAMPLES).astype(np.float32)
    power = np.abs(rfft(middle, axis=1)) ** 2
    above = power[:, int(np.ceil(HIGHEST / SAMPLE_RATE * WINDOW_SAMPLES)) + 1 :].sum(axis=1)
    is_below = above <= ABOVE * power[:, 2:].sum(axis=1)
    return np.asarray(is_below & (frequency >= LOWEST) & (frequency <= HIGHEST))


def _normalised_difference(frames: Floats, longest: int) -> Floats:
    """Return the cumulative mean normalised difference d'(lag), shape (frames, longest + 1)."""
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(frames.shape[1] + WINDOW_SAMPLES, real=True)
    spectrum = rfft(frames, size, axis=1)
    product = irfft(spectrum * np.conj(rfft(frames[:, :WINDOW_SAMPLES], size, axis=1)), size, axis=1)[:, : longest + 1]
    total = np.concatenate([np.zeros((len(frames), 1)), np.cumsum(frames**2, axis=1)], axis=1)
    energy = total[:, WINDOW_SAMPLES : WINDOW_SAMPLES + longest + 1] - total[:, : longest + 1]
    difference = np.maximum(energy[:, :1] + energy - 2 * product, 0)
    difference[:, 0] = 0
    mean = np.cumsum(difference, axis=1)[:, 1:] / np.arange(1, longest + 1)
    normalised = np.ones_like(difference)
    np.divide(difference[:, 1:], mean, out=normalised[:, 1:], where=mean > 1e-12)
    return np.asarray(normalised, np.float64)


def _by_pyin(blocks: Iterable[Samples]) -> Iterator[Floats]:
    import librosa

    for block in equal_blocks(blocks, CHUNK_SAMPLES):
        chunk = block - block.mean()  # of a constant and a tone, pYIN is unsure
        frequency, is_voiced, probability = librosa.pyin(
            chunk, fmin=LOWEST, fmax=HIGHEST, sr=SAMPLE_RATE, frame_length=2048, hop_length=HOP_SAMPLES, fill_na=None
        )
        is_voiced &= is_in_reach(frequency, sliding(np.pad(chunk, WINDOW_SAMPLES // 2), WINDOW_SAMPLES, HOP_SAMPLES))
        # The path may follow the limit, or noise.
        is_voiced &= (frequency > 1.01 * LOWEST) & (probability > PYIN_VOICED)
        frames = 1 + len(chunk) // HOP_SAMPLES - (len(chunk) == CHUNK_SAMPLES)  # the next chunk begins with the last
        yield np.stack([frequency, probability, is_voiced], axis=1)[:frames]


def _summed_frames(segment: Samples) -> NDArray[np.float32]:
    from scipy.fft import rfft

    frames = sliding(segment, FFT_SAMPLES, HOP_SAMPLES)
    shape = window("hann", FFT_SAMPLES).astype(np.float32)
    offset = frames @ (shape / shape.sum())  # a constant would be taken for a low tone
    level = np.abs(rfft((frames - offset[:, None]) * shape, PADDED_SAMPLES, axis=1))
    candidates, grid, shifts, between = _summation()
    bins = grid * PADDED_SAMPLES / SAMPLE_RATE
    below = bins.astype(np.int64)
    share = (bins - below).astype(np.float32)
    spectrum = np.sqrt(level[:, below] * (1 - share) + level[:, below + 1] * share)  # over the logarithm of frequency
    first = -between[0]
    summed = _sum(spectrum, [first + shift for shift in shifts], len(candidates))
    best = summed.argmax(axis=1)
    rows = np.arange(len(frames))
    low, here, high = (summed[rows, np.clip(best + side, 0, len(candidates) - 1)] for side in (-1, 0, 1))
    moved = np.clip(peak_offset(low, here, high), -0.5, 0.5)
    frequency = candidates[best] * 2 ** (moved / STEPS_AN_OCTAVE)
    sounds = ((frames - offset[:, None]) ** 2).mean(axis=1) > FLOOR
    middles = _sum(spectrum, [first + shift for shift in between], len(candidates))[rows, best]
    voicing = np.where(sounds, np.clip(1 - middles / np.maximum(here, 1e-12), 0, 1), 0)
    is_peak = (best > 0) & (best < len(candidates) - 1)
    is_voiced = (
        (voicing > CONCENTRATED) & is_peak & is_in_reach(frequency, frames[:, FFT_SAMPLES // 2 - WINDOW_SAMPLES // 2 :])
    )
    return np.stack([np.where(sounds, frequency, 0), voicing, is_voiced], axis=1).astype(np.float32)


def _sum(spectrum: NDArray[np.float32], shifts: list[int], candidates: int) -> NDArray[np.float32]:
    """Return the weighted sum of what is so many steps above each candidate."""
    return np.asarray(
        sum(DECAY**number * spectrum[:, shift : shift + candidates] for number, shift in enumerate(shifts))
    )


@lru_cache(maxsize=1)
def _summation() -> tuple[Floats, Floats, list[int], list[int]]:
    """Return the candidates, the frequencies looked at, and how many steps its harmonics are above each candidate.

    The last are the same of the middles below the harmonics.
    """
    steps = int(np.log2(HIGHEST / LOWEST) * STEPS_AN_OCTAVE) + 1
    numbers = np.arange(1, HARMONICS + 1)
    shifts, between = (np.rint(np.log2(ratios) * STEPS_AN_OCTAVE).astype(int) for ratios in (numbers, numbers - 0.5))
    grid = LOWEST * 2.0 ** (np.arange(between[0], steps + shifts[-1]) / STEPS_AN_OCTAVE)
    highest = SAMPLE_RATE / 2 - 2 * SAMPLE_RATE / FFT_SAMPLES
    first = -between[0]
    return grid[first : first + steps], np.minimum(grid, highest), shifts.tolist(), between.tolist()


METHODS: dict[str, Callable[[Iterable[Samples]], Iterable[Floats]]] = {
    "yin": lambda blocks: _by_frames(blocks, YIN_REACH, _yin_frames),
    "pyin": _by_pyin,
    "fft": lambda blocks: _by_frames(blocks, FFT_SAMPLES // 2, _summed_frames),
}
