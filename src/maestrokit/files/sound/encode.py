"""Sound as the bytes of an MP3, to be put into a page."""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

from maestrokit.files.sound.write import WRITE_FRAMES

LEAST, MOST = 32, 320  # kbit/s of MPEG-1 layer III: sample rates of 32 kHz and more


def mp3_bytes(samples: NDArray[np.float32], *, sample_rate: int, kilobits: int = 64) -> bytes:
    """Return one channel as an MP3 of constant bit rate.

    Parameters
    ----------
    samples : float32, shape (samples,)
        Full scale is -1..1.
    sample_rate : {32000, 44100, 48000}
        In Hz.
    kilobits : int, 32..320
        Of each second; a bit rate of MPEG-1 layer III.
    """
    buffer = io.BytesIO()
    level = (MOST - kilobits) / (MOST - LEAST)  # libsndfile counts from the best
    with soundfile.SoundFile(
        buffer, "w", sample_rate, 1, format="MP3", subtype="MPEG_LAYER_III", compression_level=level,
        bitrate_mode="CONSTANT",
    ) as file:  # fmt: skip
        for first in range(0, len(samples), WRITE_FRAMES):
            file.write(np.ascontiguousarray(samples[first : first + WRITE_FRAMES]))
    return buffer.getvalue()
