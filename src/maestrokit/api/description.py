"""Descriptors of performances and recordings."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from maestrokit import features
from maestrokit.api.inputs import names, samples_at
from maestrokit.api.reading import read
from maestrokit.audio.spectra.frames import Samples
from maestrokit.features import View
from maestrokit.files.sound.read import Sound
from maestrokit.music.performance import Performance


def describe(
    source: Performance | Sound | str | Path, *, groups: str | Sequence[str] | None = None, f0: str = "yin"
) -> dict[str, Any]:
    """Return descriptors of a performance or recording: pitch, key, tempo, chords, dynamics, and more.

    Parameters
    ----------
    source : Performance, Sound, str or Path
        What to describe, or the file that holds it.
    groups : str or sequence of str, optional
        Names of groups of descriptors, see :func:`group_names`; those of the other kind of input are left out.
        Default is all.
    f0 : {'yin', 'pyin', 'fft'}
        How the fundamental frequency of a recording is found.

    Returns
    -------
    dict
        A nested mapping that JSON can hold, with one key for each group. maestrokit-formats(5) explains every entry and
        its unit. A value that does not exist, such as the mean velocity of no notes, is None.

    Raises
    ------
    UsageError
        If there is no such group, or a sound is not one channel of finite numbers.
    NoInputError
        If the file cannot be opened.
    BadDataError
        If the file is damaged, or lasts longer than a day.
    """
    return features.describe(_view(source, f0), names=names(groups))


def describe_frames(
    source: Performance | Sound | str | Path,
    *,
    groups: str | Sequence[str] | None = None,
    hop: float = features.HOP,
    f0: str = "yin",
) -> dict[str, NDArray[Any]]:
    """Return descriptors of a performance or recording as time series: piano roll, pedal, chroma, loudness, and more.

    Parameters
    ----------
    source : Performance, Sound, str or Path
        What to describe, or the file that holds it.
    groups : str or sequence of str, optional
        Names of groups of descriptors, see :func:`group_names`. Default is all.
    hop : float > 0, in seconds
        Length of a frame. Default is 20 ms.
    f0 : {'yin', 'pyin', 'fft'}
        How the fundamental frequency of a recording is found.

    Returns
    -------
    dict of str to array, shape (frames, ..)
        ``time`` holds the start of each frame, in seconds; maestrokit-formats(5) explains the others.

    Raises
    ------
    UsageError
        If there is no such group, or `hop` is not positive.
    NoInputError
        If the file cannot be opened.
    BadDataError
        If the file is damaged, or there would be too many frames.
    """
    return features.frames(_view(source, f0), names=names(groups), hop=hop)


def _view(source: Performance | Sound | str | Path, f0: str) -> View:
    value = read(source) if isinstance(source, str | Path) else source
    if isinstance(value, Performance):
        return features.note_view(value)
    sound = value

    def blocks(sample_rate: int) -> Iterator[Samples]:
        yield samples_at(sound, sample_rate)

    return features.audio_view(blocks, length=sound.duration, f0=f0)
