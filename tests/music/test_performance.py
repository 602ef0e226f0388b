"""The running order that ``reorder_events`` makes."""

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import Controls, Notes, Performance
from strategies import file_bytes, midi_bytes, track_bytes

any_file = midi_bytes().map(lambda data: parse_midi(data, name="generated"))


@settings(max_examples=40)
@given(any_file)
def test_settling_twice_is_settling_once(performance: Performance) -> None:
    once = reorder_events(performance)
    assert reorder_events(once) == once


@settings(max_examples=40)
@given(any_file)
def test_orders_count_from_0_without_gaps_and_follow_the_ticks(performance: Performance) -> None:
    result = reorder_events(performance)
    tables = (result.controls, result.tempos, result.others)
    released = result.notes.released()
    track = np.concatenate([result.notes.track, released.track, *(t.track for t in tables)])
    order = np.concatenate([result.notes.onset_order, released.offset_order, *(t.order for t in tables)])
    tick = np.concatenate([result.notes.onset_tick, released.offset_tick, *(t.tick for t in tables)])
    for number, end in enumerate(result.track_end_tick):
        in_track = track == number
        rows = np.argsort(order[in_track])
        assert order[in_track][rows].tolist() == list(range(in_track.sum()))
        assert (np.diff(tick[in_track][rows]) >= 0).all()
        assert end >= tick[in_track].max(initial=0)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 6), st.sampled_from([60, 61])), max_size=12), st.randoms())
def test_notes_in_any_order_are_read_back_as_the_same_notes(
    spans: list[tuple[int, int, int]], generator: Random
) -> None:
    played = sorted(spans)
    ends = {60: 0, 61: 0}
    rows = []
    for number, (onset, length, pitch) in enumerate(played):
        ends[pitch] = max(ends[pitch], onset + length)  # first in, first out
        rows.append((onset, ends[pitch], pitch, number + 1, 64, 0, 0, 2 * number, 2 * number + 1))
    columns = np.array(rows, np.int64).reshape(-1, 9).T
    notes = Notes(*columns).select(np.array(generator.sample(range(len(rows)), len(rows)), np.int64))
    performance = parse_midi(file_bytes([track_bytes([])]), name="empty").replace(notes=notes)
    result = reorder_events(performance)
    assert parse_midi(dump_midi(result), name="result") == result
    assert sorted(zip(result.notes.onset_tick, result.notes.velocity, result.notes.offset_tick, strict=True)) == sorted(
        zip(notes.onset_tick, notes.velocity, notes.offset_tick, strict=True)
    )


def test_a_release_comes_before_the_next_stroke_even_if_another_note_ended_between() -> None:
    on, off = b"\x90\x3c\x40", b"\x80\x3c\x01"
    track = track_bytes([(0, on), (5, on), (5, off), (0, on), (0, b"\x80\x3c\x02"), (5, off)])
    result = reorder_events(parse_midi(file_bytes([track]), name="overlap"))
    assert result.notes.offset_order.tolist() == [2, 3, 5]
    assert result.notes.onset_order.tolist() == [0, 1, 4]
    assert parse_midi(dump_midi(result), name="overlap") == result


def test_events_of_one_tick_keep_their_order() -> None:
    performance = parse_midi(file_bytes([track_bytes([])]), name="empty")
    zeros = np.zeros(3, np.int64)
    pedals = Controls(zeros, zeros + 64, np.array([1, 2, 3]), zeros, zeros, np.array([7, -1, 3]))
    assert reorder_events(performance.replace(controls=pedals)).controls.value.tolist() == [2, 3, 1]


def test_a_track_ends_with_its_last_event_at_the_earliest() -> None:
    performance = parse_midi(file_bytes([track_bytes([]), track_bytes([])]), name="empty")
    pedal = Controls(*(np.array([n]) for n in (99, 64, 0, 0, 1, 0)))
    assert reorder_events(performance.replace(controls=pedal)).track_end_tick.tolist() == [0, 99]
