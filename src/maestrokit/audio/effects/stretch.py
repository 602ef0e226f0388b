"""Longer without being lower, higher without being shorter: a phase vocoder that respects attacks.

The spectrum of each frame keeps its shape around every peak (identity phase locking), attacks are played as they were
struck, and their phases are taken from the recording. The rotation of each peak is measured over exactly one hop of
the output, so that no phase needs unwrapping.

References
----------
J. Laroche, M. Dolson: Improved phase vocoder time-scale modification of audio. IEEE Trans. Speech and Audio
Processing 7, 1999.
A. Roebel: A new approach to transient processing in the phase vocoder. DAFx 2003.
"""

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Integers, Mask
from maestrokit.audio.effects.transients import BEFORE, stretched_map, transients
from maestrokit.audio.resample import resample
from maestrokit.audio.spectra.frames import Samples
from maestrokit.audio.spectra.windows import window
from maestrokit.errors import UsageError

WINDOW = 0.1  # seconds: long enough to separate the partials of the piano's lowest octave
OVERLAP = 8  # windows that share each moment
BLOCK_FRAMES = 256
SMALLEST_FACTOR, LARGEST_FACTOR = 0.25, 4.0


def time_stretch(samples: Samples, *, sample_rate: int, factor: float) -> Samples:
    """Return the recording lasting ``factor`` times as long, at the same pitch.

    What happened at t seconds happens at t * factor; attacks keep their shape. Factors are in 0.25..4.

    Raises
    ------
    UsageError
        If the factor is out of range.

    >>> len(time_stretch(np.zeros(1000, np.float32), sample_rate=16000, factor=1.5))
    1500
    """
    if not SMALLEST_FACTOR <= factor <= LARGEST_FACTOR:
        raise UsageError(
            f"cannot stretch time by {factor:g}",
            f"factors are in {SMALLEST_FACTOR:g}..{LARGEST_FACTOR:g}, and 1 changes nothing",
            parameter="time_stretch",
        )
    length = round(len(samples) * factor)
    if factor == 1 or length == 0:
        return samples[:length]
    moments = transients(samples, sample_rate=sample_rate)
    knots = stretched_map(moments, duration=len(samples) / sample_rate, factor=factor)
    size = 2 ** round(np.log2(WINDOW * sample_rate))
    hop = size // OVERLAP
    centre = np.arange(-(-length // hop) + 1) * hop  # in the output
    source = np.rint(np.interp(centre, knots[1] * sample_rate, knots[0] * sample_rate)).astype(np.int64)
    attacks = np.interp(moments - BEFORE, *knots) * sample_rate
    is_attack = np.zeros(len(centre), np.bool_)
    is_attack[np.append(0, np.minimum(np.ceil(attacks / hop).astype(np.int64), len(centre) - 1))] = True
    return _vocoded(samples, source, is_attack, size=size, hop=hop)[:length]


def pitch_shift(samples: Samples, *, sample_rate: int, semitones: float) -> Samples:
    """Return the recording ``semitones`` higher, as long as before.

    The time is stretched by 2^(semitones / 12), then the samples are read that much faster.

    Raises
    ------
    UsageError
        If the shift is beyond two octaves.

    >>> len(pitch_shift(np.zeros(1000, np.float32), sample_rate=16000, semitones=-3))
    1000
    """
    ratio = 2 ** (semitones / 12)
    stretched = time_stretch(samples, sample_rate=sample_rate, factor=ratio)
    shifted, length = resample(stretched, from_rate=sample_rate * ratio, to_rate=sample_rate), len(samples)
    return np.pad(shifted[:length], (0, max(0, length - len(shifted))))


def detune(samples: Samples, *, sample_rate: int, cents: float) -> Samples:
    """Return the recording at another speed, as a tape: higher by so many cents, and shorter by 2^(-cents / 1200).

    Exact: nothing is lost but what resampling loses. For the small shifts that training needs.
    """
    return resample(samples, from_rate=sample_rate * 2 ** (cents / 1200), to_rate=sample_rate)


def _vocoded(samples: Samples, source: Integers, is_attack: Mask, *, size: int, hop: int) -> Samples:
    """Return frames from places of the input set ``hop`` apart, their phases continued except at attacks."""
    from scipy.fft import irfft, rfft

    shape = window("hann", size).astype(np.float32)
    padded = np.pad(samples, (size // 2 + hop, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)  # frame i + hop is centred on sample i
    output = np.zeros((len(source) - 1) * hop + size, np.float32)
    previous = np.ones(size // 2 + 1, np.complex64)
    for start in range(0, len(source), BLOCK_FRAMES):
        centre = source[start : start + BLOCK_FRAMES]
        here = rfft(frames[centre + hop] * shape, axis=1)  # (frames, bins)
        one_hop_before = rfft(frames[centre] * shape, axis=1)
        previous = _continue_phases(here, one_hop_before, previous, is_attack[start : start + BLOCK_FRAMES])
        waves = irfft(here, n=size, axis=1) * (shape * np.float32(2 / (3 / 4 * OVERLAP)))
        for row, wave in enumerate(waves, start):
            output[row * hop : row * hop + size] += wave
    return output[size // 2 :]


def _continue_phases(
    here: NDArray[np.complex64],
    one_hop_before: NDArray[np.complex64],
    previous: NDArray[np.complex64],
    is_attack: Mask,
) -> NDArray[np.complex64]:
    """Rotate spectra in place so that each peak goes on from where the frame before left it; return the last one."""
    magnitude = np.abs(here)
    is_peak = np.zeros(here.shape, np.bool_)
    is_peak[:, 1:-1] = (magnitude[:, 1:-1] > magnitude[:, :-2]) & (magnitude[:, 1:-1] >= magnitude[:, 2:])
    is_peak[:, 1:-1] &= np.maximum(magnitude[:, 1:-1], 0) >= 1e-5 * magnitude.max(axis=1, keepdims=True)
    for row, attack in enumerate(is_attack):
        peaks = np.flatnonzero(is_peak[row])
        if not attack and len(peaks):
            rotation = previous[peaks] * np.conj(one_hop_before[row, peaks])
            size = np.abs(rotation)
            rotation = np.where(size > 0, rotation / np.maximum(size, 1e-30), 1)
            widths = np.diff(np.concatenate([[0], (peaks[:-1] + peaks[1:] + 1) // 2, [here.shape[1]]]))
            here[row] *= np.repeat(rotation, widths)
        previous = here[row]
    return previous
