"""Segments become music: they are joined, and nothing is struck that sounds."""

import numpy as np
import pytest
import torch

from maestrokit.inference.generation.segments import generate_segments
from maestrokit.models.adversarial import latent
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.step_notes import NO_NOTES, StepNotes
from maestrokit.music.piano_range import KEYS
from maestrokit.music.rolls.cells import CELLS, SEGMENT

ENCODING = Encoding()


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return latent.Model(latent.Config(channels=4, width=8, depth=1, latents=16)).eval()


def generated(model, before=NO_NOTES, *, steps=2 * SEGMENT, seeds=(0,), temperature=1.0):
    generators = [np.random.default_rng(seed) for seed in seeds]
    return generate_segments(
        model, ENCODING, before, steps=steps, codes={}, temperature=temperature, generators=generators
    )


def notes(*rows):
    return StepNotes(*np.array(rows, np.int64).reshape(-1, 4).T)


def same(first, second):
    return all(np.array_equal(*columns) for columns in zip(first, second, strict=True))


def test_performances_differ_by_their_generators_and_not_without_noise(model):
    first, other, again = generated(model, seeds=(1, 2, 1))
    assert same(first, again) and not same(first, other)
    assert same(*generated(model, seeds=(1, 2), temperature=0.0))


def test_a_note_that_sounds_at_the_border_of_two_segments_goes_on_in_the_next(model, monkeypatch):
    sets = iter([((0, 120, 40), (1, 120, 40), (1, 121, 40)), ((0, 9, 50), (1, 9, 50))])

    def rolls(decoded):
        segment_rolls = torch.zeros(1, 4, CELLS, KEYS)
        cells = next(sets)
        for place in cells:
            segment_rolls[(0, *place)] = 1
        if cells[0][1] == 120:
            segment_rolls[0, 1, 120:, 40] = 1
        else:
            segment_rolls[0, 1, :3, 40] = 1
        return segment_rolls

    monkeypatch.setattr(latent.Decoded, "rolls", rolls)
    (new,) = generated(model, notes((0, 5, 60, 9)))
    assert new.pitch.tolist() == [61, 71]
    assert new.onset[0] == 1 + 600 and new.offset[0] == 1 + SEGMENT + 15
    assert new.onset[1] == 1 + SEGMENT + 45


def test_new_notes_follow_the_last_onset_end_in_time_and_leave_keys_that_sound(model):
    free = generated(model, notes((0, 10, 60, 9), (700, 710, 60, 9)))[0]
    held = int(free.pitch[0])
    (new,) = generated(model, notes((0, 10, 60, 9), (100, 700 + SEGMENT, held, 9), (700, 710, 60, 9)))
    for continuation in (free, new):
        assert (
            len(continuation.onset)
            and continuation.onset.min() > 700
            and continuation.offset.max() <= 700 + 2 * SEGMENT
        )
    assert not (new.pitch[new.onset < 700 + SEGMENT] == held).any()


def test_from_nothing_time_counts_from_the_first_note(model):
    (new,) = generated(model, steps=300)
    assert new.onset[0] == 0 and new.offset.max() <= 300
