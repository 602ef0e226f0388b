"""Dynamics of a score as velocities, as programs of notation play them."""

from collections.abc import Sequence

import numpy as np

from maestrokit.arrays import Floats

LEVELS = {"pppp": 8, "ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 126, "ffff": 127}
"""Velocities of dynamics."""
UNMARKED = 80  # before the first
STEP = 16  # by which a wedge that leads to no level, and an accent, is louder or softer
NEAR = 1.0  # quarters after its end, within which a level is that of a wedge

Level = tuple[float, int]
"""When a level begins, in quarters, and its velocity."""
Wedge = tuple[float, float, int]
"""When a wedge begins and ends, and 1 if it grows, -1 if it falls."""


def velocity_curve(levels: Sequence[Level], wedges: Sequence[Wedge], at: Floats) -> Floats:
    """Return the velocity at some times of a score, in quarters.

    A wedge leads in a line to the level at its end, or by STEP where there is none.

    >>> velocity_curve([(0, 49), (8, 96)], [(4, 8, 1)], np.array([0.0, 4.0, 6.0, 8.0, 9.0])).tolist()
    [49.0, 49.0, 72.5, 96.0, 96.0]
    """
    known = sorted(levels)
    velocity = float(UNMARKED)
    times, values = [-1e9], [velocity]
    for start, wedge in sorted(
        [*((time, None) for time, _ in known), *((wedge[0], wedge) for wedge in wedges)], key=_first
    ):
        if wedge is None:
            end, after = start, float(dict(known)[start])
        else:
            following = next((level for level in known if level[0] > start), (np.inf, 0))
            end = max(start, min(wedge[1], following[0]))
            after = float(following[1]) if following[0] <= end + NEAR else velocity + STEP * wedge[2]
        times += [start, end]
        values += [velocity, after]
        velocity = after
    return np.clip(np.interp(at, np.maximum.accumulate(times), values), 1.0, 127.0)


def _first(event: tuple[float, Wedge | None]) -> tuple[float, bool]:
    """Return what events are sorted by: a level comes before a wedge that begins with it."""
    return event[0], event[1] is not None
