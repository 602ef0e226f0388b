"""Every number that a public function takes is checked: what is outside its bounds is a UsageError, by its name."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import maestrokit
from maestrokit import Performance, Quantization, Sound, TimedNotes, UsageError

NEVER = (math.nan, math.inf, -math.inf, "2s")
ONSET = np.array([0.0, 0.3, 0.7])
NOTES = TimedNotes(ONSET, ONSET + 0.2, np.array([60, 64, 67]), np.array([80, 60, 70]))
SILENCE = np.zeros(800, np.float32)


def few() -> Performance:
    return maestrokit.transcript(NOTES)


def roll(**numbers: Any) -> Any:
    return maestrokit.piano_roll([0.0], [0.1], [60], [80], **{"hop": 0.02, "frames": 3, **numbers})


def resampled(**numbers: Any) -> Any:
    return maestrokit.resample(SILENCE, **{"from_rate": 8000, "to_rate": 4000, **numbers})


def onsets(**numbers: Any) -> Any:
    return maestrokit.find_onsets(maestrokit.onset_features([SILENCE]), **numbers)


CALLS: dict[str, tuple[Callable[..., Any], str, tuple[Any, ...]]] = {
    "render gain": (lambda **n: maestrokit.render(few(), **n), "gain", ()),
    "render sample_rate": (lambda **n: maestrokit.render(few(), **n), "sample_rate", (0, -1, 2.5)),
    "describe_frames hop": (lambda **n: maestrokit.describe_frames(few(), **n), "hop", (0, -1)),
    "evaluate seed": (lambda **n: maestrokit.evaluate(few(), **n), "seed", (-1, None, 2.5)),
    "evaluate_systems seed": (lambda **n: maestrokit.evaluate_systems({}, [], **n), "seed", (-1, None, 2.5)),
    "evaluate_systems pieces": (lambda **n: maestrokit.evaluate_systems({}, [], **n), "pieces", (2, 0, -1, 2.5)),
    "evaluate_systems seconds": (lambda **n: maestrokit.evaluate_systems({}, [], **n), "seconds", (0, -1)),
    "generate duration": (maestrokit.generate, "duration", (0, -1)),
    "generate count": (maestrokit.generate, "count", (0, -1, 2.5)),
    "generate best_of": (maestrokit.generate, "best_of", (0, -1, 2.5)),
    "generate guidance": (maestrokit.generate, "guidance", (-1,)),
    "generate seed": (maestrokit.generate, "seed", (-1, None, 2.5)),
    "generate prompt_seconds": (lambda **n: maestrokit.generate(few(), **n), "prompt_seconds", (-1,)),
    "key_spans window": (lambda **n: maestrokit.key_spans(few(), **n), "window", (0, -1)),
    "key_spans step": (lambda **n: maestrokit.key_spans(few(), **n), "step", (0, -1)),
    "key_spans change_cost": (lambda **n: maestrokit.key_spans(few(), **n), "change_cost", (-1,)),
    "find_onsets prominence": (onsets, "prominence", (-1,)),
    "find_onsets distance": (onsets, "distance", (-1, 2.5)),
    "piano_roll hop": (roll, "hop", (0, -1)),
    "piano_roll frames": (roll, "frames", (-1, 2.5)),
    "resample from_rate": (resampled, "from_rate", (0, -1)),
    "resample to_rate": (resampled, "to_rate", (0, -1)),
    "track_beats frame_rate": (lambda **n: maestrokit.track_beats([0.5], **n), "frame_rate", (0, -1)),
    "track_downbeats change_cost": (lambda **n: maestrokit.track_downbeats([0.5], **n), "change_cost", (-1,)),
    "train jobs": (lambda **n: maestrokit.train("lstm", "none", "none", **n), "jobs", (0, -1, 2.5)),
    "transcribe tempo": (lambda **n: maestrokit.transcribe(Sound(SILENCE, 8000), **n), "tempo", (0, -1)),
    "transcript tempo": (lambda **n: maestrokit.transcript(NOTES, **n), "tempo", (0, -1)),
    "transpose semitones": (lambda **n: maestrokit.transpose(few(), **n), "semitones", (128, -128, 2.5)),
    "transposed semitones": (lambda **n: maestrokit.transposed(few(), **n), "semitones", (128, -128, 2.5)),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_number_outside_its_bounds_is_refused_by_its_name(name: str) -> None:
    call, parameter, wrong = CALLS[name]
    for value in (*NEVER, *wrong):
        with pytest.raises(UsageError) as caught:
            call(**{parameter: value})
        assert caught.value.parameter == parameter, value


@pytest.mark.parametrize("span", [(4,), (1, 2, 3), 4, "45", (math.nan, 2.0), (-1.0, 2.0), ("1", "2")])
def test_a_span_to_fill_is_two_numbers(span: Any) -> None:
    with pytest.raises(UsageError) as caught:
        maestrokit.generate(few(), infill=span)
    assert caught.value.parameter == "infill"


def test_a_spectrum_by_name_is_told_what_is_right() -> None:
    with pytest.raises(UsageError) as caught:
        maestrokit.spectrum(Sound(SILENCE, 16000), "cqt")  # type: ignore[arg-type]
    assert caught.value.hint == "give SpectrumSettings('cqt')"


def test_nothing_cannot_be_scored() -> None:
    with pytest.raises(UsageError, match="no performances to score"):
        maestrokit.evaluate([], [few()])


def test_a_path_stands_for_its_performance(tmp_path: Path) -> None:
    path = tmp_path / "take.mid"
    maestrokit.write(few(), path)
    for source in (path, str(path)):
        assert maestrokit.transpose(source, semitones=2).notes.pitch.tolist() == [62, 66, 69]
        expected = maestrokit.quantize(maestrokit.read_midi(path), Quantization(step=0.5))[0]
        moved = maestrokit.quantize(source, Quantization(step=0.5))[0]
        assert maestrokit.dump_midi(moved) == maestrokit.dump_midi(expected)
