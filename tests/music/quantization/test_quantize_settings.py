"""Settings of quantization: bounds, and the forms in which grids may be given."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import maestrokit
from maestrokit import Quantization, TimedNotes, UsageError

WRONG: list[tuple[Any, dict[str, Any]]] = [
    *((Quantization, {"step": value}) for value in (0, -1, math.nan, math.inf, Fraction(0), "10ms")),
    (Quantization, {"note_values": 3}),
    *((Quantization, {"note_values": [value]}) for value in (0, -1, math.nan, 2, "2", "x", Fraction(1, 10_000))),
    *((Quantization, {"strength": value}) for value in (-1, math.nan, math.inf, "all")),
    *((Quantization, {"swing": value}) for value in (0, 1, math.nan)),
    *((Quantization, {"duplicate_window": value}) for value in (-1, math.nan, math.inf)),
    *((maestrokit.SamplingConfig, {"temperature": value}) for value in (-1, math.nan, math.inf)),
    *((maestrokit.SamplingConfig, {"top_p": value}) for value in (0, math.nan, math.inf)),
    *((maestrokit.Tolerance, {"onset": value}) for value in (-1, math.nan, math.inf)),
    *((maestrokit.Timbre, {"detune": value}) for value in (math.nan, math.inf)),
    *((maestrokit.Timbre, {"damping_time": value}) for value in (0, -1, math.nan)),
    *((maestrokit.TempoModel, {"change": value}) for value in (-1, math.nan, math.inf)),
    *((maestrokit.TempoModel, {"reward": value}) for value in (math.nan, math.inf)),
    *((maestrokit.TempoModel, {"spread": value}) for value in (0, -1, math.nan)),
    *((maestrokit.SpectrumSettings, {"hop_samples": value}) for value in (0, -1, math.nan)),
    *((maestrokit.SpectrumSettings, {"gamma": value}) for value in (-1, math.nan, math.inf)),
    *((maestrokit.Encoding, {"velocity_bins": value}) for value in (0, -1, math.nan)),
]


@pytest.mark.parametrize(("kind", "values"), WRONG)
def test_settings_outside_their_bounds_are_refused(kind: Any, values: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        kind(**values)
    assert caught.value.parameter in values


@pytest.mark.parametrize("room", [{"decay": 0, "wet": 0}, {"decay": 1, "wet": math.nan}, {"decay": math.inf, "wet": 0}])
def test_impossible_rooms_are_refused(room: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        maestrokit.Room(**room)


def test_grids_may_be_decimals_and_text() -> None:
    onset = np.array([0.012, 0.131, 0.26])
    performance = maestrokit.transcript(TimedNotes(onset, onset + 0.1, np.array([60, 62, 64]), np.array([80, 70, 60])))

    def moved(how: Quantization) -> list[int]:
        return maestrokit.quantize(performance, how)[0].notes.onset_tick.tolist()

    assert moved(Quantization(step=0.01)) == moved(Quantization(step=Fraction(1, 100)))
    expected = moved(Quantization(note_values=[Fraction(1, 16), Fraction(1, 12)]))
    assert moved(Quantization(note_values=["1/16", "1/12"])) == expected
    assert moved(Quantization(note_values="1/16,1/12")) == expected
