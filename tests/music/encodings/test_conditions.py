"""What is measured of an excerpt is what one would count by hand, and codes are steps of a scale."""

import numpy as np
import pytest

from maestrokit.music.encodings.conditions import DYNAMICS, SCALES, known_tempo, measured, measured_code
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.performance import Tempos

NONE = np.empty(0, np.int64)


def notes(onset, velocity_bin):
    onset = np.asarray(onset)
    return StepNotes(onset, onset + 10, np.full(len(onset), 60), np.asarray(velocity_bin))


def test_notes_a_second_and_mean_velocity():
    found = measured(notes(np.arange(0, 401, 20), [15] * 10 + [17] * 11), Encoding())
    assert found["density"] == pytest.approx(5)  # a note each 200 ms
    assert found["loudness"] == pytest.approx(np.mean([62] * 10 + [70] * 11))


def test_velocities_are_the_same_whatever_the_bins():
    fine = measured(notes([0, 200], [63, 63]), Encoding(velocity_bins=128))
    assert fine["loudness"] == pytest.approx(64, abs=1)


@pytest.mark.parametrize("onset", [[], [5], [0, 0, 99]])
def test_less_than_a_second_has_no_density(onset):
    assert measured(notes(onset, np.zeros(len(onset), int)), Encoding()) == {}


@pytest.mark.parametrize("name", SCALES)
def test_codes_rise_with_values_and_end_with_the_scale(name):
    codes = [measured_code(name, value) for value in SCALES[name]]
    assert codes == list(range(1, len(SCALES[name]) + 1))
    assert measured_code(name, 0.01) == 1
    assert measured_code(name, 9999.0) == len(SCALES[name])


@pytest.mark.parametrize(
    ("tempos", "expected"),
    [
        ([(0, 600_000)], 100),
        ([(0, 500_000), (480, 1_000_000)], 80),  # a beat at 120, a beat at 60
        ([(0, 500_000)], None),
        ([], None),
    ],
)
def test_the_tempo_is_known_where_the_map_is_not_the_default(tempos, expected):
    performance = performance_from_arrays(
        *np.array([[0, 500], [400, 900], [60, 62], [64, 64]]), pedal_tick=NONE, pedal_value=NONE
    )
    ticks = [0, 960]
    notes = performance.notes.replace(onset_tick=np.array(ticks), offset_tick=np.array(ticks) + 10)
    tick, value = np.array(tempos, np.int64).reshape(-1, 2).T
    tempos = Tempos(tick, value, np.zeros(len(tick), np.int64), np.arange(len(tick)))
    tempo = known_tempo(performance.replace(notes=notes, tempos=tempos, division=480))
    assert tempo == (None if expected is None else pytest.approx(expected))


def test_dynamics_rise():
    codes = [measured_code("loudness", velocity) for velocity in DYNAMICS.values()]
    assert list(DYNAMICS) == ["pp", "p", "mp", "mf", "f", "ff"] and codes == sorted(set(codes))
