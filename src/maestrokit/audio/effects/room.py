"""Rooms, as impulse responses of which the direct sound is the first sample."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.spectra.frames import Samples
from maestrokit.bounds import SEED, Within, check_fields

TILT_TAPS = 255
TINY = 1e-12
FIRST_REFLECTION = 0.004  # seconds after the direct sound
BANDS = ((250.0, 1.1), (1000.0, 1.0), (4000.0, 0.7), (np.inf, 0.4))  # up to Hz; decay against the decay at 1 kHz


@dataclass(frozen=True)
class Room:
    """A room of diffuse reverberation.

    Parameters
    ----------
    decay : float, 0.01 to 20, in seconds
        Reverberation time: until the reverberation at 1 kHz has fallen by 60 dB.
    wet : float, -200 to 200, in dB
        Energy of the reverberation against that of the direct sound.
    seed : int >= 0
        Two rooms of different seeds differ as two places in one hall do.

    Raises
    ------
    UsageError
        If a number is out of its bounds.
    """

    decay: Annotated[float, Within(0.01, 20)]
    wet: Annotated[float, Within(-200, 200)]
    seed: Annotated[int, SEED] = 0

    def __post_init__(self) -> None:
        check_fields(self)


SMALL = Room(decay=0.5, wet=-9.0)
HALL = Room(decay=1.8, wet=-6.0)
NAMED = {"small": SMALL, "hall": HALL}


def impulse_response(room: Room, *, sample_rate: float, channels: int) -> NDArray[np.float32]:
    """Return the response of a room: the direct sound, then noise that dies away, high frequencies first.

    Exponentially decaying Gaussian noise is the standard model of late reverberation (Polack 1988; Moorer 1979).
    It begins within milliseconds of the direct sound and has no single early reflections.
    """
    generator = np.random.default_rng(room.seed)
    length = int((room.decay * max(scale for _, scale in BANDS) + FIRST_REFLECTION) * sample_rate) + 1
    time = np.arange(length) / sample_rate
    spectrum = np.fft.rfft(generator.standard_normal((channels, length)))
    frequency = np.fft.rfftfreq(length, 1 / sample_rate)
    tail = np.zeros((channels, length))
    lowest = 0.0
    for highest, scale in BANDS:
        band = np.fft.irfft(spectrum * ((frequency >= lowest) & (frequency < highest)), length)
        tail += band * 10 ** (-3 * time / (room.decay * scale))
        lowest = highest
    tail *= np.minimum(time / FIRST_REFLECTION, 1)  # reflections thicken at first
    tail *= 10 ** (room.wet / 20) / np.sqrt((tail**2).sum(axis=1, keepdims=True))
    tail[:, 0] += 1
    return tail.astype(np.float32)


def in_measured_room(samples: Samples, response: Samples) -> Samples:
    """Return sound as it is in a room whose impulse response was measured, as loud and as long as it was.

    The direct sound, the largest sample of the response, arrives at once, so that onsets stay where they are.

    >>> sound, response = np.array([1, 0, 0, 0], np.float32), np.array([0, 4, 3], np.float32)
    >>> abs(in_measured_room(sound, response)).astype(float).round(3).tolist()
    [0.8, 0.6, 0.0, 0.0]
    """
    from scipy.signal import oaconvolve

    direct = int(np.abs(response).argmax())
    wet = oaconvolve(samples, response[direct:])[: len(samples)]
    return np.asarray(wet * (np.linalg.norm(samples) / max(float(np.linalg.norm(wet)), TINY)), np.float32)


def tilt(slope: float, *, sample_rate: float) -> NDArray[np.float32]:
    """Return a minimum-phase filter that rises by so many dB an octave, and leaves 1 kHz as it is.

    The slope holds from 125 Hz to 8 kHz and is level beyond. Minimum phase keeps onsets where they are.
    """
    frequency = np.clip(np.fft.rfftfreq(4096, 1 / sample_rate), 125, 8000)
    log_magnitude = slope * np.log2(frequency / 1000) * np.log(10) / 20
    return minimum_phase(log_magnitude, taps=TILT_TAPS).astype(np.float32)


def minimum_phase(log_magnitude: NDArray[np.float64], *, taps: int) -> NDArray[np.float64]:
    """Return the filter of minimum phase that has a magnitude, by its folded cepstrum.

    The magnitude is a natural logarithm, from 0 Hz to half of the sample rate. The response is faded out over `taps`.

    References
    ----------
    A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", chapter on cepstrum analysis.
    """
    size = 2 * (len(log_magnitude) - 1)
    cepstrum = np.fft.irfft(log_magnitude, size)
    cepstrum[1 : size // 2] *= 2
    cepstrum[size // 2 + 1 :] = 0
    response = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), size)[:taps]
    return np.asarray(response * np.cos(np.linspace(0, np.pi / 2, taps)) ** 2)


class Convolver:
    """Convolution of a stream with a response, block by block, by overlapping and adding; all (channels, samples)."""

    def __init__(self, response: NDArray[np.float32]) -> None:
        self.response = response
        self._rest = np.zeros((len(response), response.shape[1] - 1), np.float32)
        self._spectra: dict[int, NDArray[np.complex64]] = {}

    def __call__(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the next block of the output, as long as the block of input."""
        length = block.shape[1]
        if self.response.shape[1] == 1 or length == 0:
            return np.asarray(block * self.response[:, :1])
        from scipy.fft import irfft, next_fast_len, rfft

        size = next_fast_len(length + self.response.shape[1] - 1, real=True)
        if size not in self._spectra:
            self._spectra = {size: rfft(self.response, size)}
        convolved = irfft(rfft(block, size) * self._spectra[size], size)
        rest = self._rest.shape[1]
        convolved = convolved[:, : length + rest]
        convolved[:, :rest] += self._rest
        self._rest = convolved[:, length:].copy()
        return np.asarray(convolved[:, :length], np.float32)
