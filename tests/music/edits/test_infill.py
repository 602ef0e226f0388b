"""A span makes way for new notes; all else stays, and what follows can be played."""

import numpy as np
import pytest

from maestrokit.errors import UsageError
from maestrokit.music.edits.continuation import joined_performance
from maestrokit.music.edits.infill import gap_of
from maestrokit.music.encodings.events import Encoding, decode, encode_notes
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import DRUM_CHANNEL, Notes
from scenes import scene, ticks

ENCODING = Encoding()
START, STOP = 2.0, 4.0


@pytest.fixture
def take():
    """Notes on both sides of a span and in it, some across its ends, a drum, and pedals that are down at both ends."""
    notes = [(0.5, 1.0, 60, 50), (1.5, 2.6, 64, 60), (2.0, 2.4, 67, 70), (3.1, 4.5, 60, 80), (4.0, 4.5, 67, 90),
             (5.2, 6.0, 60, 100)]  # fmt: skip
    controls = [(1.4, 64, 90), (2.5, 64, 0), (2.6, 7, 55), (3.9, 64, 77), (3.95, 67, 100), (4.6, 64, 0), (4.7, 67, 0)]
    plain = scene(notes, controls=controls, end=7.0)
    drum = plain.notes.select(slice(2, 3)).replace(channel=np.array([DRUM_CHANNEL]), pitch=np.array([38]))
    return reorder_events(plain.replace(notes=Notes.concatenate([plain.notes, drum])))


def rows(notes):
    columns = (notes.onset_tick, notes.offset_tick, notes.pitch, notes.velocity, notes.channel)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_notes_of_a_piano_whose_onsets_lie_in_the_span_go_and_all_others_stay(take):
    gap = gap_of(take, ENCODING, START, STOP)
    is_gone = (
        (take.notes.onset_tick >= ticks(START)) & (take.notes.onset_tick < ticks(STOP)) & (take.notes.channel == 0)
    )
    assert is_gone.sum() == 2
    assert rows(gap.performance.notes) == rows(take.notes.select(~is_gone))


def test_pedals_come_up_at_the_span_and_go_down_again_before_its_end(take):
    controls = gap_of(take, ENCODING, START, STOP).performance.controls
    events = sorted(zip(controls.tick.tolist(), controls.number.tolist(), controls.value.tolist(), strict=True))
    assert events == [
        (int(ticks(1.4)), 64, 90), (int(ticks(2.0)), 64, 0), (int(ticks(2.6)), 7, 55), (int(ticks(4.0)) - 1, 64, 77),
        (int(ticks(4.0)) - 1, 67, 100), (int(ticks(4.6)), 64, 0), (int(ticks(4.7)), 67, 0),
    ]  # fmt: skip


def test_a_model_sees_the_notes_on_both_sides(take):
    gap = gap_of(take, ENCODING, START, STOP)
    assert (gap.start, gap.stop) == (200, 400)
    assert gap.before.onset.tolist() == [50, 150] and gap.before.pitch.tolist() == [60, 64]
    assert gap.after.onset.tolist() == [400, 520] and gap.after.pitch.tolist() == [67, 60]
    assert gap.before.offset.tolist() == [100, 260]  # the pedal no longer holds them beyond the span's beginning


def test_new_notes_end_where_their_keys_are_struck_and_wait_until_they_are_up(take):
    gap = gap_of(take, ENCODING, START, STOP)
    columns = [(259, 300, 64, 9), (300, 450, 67, 9), (300, 330, 60, 9)]
    new = StepNotes(*np.array(columns).T)
    filled = joined_performance(gap.performance, decode(encode_notes(new, ENCODING), ENCODING))
    added = filled.notes.select(~np.isin(filled.notes.velocity, take.notes.velocity))
    found = {pitch: (on, off) for on, off, pitch, *_ in rows(added)}
    assert found[64] == (int(ticks(2.6)), int(ticks(3.0)))
    assert found[67] == (int(ticks(3.0)), int(ticks(4.0)))
    assert found[60] == (int(ticks(3.0)), int(ticks(3.3)))
    assert set(rows(gap.performance.notes)) <= set(rows(filled.notes))


@pytest.mark.parametrize(
    ("span", "fact"), [((3.0, 2.0), "span of seconds"), ((2.0, 2.05), "shorter"), ((8.0, 9.0), "the prompt ends at")]
)
def test_spans_that_are_none_are_refused(span, fact, take):
    with pytest.raises(UsageError, match=fact):
        gap_of(take, ENCODING, *span)


@pytest.mark.parametrize("span", [(0.0, 3.0), (4.0, 60.0), (0.0, 60.0)])
def test_a_span_may_reach_beyond_both_ends(span, take):
    gap = gap_of(take, ENCODING, *span)
    inside = (take.notes.onset_tick >= ticks(span[0])) & (take.notes.onset_tick < ticks(span[1]))
    assert len(gap.before.onset) + len(gap.after.onset) == ((take.notes.channel == 0) & ~inside).sum()


def test_no_pedal_goes_down_after_all(take):
    held = take.replace(controls=take.controls.select(take.controls.tick < ticks(4.5)))  # two pedals stay down
    controls = gap_of(held, ENCODING, 6.0, 20.0).performance.controls
    assert sorted(controls.number[controls.tick == ticks(6.0)].tolist()) == [64, 67]
    assert not controls.value[controls.tick >= ticks(6.0)].any()


@pytest.mark.parametrize("start", np.arange(0, 6, 0.1).round(1).tolist())
def test_a_tenth_of_a_second_is_long_enough_wherever_it_begins(start, take):
    assert gap_of(take, ENCODING, start, round(start + 0.1, 1)).stop - gap_of(take, ENCODING, start, 7.0).start == 10
