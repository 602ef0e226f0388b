"""Duplicates and overlaps: against plain loops, then single facts."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.files.midi import parse_midi
from maestrokit.music.performance import Performance
from maestrokit.music.quantization.clean import (
    by_key,
    next_group,
    onsets_at,
    sounding_key,
    without_duplicates,
    without_overlaps,
)
from strategies import file_bytes, performances, track_bytes

on, off = bytes([0x90, 60, 64]), bytes([0x80, 60, 10])


def leaders_by_hand(strokes: list[int], window: int) -> list[int]:
    leaders: list[int] = []
    for stroke in sorted(strokes):
        if not leaders or stroke - leaders[-1] > window:
            leaders.append(stroke)
    return leaders


def crowd(*notes: tuple[int, int, int]) -> Performance:
    """Return a performance of one key: notes (onset, length, velocity), first in, first out."""
    events = [(onset, 1, velocity) for onset, _, velocity in notes]
    events += [(onset + length, 0, 0) for onset, length, _ in notes]
    events.sort()
    ticks = [0, *(tick for tick, _, _ in events)]
    track = [
        (tick - before, bytes([0x90, 60, velocity]) if kind else off)
        for before, (tick, kind, velocity) in zip(ticks, events, strict=False)
    ]
    return parse_midi(file_bytes([track_bytes(track)]), name="crowd")


notes_of_one_key = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20), st.integers(1, 127)), max_size=15).map(
    lambda notes: crowd(*notes)
)


@settings(max_examples=60)
@given(notes_of_one_key, st.integers(0, 12))
def test_duplicates_are_the_strokes_within_the_window_of_a_leader(performance: Performance, window: int) -> None:
    notes = by_key(performance.notes, midi_format=performance.format)
    key = sounding_key(notes, midi_format=performance.format)
    result = without_duplicates(notes, key=key, onset=notes.onset_tick, window=window)
    assert result.onset_tick.tolist() == leaders_by_hand(notes.onset_tick.tolist(), window)
    bounds = np.append(result.onset_tick, 10**6)
    for row, (start, stop) in enumerate(pairwise(bounds)):
        group = notes.select((notes.onset_tick >= start) & (notes.onset_tick < stop))
        assert result.velocity[row] == group.velocity.max()
        assert result.offset_tick[row] == group.offset_tick.max()


@settings(max_examples=60)
@given(performances(max_notes=30, low=60, high=62))
def test_notes_are_cut_at_the_next_stroke_of_their_key(performance: Performance) -> None:
    notes = by_key(performance.notes, midi_format=performance.format)
    key = sounding_key(notes, midi_format=performance.format)
    result, cut = without_overlaps(notes, key=key)
    for row in range(len(notes)):
        later = notes.onset_tick[(key == key[row]) & (notes.onset_tick > notes.onset_tick[row])]
        assert result.offset_tick[row] == min(notes.offset_tick[row], later.min(initial=10**9))
    assert cut == (result.offset_tick != notes.offset_tick).sum()
    assert without_overlaps(result, key=key) == (result, 0)


def test_the_survivor_is_the_first_with_the_loudest_velocity_and_the_last_release() -> None:
    performance = crowd((10, 5, 30), (10, 90, 80), (12, 4, 100))
    notes = performance.notes
    key = sounding_key(notes, midi_format=performance.format)
    notes = without_duplicates(notes, key=key, onset=notes.onset_tick, window=2)
    assert [column.tolist() for column in (notes.onset_tick, notes.offset_tick, notes.velocity)] == [[10], [100], [100]]


def test_the_same_pitch_on_another_channel_is_another_key() -> None:
    other = [(0, bytes([0x91, 60, 64])), (9, bytes([0x81, 60, 0]))]
    performance = parse_midi(file_bytes([track_bytes([(0, on), (9, off)]), track_bytes(other)]), name="two")
    assert len(set(sounding_key(performance.notes, midi_format=performance.format).tolist())) == 2


def test_tracks_share_their_keys_except_in_files_of_type_2() -> None:
    tracks = [track_bytes([(0, on), (9, off)])] * 2
    joint, separate = (parse_midi(file_bytes(tracks, midi_format=kind), name="two") for kind in (1, 2))
    assert len(set(sounding_key(joint.notes, midi_format=joint.format).tolist())) == 1
    assert len(set(sounding_key(separate.notes, midi_format=separate.format).tolist())) == 2


def test_strokes_after_each_note_of_its_own_key() -> None:
    onset, key = np.array([10, 10, 20, 30, 5]), np.array([1, 1, 1, 1, 2])
    never = np.iinfo(np.int64).max
    assert onsets_at(onset, key, next_group(key, onset)).tolist() == [20, 20, 30, never, never]
    assert onsets_at(onset[:0], key[:0], next_group(key[:0], onset[:0])).tolist() == []
