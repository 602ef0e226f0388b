"""The transcription model that ships, on a performance that ships, played by the piano that ships."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maestrokit.audio.resample import resample
from maestrokit.files.checkpoint import model_folder, read_weights
from maestrokit.files.midi import read_midi
from maestrokit.files.pianos.find import default_piano
from maestrokit.files.sound.read import read_sound
from maestrokit.inference.transcription.gate import GateConfig
from maestrokit.inference.transcription.transcriber import Transcriber, in_tune, read_transcriber, transcribed
from maestrokit.metrics.pairs import onset
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance
from maestrokit.music.note_arrays import TimedNotes, timed_notes
from maestrokit.synth.render import render

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
    takes = [
        NotesAndPedal(notes_in_seconds(notes.onset, notes.offset, notes.pitch, notes.velocity), None)
        for notes in (found, truth)
    ]
    return onset.scores(*takes, tolerance=Tolerance(onset=seconds))["onset_f1"]


@pytest.mark.parametrize(("pitch", "concert_pitch"), [(429.0, None), (415.3, 415.3)])
def test_a_piano_of_another_pitch_is_tuned_first(
    transcriber: Transcriber, sound: np.ndarray, heard: TimedNotes, pitch: float, concert_pitch: float | None
) -> None:
    slower = 440 / pitch  # at which the same samples are played
    low = resample(sound, from_rate=RATE, to_rate=RATE * slower)
    expected = heard._replace(onset=heard.onset * slower, offset=heard.offset * slower)
    _, tuned = in_tune([low], replace(transcriber, concert_pitch=concert_pitch))
    assert tuned.concert_pitch == pytest.approx(pitch, abs=1)
    assert agreement(transcribed([low], tuned).notes, expected) > 0.95


def test_what_is_in_tune_is_read_as_ever(transcriber: Transcriber, sound: np.ndarray, heard: TimedNotes) -> None:
    found = transcribed([sound], replace(transcriber, concert_pitch=440.0)).notes
    assert all(np.array_equal(column, other) for column, other in zip(found, heard, strict=True))


def between(notes: TimedNotes, start: float, end: float) -> TimedNotes:
    rows = (notes.onset >= start) & (notes.onset < end)
    return TimedNotes(notes.onset[rows], notes.offset[rows], notes.pitch[rows], notes.velocity[rows])


def test_it_is_small() -> None:
    weights = read_weights(model_folder("transcription"))
    assert sum(value.numel() * value.element_size() for value in weights.values()) < 8e6


def test_it_hears_a_minuet(heard: TimedNotes, demo_folder: Path) -> None:
    played = timed_notes(read_midi(demo_folder / "petzold-minuet.mid"), pedal_extends=True)
    assert agreement(heard, between(played, 0.0, SECONDS - 0.05)) > 0.9


@pytest.mark.parametrize("milliseconds", [1, 4, 7, 10, 13, 16, 19])
def test_a_start_cut_off_changes_next_to_nothing(
    transcriber: Transcriber, sound: np.ndarray, heard: TimedNotes, milliseconds: int
) -> None:
    cut = transcribed([sound[RATE * milliseconds // 1000 :]], transcriber).notes
    moved = cut._replace(onset=cut.onset + milliseconds / 1000, offset=cut.offset + milliseconds / 1000)
    assert agreement(between(moved, 0.3, 8), between(heard, 0.3, 8), seconds=0.015) > 0.92  # 3 of 45 notes


def test_halves_are_the_whole(transcriber: Transcriber, sound: np.ndarray, heard: TimedNotes) -> None:
    half = RATE * 4  # a whole number of frames
    first, second = (transcribed([part], transcriber).notes for part in (sound[:half], sound[half:]))
    for part, shift, start, end in ((first, 0.0, 0.0, 3.5), (second, 4.0, 4.5, 8.0)):
        notes_of_half, expected = (
            between(part._replace(onset=part.onset + shift), start, end),
            between(heard, start, end),
        )
        assert np.array_equal(notes_of_half.pitch, expected.pitch) and len(notes_of_half.pitch) > 3
        assert np.allclose(notes_of_half.onset, expected.onset, atol=1e-3)


def test_wherever_a_recording_is_cut_off_notes_sound_up_to_the_cut(
    transcriber: Transcriber, sound: np.ndarray, heard: TimedNotes
) -> None:
    ends, missed = [], 0
    for cut in (1.0, 1.23, 1.61, 2.47):
        found = transcribed([sound[: round(cut * RATE)]], transcriber).notes
        for start, end, pitch, _ in zip(*heard, strict=True):
            if start < cut - 0.15 and end > cut + 0.05:
                same = (found.pitch == pitch) & (np.abs(found.onset - start) < 0.05)
                missed += not same.any()
                ends += [found.offset[same][-1] - cut] if same.any() else []
    assert missed == 0 and len(ends) > 8
    assert np.mean(np.abs(ends) < 0.03) > 0.9


@pytest.mark.parametrize("start", [0.1, 0.9, 2.2, 4.4])
def test_wherever_a_recording_begins_what_is_struck_later_is_found(
    transcriber: Transcriber, sound: np.ndarray, heard: TimedNotes, start: float
) -> None:
    later = between(heard, start + 0.05, start + 2.5)
    found = transcribed([sound[round(start * RATE) : round((start + 3) * RATE)]], transcriber).notes
    missed = [
        (onset, pitch)
        for onset, pitch in zip(later.onset, later.pitch, strict=True)
        if not ((found.pitch == pitch) & (np.abs(found.onset + start - onset) < 0.05)).any()
    ]
    assert missed == [] and len(later.onset) > 3


def test_the_first_chord_of_the_demonstration_sounds_for_its_time(transcriber: Transcriber, demo_folder: Path) -> None:
    opening = read_sound(demo_folder / "petzold-opening.ogg", sample_rate=RATE).samples[: RATE * 3]
    found = transcribed([opening], transcriber).notes
    chord = found.onset < 0.6
    assert sorted(found.pitch[chord].tolist()) == [55, 59, 62, 74]
    assert (found.offset[chord] - found.onset[chord] > 0.5).all()


def test_silence_noise_and_sines_are_no_music(transcriber: Transcriber) -> None:
    when, generator = np.arange(RATE * 4) / RATE, np.random.default_rng(0)
    noise = generator.normal(0, 0.1, RATE * 4).astype(np.float32)
    for sound, most in (
        (np.zeros(RATE * 4, np.float32), 0),
        (noise, 0),
        (np.float32(0.01) * noise, 0),
        (0.1 * np.sin(2 * np.pi * 440 * when).astype(np.float32), 1),
    ):
        assert len(transcribed([sound], transcriber).notes.onset) <= most


def test_syllables_are_no_music(transcriber: Transcriber) -> None:
    """Harmonics of a gliding voice, formed by a vowel, come and go four times a second."""
    when = np.arange(RATE * 6) / RATE
    pitch = 120 * 2 ** (0.25 * np.sin(2 * np.pi * 0.7 * when) + 0.1 * np.sin(2 * np.pi * 3.1 * when))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    vowel = [
        np.exp(-(((np.log2(k * 120 / formant)) / 0.4) ** 2)) for formant in (600, 1200, 2500) for k in range(1, 30)
    ]
    weights = np.reshape(vowel, (3, 29)).sum(axis=0) + 0.05
    voice = sum(weight * np.sin(k * phase) for k, weight in enumerate(weights, start=1))
    syllables = np.clip(np.sin(2 * np.pi * 4 * when), 0, 1) * voice
    sound = (0.2 * syllables / np.abs(syllables).max()).astype(np.float32)
    told = transcribed([sound], transcriber).notes
    heard = transcribed([sound], replace(transcriber, gate=GateConfig(min_confidence=0.0))).notes
    assert len(told.onset) == 0 < len(heard.onset)
