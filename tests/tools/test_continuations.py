"""What a critic learns from: prompts from anywhere in a performance, and continuations that end as music goes on."""

import numpy as np
import pytest

from continuations import FROM_NOTHING, prompts, stretch, trimmed
from maestrokit.files.midi.writer import write_midi
from maestrokit.inference.notes_to_performance import performance_of
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.step_notes import StepNotes


def notes(count: int) -> StepNotes:
    """Return a note every tenth of a second."""
    onset = 50 + 10 * np.arange(count)
    return StepNotes(onset, onset + 8, 40 + np.arange(count) % 30, np.full(count, 12))


@pytest.mark.parametrize("seed", range(5))
def test_a_stretch_begins_with_a_note_and_is_as_long_as_was_asked_for(seed: int) -> None:
    part = stretch(notes(100), 200, np.random.default_rng(seed))
    assert part.onset[0] == 0 and part.onset[-1] == 190 and len(part.pitch) == 20
    assert np.array_equal(part.offset - part.onset, np.full(20, 8))


def test_a_performance_that_is_shorter_than_a_stretch_is_all_of_it() -> None:
    assert len(stretch(notes(10), 500, np.random.default_rng(0)).pitch) == 10


def test_a_continuation_is_left_open_and_moved_to_the_beginning() -> None:
    part = trimmed(notes(30), 100)
    assert part.onset.tolist() == list(range(0, 100, 10)) and part.offset[-1] == 98
    assert len(trimmed(notes(0), 100).pitch) == 0


def test_one_prompt_of_ten_is_nothing(tmp_path) -> None:
    write_midi(performance_of(notes(60)._replace(onset=notes(60).onset - 50, offset=notes(60).offset - 50), Encoding()),
               tmp_path / "a.mid")  # fmt: skip
    chosen = list(prompts([tmp_path / "a.mid"] * 20, Encoding(), seconds=2.0, seed=0))
    assert [len(prompt.pitch) == 0 for _, prompt in chosen] == [row % FROM_NOTHING == 9 for row in range(20)]
    assert len({int(prompt.pitch[0]) for _, prompt in chosen if len(prompt.pitch)}) > 3
