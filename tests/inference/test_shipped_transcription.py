"""The transcription model that ships, on a performance that ships, played by the piano that ships."""

from pathlib import Path

import numpy as np
import pytest

from maestrokit.audio.synth import render
from maestrokit.files.checkpoint import model_folder, read_weights
from maestrokit.files.midi import read_midi
from maestrokit.files.piano import default_piano
from maestrokit.inference.transcription import Transcriber, read_transcriber, transcribed
from maestrokit.metrics.compare import Take, Tolerance
from maestrokit.metrics.pairs import onset
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.music.sustain import TimedNotes, timed_notes

RATE, SECONDS = 16000, 8.0


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    """The model, with the thresholds that ship."""
    return read_transcriber(model_folder("transcription"))


@pytest.fixture(scope="module")
def sound(demo_folder: Path) -> np.ndarray:
    """The first seconds of a minuet."""
    return render(read_midi(demo_folder / "petzold-minuet.mid"), default_piano(), sample_rate=RATE, end=SECONDS)


@pytest.fixture(scope="module")
def heard(transcriber: Transcriber, sound: np.ndarray) -> TimedNotes:
    """What the model hears in it."""
    return transcribed([sound], transcriber).notes


def agreement(found: TimedNotes, truth: TimedNotes, *, seconds: float = 0.05) -> float:
    """Return the F1 of onsets."""
    takes = [Take(notes_in_seconds(one.onset, one.offset, one.pitch, one.velocity), None) for one in (found, truth)]
    return onset.scores(*takes, tolerance=Tolerance(onset=seconds))["onset_f1"]


def between(notes: TimedNotes, start: float, end: float) -> TimedNotes:
    rows = (notes.onset >= start) & (notes.onset < end)
    return TimedNotes(notes.onset[rows], notes.offset[rows], notes.pitch[rows], notes.velocity[rows])


def test_it_is_small() -> None:
    weights = read_weights(model_folder("transcription"))
    assert sum(value.numel() * value.element_size() for value in weights.values()) < 8e6


def test_it_hears_a_minuet(heard: TimedNotes, demo_folder: Path) -> None:
    played = timed_notes(read_midi(demo_folder / "petzold-minuet.mid"), pedal_extends=True)
    assert agreement(heard, between(played, 0.0, SECONDS - 0.05)) > 0.9


@pytest.mark.parametrize("milliseconds", [7, 13])
def test_a_start_cut_off_changes_next_to_nothing(
    transcriber: Transcriber, sound: np.ndarray, heard: TimedNotes, milliseconds: int
) -> None:
    cut = transcribed([sound[RATE * milliseconds // 1000 :]], transcriber).notes
    moved = cut._replace(onset=cut.onset + milliseconds / 1000, offset=cut.offset + milliseconds / 1000)
    assert agreement(between(moved, 0.3, 8), between(heard, 0.3, 8), seconds=0.015) > 0.95


def test_halves_are_the_whole(transcriber: Transcriber, sound: np.ndarray, heard: TimedNotes) -> None:
    half = RATE * 4  # a whole number of frames
    first, second = (transcribed([part], transcriber).notes for part in (sound[:half], sound[half:]))
    for part, shift, start, end in ((first, 0.0, 0.0, 3.5), (second, 4.0, 4.5, 8.0)):
        mine, whole = between(part._replace(onset=part.onset + shift), start, end), between(heard, start, end)
        assert np.array_equal(mine.pitch, whole.pitch) and len(mine.pitch) > 3
        assert np.allclose(mine.onset, whole.onset, atol=1e-3)
