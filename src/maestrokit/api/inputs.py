"""Arguments of the public functions that may be a value or the path of a file."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from maestrokit.files.midi import read_midi
from maestrokit.music.performance import Performance

Performances: TypeAlias = Performance | str | Path | Iterable[Performance | str | Path]
"""One performance or several, each as a value or as the path of its MIDI file."""


def is_single(source: Performances) -> bool:
    """Return whether an argument is one performance, and not several.

    >>> is_single("take.mid"), is_single(["take.mid"])
    (True, False)
    """
    return isinstance(source, Performance | str | Path)


def performance_of(source: Performance | str | Path) -> Performance:
    """Return a performance, read from its file if a path is given."""
    return source if isinstance(source, Performance) else read_midi(source)


def performances_of(source: Performances) -> list[Performance]:
    """Return performances, read from their files if paths are given."""
    if isinstance(source, Performance | str | Path):
        return [performance_of(source)]
    return [performance_of(one) for one in source]
