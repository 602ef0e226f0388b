"""Chords: what is written down is what is heard, and nothing depends on where the keyboard begins."""

from itertools import pairwise
from pathlib import Path

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.analysis.chords.from_notes import Chords, chord_spans, chords_of_notes
from maestrokit.analysis.chords.names import harte_label, harte_labels, pitch_class_name, roman_numeral, roman_numerals
from maestrokit.analysis.chords.sounding import sounding_seconds
from maestrokit.analysis.chords.templates import QUALITIES, QUALITY_NAMES
from maestrokit.analysis.viterbi import best_path
from maestrokit.errors import UsageError
from maestrokit.files.midi import parse_midi, read_midi
from maestrokit.music.keys import Key, parse_key
from strategies import file_bytes, track_bytes

C_MAJOR, A_MINOR = parse_key("C"), parse_key("a")


def block_chords(chords: list[list[int]], seconds: float = 2.0) -> Chords:
    onset = [seconds * place for place, chord in enumerate(chords) for _ in chord]
    pitches = [pitch for chord in chords for pitch in chord]
    return chords_of_notes(onset, np.array(onset) + seconds, pitches)


@st.composite
def some_notes(draw: st.DrawFn) -> tuple[list[float], list[float], list[int]]:
    size = draw(st.integers(1, 25))
    onset = sorted(draw(st.lists(st.floats(0, 20), min_size=size, max_size=size)))
    length = draw(st.lists(st.floats(0, 5), min_size=size, max_size=size))
    pitch = draw(st.lists(st.integers(21, 96), min_size=size, max_size=size))
    return onset, [a + b for a, b in zip(onset, length, strict=True)], pitch


@pytest.mark.parametrize("quality", range(len(QUALITIES)))
def test_every_quality_is_heard_from_its_own_notes(quality: int) -> None:
    for root in (0, 3, 10):
        chords = block_chords([[48 + root + degree for degree in QUALITIES[quality].degrees]])
        assert (chords.root.tolist(), chords.quality.tolist()) == ([root], [quality])
        assert (chords.bass.tolist(), chords.inversion.tolist(), chords.score.tolist()) == ([root], [0], [1.0])


def test_inversions_are_told_by_the_lowest_note() -> None:
    chords = block_chords([[48, 52, 55, 60], [53, 57, 60, 65], [50, 55, 59, 65], [52, 60, 67, 72]])
    assert harte_labels(chords) == ["C:maj", "F:maj", "G:7/5", "C:maj/3"]
    assert roman_numerals(chords, C_MAJOR) == ["I", "IV", "V43", "I6"]
    assert chords.start.tolist() == [0, 2, 4, 6] and chords.end.tolist() == [2, 4, 6, 8]


def test_broken_chords_and_passing_notes_are_one_chord() -> None:
    pitches = [36, 48, 52, 55, 60, 59, 60, 55] * 2 + [41, 48, 53, 57, 60, 62, 60, 57] * 2
    onset = np.arange(len(pitches)) * 0.2
    chords = chords_of_notes(onset, onset + 0.2, pitches)
    assert harte_labels(chords) == ["C:maj", "F:maj"]
    assert chords.start[1] == pytest.approx(3.2)


def test_long_silence_has_no_chord() -> None:
    chords = chords_of_notes([0, 0, 0, 9, 9, 9], [2, 2, 2, 11, 11, 11], [48, 52, 55, 55, 59, 62])
    assert harte_labels(chords) == ["C:maj", "N", "G:maj"]
    assert chords.start.tolist() == [0, 2, 9]
    assert (chords.root[1], chords.bass[1], chords.inversion[1], chords.score[1]) == (-1, -1, 0, 0)


@settings(max_examples=25, deadline=None)
@given(some_notes(), st.integers(0, 11))
def test_spans_follow_one_another_and_move_with_the_notes(
    notes: tuple[list[float], list[float], list[int]], shift: int
) -> None:
    onset, offset, pitch = notes
    chords = chords_of_notes(onset, offset, pitch)
    assert chords.start[0] == onset[0]
    assert chords.start[1:].tolist() == chords.end[:-1].tolist()
    assert (chords.start < chords.end).all()
    assert ((chords.score >= 0) & (chords.score <= 1)).all()
    assert (np.diff(chords.root).astype(bool) | np.diff(chords.quality).astype(bool)).all()
    mir_eval.chord.validate(harte_labels(chords), harte_labels(chords))
    moved = chords_of_notes(onset, offset, np.array(pitch) + 12)
    assert moved == chords
    in_key, elsewhere = roman_numerals(chords, A_MINOR), roman_numerals(chords, A_MINOR.transposed(shift))
    assert len(in_key) == len(elsewhere) == len(chords)


def test_times_follow_the_tempo_map_and_drums_are_left_out() -> None:
    tempo = b"\xff\x51\x03" + (250_000).to_bytes(3, "big")
    chord = [(0, bytes([0x90, pitch, 80])) for pitch in (48, 52, 55)] + [(0, b"\x99\x31\x50")]
    ends = [(1920 if not place else 0, bytes([0x80, pitch, 0])) for place, pitch in enumerate((48, 52, 55))]
    chords = chord_spans(parse_midi(file_bytes([track_bytes([(0, tempo), *chord, *ends])]), name="chord"))
    assert (chords.start.tolist(), chords.end.tolist(), chords.score.tolist()) == ([0.0], [1.0], [1.0])


def test_nothing_sounds_in_an_empty_file() -> None:
    assert len(chord_spans(parse_midi(file_bytes([track_bytes([])]), name="empty"))) == 0
    assert harte_labels(chords_of_notes([1.0], [1.0], [60])) == ["N"]


def test_the_vocabulary_is_what_is_asked_for() -> None:
    dominant = [[43, 55, 59, 65]]
    onset, pitch = [0.0] * 4, dominant[0]
    assert harte_labels(chords_of_notes(onset, [2.0] * 4, pitch)) == ["G:7"]
    assert harte_labels(chords_of_notes(onset, [2.0] * 4, pitch, qualities=("maj", "min"))) == ["G:maj"]
    with pytest.raises(UsageError, match="'sharp11' is no chord quality"):
        chords_of_notes(onset, [2.0] * 4, pitch, qualities=("sharp11",))
    with pytest.raises(UsageError, match="no chord quality given"):
        chords_of_notes(onset, [2.0] * 4, pitch, qualities=())


@pytest.mark.parametrize("quality", QUALITY_NAMES)
def test_labels_mean_to_mir_eval_what_they_mean_here(quality: str) -> None:
    degrees = QUALITIES[QUALITY_NAMES.index(quality)].degrees
    for inversion in range(len(degrees)):
        label = harte_label(3, QUALITY_NAMES.index(quality), inversion)
        root, bitmap, bass = mir_eval.chord.encode(label)
        assert (root, np.flatnonzero(bitmap).tolist(), bass) == (3, sorted(degrees), degrees[inversion])


@pytest.mark.parametrize(
    ("root", "quality", "inversion", "key", "expected"),
    [(7, "7", 0, "C", "V7"), (2, "min7", 1, "C", "ii65"), (11, "hdim7", 0, "C", "vii%7"), (10, "maj", 0, "C", "bVII"),
     (0, "maj7", 3, "C", "IM2"), (4, "aug", 0, "a", "V+"), (8, "dim7", 0, "a", "#viio7"), (11, "dim", 1, "a", "iio6"),
     (5, "maj", 2, "a", "VI64"), (7, "sus4", 0, "C", "Vsus4"), (2, "min", 0, "F#", "bvi"), (-1, "maj", 0, "C", "N")],
)  # fmt: skip
def test_roman_numerals(root: int, quality: str, inversion: int, key: str, expected: str) -> None:
    assert roman_numeral(root, QUALITY_NAMES.index(quality), inversion, key=parse_key(key)) == expected


@given(st.integers(0, 23).map(Key.from_index), st.integers(0, 11))
def test_spelling_is_right_in_every_key(key: Key, pitch_class: int) -> None:
    name = pitch_class_name(pitch_class, key)
    assert mir_eval.chord.pitch_class_to_semitone(name) % 12 == pitch_class
    assert pitch_class_name(key.tonic, key) == key.tonic_name
    assert len(name) <= 3


@settings(max_examples=25, deadline=None)
@given(some_notes(), st.lists(st.floats(0, 25), min_size=2, max_size=6, unique=True).map(sorted))
def test_sounding_seconds_are_those_of_a_fine_grid(
    notes: tuple[list[float], list[float], list[int]], edges: list[float]
) -> None:
    onset, offset, pitch = notes
    pitch = list(range(30, 30 + len(pitch)))  # one note a key: where two overlap, the sum is only an upper bound
    seconds = sounding_seconds(onset, offset, pitch, edges)
    for row, (start, end) in enumerate(pairwise(edges)):
        for on, off, key in zip(onset, offset, pitch, strict=True):
            assert seconds[row, key] == pytest.approx(max(min(off, end) - max(on, start), 0), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 3), st.floats(0, 2))
def test_the_best_path_is_the_best_of_all(seed: int, steps: int, states: int, cost: float) -> None:
    scores = np.random.default_rng(seed).normal(size=(steps, states))
    paths = np.stack(np.meshgrid(*[np.arange(states)] * steps, indexing="ij"), -1).reshape(-1, steps)
    totals = scores[np.arange(steps), paths].sum(1) - cost * (np.diff(paths, axis=1) != 0).sum(1)
    found = best_path(scores, cost)
    total = scores[np.arange(steps), found].sum() - cost * (np.diff(found) != 0).sum()
    assert total == pytest.approx(totals.max())


@pytest.mark.slow
def test_chords_of_held_out_songs(shared_data: Path) -> None:
    scores = []
    for folder in sorted((shared_data / "pop909").iterdir()):
        if not folder.is_dir() or int(folder.name) % 2 == 0:
            continue
        intervals, labels = mir_eval.io.load_labeled_intervals(str(folder / "chord_midi.txt"))
        chords = chord_spans(read_midi(folder / f"{folder.name}.mid"))
        found = np.column_stack([chords.start, chords.end])
        scores.append(mir_eval.chord.evaluate(intervals, labels, found, harte_labels(chords))["majmin"])
    assert len(scores) == 96
    assert np.mean(scores) > 0.90
