"""Loudness over time: compression, gain, clipping."""

import numpy as np

from maestrokit.audio.spectra.frames import Samples
from maestrokit.errors import UsageError

STEP = 0.005  # seconds between two values of the envelope
ATTACK, RELEASE = 0.01, 0.2  # seconds in which gain follows the envelope by 63 %
SOFTEST = 1e-5  # amplitude; -100 dB


def compressed(samples: Samples, *, sample_rate: int, threshold: float, ratio: float) -> Samples:
    """Return the recording with the range of its dynamics compressed.

    Where the level (root mean square over 5 ms) exceeds the threshold, in dB of full scale, the excess in dB is divided
    by the ratio. The gain follows rises and falls smoothly; afterwards all is raised so that the peak is as before.

    Raises
    ------
    UsageError
        If the ratio is below 1.

    References
    ----------
    D. Giannoulis, M. Massberg, J. D. Reiss: Digital dynamic range compressor design. J. Audio Eng. Soc. 60, 2012.
    """
    if not ratio >= 1:
        raise UsageError(
            f"cannot compress by {ratio:g}", "the ratio is 1 or more; 4 turns 40 dB into 10 dB", parameter="compress"
        )
    if ratio == 1 or not len(samples):
        return samples
    step = max(1, round(STEP * sample_rate))
    padded = np.pad(samples, (0, -len(samples) % step)).reshape(-1, step)
    level = 20 * np.log10(np.maximum(np.sqrt(np.mean(padded * padded, axis=1)), SOFTEST))
    target = np.maximum(0, level - threshold) * (1 / ratio - 1)
    reduction = _followed(target.tolist(), np.exp(-STEP / ATTACK), np.exp(-STEP / RELEASE))
    centres = (np.arange(len(level)) + 0.5) * step
    gain = np.interp(np.arange(len(samples)), centres, 10 ** (np.array(reduction) / 20)).astype(np.float32)
    output, peak = samples * gain, float(np.abs(samples).max())
    largest = float(np.abs(output).max())
    return output * np.float32(peak / largest) if largest > 0 else output


def gained(samples: Samples, *, decibels: float) -> Samples:
    """Return the samples louder by so many dB.

    >>> gained(np.array([0.05], np.float32), decibels=20).round(6).tolist()
    [0.5]
    """
    return samples * np.float32(10 ** (decibels / 20))


def clipped(samples: Samples, *, share: float) -> Samples:
    """Return the samples with their peaks cut off at ``share`` of the largest, as an overdriven input does.

    >>> clipped(np.array([0.2, -1, 0.5], np.float32), share=0.5).tolist()
    [0.20000000298023224, -0.5, 0.5]
    """
    limit = np.abs(samples).max(initial=0) * share
    return np.clip(samples, -limit, limit)


def _followed(target: list[float], attack: float, release: float) -> list[float]:
    """Return a gain in dB smoothed with two time constants: one where it falls, another where it recovers."""
    gain, smoothed = 0.0, []
    for aim in target:
        keep = attack if aim < gain else release
        gain = keep * gain + (1 - keep) * aim
        smoothed.append(gain)
    return smoothed
