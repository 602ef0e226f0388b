"""Dynamics of scores as velocities."""

import numpy as np
import pytest

from maestrokit.music.scores.notated_dynamics import LEVELS, velocity_curve


@pytest.mark.parametrize(
    ("levels", "wedges", "expected"),
    [
        ([], [], [80, 80, 80, 80, 80]),
        ([(2.0, "p")], [], [80, 80, 49, 49, 49]),
        ([(0.0, "p"), (4.0, "f")], [], [49, 49, 49, 49, 96]),
        ([(0.0, "p"), (4.0, "f")], [(2.0, 4.0, 1)], [49, 49, 49, 72.5, 96]),
        ([(0.0, "f")], [(1.0, 3.0, -1)], [96, 96, 88, 80, 80]),  # to no level: softer by a step
        ([(1.0, "p"), (2.0, "f")], [(1.0, 4.0, 1)], [80, 49, 96, 96, 96]),  # a level ends the wedge it lies in
        ([(0.0, "p")], [(1.0, 1.0, 1)], [49, 65, 65, 65, 65]),
    ],
)
def test_levels_hold_and_wedges_lead_from_one_to_the_next(levels, wedges, expected):
    marks = [(time, LEVELS[name]) for time, name in levels]
    assert velocity_curve(marks, wedges, np.arange(5.0)).tolist() == expected
