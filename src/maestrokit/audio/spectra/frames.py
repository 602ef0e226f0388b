"""From samples to frames, whole or as a stream, with the same bits either way.

Frame n is centred on sample n * hop; beyond the ends of the recording there is silence. Frames are always computed in
the same groups of ``GROUP_FRAMES``, counted from the start of the recording, however the samples arrive: so a spectrum
does not depend on how the recording was cut, not even in its last bit.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats

Samples = NDArray[np.float32]
Spectrum = NDArray[np.float32] | NDArray[np.complex64]

GROUP_FRAMES = 192  # few enough to stay in the processor's cache, many enough to hide the cost of Python


@dataclass(frozen=True, eq=False)
class Analysis:
    """A spectrum to be taken of any recording.

    Parameters
    ----------
    frequency : float64, shape (bins,), in Hz
        Centre of each bin.
    sample_rate : int, in Hz
        Sample rate of the recordings.
    hop_samples : int > 0
        Distance of frames.
    reach_samples : int >= 0
        How far a frame looks to either side of its centre.
    transform : callable
        From float32 samples, shape (2 * reach_samples + (frames - 1) * hop_samples,), to a spectrum, shape (frames,
        bins); the first frame is centred on sample ``reach_samples``.
    """

    frequency: Floats
    sample_rate: int
    hop_samples: int
    reach_samples: int
    transform: Callable[[Samples], Spectrum]


def frame_count(samples: int, hop_samples: int) -> int:
    """Return the number of frames: one for each centre that lies on the recording or at its end.

    >>> frame_count(0, 512), frame_count(511, 512), frame_count(512, 512)
    (1, 1, 2)
    """
    return 1 + samples // hop_samples


def analyse(samples: Samples, analysis: Analysis) -> Spectrum:
    """Return the spectrum of a recording, shape (frames, bins); see :func:`frame_count`.

    Parameters
    ----------
    samples : float32, shape (samples,)
        One channel, at the sample rate of the analysis.
    analysis : Analysis
        Which spectrum, such as ``SpectrumSettings().analysis()``.

    Returns
    -------
    float32 or complex64, shape (frames, bins)
        The spectrum.
    """
    hop, reach = analysis.hop_samples, analysis.reach_samples
    frames = frame_count(len(samples), hop)
    spectrum: Spectrum | None = None
    for first in range(0, frames, GROUP_FRAMES):
        end = min(first + GROUP_FRAMES, frames)
        group = analysis.transform(_stretch(samples, first * hop - reach, (end - 1) * hop + reach))
        if spectrum is None:
            spectrum = np.empty((frames, *group.shape[1:]), group.dtype)
        spectrum[first:end] = group
    assert spectrum is not None  # there is always a frame
    return spectrum


def _stretch(samples: Samples, start: int, end: int) -> Samples:
    """Return the samples from start up to end, and silence where these lie outside."""
    within = np.asarray(samples[max(0, start) : max(0, end)], np.float32)
    if len(within) == end - start:
        return within
    return np.pad(within, (max(0, -start), end - start - len(within) - max(0, -start)))


def analyse_stream(blocks: Iterable[Samples], analysis: Analysis) -> Iterator[Spectrum]:
    """Yield the spectrum of a recording that arrives in blocks of any length, ``GROUP_FRAMES`` frames at a time.

    Memory is bounded by the longest block and the analysis. The frames equal those of :func:`analyse`, bit for bit.

    Parameters
    ----------
    blocks : iterable of float32, shape (samples,)
        One channel in blocks, at the sample rate of the analysis.
    analysis : Analysis
        Which spectrum, such as ``SpectrumSettings().analysis()``.

    Yields
    ------
    float32 or complex64, shape (frames, bins)
        The next frames of the spectrum.
    """
    hop, reach = analysis.hop_samples, analysis.reach_samples
    advance = GROUP_FRAMES * hop
    needed = 2 * reach + (GROUP_FRAMES - 1) * hop
    pending = np.zeros(reach, np.float32)  # samples from the first one that the next frame needs
    skip = 0  # samples yet to come that no frame needs: frames may be further apart than they are long
    received = frames = 0
    for block in blocks:
        received += len(block)
        pending = np.concatenate([pending, np.asarray(block[skip:], np.float32)])
        skip = max(0, skip - len(block))
        start = 0
        while len(pending) - start >= needed:
            yield analysis.transform(pending[start : start + needed])
            frames += GROUP_FRAMES
            start += advance
        skip += max(0, start - len(pending))
        pending = pending[start:]
    yield from _last_frames(pending, frame_count(received, hop) - frames, analysis)


def _last_frames(pending: Samples, frames: int, analysis: Analysis) -> Iterator[Spectrum]:
    """Yield the frames that look beyond the end of the recording, silence appended."""
    hop, reach = analysis.hop_samples, analysis.reach_samples
    while frames > 0:
        group = min(frames, GROUP_FRAMES)
        needed = 2 * reach + (group - 1) * hop
        segment = np.zeros(needed, np.float32)
        segment[: len(pending)] = pending[:needed]
        yield analysis.transform(segment)
        pending = pending[GROUP_FRAMES * hop :]
        frames -= group


def sliding(samples: Samples, length: int, hop_samples: int) -> Samples:
    """Return a view of overlapping frames, shape (frames, length), without copying.

    >>> sliding(np.arange(5, dtype=np.float32), 3, 2).tolist()
    [[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]]
    """
    frames = 1 + (len(samples) - length) // hop_samples
    step = samples.strides[0]
    return np.lib.stride_tricks.as_strided(samples, (frames, length), (hop_samples * step, step), writeable=False)
