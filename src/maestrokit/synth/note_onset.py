"""Where a recorded note begins."""

import numpy as np
from numpy.typing import NDArray

ONSET_LEVEL = 0.1  # of the loudest millisecond of the attack
ATTACK = 0.2  # seconds within which it is


def onset_sample(sound: NDArray[np.float32], *, sample_rate: int) -> int:
    """Return the sample at which a recorded note begins.

    It is where the differenced signal, in which the hammer stands out from the string, first has a tenth of its
    loudest millisecond. The sound, shape (channels, samples), has at most some tens of milliseconds before the note.
    """
    width = max(sample_rate // 1000, 1)
    power = (np.diff(sound[:, : int(ATTACK * sample_rate)], axis=1) ** 2).sum(axis=0)
    if not power.any():
        return 0
    loudness = np.sqrt(np.convolve(power, np.ones(width) / width))  # of the millisecond before each sample
    return int(np.argmax(loudness > ONSET_LEVEL * loudness.max()))
