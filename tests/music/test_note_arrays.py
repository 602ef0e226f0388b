"""Notes in seconds: one view, the same wherever it is used."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.features import note_view
from maestrokit.files.midi import parse_midi
from maestrokit.metrics.piece import piece_of
from maestrokit.music.note_arrays import CHORD_WINDOW, chord_rows, note_arrays, note_seconds, timed_notes
from maestrokit.music.performance import DRUM_CHANNEL, Performance
from maestrokit.music.sustain import pedal_changes
from maestrokit.synth.keys_and_pedals import sounding_notes
from strategies import END_OF_TRACK, file_bytes, performances, track_bytes


@settings(max_examples=25)
@given(performances(channels=(0, 1, 9)))
def test_every_reader_of_notes_has_the_same_rows(performance: Performance) -> None:
    notes, (onset, offset) = note_arrays(performance), note_seconds(performance)
    expected = sorted(
        (onset[row], performance.notes.pitch[row], row)
        for row in np.flatnonzero(performance.notes.channel != DRUM_CHANNEL)
    )
    assert notes.row.tolist() == [row for _, _, row in expected]
    assert np.array_equal(notes.onset, onset[notes.row]) and np.array_equal(notes.offset, offset[notes.row])
    assert np.array_equal(notes.velocity, performance.notes.velocity[notes.row])
    view, piece, keys = note_view(performance), piece_of(performance), sounding_notes(performance)
    for other in (view, piece, keys, timed_notes(performance, pedal_extends=True)):
        assert np.array_equal(other.onset, notes.onset) and np.array_equal(other.pitch, notes.pitch)
    assert np.array_equal(timed_notes(performance, pedal_extends=False).offset, notes.offset)
    assert np.array_equal(piece.sounding_offset, np.maximum(notes.sounding_offset, notes.onset))


@settings(max_examples=25)
@given(performances(channels=(0, 9)))
def test_drums_are_there_only_on_request(performance: Performance) -> None:
    everything = note_arrays(performance, with_drums=True)
    assert sorted(everything.row) == list(range(len(performance.notes)))
    assert everything.select(everything.channel != DRUM_CHANNEL) == note_arrays(performance)


@given(st.lists(st.integers(0, 300), max_size=12))
def test_chords_begin_where_the_onset_before_is_farther_than_the_window(hundredths: list[int]) -> None:
    onset = np.sort(np.array(hundredths, np.float64)) / 100 + 0.005
    rows = chord_rows(onset)
    expected = [row for row in range(len(onset)) if row == 0 or onset[row] - onset[row - 1] > CHORD_WINDOW]
    assert rows.tolist() == expected


def test_any_pedal_is_read_as_the_sustain_pedal_is() -> None:
    for number in (64, 66, 67):
        events = [(0, bytes([0xB0, number, 127])), (5, bytes([0xB0, number, 64])), (5, bytes([0xB0, number, 63]))]
        data = file_bytes([track_bytes(events, end=(900, END_OF_TRACK))])
        changes = pedal_changes(parse_midi(data, name="pedal"), channel=0, pedal=number)
        assert (changes.tick.tolist(), changes.is_down.tolist()) == ([0, 10], [1, 0])


def test_what_ends_only_with_its_track_sounds_no_longer_than_a_string_can() -> None:
    moves = [
        (0, b"\x90\x3c\x50"),
        (480, b"\x80\x3c\x40"),
        (0, b"\xb0\x40\x7f"),
        (0, b"\x90\x3e\x50"),
        (0, b"\x80\x3e\x40"),
    ]
    moves += [(480, b"\x90\x40\x50")]
    performance = parse_midi(file_bytes([track_bytes(moves, end=(0x0FFFFFFF, END_OF_TRACK))]), name="late")
    notes, piece = note_arrays(performance), piece_of(performance)
    assert notes.offset.tolist() == [0.5, 0.5, 61.0]
    assert notes.sounding_offset.tolist() == [60.5, 60.5, 61.0]
    assert np.allclose(piece.offset_bar, np.array([0.5, 0.5, 61.0]) / 2)
