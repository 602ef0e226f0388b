"""What a report is made of, whatever it is written as."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MOST_SOUND = 240.0  # seconds in a page: with 64 kbit/s some 2.6 MB
SHORTEST_EXAMPLE = 8.0  # seconds of sound; where there would be less, there are fewer examples


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    value: float | None = None
    """What it is sorted by; None is by its text."""
    low: float = math.nan
    high: float = math.nan
    """Ends of the 95 % interval."""
    mark: str = ""
    """After the text: what the note below the table explains."""
    figure: str = ""
    """An SVG element in place of the text, on pages only."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    title: str
    is_number: bool = False
    is_figure: bool = False


@dataclass(frozen=True)
class Table:
    """A table; the first column names the row."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    legend: str = ""
    """What explains the figures in it, on pages only."""
    is_folded: bool = False
    """Whether a page shows it when it is opened only."""
    for_page_only: bool = False
    """Whether papers leave it out."""


@dataclass(frozen=True)
class AudioClip:
    """Sound within the page."""

    title: str
    address: str
    """Of its data."""


@dataclass(frozen=True)
class Figure:
    """A picture and what it shows."""

    caption: str
    svg: str


@dataclass(frozen=True)
class Example:
    """A piece to look at and to listen to."""

    title: str
    roll: Figure
    recordings: Sequence[AudioClip]
    seconds: float
    """Length of what the roll shows."""
    figures: Sequence[Figure] = ()


@dataclass(frozen=True)
class Section:
    """A part of a page, with a heading."""

    title: str
    text: str = ""
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    examples: Sequence[Example] = ()
    is_wide: bool = False
    """Whether its figures are as wide as the page."""


@dataclass(frozen=True)
class Report:
    """All of it: what was scored, tables, and sections of figures."""

    title: str
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    sections: Sequence[Section] = ()
    made_by: str | None = None


def examples_per_set(sets: int) -> int:
    """Return how many examples each of so many sets has.

    >>> examples_per_set(7), examples_per_set(20)
    (2, 1)
    """
    return 2 if MOST_SOUND / (2 * max(sets, 1)) >= SHORTEST_EXAMPLE else 1
