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


def same(one, other):
    return all(np.array_equal(*columns) for columns in zip(one, other, strict=True))


def test_performances_differ_by_their_generators_and_not_without_noise(model):
    one, other, again = generated(model, seeds=(1, 2, 1))
    assert same(one, again) and not same(one, other)
    assert same(*generated(model, seeds=(1, 2), temperature=0.0))


def test_a_note_that_sounds_at_the_border_of_two_segments_goes_on_in_the_next(model, monkeypatch):
    sets = iter([((0, 120, 40), (1, 120, 40), (1, 121, 40)), ((0, 9, 50), (1, 9, 50))])

    def rolls(decoded):
        made = torch.zeros(1, 4, CELLS, KEYS)
        cells = next(sets)
        for place in cells:
            made[(0, *place)] = 1
        if cells[0][1] == 120:
            made[0, 1, 120:, 40] = 1
        else:
            made[0, 1, :3, 40] = 1
        return made

    monkeypatch.setattr(latent.Decoded, "rolls", rolls)
    (made,) = generated(model, notes((0, 5, 60, 9)))
    assert made.pitch.tolist() == [61, 71]
    assert made.onset[0] == 1 + 600 and made.offset[0] == 1 + SEGMENT + 15
    assert made.onset[1] == 1 + SEGMENT + 45


def test_new_notes_follow_the_last_onset_end_in_time_and_leave_keys_that_sound(model):
    free = generated(model, notes((0, 10, 60, 9), (700, 710, 60, 9)))[0]
    held = int(free.pitch[0])
    (made,) = generated(model, notes((0, 10, 60, 9), (100, 700 + SEGMENT, held, 9), (700, 710, 60, 9)))
    for one in (free, made):
        assert len(one.onset) and one.onset.min() > 700 and one.offset.max() <= 700 + 2 * SEGMENT
    assert not (made.pitch[made.onset < 700 + SEGMENT] == held).any()


def test_from_nothing_time_counts_from_the_first_note(model):
    (made,) = generated(model, steps=300)
    assert made.onset[0] == 0 and made.offset.max() <= 300
