"""The bias on times makes a model as dense as the performances that it is held against."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from fit_sampling import SetDistance, changes, fit, sampling_of, search
from maestrokit.errors import UsageError
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.inference.generation.keyboard import Keyboard
from maestrokit.inference.generation.notes import NoteRequest, generate_notes
from maestrokit.inference.generation.reprise import RepriseConfig
from maestrokit.inference.generation.sampling import NoteSampling, SamplingConfig
from maestrokit.inference.sequence_model import SequenceModel
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.models import lstm
from maestrokit.models.contract import new_model
from maestrokit.music.encodings.events import Encoding, encode_notes
from maestrokit.music.encodings.step_notes import reconciled
from sampling_sets import after_prompts, continuations, densest, density, density_within, without_prompts

ENCODING = Encoding()


def even_notes(gap, count=50):
    onset = gap * np.arange(count)
    return reconciled(onset, onset + gap, np.full(count, 60), np.full(count, 9))


def network(encoding="notes"):
    torch.manual_seed(0)
    return new_model(lstm, lstm.Config(width=8, layers=1, encoding=encoding)).eval()


def test_density_is_notes_a_second():
    assert density([even_notes(10), even_notes(20)], ENCODING) == pytest.approx((10 + 5) / 2)


def loaded(encoding="notes"):
    return SequenceModel(network(encoding), ENCODING, NoteSampling())


def test_pieces_become_as_dense_as_those_held_out():
    generate = without_prompts(loaded(), count=4, seconds=20.0)
    sampling = fit(generate, partial(density, encoding=ENCODING), [even_notes(20)], sampling=NoteSampling())
    pieces = generate_notes(network(), ENCODING, NoteRequest(2000), sampling=sampling, count=4, seed=1)
    assert density(pieces, ENCODING) == pytest.approx(5.0, rel=0.25)
    assert NoteSampling.from_config(sampling_of(sampling), name="run") == sampling


def test_continuations_become_as_dense_as_people_s():
    tokens = encode_notes(even_notes(80, count=100), ENCODING)
    held_out = TokenShard(np.tile(tokens, 4), len(tokens) * np.arange(5), [])
    pairs = list(continuations(held_out, 10.0, ENCODING))
    assert len(pairs) == 4
    for prompt, people in pairs:
        assert prompt.onset.tolist() == list(range(0, 2000, 80))
        assert people.onset.tolist() == list(range(2000, 2920, 80))
        assert people.offset.max() <= 2920
    generate = after_prompts(loaded(), [prompt for prompt, _ in pairs], seconds=10.0)
    per_second = partial(density_within, seconds=10.0)
    people = [people for _, people in pairs]
    sampling = fit(generate, per_second, people, sampling=NoteSampling(), bias="prompt_bias")
    assert sampling == NoteSampling(prompt_bias=sampling.prompt_bias)
    pieces = generate(sampling, 1)
    assert per_second(pieces) == pytest.approx(1.2, rel=0.35)
    assert all(((notes.onset > 1920) & (notes.offset <= 2920)).all() for notes in pieces)


def test_the_densest_is_the_memory_that_keys_have():
    part = even_notes(20, count=400)
    keyboard = Keyboard(1, ENCODING)
    for row in zip(part.onset, part.offset, part.pitch - 21, part.velocity_bin, strict=True):
        keyboard.play(*(np.array([value]) for value in row))
    assert densest([part], ENCODING) == pytest.approx(keyboard.density()[0], rel=1e-3)
    assert keyboard.density()[0] == pytest.approx(5.0, rel=0.05)


def test_no_piece_becomes_much_denser_than_the_densest():
    hasty = NoteSampling(time_bias=-3.0)
    free, held = (
        generate_notes(network(), ENCODING, NoteRequest(3000), sampling=sampling, count=2, seed=0)
        for sampling in (hasty, replace(hasty, densest=6.0))
    )
    assert density(held, ENCODING) < 0.6 * density(free, ENCODING)


def test_models_of_events_have_nothing_to_fit():
    with pytest.raises(UsageError, match="of notes"):
        without_prompts(loaded("events"), count=1, seconds=1.0)(NoteSampling(), 0)


def music(seed, *, gap):
    """Return two random walks, of people or not, as pieces."""
    generator = np.random.default_rng(seed)
    onset = np.cumsum(generator.exponential(gap, 120))
    pitch = 60 + np.cumsum(generator.integers(-2, 3, 120)) % 24
    return notes_in_seconds(onset, onset + 0.4, pitch)


def test_a_distance_finds_people_near_people_and_others_far():
    people, others = ([music(seed, gap=0.2) for seed in range(start, start + 12)] for start in (0, 50))
    judge = SetDistance(people, [music(seed, gap=0.2) for seed in range(100, 106)])
    near, far = judge.distance(others), judge.distance([music(seed, gap=0.5) for seed in range(50, 62)])
    assert near < far / 2


def test_the_descent_keeps_what_is_nearer_alone():
    def distance_at(sampling, seed):
        lucky = (-1) ** seed * sampling.velocity.min_p  # better with every other seed
        return abs(sampling.pitch.temperature - 0.8) + abs(sampling.time_bias - 0.16) + lucky

    best = search(NoteSampling(), distance_at, rounds=400)
    assert (best.pitch.temperature, best.time_bias, best.velocity.min_p) == (0.8, 0.16, 0.0)
    assert best.duration == NoteSampling().duration
    assert search(NoteSampling(), distance_at, rounds=0) == NoteSampling()


def test_changes_are_one_step_of_one_setting():
    begin = NoteSampling(pitch=SamplingConfig(top_p=0.98))
    pitches = [change.pitch for change in changes(begin) if change.pitch != begin.pitch]
    assert {setting.top_p for setting in pitches} == {0.95, 0.98, 0.99}
    assert len(changes(begin)) == len(set(changes(begin))) == 4 * 4 + 1 + 2 + 1
    again = changes(replace(begin, reprise=RepriseConfig(probability=0.03)))
    assert len({change.reprise for change in again}) == 1 + 2 + 2 + 2 + 2


def test_few_changes_that_do_nothing_are_taken_for_better():
    generator, seeds = np.random.default_rng(0), []

    def distance_at(sampling, seed):
        seeds.append(seed)
        return generator.random()

    tried = [search(NoteSampling(), distance_at, rounds=1) for _ in range(400)]
    assert 0.02 < np.mean([found != NoteSampling() for found in tried]) < 0.11  # 1 / 16
    assert set(seeds) == set(range(4))
