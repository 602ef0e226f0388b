"""Performances changed as rolls say: what stays is as it was played, down to the tick."""

from itertools import pairwise

import numpy as np
import pytest

from maestrokit.errors import BadDataError
from maestrokit.music.edits.roll_changes import changed, piano_part
from maestrokit.music.note_arrays import note_arrays, performance_from_arrays
from maestrokit.music.performance import DRUM_CHANNEL, Performance
from maestrokit.music.sustain import pedal_intervals

ONSET, OFFSET, PITCH = np.array([30, 241, 455, 460]), np.array([190, 333, 600, 700]), np.array([60, 64, 67, 72])


def performance(pedal=(), onset=ONSET, offset=OFFSET, pitch=PITCH, velocity=None):
    """Return a performance, times in milliseconds, with the pedal going down and up at some."""
    velocity = 50 + np.arange(len(onset)) if velocity is None else velocity
    times = np.array(pedal, np.int64)
    value = np.resize([127, 0], len(times)).astype(np.int64)
    return performance_from_arrays(onset, offset, pitch, velocity, pedal_tick=times, pedal_value=value)


def cell(part, milliseconds, pitch):
    return int((milliseconds / 1000 - part.start) / 0.1 + 1e-9), pitch - 21


def changed_by(source, change) -> Performance:
    part = piano_part(source)
    rolls = part.rolls.copy()
    change(part, rolls)
    return changed(part, rolls)


@pytest.mark.parametrize("pedal", [(), (100, 300, 350, 900), (20, 640), (50,)])
def test_unchanged_rolls_leave_every_note_and_pedal_as_it_was(pedal):
    source = performance(pedal)
    after = changed_by(source, lambda part, rolls: None)
    assert after.notes == source.notes
    assert after.controls.select(np.arange(len(after.controls)) < len(pedal)) == source.controls
    assert len(after.controls) == len(pedal) + len(pedal) % 2 and not (after.controls.value[-1:] > 0).any()


def test_a_note_that_is_taken_away_is_gone_and_the_others_stay_at_their_ticks():
    def without_the_second(part, rolls):
        rolls[:, :, 64 - 21] = 0

    after = changed_by(performance(), without_the_second)
    assert after.notes.onset_tick.tolist() == [30, 455, 460] and after.notes.offset_tick.tolist() == [190, 600, 700]
    assert after.notes.velocity.tolist() == [50, 52, 53]


def test_a_new_note_begins_with_the_nearest_key_of_its_step_or_in_the_middle():
    def with_two_more(part, rolls):
        for milliseconds, pitch, steps in ((455, 48, 2), (330, 50, 1)):
            step, key = cell(part, milliseconds, pitch)
            rolls[0, step, key], rolls[2, step, key] = 1, 100 / 127
            rolls[1, step : step + steps, key] = 1

    after = changed_by(performance(), with_two_more)
    new = np.isin(after.notes.pitch, (48, 50))
    assert after.notes.pitch[new].tolist() == [50, 48]
    assert after.notes.onset_tick[new].tolist() == [380, 455]  # the steps begin at 30 ms
    assert after.notes.offset_tick[new].tolist() == [430, 605]
    assert after.notes.velocity[new].tolist() == [100, 100]


def test_velocities_and_lengths_change_by_the_difference_of_the_rolls():
    def louder_and_longer(part, rolls):
        rolls[2] += np.where(rolls[0] > 0, 10 / 127, 0)
        step, key = cell(part, 241, 64)
        rolls[1, step + 2, key] = 1  # it touched the next step already

    after = changed_by(performance(), louder_and_longer)
    assert after.notes.velocity.tolist() == [60, 61, 62, 63]
    assert after.notes.offset_tick.tolist() == [190, 433, 600, 700]


def test_a_pedal_stays_while_half_of_the_notes_that_ring_through_it_do():
    source = performance((20, 1000))  # all ring up to 1 s

    def shorter(*pitches):
        def change(part, rolls):
            for pitch in pitches:
                step, _ = np.nonzero(rolls[0, :, pitch - 21 : pitch - 20])
                rolls[1, step[0] + 2 :, pitch - 21] = 0

        return change

    kept = changed_by(source, shorter(60, 64))
    assert pedal_intervals(kept).tolist() == [[0.02, 1.0]]
    assert kept.notes.offset_tick.tolist() == [190, 333, 600, 700]
    dropped = changed_by(source, shorter(60, 64, 67))
    assert not len(pedal_intervals(dropped))
    assert note_arrays(dropped).offset.round(3).tolist() == [0.2, 0.4, 0.6, 1.0]  # the last one as it rang


def test_notes_of_no_length_stay_and_a_performance_of_days_is_refused():
    source = performance(onset=np.array([0, 300]), offset=np.array([0, 300]), pitch=np.array([60, 64]))
    assert changed_by(source, lambda part, rolls: None).notes.onset_tick.tolist() == [0, 300]
    late = performance(onset=np.array([0, 90_000_000]), offset=np.array([10, 90_000_100]), pitch=np.array([60, 64]))
    with pytest.raises(BadDataError, match=r"lasts 25\.0 hours"):
        piano_part(late)


def test_drums_and_keys_outside_a_piano_are_left_out():
    source = performance(pitch=np.array([60, 12, 67, 72]))
    channel = np.array([0, 0, DRUM_CHANNEL, 0])
    source = source.replace(notes=source.notes.replace(channel=channel))
    assert changed_by(source, lambda part, rolls: None).notes.pitch.tolist() == [60, 72]
    assert piano_part(source.replace(notes=source.notes.replace(channel=channel * 0 + DRUM_CHANNEL))) is None


def test_every_note_ends_before_its_key_is_struck_again():
    generator = np.random.default_rng(3)
    onset = np.sort(generator.integers(0, 8000, 120))
    pitch = generator.integers(60, 66, 120)
    source = performance((500, 2000, 3000, 4000), onset, onset + generator.integers(10, 900, 120), pitch)

    def anything(part, rolls):
        rolls[:2, :, 30:50] = generator.random(rolls[:2, :, 30:50].shape) < 0.4
        rolls[2] = generator.random(rolls[2].shape)

    source = changed_by(source, lambda part, rolls: None)
    after = changed_by(source, anything).notes
    assert (after.offset_tick > after.onset_tick).all() and after.velocity.min() >= 1 and after.velocity.max() <= 127
    assert after.is_released.all() and after.pitch.min() >= 21
    kept = set(zip(source.notes.onset_tick.tolist(), source.notes.pitch.tolist(), strict=True))
    for pitch in np.unique(after.pitch):
        rows = np.flatnonzero(after.pitch == pitch)
        rows = rows[np.argsort(after.onset_tick[rows], kind="stable")]
        for row, following in pairwise(rows):
            both_old = {(int(after.onset_tick[note]), int(pitch)) for note in (row, following)} <= kept
            assert both_old or after.offset_tick[row] <= after.onset_tick[following]
