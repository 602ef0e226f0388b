"""Descriptors of a performance or recording, one file per group.

The folder is the registry. A module of it is a group, named as in the record, and declares

``NEEDS``
    What it describes: ``"notes"`` (a :class:`~maestrokit.features.note_views.NoteView`), ``"audio"``, or
    ``"classes"``, notes or audio with a network that classifies them. The ``kind`` of a view is one of these.
``FIELDS``
    Every key that it emits, nested ones joined by dots, those inside a list of objects by ``[].``, each with its unit
    and one line of meaning. The manual of the formats is made of these, and a test holds them and the records equal.
``describe(view)``
    The values, nested. What does not exist, such as the mean of no notes, is None; numbers may be numpy's.
``FRAMES`` and ``frames(view, time_base)``
    The same for series of frames, if the group has any: arrays whose first axis is the frames of the time base.
``SINCE``
    The release that the group came with, such as ``(0, 2)``; may be left out for those of the first. Tables have the
    columns of later releases to the right of all earlier ones, so that columns never change their places.

Modules with a leading underscore are no groups. This file loads no numpy, so that help can list the groups.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from maestrokit import registry
from maestrokit.errors import UsageError, choices_hint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maestrokit.analysis.chords.network import ChordNetwork
    from maestrokit.analysis.classes import Classifier
    from maestrokit.analysis.crepe import Weights
    from maestrokit.features.audio_views import AudioView, Blocks
    from maestrokit.features.class_views import ClassView
    from maestrokit.features.note_views import NoteView
    from maestrokit.music.performance import Performance

_AS_IT_IS = (str, int, type(None))  # most values in the long lists of chords

GROUPS = "maestrokit.features.groups"
FIRST = (0, 1)  # release
DECIMALS = 6  # to which records are rounded, so that they are the same on all processors
HOP = 0.02  # seconds a frame


class View(Protocol):
    """What a group describes."""

    @property
    def kind(self) -> str:
        """``"notes"``, ``"audio"`` or ``"classes"``."""

    @property
    def length(self) -> float:
        """In seconds."""


class Field(NamedTuple):
    """Unit (it may be empty) and meaning of one key, and the release that it came with, if later than its group did."""

    unit: str
    meaning: str
    since: tuple[int, ...] = FIRST


def note_view(performance: "Performance") -> "NoteView":
    """Return what groups that need notes describe.

    Parameters
    ----------
    performance : Performance
        What is to be described.

    Returns
    -------
    NoteView
        Its notes in seconds.

    Raises
    ------
    BadDataError
        If the performance lasts longer than 100,000 s, some 28 hours: its curves would fill the memory.
    """
    from maestrokit.features.note_views import NoteView

    return NoteView.of(performance)


def class_view(source: "NoteView | AudioView", classifier: "Classifier") -> "ClassView":
    """Return what the group of classes describes: a performance or recording, with a network that classifies it.

    Parameters
    ----------
    source : NoteView or AudioView
        The performance or recording.
    classifier : Classifier
        The network.

    Returns
    -------
    ClassView
        Both together.

    Raises
    ------
    UsageError
        If the network reads the other of the two.
    """
    from maestrokit.features.class_views import ClassView

    if classifier.needs != source.kind:
        raise UsageError(f"`classes` is a model that reads {classifier.reads}", parameter="classes")
    return ClassView(source, classifier)


def audio_view(
    blocks: "Blocks",
    *,
    length: float,
    channels: "Blocks | None" = None,
    f0: str = "yin",
    weights: "Weights | None" = None,
    chord_network: "ChordNetwork | None" = None,
) -> "AudioView":
    """Return what groups that need audio describe; BadDataError if the recording lasts longer than a day.

    From a sample rate in Hz, `blocks` makes the recording as one channel, and `channels` all its channels of shape
    (samples, channels), for level and loudness; by default those of `blocks`. Each is called once for a description
    that needs it. Weights are those of CREPE (:func:`maestrokit.files.cache.crepe.read_crepe`), where it finds f0. The
    network (:func:`maestrokit.inference.chords.load_chord_network`) finds chords; without it, they are found by chroma.
    """
    from maestrokit.features.audio_views import AudioView
    from maestrokit.features.note_views import check_length

    check_length(length)
    return AudioView(blocks, channels or blocks, length, f0, weights, chord_network)


def group_names(needs: str | None = None) -> list[str]:
    """Return the names of all groups, or of those that need one kind of view; asking for these loads them.

    Parameters
    ----------
    needs : {'notes', 'audio', 'classes'}, optional
        The kind of input; 'classes' are notes or audio with a network that classifies them. Default is all.

    Returns
    -------
    list of str
        The names, in the order of the record.
    """
    return [name for name in registry.names(GROUPS) if not needs or needs == _group(name).NEEDS]


def check_groups(names: Iterable[str]) -> list[str]:
    """Return the names in the order of the record, each once; UsageError if there is no such group."""
    known, requested = group_names(), set(names)
    if unknown := requested.difference(known):
        name = min(unknown)
        raise UsageError(f"no group of descriptors is called '{name}'", choices_hint(name, known), parameter="groups")
    return [name for name in known if name in requested]


def fields(group: str) -> Mapping[str, Field]:
    """Return what a group declares: each key with its unit and meaning."""
    return cast(Mapping[str, Field], _group(group).FIELDS)


def frame_fields(group: str) -> Mapping[str, Field]:
    """Return the series of frames that a group declares, each with its unit and meaning."""
    return cast(Mapping[str, Field], getattr(_group(group), "FRAMES", {}))


def columns(names: Sequence[str]) -> list[str]:
    """Return the flat keys of the records of some groups, as the columns of a table: the oldest on the left."""
    dated = [
        (max(field.since, getattr(_group(group), "SINCE", FIRST)), f"{group}.{key}")
        for group in names
        for key, field in fields(group).items()
        if "[]" not in key
    ]
    return [column for _, column in sorted(dated, key=lambda aged: aged[0])]


def describe(view: View, *, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the record of a performance or recording: a nested mapping of what JSON knows.

    Of the groups named, or all, those that need another kind of view are passed over.
    """
    chosen = group_names() if names is None else check_groups(names)
    return {name: _rounded(group.describe(view)) for name in chosen if view.kind == (group := _group(name)).NEEDS}


def frames(
    view: View, *, names: Sequence[str] | None = None, hop: float = HOP, length: float | None = None
) -> "dict[str, NDArray[Any]]":
    """Return the series of frames of a performance or recording, all on one time base.

    Frame i covers the time from i * hop to (i + 1) * hop; ``time`` holds the starts, in seconds. The frames cover the
    length of the view, or another one that is given, so that two views can share a time base. BadDataError says that
    they would be more than memory should hold.
    """
    from maestrokit.features.note_views import TimeBase

    time_base = TimeBase.over(view.length if length is None else length, hop=hop)
    series: dict[str, NDArray[np.generic]] = {"time": time_base.times}
    for name in group_names() if names is None else check_groups(names):
        group = _group(name)
        if view.kind == group.NEEDS and hasattr(group, "frames"):
            series.update(group.frames(view, time_base))
    return series


_group = functools.cache(functools.partial(registry.load, GROUPS))


def _rounded(value: Any) -> Any:
    """Return a value as JSON knows it: plain numbers, rounded, in plain lists; what is not finite is None."""
    if isinstance(value, dict):
        return {key: item if type(item) in _AS_IT_IS else _rounded(item) for key, item in value.items()}
    if isinstance(value, float):  # numpy's doubles too
        return round(float(value), DECIMALS) + 0.0 if abs(value) < float("inf") else None  # + 0.0: no minus zero
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return _rounded(value.tolist()) if hasattr(value, "tolist") else value
