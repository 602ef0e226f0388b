"""Music that is generated stays as dense as it is asked to be, as what is beside its gap, or as its first minute."""

import numpy as np
import pytest

from maestrokit.inference.generation.density_steering import STEADY, STEERING, DensitySteering, gap_densities
from maestrokit.inference.generation.notes import NoteRequest
from maestrokit.music.edits.infill import Gap
from maestrokit.music.encodings.conditions import measured_code
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.step_notes import NO_NOTES, StepNotes

ENCODING = Encoding()


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


def side(first: int, count: int, every: int) -> StepNotes:
    """Return notes at so many steps from one another."""
    onset = first + every * np.arange(count)
    return StepNotes(onset, onset + 1, np.full(count, 60), np.full(count, 16))


def gap(before: StepNotes, after: StepNotes) -> Gap:
    return Gap(None, before, after, 2000, 3000)  # type: ignore[arg-type]


def test_in_a_gap_from_the_density_before_it_to_that_after_it():
    beside = gap(side(0, 200, 10), side(3000, 100, 50))  # 10 and 2 a second
    assert gap_densities(beside, 0.01) == (10.0, pytest.approx(2.1))
    steering = NoteRequest(1000, gap=beside).density_steering(2, ENCODING)
    assert steering.bias(0, np.array([-0.3, 0.0])).tolist() == [0, 0]  # the last note before the gap, and its beginning
    assert steering.bias(40, np.array([5.0, 5.0])) == pytest.approx(0.0, abs=0.02)  # the half with more of them
    half, whole = steering.bias(60, np.array([5.0, 10.0]))
    assert half > 0.3 and whole == pytest.approx(0.0, abs=0.02)


def test_beside_a_gap_only_what_there_is_counts():
    assert gap_densities(gap(NO_NOTES, NO_NOTES), 0.01) is None
    assert not NoteRequest(1000, gap=gap(NO_NOTES, NO_NOTES)).density_steering(1, ENCODING).bias(50, np.ones(1)).any()
    assert gap_densities(gap(side(1700, 30, 10), NO_NOTES), 0.01) == (10.0, 10.0)  # three seconds, all there are
    assert gap_densities(gap(side(0, 50, 10), side(3000, 3, 1)), 0.01) == (1.5, 1.5)  # a rest, and one chord


def test_the_density_that_is_asked_for_counts_more_than_that_beside_a_gap():
    codes = {"density": measured_code("density", 4.0)}
    request = NoteRequest(1000, gap=gap(side(0, 200, 10), side(3000, 100, 10)), codes=codes)
    assert request.density_steering(1, ENCODING).density.tolist() == [4.0]
