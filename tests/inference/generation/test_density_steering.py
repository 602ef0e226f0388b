"""Music that is generated stays as dense as it is asked to be, or as its first minute is."""

import numpy as np
import pytest

from maestrokit.inference.generation.density_steering import STEADY, STEERING, DensitySteering


def test_towards_what_is_asked_for():
    steering = DensitySteering(8.0, 2)
    assert steering.bias(0, np.zeros(2)).tolist() == [0.0, 0.0]
    denser, as_asked = steering.bias(160, np.array([10.0, 20.0]))
    assert denser == pytest.approx(STEERING * np.log((160 + 8 * STEADY) / (10 + STEADY) / 8)) and denser > 0
    assert as_asked == pytest.approx(0.0)


def test_else_each_piece_stays_as_dense_as_its_first_minute():
    steering = DensitySteering(None, 3)
    assert not steering.bias(500, np.array([20.0, 30.0, 59.9])).any()
    assert not steering.bias(600, np.array([60.0, 40.0, 61.0])).any()  # where the minute ends: 10 and 9.8 a second
    first, second, third = steering.bias(1200, np.array([100.0, 59.0, 122.0]))
    assert first > 0 and second == 0 and third == pytest.approx(0.0, abs=1e-6)
    assert first == pytest.approx(STEERING * np.log((1200 + 10 * STEADY) / (100 + STEADY) / 10))
    steering.keep(np.array([False, False, True]))
    (alone,) = steering.bias(1200, np.array([140.0]))
    assert alone < 0  # sparser than it was
