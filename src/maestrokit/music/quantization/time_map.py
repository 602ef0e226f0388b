"""The map of time by which onsets reach a grid, and all other events with them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maestrokit.arrays import Integers
from maestrokit.music.quantization.grid import Grid, snapped


@dataclass(frozen=True)
class TimeMap:
    """Where ticks move to: linear between the points, and shifted as the last point after it."""

    old: Integers
    """Strictly rising, from 0."""
    new: Integers
    """Rising, from 0."""

    def __call__(self, tick: Integers) -> Integers:
        """Return where each tick goes."""
        moved = np.rint(np.interp(tick, self.old, self.new)).astype(np.int64)
        after = np.flatnonzero(tick > self.old[-1])
        moved[after] = tick[after] - self.old[-1] + self.new[-1]
        return moved


def time_map_of(onset: Integers, grids: Sequence[Grid], strength: float) -> tuple[TimeMap, Integers]:
    """Return the map on which each onset goes to the grid, and the start of the file nowhere; and where onsets go."""
    rows = np.argsort(onset, kind="stable")  # quicker for the notes of many keys, each key's sorted
    old = np.concatenate([[0], onset[rows]])
    rises = old[1:] > old[:-1]
    old = np.append(0, old[1:][rises])
    time_map = TimeMap(old, on_grid(old, grids, strength))
    moved = np.empty_like(onset)
    moved[rows] = time_map.new[np.cumsum(rises)]
    return time_map, moved


def on_grid(tick: Integers, grids: Sequence[Grid], strength: float) -> Integers:
    """Return where ticks are that go a share of the way to the grid; of no grids, where they were."""
    if not grids:
        return tick
    way = snapped(tick, grids) - tick
    moved: Integers = tick + np.rint(strength * way).astype(np.int64)
    return moved
