"""What may come next: kinds keep their chances, and no key is held for ever."""

import numpy as np
import pytest

from maestrokit.inference.generation.grammar import Grammar
from maestrokit.music.encodings.events import Encoding, decode_notes

ENCODING = Encoding()
VELOCITY, WAIT = ENCODING.first_velocity + 15, ENCODING.first_shift + 99  # a second


def grammar_after(*tokens, **options):
    grammar = Grammar(1, ENCODING, **options)
    for token in tokens:
        grammar.update(np.array([token]))
    return grammar


def share(logits, kind):
    chances = np.exp(logits[0] - logits.max())
    return chances[kind].sum() / chances.sum()


def test_a_kind_keeps_its_chances_when_one_of_it_is_allowed():
    grammar = grammar_after(VELOCITY, 60, WAIT)
    allowed = grammar.allowed()
    logits = np.random.default_rng(1).normal(size=(1, ENCODING.size))
    logits[:, ENCODING.begin :] = -50  # neither begins nor ends
    permitted = grammar.permitted(logits, allowed)
    assert np.isfinite(permitted[0]).tolist() == allowed[0].tolist()
    for kind in (slice(0, 128), slice(128, 256), slice(256, 356), slice(356, 388)):
        assert share(permitted, kind) == pytest.approx(share(logits, kind))
    assert share(permitted, 188) == pytest.approx(share(logits, slice(128, 256)))  # the one key that is down


def test_what_is_all_allowed_is_left_as_it_is():
    logits = np.random.default_rng(2).normal(size=(1, ENCODING.size))
    permitted = Grammar(1, ENCODING).permitted(logits, np.ones((1, ENCODING.size), bool))
    np.testing.assert_allclose(permitted, logits)


def test_a_key_held_too_long_is_released_before_anything_else():
    grammar = grammar_after(
        VELOCITY, 60, 64, ENCODING.first_shift + 49, 188, ENCODING.first_shift + 49, longest_hold=150
    )
    shifts = np.flatnonzero(grammar.allowed()[0, ENCODING.first_shift : ENCODING.first_velocity])
    assert shifts.max() + 1 == 50  # half a second is left for key 64
    grammar.update(np.array([ENCODING.first_shift + 49]))
    assert np.flatnonzero(grammar.allowed()[0]).tolist() == [128 + 64]


def test_chance_alone_plays_no_note_longer_than_the_longest_hold():
    generator, grammar, tokens = np.random.default_rng(3), Grammar(1, ENCODING, longest_hold=80), []
    for _ in range(1500):
        allowed = grammar.allowed()
        allowed[:, ENCODING.end] = False
        tokens.append(int(generator.choice(np.flatnonzero(allowed[0]))))
        grammar.update(np.array(tokens[-1:]))
    notes = decode_notes(np.array(tokens), ENCODING)
    assert len(notes.onset) > 100
    assert (notes.offset - notes.onset).max() <= 0.8 + 1e-9
