"""Transposition: properties over generated performances first, then single facts."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from maestrokit.errors import BadDataError, UsageError
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.edits.key_shift import key_notes, key_record, key_shift
from maestrokit.music.edits.transpose import shift_between, transposed
from maestrokit.music.keys import Key, parse_key
from maestrokit.music.performance import DRUM_CHANNEL, KEY_SIGNATURE, Performance
from maestrokit.music.piano_range import LOWEST_PITCH
from strategies import file_bytes, midi_bytes, performances, track_bytes

anything = midi_bytes(max_tracks=2, max_events=20).map(lambda data: parse_midi(data, name="generated"))
shifts = st.integers(-12, 12)


def parsed(*events: tuple[int, bytes]) -> Performance:
    return parse_midi(file_bytes([track_bytes(list(events))]), name="written")


def key_signature(fifths: int, minor: int = 0) -> bytes:
    return b"\xff\x59\x02" + fifths.to_bytes(1, signed=True) + bytes([minor])


def rests(performance: Performance) -> Performance:
    """The performance without what a transposition may change."""
    notes, others = performance.notes, performance.others
    is_kept = ~np.isin(others.kind, [0x80, 0x90, 0xA0, KEY_SIGNATURE])
    return performance.replace(notes=notes.replace(pitch=notes.pitch * 0), others=others.select(is_kept))


@settings(max_examples=25)
@given(anything | performances(), shifts)
def test_there_and_back_is_identity(performance: Performance, shift: int) -> None:
    try:
        shifted, report = transposed(performance, shift, lowest=0, highest=127)
    except BadDataError:
        assume(False)
    back, _ = transposed(shifted, -shift, lowest=0, highest=127)
    signatures = performance.others.kind == KEY_SIGNATURE
    usual = [key_signature(fifths, mode) for fifths in range(-6, 6) for mode in (0, 1)]
    assume(all(len(m) != 5 or m in usual for m in performance.others.message[signatures]))
    assert back == performance
    assert dump_midi(back) == dump_midi(performance)
    melodic = int((performance.notes.channel != DRUM_CHANNEL).sum())
    assert (report.semitones, report.moved) == (shift, melodic if shift else 0)


@settings(max_examples=25)
@given(anything | performances(), shifts)
def test_nothing_but_pitches_and_key_signatures_changes(performance: Performance, shift: int) -> None:
    try:
        moved, _ = transposed(performance, shift, lowest=0, highest=127)
    except BadDataError:
        assume(False)
    assert rests(moved) == rests(performance)
    is_drum = performance.notes.channel == DRUM_CHANNEL
    assert np.array_equal(moved.notes.pitch - performance.notes.pitch, np.where(is_drum, 0, shift))


@settings(max_examples=25)
@given(anything | performances(), st.integers(-127, 127), st.integers(0, 116), st.integers(11, 127))
def test_folding_keeps_pitch_classes_and_the_range(
    performance: Performance, shift: int, lowest: int, size: int
) -> None:
    assume(shift)
    highest = min(lowest + size, 127)
    moved, report = transposed(performance, shift, out_of_range="fold", lowest=lowest, highest=highest)
    before, after = performance.notes, moved.notes
    assert len(after) == len(before) and report.dropped == 0
    is_drum = before.channel == DRUM_CHANNEL
    assert np.array_equal((before.pitch + np.where(is_drum, 0, shift)) % 12, after.pitch % 12)
    assert ((after.pitch[~is_drum] >= lowest) & (after.pitch[~is_drum] <= highest)).all()
    assert np.array_equal(np.sort(after.onset_tick), np.sort(before.onset_tick))
    assert np.array_equal(np.sort(after.offset_tick), np.sort(before.offset_tick))


@settings(max_examples=25)
@given(performances(channels=(0, 1, 9)), st.integers(-127, 127))
def test_keeping_writes_every_note_that_midi_has_and_refuses_the_rest(performance: Performance, shift: int) -> None:
    is_melodic = performance.notes.channel != DRUM_CHANNEL
    target = performance.notes.pitch + np.where(is_melodic, shift, 0)
    if ((target < 0) | (target > 127)).any():
        with pytest.raises(BadDataError, match=r"would leave 0\.\.127"):
            transposed(performance, shift)
        return
    moved, report = transposed(performance, shift)
    assert moved.notes.pitch.tolist() == target.tolist()
    assert report.outside == (is_melodic & ((target < 21) | (target > 108))).sum()
    assert (report.folded, report.dropped) == (0, 0)


@settings(max_examples=25)
@given(performances(), st.integers(-60, 60), st.sampled_from(["fold", "drop"]))
def test_what_is_written_is_read_back(performance: Performance, shift: int, policy: str) -> None:
    moved, _ = transposed(performance, shift, out_of_range=policy)
    assert parse_midi(dump_midi(moved), name="written") == moved


@settings(max_examples=25)
@given(performances(channels=(0, 1, 9)), st.integers(-60, 60))
def test_dropping_leaves_what_fits_untouched(performance: Performance, shift: int) -> None:
    moved, report = transposed(performance, shift, out_of_range="drop", lowest=40, highest=80)
    notes = performance.notes
    target = notes.pitch + np.where(notes.channel == DRUM_CHANNEL, 0, shift)
    fits = (notes.channel == DRUM_CHANNEL) | ((target >= 40) & (target <= 80)) | (shift == 0)
    assert report.dropped == (~fits).sum()
    assert moved.notes.pitch.tolist() == target[fits].tolist()
    assert moved.notes.onset_tick.tolist() == notes.onset_tick[fits].tolist()


@given(st.integers(0, 23).map(Key.from_index), st.integers(0, 23).map(Key.from_index))
def test_the_shift_is_the_smallest_into_the_target_or_its_relative(key: Key, target: Key) -> None:
    shift = shift_between(key, target)
    assert -6 <= shift <= 5
    assert key.transposed(shift) in (target, target.relative)
    assert shift_between(key.transposed(shift), target) == 0


@pytest.mark.parametrize(
    ("pitches", "key", "shift"),
    [
        ((60,), "Db", -1), ((21, 60), "Db", 11), ((21, 98), "Db", -1), ((60, 108), "Bb", -10), ((20, 60), "C", 12),
        ((60, 110), "C", -12), ((20, 97), "C", 0), ((24, 60), "F#", 6), ((27, 60), "F#", -6), ((26, 103), "F#", -6),
    ],
)  # fmt: skip
def test_an_octave_more_is_chosen_only_where_that_alone_keeps_all_notes_on_the_piano(
    pitches: tuple[int, ...], key: str, shift: int
) -> None:
    notes = [event for pitch in pitches for event in ((0, bytes([0x90, pitch, 64])), (10, bytes([0x80, pitch, 0])))]
    drum = [(0, b"\x99\x00\x40"), (10, b"\x89\x00\x00")]
    assert key_shift(parsed(*notes, *drum), key=parse_key(key)).semitones == shift


def test_the_octave_follows_the_range() -> None:
    performance = parsed((0, b"\x90\x50\x40"), (10, b"\x80\x50\x00"))
    assert key_shift(performance, key=parse_key("C"), lowest=60, highest=71).semitones == -12


@settings(max_examples=25)
@given(performances(low=6, high=121), st.integers(0, 23).map(Key.from_index))
def test_into_a_key_twice_is_once(performance: Performance, target: Key) -> None:
    assume((performance.notes.channel != DRUM_CHANNEL).any())
    first = key_shift(performance, target=target)
    scores = np.sort(first.estimate.scores)  # type: ignore[union-attr]
    assume(scores[-1] - scores[-2] > 1e-6)  # of keys that fit equally well, the first is taken: it may be another then
    moved, _ = transposed(performance, first.semitones)
    assert key_shift(moved, target=target).semitones == 0


@pytest.mark.parametrize(
    ("fifths", "minor", "shift", "expected"),
    [(0, 0, 2, 2), (0, 0, 1, -5), (0, 1, 3, -3), (2, 1, -2, 0), (7, 0, -1, 0), (-7, 0, 1, 0), (5, 0, 12, 5),
     (7, 0, 12, 7), (0, 0, 6, -6), (1, 1, -1, -6), (-1, 0, -1, 4)],
)  # fmt: skip
def test_key_signatures_follow(fifths: int, minor: int, shift: int, expected: int) -> None:
    moved, _ = transposed(parsed((0, key_signature(fifths, minor))), shift)
    assert moved.others.message.tolist() == [key_signature(expected, minor)]


@pytest.mark.parametrize("message", [b"\xff\x59\x02\x09\x00", b"\xff\x59\x02\x01\x05", b"\xff\x59\x01\x01"])
def test_senseless_key_signatures_stay(message: bytes) -> None:
    moved, _ = transposed(parsed((0, message)), 3)
    assert moved.others.message.tolist() == [message]


def test_key_pressure_and_stray_notes_move_but_not_on_drums() -> None:
    stray = [b"\xa0\x3c\x40", b"\x80\x3c\x40", b"\xa9\x3c\x40", b"\x99\x3c\0", b"\xd0\x3c", b"\xe0\x3c\x40"]
    performance = parsed(*[(0, message) for message in stray])
    moved, report = transposed(performance, 2)
    assert set(moved.others.message) == {b"\xa0\x3e\x40", b"\x80\x3e\x40", *stray[2:]}
    assert report.moved == 0


def test_leaving_the_range_is_counted_or_refused() -> None:
    performance = parsed((0, b"\x90\x69\x40"), (480, b"\x80\x69\x00"))
    with pytest.raises(BadDataError, match=r"1 of 1 pitches would leave 21..108 at \+4 semitones") as caught:
        transposed(performance, 4, out_of_range="error")
    assert "`out_of_range`" in caught.value.hint
    kept, report = transposed(performance, 4)
    assert (kept.notes.pitch.tolist(), report.outside) == ([109], 1)
    assert transposed(performance, 3)[1].outside == 0
    assert transposed(performance, 4, highest=127)[0].notes.pitch.tolist() == [109]
    assert transposed(performance, 4, out_of_range="fold")[0].notes.pitch.tolist() == [97]
    assert len(transposed(performance, 4, out_of_range="drop")[0].notes) == 0


def test_a_note_without_a_note_off_takes_none_of_the_key_that_it_is_folded_onto() -> None:
    events = [(0, b"\x90\x3c\x40"), (10, b"\x90\x6c\x40"), (10, b"\x80\x3c\x40"), (80, b"\xff\x01\x01a")]
    moved, _ = transposed(parsed(*events), 12, out_of_range="fold", highest=80)
    assert sorted(zip(moved.notes.onset_tick, moved.notes.offset_tick, moved.notes.pitch, strict=True)) == [
        (0, 20, 72),
        (10, 100, 72),
    ]
    assert parse_midi(dump_midi(moved), name="moved") == moved


def test_folding_goes_to_the_nearest_octave() -> None:
    performance = parsed((0, b"\x90\x15\x40"), (480, b"\x80\x15\x00"))
    assert transposed(performance, -1, out_of_range="fold")[0].notes.pitch.tolist() == [LOWEST_PITCH - 1 + 12]


@pytest.mark.parametrize(("lowest", "highest"), [(-1, 100), (21, 128), (60, 70), (70, 60)])
def test_impossible_ranges_are_refused(lowest: int, highest: int) -> None:
    with pytest.raises(UsageError, match="range"):
        transposed(parsed(), 1, lowest=lowest, highest=highest)


def test_other_impossible_wishes_are_refused() -> None:
    with pytest.raises(UsageError, match="'clip' is no way"):
        transposed(parsed(), 1, out_of_range="clip")
    with pytest.raises(UsageError, match="not 128"):
        transposed(parsed(), 128)


def test_a_given_key_or_shift_needs_no_notes() -> None:
    empty = parsed()
    assert key_shift(empty, key=parse_key("Eb"), target=parse_key("D")).semitones == -1
    assert key_shift(empty, semitones=4) == key_shift(empty, semitones=4, finds_key=False)
    with pytest.raises(BadDataError, match="no notes"):
        key_shift(empty)


def test_minor_pieces_go_to_a_minor_by_default() -> None:
    assert key_shift(parsed(), key=parse_key("c#")).semitones == -4
    assert key_shift(parsed(), key=parse_key("eb"), target=parse_key("D")).semitones == -4  # to B minor


def test_records_and_notes_say_the_same() -> None:
    notes = [(0, b"\x90\x3c\x40"), (480, b"\x80\x3c\x00"), (0, b"\x90\x40\x40"), (240, b"\x80\x40\x00")]
    shift = key_shift(parsed(*notes), target=parse_key("D"))
    record = key_record(shift)
    assert (record["key"], record["semitones"], len(record["scores"])) == ("C major", 2, 24)
    assert record["scores"]["C major"] == max(record["scores"].values())
    found, scores = key_notes(shift)
    assert found.startswith("C major, found with confidence 0.")
    assert scores.startswith(f"scores: C major {record['scores']['C major']:.3f}")
    key_found = key_shift(parsed(*notes), key=parse_key("e"))
    assert key_record(key_found)["confidence"] is None and key_notes(key_found)[0] == "E minor, as given"
