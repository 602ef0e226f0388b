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
from maestrokit.features.audio_views import AudioView
from maestrokit.files.sound.read import Sound
from maestrokit.inference.chords import load_chord_network
from maestrokit.inference.classes import load_classifier
from maestrokit.music.performance import Performance


def describe(
    source: Performance | Sound | str | Path,
    *,
    groups: str | Sequence[str] | None = None,
    f0: str = "yin",
    chords: str = "network",
    classes: str | None = None,
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
    chords : str
        How the chords of a recording are found: 'network' (the shipped one), 'chroma', or a run folder.
    classes : str, optional
        Shipped model or run folder that tells the classes of what it reads, performances or recordings, such as the
        composer, for the group ``classes``. Default is none.

    Returns
    -------
    dict
        A nested mapping that JSON can hold, with one key for each group. maestrokit-formats(5) explains every entry and
        its unit. A value that does not exist, such as the mean velocity of no notes, is None.

    Raises
    ------
    UsageError
        If there is no such group, a sound is not one channel of finite numbers, or the model of classes reads
        performances and this is a recording, or the reverse.
    NoInputError
        If the file cannot be opened, or there is no such model.
    BadDataError
        If the file is damaged, or lasts longer than a day.
    """
    record: dict[str, Any] = {}
    for view in _views(source, f0, chords, classes):
        record |= features.describe(view, names=names(groups))
    return {name: record[name] for name in features.group_names() if name in record}


def describe_frames(
    source: Performance | Sound | str | Path,
    *,
    groups: str | Sequence[str] | None = None,
    hop: float = features.HOP,
    f0: str = "yin",
    chords: str = "network",
    classes: str | None = None,
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
    chords : str
        How the chords of a recording are found: 'network' (the shipped one), 'chroma', or a run folder.
    classes : str, optional
        Shipped model or run folder that tells the classes of what it reads, performances or recordings, such as the
        composer, for the group ``classes``. Default is none.

    Returns
    -------
    dict of str to array, shape (frames, ..)
        ``time`` holds the start of each frame, in seconds; maestrokit-formats(5) explains the others.

    Raises
    ------
    UsageError
        If there is no such group, `hop` is not positive, or the model of classes does not read such a source.
    NoInputError
        If the file cannot be opened.
    BadDataError
        If the file is damaged, or there would be too many frames.
    """
    series: dict[str, NDArray[Any]] = {}
    for view in _views(source, f0, chords, classes):
        series |= features.frames(view, names=names(groups), hop=hop)
    return series


def _views(source: Performance | Sound | str | Path, f0: str, chords: str, classes: str | None) -> list[View]:
    value = read(source) if isinstance(source, str | Path) else source
    view = features.note_view(value) if isinstance(value, Performance) else _audio_view(value, f0, chords)
    return [view, *([] if classes is None else [features.class_view(view, load_classifier(classes))])]


def _audio_view(sound: Sound, f0: str, chords: str) -> AudioView:
    def blocks(sample_rate: int) -> Iterator[Samples]:
        yield samples_at(sound, sample_rate)

    return features.audio_view(blocks, length=sound.duration, f0=f0, chord_network=load_chord_network(chords))
