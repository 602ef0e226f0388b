"""Passages that come back: where they begin, how they are followed, and how they end."""

from dataclasses import replace

import numpy as np
import pytest

from maestrokit.inference.generation import notes as generation
from maestrokit.inference.generation import reprise as reprises
from maestrokit.inference.generation.events import GenerationConfig, generate
from maestrokit.inference.generation.reprise import AHEAD, FIRST, MISSES, NEWEST, NOWHERE, Reprise, RepriseConfig
from maestrokit.inference.generation.sampling import NoteSampling, SamplingConfig
from maestrokit.inference.note_models.recurrence import EarlierNotes, Recurrence
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import TIME_EDGES, classes, note_sequence
from maestrokit.music.piano_range import KEYS
from small_note_models import EACH, check_valid, model

ENDLESS = RepriseConfig(probability=1.0, notes=1e5)
PHRASE = np.array([10, 14, 17, 22, 17, 14, 29, 34, 38, 41, 46, 41, 38, 34, 50, 53])


def generators(rows, seed=0):
    return [np.random.default_rng([seed, row]) for row in range(rows)]


def remembered(count, *, rows=1):
    """Return notes of a phrase and then of others, the phrase's last notes being the last of all."""
    key = np.concatenate([PHRASE, 60 + np.random.default_rng(1).integers(0, 20, count - 24), PHRASE[:8]])
    earlier = EarlierNotes(Recurrence(notes=3.0), rows)
    for number, pitch_key in enumerate(key):
        earlier.add(np.full(rows, 3 * number * number), np.full(rows, pitch_key))
    return earlier


def test_a_passage_begins_where_the_notes_before_were_those_of_now():
    reprise = Reprise(ENDLESS, remembered(100))
    reprise.begin(generators(1))
    assert reprise.position.tolist() == [8]  # what followed the first eight of the phrase
    logits = np.zeros((1, KEYS))
    assert reprise.favoured_pitch(logits)[0].argmax() == PHRASE[8] and not logits.any()
    times = np.zeros((1, len(TIME_EDGES) - 1))
    reprise.favour_time(times)
    assert times[0].argmax() == classes(np.array([3 * (64 - 49)]), TIME_EDGES)[0] and np.count_nonzero(times) == 1


def test_a_passage_is_followed_and_a_note_that_is_left_out_is_passed_over():
    reprise, earlier = Reprise(ENDLESS, remembered(100, rows=2)), remembered(100, rows=2)
    reprise.begin(generators(2))
    for keys, positions in (((8, 8), (9, 9)), ((9, 10), (10, 11)), ((11, None), (12, 11))):
        key = np.array([70 if at is None else PHRASE[at] for at in keys])
        reprise.follow(key, generators(2))
        earlier.add(np.full(2, 10**6), key)
        assert reprise.position.tolist() == list(positions)
    assert reprise.misses.tolist() == [0, 1]


def test_a_passage_ends_after_other_notes_by_chance_and_where_it_came_back():
    earlier = remembered(100, rows=1)
    reprise = Reprise(ENDLESS, earlier)
    reprise.begin(generators(1))
    for number in range(MISSES):
        assert reprise.position[0] != NOWHERE
        reprise.follow(np.array([87]), generators(1, number))
    assert reprise.position.tolist() == [NOWHERE]
    short = Reprise(RepriseConfig(probability=1.0, notes=1.0), earlier)
    short.begin(generators(1))
    short.follow(PHRASE[8:9], generators(1))
    assert short.position.tolist() == [NOWHERE]
    last = earlier.count - AHEAD
    for stop, position in ((earlier.count, NOWHERE), (earlier.count + 1, last + 1)):
        reprise.position[0], reprise.misses[0], reprise.stop[0] = last, 0, stop
        reprise.follow(earlier.keys[0, last][None], generators(1, 9))
        assert reprise.position.tolist() == [position]


def test_nothing_comes_back_without_a_chance_or_of_few_notes():
    for config, count in ((RepriseConfig(), 100), (ENDLESS, FIRST + NEWEST)):
        reprise = Reprise(config, remembered(count))
        reprise.begin(generators(1))
        assert reprise.position.tolist() == [NOWHERE]
        assert not reprise.favoured_pitch(np.zeros((1, KEYS))).any()


@EACH
def test_with_passages_that_come_back_every_piece_can_be_played_and_goes_its_own_way(family, monkeypatch):
    monkeypatch.setattr(reprises, "NEWEST", 8)
    followed = []

    class Counted(Reprise):
        def follow(self, key, generators):
            rows = self._rows()
            followed.append((np.sum(self.earlier.keys[rows, self.position[rows]] == key[rows]), len(rows)))
            super().follow(key, generators)

    monkeypatch.setattr(generation, "Reprise", Counted)
    network, encoding = model(family), Encoding()
    network.recurrence = Recurrence(notes=3.0)

    def share(count, **nats):
        followed.clear()
        settings = NoteSampling(time_bias=-1.0, reprise=RepriseConfig(probability=0.2, notes=50.0, **nats))
        pieces = generate(network, encoding, GenerationConfig(9.0, count, 1, note_sampling=settings))
        for tokens in pieces:
            check_valid(note_sequence(tokens, encoding))
        hits, of = np.sum(followed, axis=0)
        return hits / of, pieces

    drawn, several = share(3)
    by_itself, _ = share(3, time=0.0, pitch=0.0)
    assert drawn > 2 * by_itself
    pitches = [note_sequence(tokens, encoding).pitch[:60].tolist() for tokens in several]
    assert pitches[0] != pitches[1] != pitches[2]


def test_where_the_likeliest_notes_are_taken_nothing_comes_back_by_chance(monkeypatch):
    monkeypatch.setattr(reprises, "NEWEST", 8)
    network, likeliest = model("transformer"), SamplingConfig(temperature=0.0)
    network.recurrence = Recurrence(notes=3.0)
    plain = NoteSampling(likeliest, likeliest, likeliest, likeliest, time_bias=-1.0)
    tokens, other = (
        generate(network, Encoding(), GenerationConfig(6.0, 1, 1, note_sampling=settings))[0]
        for settings in (plain, replace(plain, reprise=RepriseConfig(probability=0.5)))
    )
    assert len(note_sequence(tokens, Encoding()).pitch) > 40 and np.array_equal(tokens, other)


@pytest.mark.parametrize("values", [{"probability": 2.0}, {"notes": 0.5}, {"pitch": -1.0}, {"nothing": 1}])
def test_a_reprise_that_makes_no_sense_is_refused(values):
    from maestrokit.errors import BadDataError

    with pytest.raises(BadDataError, match="sampling in its config"):
        NoteSampling.from_config({"reprise": values}, name="run")
