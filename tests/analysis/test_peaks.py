"""Peaks between samples, against parabolas whose tops are known."""

import numpy as np

from maestrokit.analysis.peaks import peak_offset


def test_the_top_of_a_parabola_is_found_and_the_bottom_of_a_negated_one() -> None:
    top = np.linspace(-0.5, 0.5, 11)
    low, here, high = (-3.0 * (side - top) ** 2 + 2 for side in (-1, 0, 1))
    np.testing.assert_allclose(peak_offset(low, here, high), top, atol=1e-9)
    assert (peak_offset(-low, -here, -high) == 0).all()


def test_a_line_has_no_top() -> None:
    assert peak_offset(np.array([0.0, 1.0]), np.array([1.0, 1.0]), np.array([2.0, 1.0])).tolist() == [0.0, 0.0]
