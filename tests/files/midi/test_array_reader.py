"""The array reader says what the reference reader says, or nothing."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.files.midi.array_reader import read_by_arrays
from maestrokit.files.midi.event_reader import read_by_reference
from maestrokit.files.midi.header import read_frame
from maestrokit.files.midi.note_pairs import pair_notes
from maestrokit.music.performance import Performance
from strategies import file_bytes, midi_bytes, track_bytes

key_strokes = st.sampled_from([b"\x90\x3c\0", b"\x90\x3c\x40", b"\x90\x3d\x40", b"\x90\x3d\0"])


def by_both_readers(data: bytes) -> tuple[Performance | None, Performance]:
    frame = read_frame(data, name="a.mid", repair=False)
    return read_by_arrays(data, frame), read_by_reference(data, frame, name="a.mid")


def disagreements(paths: Iterable[Path]) -> list[str]:
    """Names of the files that the array reader declines or reads differently."""
    wrong = []
    for path in paths:
        by_arrays, by_reference = by_both_readers(path.read_bytes())
        if by_arrays != by_reference:
            wrong.append(path.name)
    return wrong


@settings(max_examples=150, deadline=None)
@given(midi_bytes())
def test_both_readers_agree(data: bytes) -> None:
    by_arrays, by_reference = by_both_readers(data)
    assert by_arrays is None or by_arrays == by_reference


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 1, 128]), key_strokes)))
def test_overlapping_and_hanging_notes_are_read_by_arrays(strokes: list[tuple[int, bytes]]) -> None:
    data = file_bytes([track_bytes(strokes)] * 2)
    by_arrays, by_reference = by_both_readers(data)
    assert by_arrays == by_reference


def test_many_tracks_are_read_by_arrays() -> None:
    data = file_bytes([track_bytes([(0, b"\x90\x3c\x40"), (track, b"\x80\x3c\x40")]) for track in range(1, 100)])
    by_arrays, by_reference = by_both_readers(data)
    assert by_arrays == by_reference
    assert len(by_reference.notes) == 99


@pytest.mark.parametrize(
    "data",
    [
        file_bytes([]),
        file_bytes([track_bytes([(0, b"\xf8")])]),
        file_bytes([track_bytes([(0, b"\xc0\x05"), (0, b"\xc0\x06")])]),
        file_bytes([track_bytes([(0, b"\xff\x01\0"), (0, b"\x3c\x40")])]),
        file_bytes([track_bytes([(0, b"\x90\x3c\x40")]), track_bytes([(0, b"\x3c\x40")])]),
    ],
    ids=["no track", "real-time message", "one data byte", "no status but that of a meta", "status in another track"],
)
def test_the_doubtful_is_declined(data: bytes) -> None:
    assert read_by_arrays(data, read_frame(data, name="a.mid", repair=False)) is None


def test_deltas_of_any_length_and_long_messages_are_read_by_arrays() -> None:
    """Every length of a delta, before messages of every kind and at the end of the file."""
    messages = [b"\x90\x3c\x40", b"\xc0\x05", b"\xd0\x06", b"\xff\x01\x02ab", b"\xf0\x02\x01\xf7", b"\x80\x3c\x40"]
    for delta in (0, 127, 128, 16383, 16384, 2097151, 2097152):
        data = file_bytes([track_bytes([(delta, message) for message in messages])] * 2)
        by_arrays, by_reference = by_both_readers(data)
        assert by_arrays == by_reference
        assert by_reference.notes.onset_tick.tolist() == [delta, delta]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=30))
def test_pairs_are_first_in_first_out_among_ons_that_have_an_off(strokes: list[tuple[int, bool]]) -> None:
    expected = [(row, -1) for row, (_, is_on) in enumerate(strokes) if is_on]
    for key in {key for key, _ in strokes}:
        waiting, ons, offs = list[int](), list[int](), list[int]()
        for row in (row for row, (other, _) in enumerate(strokes) if other == key):
            if strokes[row][1]:
                waiting.append(row)
            elif waiting:
                ons.append(waiting.pop())
                offs.append(row)
        pairs = dict(zip(sorted(ons), offs, strict=True))
        expected = [(on, pairs.get(on, off)) for on, off in expected]
    on, off = pair_notes(np.array([key for key, _ in strokes], np.int64), np.array([on for _, on in strokes], bool))
    assert list(zip(on.tolist(), off.tolist(), strict=True)) == sorted(expected)


def test_both_readers_agree_on_a_sample_of_real_files(shared_data: Path) -> None:
    paths = []
    for pattern in ("maestro-v3.0.0/**/*.midi", "asap/**/*.mid", "pop909/**/*.mid"):
        paths += sorted(shared_data.glob(pattern), key=lambda path: (path.stat().st_size, path))[:3]
    assert len(paths) == 9
    assert disagreements(paths) == []


@pytest.mark.slow
@pytest.mark.parametrize("corpus", ["maestro-v3.0.0", "asap", "pop909"])
def test_both_readers_agree_on_every_real_file(shared_data: Path, corpus: str) -> None:
    paths = sorted(path for path in (shared_data / corpus).rglob("*") if path.suffix in (".mid", ".midi"))
    assert len(paths) >= 100
    assert disagreements(paths) == []
