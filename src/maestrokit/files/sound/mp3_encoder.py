"""Sound as MP3, for pages in browsers."""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

BITS_PER_SECOND = 64_000
LOWEST, HIGHEST = 32_000, 320_000  # bits per second of MPEG-1 layer III, between which libsndfile takes a level


def dump_mp3(samples: NDArray[np.float32], *, sample_rate: int) -> bytes:
    """Return one channel as MP3 of 64 kbit/s, without any tags; the same sound gives the same bytes.

    Parameters
    ----------
    samples : float32, shape (samples,)
        In -1..1.
    sample_rate : {32000, 44100, 48000}, in Hz
        Those of MPEG-1; others have other bit rates.
    """
    buffer = io.BytesIO()
    level = (HIGHEST - BITS_PER_SECOND) / (HIGHEST - LOWEST)
    with soundfile.SoundFile(
        buffer, "w", sample_rate, 1, format="MP3", subtype="MPEG_LAYER_III", compression_level=level,
        bitrate_mode="CONSTANT",
    ) as file:  # fmt: skip
        file.write(samples)
    return buffer.getvalue()
