"""Keys: names there and back, and finding them."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.analysis.key_changes import key_spans
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files.midi import parse_midi
from maestrokit.music.edits.transpose import transposed
from maestrokit.music.keys import PROFILES, Key, find_key, key_scores, parse_key
from maestrokit.music.performance import Performance
from maestrokit.music.timing import tempo_map, tick2second
from strategies import file_bytes, performances, track_bytes

keys = st.integers(0, 23).map(Key.from_index)
C_MAJOR_SCALE = [60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60]


def melody(pitches: list[int], *, beats: int = 1, channel: int = 0) -> Performance:
    events = []
    for pitch in pitches:
        events += [(0, bytes([0x90 | channel, pitch, 80])), (480 * beats, bytes([0x80 | channel, pitch, 0]))]
    return parse_midi(file_bytes([track_bytes(events)]), name="melody")


@given(keys)
def test_every_key_is_read_back_from_its_names(key: Key) -> None:
    assert parse_key(key.name) == parse_key(key.short_name) == parse_key(f" {key.tonic_name}:{key.mode[:3]} ") == key
    assert Key.from_index(key.index) == key
    assert Key.from_fifths(key.fifths, key.mode) == key
    assert key.relative.relative == key and key.relative.fifths == key.fifths


@pytest.mark.parametrize(
    ("text", "name"),
    [("C", "C major"), ("eb", "Eb minor"), ("f#", "F# minor"), ("F# minor", "F# minor"), ("Bbm", "Bb minor"),
     ("b", "B minor"), ("B", "B major"), ("bb", "Bb minor"), ("A-flat major", "Ab major"), ("c sharp", "C# minor"),
     ("a major", "A major"), ("CM", "C major"), ("Cb", "B major"), ("E#", "F major"), ("D:min", "D minor"),
     ("G Minor", "G minor")],
)  # fmt: skip
def test_names_as_people_write_them(text: str, name: str) -> None:
    assert parse_key(text).name == name


@pytest.mark.parametrize("text", ["", "H", "C dur", "major", "Cx", "C major minor", "12", "f##b", "♭"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no key"):
        parse_key(text)


def test_signatures_are_the_usual_ones() -> None:
    assert [Key(tonic, "major").fifths for tonic in range(12)] == [0, -5, 2, -3, 4, -1, -6, 1, -4, 3, -2, 5]
    assert [Key(tonic, "minor").short_name for tonic in range(12)] == [
        "c", "c#", "d", "eb", "e", "f", "f#", "g", "g#", "a", "bb", "b"
    ]  # fmt: skip


@given(st.lists(st.floats(0, 100), min_size=12, max_size=12), st.integers(0, 11), st.sampled_from(list(PROFILES)))
def test_turning_the_weights_turns_the_scores(weights: list[float], shift: int, profile: str) -> None:
    scores = key_scores(weights, profile=profile).reshape(2, 12)
    turned = key_scores(np.roll(weights, shift), profile=profile).reshape(2, 12)
    assert np.allclose(turned, np.roll(scores, shift, axis=1), atol=1e-6)
    assert np.abs(scores).max() <= 1 + 1e-9


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_fits_its_own_key_perfectly(profile: str) -> None:
    for index in range(24):
        scores = key_scores(np.roll(PROFILES[profile][index // 12], index % 12), profile=profile)
        assert scores.argmax() == index
        assert scores[index] == pytest.approx(1.0)


def test_scores_are_pearson_correlations() -> None:
    weights = np.random.default_rng(3).random(12)
    expected = np.corrcoef(weights, np.roll(PROFILES["kostka-payne"][1], 5))[0, 1]
    assert key_scores(weights, profile="kostka-payne")[17] == pytest.approx(expected)


def test_equal_weights_fit_no_key() -> None:
    assert not key_scores(np.full(12, 0.3)).any()
    assert not key_scores(np.zeros((2, 12))).any()


def test_unknown_profile_is_refused() -> None:
    with pytest.raises(UsageError, match="'simple' is no key profile"):
        key_scores(np.ones(12), profile="simple")


@pytest.mark.parametrize("shift", range(-6, 6))
def test_a_scale_is_in_its_key_wherever_it_starts(shift: int) -> None:
    found = find_key(melody([pitch + shift for pitch in C_MAJOR_SCALE]))
    assert found.key == Key(shift % 12, "major")
    assert 0.5 < found.confidence <= 1


def test_durations_weigh_in_seconds_and_drums_do_not() -> None:
    with_drums = melody(C_MAJOR_SCALE + [61, 63, 66, 68, 70] * 9, channel=9)
    with pytest.raises(BadDataError, match="no notes to find a key from"):
        find_key(with_drums)
    performance = melody(C_MAJOR_SCALE)
    weights = np.bincount(performance.notes.pitch % 12, np.full(11, 0.5), minlength=12)
    assert np.array_equal(find_key(performance).scores, key_scores(weights))


@settings(max_examples=25)
@given(performances(low=24, high=100), st.integers(-3, 7))
def test_transposing_transposes_the_scores(performance: Performance, shift: int) -> None:
    tempo, notes = tempo_map(performance), performance.notes
    seconds = tick2second(notes.offset_tick, tempo) - tick2second(notes.onset_tick, tempo)
    if not seconds[notes.channel != 9].any():
        return
    before = find_key(performance).scores.reshape(2, 12)
    after = find_key(transposed(performance, shift)[0]).scores.reshape(2, 12)
    assert np.allclose(np.roll(before, shift, axis=1), after, atol=1e-6)


def test_key_changes_are_found_where_they_are() -> None:
    scales = C_MAJOR_SCALE * 8
    performance = melody(scales + [pitch + 6 for pitch in scales])  # 44 s of C major, then of G flat major
    spans = key_spans(performance)
    assert spans.key.tolist() == [0, 6]
    assert spans.end[:-1].tolist() == spans.start[1:].tolist()
    assert spans.start[0] == 0 and spans.end[-1] == 88
    assert abs(spans.start[1] - 44) <= 4


def test_keys_of_a_single_note_and_of_none() -> None:
    assert len(key_spans(melody([60]))) == 1
    assert len(key_spans(melody([]))) == 0
    with pytest.raises(UsageError, match=r"must be in 0.001..86400"):
        key_spans(melody([60]), window=0)


@pytest.mark.slow
def test_keys_of_pop_songs(shared_data: Path) -> None:

    right = []
    for folder in sorted((shared_data / "pop909").iterdir()):
        rows = list(csv.reader((folder / "key_audio.txt").open(), delimiter="\t")) if folder.is_dir() else []
        if len(rows) == 1:
            data = (folder / f"{folder.name}.mid").read_bytes()
            right.append(find_key(parse_midi(data, name=folder.name)).key == parse_key(rows[0][2]))
    assert len(right) == 175 and sum(right) == 163
