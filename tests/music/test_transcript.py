"""Notes written down as performances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.files.midi import dump_midi, parse_midi
from maestrokit.music.sustain import TimedNotes, timed_notes
from maestrokit.music.transcript import NOTICE, transcript

ROWS = st.lists(st.tuples(st.floats(0, 100), st.floats(0.02, 5), st.integers(1, 127)), max_size=12)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, tempo=st.none() | st.floats(30, 300))
def test_notes_come_back_in_time(rows: list[tuple[float, float, int]], tempo: float | None) -> None:
    onset, length, velocity = (np.array([row[i] for row in rows]) for i in range(3))
    notes = TimedNotes(onset, onset + length, 30 + np.arange(len(rows)), velocity.astype(np.int64))
    back = timed_notes(parse_midi(dump_midi(transcript(notes, tempo=tempo)), name="x"), pedal_extends=False)
    order = np.argsort(back.pitch)
    assert np.abs(back.onset[order] - notes.onset).max(initial=0) < 0.003
    assert np.abs(back.offset[order] - notes.offset).max(initial=0) < 0.003
    assert np.array_equal(back.velocity[order], notes.velocity)


def test_an_unknown_tempo_is_said_to_be_so() -> None:
    none = TimedNotes(*(np.empty(0, kind) for kind in (float, float, np.int64, np.int64)))
    assert NOTICE.encode() in dump_midi(transcript(none))
    told = transcript(none, tempo=90)
    assert NOTICE.encode() not in dump_midi(told)
    assert told.tempos.microseconds_per_beat.tolist() == [pytest.approx(60e6 / 90, abs=1)]
