"""Grids in time: multiples of a quantum in seconds, or of note values in ticks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.bounds import Within, check
from maestrokit.errors import BadDataError, UsageError
from maestrokit.music.performance import Performance
from maestrokit.music.timing import TempoMap, second2tick, tempo_map, tick2second

START = np.zeros(1, np.int64)  # tick from which points are counted
LARGEST_DOUBT = 0.2  # with more, too few ticks are spared
STRAIGHT = 0.5  # swing: the share of two steps that the first one takes
FINEST_NOTE_VALUE = Fraction(1, 4096)  # of a whole note


@dataclass(frozen=True)
class Grid:
    """The points n * step, n = 0, 1, ..; every second one is later where the grid swings.

    Each point stands for the tick nearest to it, so grids finer than a tick, or that do not divide the beat, are sets
    of ticks too, and a tick of the grid does not move.

    Parameters
    ----------
    step : Fraction > 0
        Seconds if there is a tempo map, else ticks.
    tempo : TempoMap or None
        Makes the grid one of seconds.
    swing : float, 0.5..1, exclusive of 1
        Share of two steps before the second point. 0.5 is straight, 2/3 is triplet swing.
    """

    step: Fraction
    tempo: TempoMap | None = None
    swing: float = STRAIGHT

    def measure(self, tick: Integers) -> Floats:
        """Return ticks in the unit of the step."""
        return tick.astype(np.float64) if self.tempo is None else tick2second(tick, self.tempo)

    def points_around(self, tick: Integers, origin: Integers) -> Integers:
        """Return the grid's ticks about each tick, both nearest among them, counting its points from the origin.

        Shape
        -----
        tick : (events,)
        origin : (events,) or (1,)
        returned : (neighbours, events)
        """
        start = self.measure(origin)
        reach = 1 if self.swing == STRAIGHT else 2  # points; a swung point lies up to one step after its number
        nearest = np.rint((self.measure(tick) - start) * self.step.denominator / self.step.numerator)
        point = np.maximum(nearest + np.arange(-reach, reach + 1)[:, None], 0)
        if self.swing != STRAIGHT:
            point += (point % 2) * (2 * self.swing - 1)
        # product first: numerator and point are whole, so there is one rounding, and none where the result is whole
        exact = start + point * self.step.numerator / self.step.denominator
        return np.rint(exact).astype(np.int64) if self.tempo is None else second2tick(exact, self.tempo)

    def likely_points(self, tick: Integers, origin: Integers) -> tuple[Integers, Integers]:
        """Return the tick of a straight grid nearest to each tick, and the rows where another one may be as near.

        Shape
        -----
        tick : (events,)
        origin : (events,) or (1,)
        returned : (events,) and (doubts,)
        """
        start = self.measure(origin)
        steps = (self.measure(tick) - start) * self.step.denominator / self.step.numerator
        number = np.rint(steps)
        exact = start + np.maximum(number, 0) * self.step.numerator / self.step.denominator
        points = np.rint(exact).astype(np.int64) if self.tempo is None else second2tick(exact, self.tempo)
        return points, np.flatnonzero((np.abs(np.abs(steps - number) - 0.5) <= self.doubt) | (number < 0))

    @property
    def doubt(self) -> float:
        """How near to the middle of two points, in steps, either of their ticks may be the nearest."""
        longest = 1.0 if self.tempo is None else float(self.tempo.seconds_per_tick.max())
        return longest / float(self.step) * 1.001  # half a tick each, and what is lost to rounding


def grids_of(
    performance: Performance, *, step: Fraction | None, note_values: Sequence[Fraction], swing: float
) -> list[Grid]:
    """Return the grid of a quantum in seconds, by the tempo map; else those of note values, a beat being a quarter.

    Raises
    ------
    BadDataError
        If there are note values, and the file counts time in SMPTE frames, so that it has no beats.
    """
    if step is not None:
        return [Grid(step, tempo_map(performance), swing)]
    if note_values and performance.division < 0:
        raise BadDataError("there are no note values in a file that counts time in SMPTE frames", "use `step`, a time")
    return [Grid(4 * performance.division * value, swing=swing) for value in note_values]


def snapped(tick: Integers, grids: Sequence[Grid], *, origin: Integers = START) -> Integers:
    """Return the nearest tick of any grid for each tick; of two equally near the later.

    Ticks of a grid are returned unchanged, and the order of ticks is kept. Points are counted from the origin, one for
    all or one each.

    >>> beat = [Grid(Fraction(480))]
    >>> snapped(np.array([0, 239, 240, 700]), beat).tolist()
    [0, 0, 480, 480]
    """
    if len(grids) == 1 and grids[0].swing == STRAIGHT and grids[0].doubt < LARGEST_DOUBT:
        likely, rows = grids[0].likely_points(tick, origin)
        likely[rows] = _nearest_of_all(tick[rows], grids, origin if len(origin) == 1 else origin[rows])
        return likely
    return _nearest_of_all(tick, grids, origin)


def _nearest_of_all(tick: Integers, grids: Sequence[Grid], origin: Integers) -> Integers:
    """Return what :func:`snapped` does, by the distance of each tick from all points around it."""
    points = np.concatenate([grid.points_around(tick, origin) for grid in grids])
    if len(grids) > 1:
        points.sort(axis=0)
    distance = np.abs(grids[0].measure(points) - grids[0].measure(tick))
    nearest: Integers = points[-1]
    least = distance[-1]
    for row in range(len(points) - 2, -1, -1):  # from the last, so that the later one stays where both are equal
        is_nearer = distance[row] < least
        nearest, least = np.where(is_nearer, points[row], nearest), np.where(is_nearer, distance[row], least)
    return nearest


def point_after(tick: Integers, grids: Sequence[Grid], *, origin: Integers = START) -> Integers:
    """Return the first tick of any grid after each tick.

    >>> point_after(np.array([0, 479, 480]), [Grid(Fraction(480))]).tolist()
    [480, 480, 960]
    """
    after = np.full_like(tick, np.iinfo(np.int64).max)
    for grid in grids:
        points = grid.points_around(tick, origin)
        later = np.where(points > tick, points, after).min(axis=0)
        # where no neighbour is later, steps are finer than ticks, and every tick is one of the grid's
        after = np.minimum(later, np.where(points.max(axis=0) > tick, later, tick + 1))
    return after


def exact(number: Fraction | float) -> Fraction:
    """Return a number as a fraction, a float as the decimal that it is written as.

    >>> exact(0.01)
    Fraction(1, 100)
    """
    return number if isinstance(number, Fraction) else Fraction(str(number))


def note_values_of(values: Sequence[Fraction | float | str] | str) -> tuple[Fraction, ...]:
    """Return note values, given as numbers or as text, as fractions of a whole note.

    >>> [str(value) for value in note_values_of(["1/16", Fraction(1, 12), 0.25])]
    ['1/16', '1/12', '1/4']

    Raises
    ------
    UsageError
        If one of them is no fraction, or not within 1/4096 to 1, or they are no sequence.
    """
    if isinstance(values, str):
        return parse_note_values(values)
    if not isinstance(values, Sequence):
        hint = "for example ['1/16', '1/12']"
        raise UsageError("`note_values` must be a sequence, or text", hint, parameter="note_values")
    numbers = [value for value in values if not isinstance(value, str)]
    check("note_values", numbers, Within(float(FINEST_NOTE_VALUE), 1))
    return tuple(_note_value(value) if isinstance(value, str) else exact(value) for value in values)


def parse_note_values(text: str) -> tuple[Fraction, ...]:
    """Return the note values of a list, as fractions of a whole note.

    >>> [str(value) for value in parse_note_values("1/16,1/12")]
    ['1/16', '1/12']

    Raises
    ------
    UsageError
        If one of them is no fraction, or not within 1/4096 to 1.
    """
    return tuple(_note_value(part) for part in text.split(","))


def _note_value(text: str) -> Fraction:
    match = re.fullmatch(r"\s*([0-9]{1,4})(?:/0*([1-9][0-9]{0,3}))?\s*", text)
    value = Fraction(int(match[1]), int(match[2] or 1)) if match else None
    if value is None or value < FINEST_NOTE_VALUE:
        hint = "for example 1/16, 1/12 for triplets of eighths, or 1/16,1/12"
        raise UsageError(f"'{text}' is no note value", hint, parameter="note_values")
    if value > 1:
        meant = f"did you mean 1/{value}?" if value.denominator == 1 else "for example 1/16, or 1/12 for triplets"
        raise UsageError(f"'{text}' is more than a whole note", meant, parameter="note_values")
    return value
