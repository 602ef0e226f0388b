"""Modulators of SoundFont 2: by how much velocity, key and controllers at rest move the generators of a zone.

Reference: SoundFont Technical Specification 2.04, E-mu Systems 2006, 8.2 (sources) and 9.5 (how they are added up).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

RECORD = np.dtype(
    [("source", "<u2"), ("destination", "<u2"), ("amount", "<i2"), ("amount_source", "<u2"), ("transform", "<u2")]
)
VELOCITY, KEY = 2, 3  # sources that are no controllers
PITCH_WHEEL = 14
CONTROLLER, DOWNWARD, BIPOLAR = 0x80, 0x100, 0x200  # bits of a source
CONTROLLERS_AT_REST = {7: 100, 8: 64, 10: 64, 11: 127}  # all others are 0
CONCAVE, CONVEX, SWITCH = 1, 2, 3  # else linear
STEEPNESS = 400 / 960  # of the curves: 96 dB over the range


class Modulator(NamedTuple):
    """What moves one generator; fields as in the file."""

    source: int
    destination: int
    amount: int
    amount_source: int

    @property
    def is_by_velocity(self) -> bool:
        """Whether velocity moves it."""
        return any(source & 0xFF == VELOCITY for source in (self.source, self.amount_source))


def moved(modulators: Iterable[Modulator], destination: int, *, key: int, velocity: float) -> float:
    """Return by how much a generator is moved, in its own unit.

    >>> moved([Modulator(0x102, 8, -2400, 0)], 8, key=60, velocity=127.0)
    0.0
    >>> moved([Modulator(0x002, 8, 1270, 0)], 8, key=60, velocity=64.0)
    640.0
    """
    total = 0.0
    for modulator in modulators:
        if modulator.destination == destination:
            share = _value(modulator.amount_source, key, velocity) if modulator.amount_source else 1.0
            total += modulator.amount * _value(modulator.source, key, velocity) * share
    return total


def replaced(shared: Iterable[Modulator], own: Iterable[Modulator]) -> tuple[Modulator, ...]:
    """Return the modulators of a zone: its own, and those of the global zone that it does not have itself."""
    by_kind = {
        (modulator.source, modulator.destination, modulator.amount_source): modulator for modulator in (*shared, *own)
    }
    return tuple(by_kind.values())


def _value(source: int, key: int, velocity: float) -> float:
    """Return the value of a source, 0..1, or -1..1 if it is bipolar."""
    number = source & 0x7F
    if source & CONTROLLER:
        level = CONTROLLERS_AT_REST.get(number, 0) / 127
    else:
        level = {0: 1.0, VELOCITY: velocity / 127, KEY: key / 127, PITCH_WHEEL: 0.5}.get(number, 0.0)
    if source & DOWNWARD:
        level = 1 - level
    curve = source >> 10
    if source & BIPOLAR:
        side = 2 * level - 1
        return float(np.copysign(_curved(abs(side), curve), side))
    return _curved(level, curve)


def _curved(level: float, curve: int) -> float:
    if curve == CONCAVE:
        return float(min(-STEEPNESS * np.log10(max(1 - level, 1e-3)), 1.0))
    if curve == CONVEX:
        return 1 - float(min(-STEEPNESS * np.log10(max(level, 1e-3)), 1.0))
    return float(level >= 0.5) if curve == SWITCH else level
