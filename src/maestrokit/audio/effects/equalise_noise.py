"""Room, equalisation and noise, each by its spectrum."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maestrokit.audio.effects.room import Convolver, minimum_phase
from maestrokit.audio.resample import equal_blocks
from maestrokit.audio.spectra.frames import Samples
from maestrokit.errors import UsageError

TAPS = 511
FFT_SAMPLES = 4096
BLOCK_SAMPLES = 1 << 15
SLOPES = {"white": 0.0, "pink": -0.5, "brown": -1.0}
"""Exponent of the amplitude over frequency."""
LOWEST_NOISE = 20.0  # Hz; below, pink and brown noise do not grow further


def convolved(samples: Samples, response: NDArray[np.float32]) -> Samples:
    """Return the recording convolved with an impulse response, shape (taps,), as long as before.

    The response's largest value counts as the moment of the direct sound: it is put at time 0, so that onsets stay.

    Raises
    ------
    UsageError
        If the response is empty or silent.
    """
    if not np.abs(response).max(initial=0) > 0:
        raise UsageError("the impulse response is silent", "give a recording of a clap or sweep in a room")
    delay = int(np.abs(response).argmax())
    convolve = Convolver(np.ascontiguousarray(response[None], np.float32))
    padded = np.pad(samples, (0, delay))
    blocks = [convolve(block[None])[0] for block in equal_blocks([padded], BLOCK_SAMPLES)]
    return np.concatenate([np.empty(0, np.float32), *blocks])[delay:]


def equalised(samples: Samples, *, sample_rate: int, frequency: ArrayLike, decibels: ArrayLike) -> Samples:
    """Return the recording with gains at rising frequencies in Hz, in between interpolated over log frequency."""
    return convolved(samples, equaliser(sample_rate=sample_rate, frequency=frequency, decibels=decibels))


def equaliser(*, sample_rate: int, frequency: ArrayLike, decibels: ArrayLike) -> NDArray[np.float32]:
    """Return the minimum-phase filter of :func:`equalised`, shape (TAPS,): it delays nothing that it need not."""
    bins = np.maximum(np.fft.rfftfreq(FFT_SAMPLES, 1 / sample_rate), 1.0)
    gain = np.interp(np.log(bins), np.log(np.asarray(frequency, np.float64)), np.asarray(decibels, np.float64))
    return minimum_phase(gain * np.log(10) / 20, taps=TAPS).astype(np.float32)


def noised(
    samples: Samples, *, sample_rate: int, signal_to_noise: float, kind: str, generator: np.random.Generator
) -> Samples:
    """Return the recording with stationary Gaussian noise, ``signal_to_noise`` dB below the recording's mean power.

    The power of white, pink and brown noise falls by 0, 3 and 6 dB an octave.

    Raises
    ------
    UsageError
        If there is no such kind of noise.
    """
    if kind not in SLOPES:
        raise UsageError(f"no {kind} noise", f"choose one of {', '.join(SLOPES)}")
    noise = generator.standard_normal(len(samples), dtype=np.float32)
    if SLOPES[kind]:
        noise = _tinted(noise, sample_rate, SLOPES[kind])
    power = float(np.mean(samples.astype(np.float64) ** 2)) if len(samples) else 0.0
    own = float(np.mean(noise.astype(np.float64) ** 2)) if len(samples) else 1.0
    return samples + noise * np.float32(np.sqrt(power / own) * 10 ** (-signal_to_noise / 20))


def _tinted(noise: Samples, sample_rate: int, slope: float) -> Samples:
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(len(noise), real=True)
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / sample_rate), LOWEST_NOISE)
    shape = ((frequency / LOWEST_NOISE) ** slope).astype(np.float32)
    return np.asarray(irfft(rfft(noise, size) * shape, size)[: len(noise)], np.float32)
