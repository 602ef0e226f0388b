"""Critics that are loaded, and candidates that are ranked by them."""

import json

import numpy as np
import pytest

from maestrokit.analysis.critic import person_log_odds
from maestrokit.errors import BadDataError, UsageError
from maestrokit.inference.critic import load_critic, ranking
from maestrokit.inference.generation.events import GenerationConfig, generate
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import note_sequence
from maestrokit.music.encodings.step_notes import StepNotes
from small_models import critic_network, saved_chord_network, saved_critic, saved_lstm


def notes(count: int, seed: int = 0) -> StepNotes:
    """Return random notes that do not overlap."""
    generator = np.random.default_rng(seed)
    onset = 20 * np.arange(count)
    return StepNotes(onset, onset + 15, generator.integers(21, 109, count), generator.integers(0, 32, count))


def test_a_critic_judges_as_its_weights_do(tmp_path):
    critic = load_critic(str(saved_critic(tmp_path / "critic")))
    weights = {name: value.numpy() for name, value in critic_network().state_dict().items()}
    expected = [person_log_odds(notes(count), weights, length=64) for count in (10, 100)]
    assert critic.log_odds([notes(10), notes(100)], Encoding()) == pytest.approx(expected)


def test_notes_on_another_grid_are_brought_to_that_of_the_critic(tmp_path):
    critic, coarse = load_critic(str(saved_critic(tmp_path / "critic"))), Encoding(step_milliseconds=20)
    fine = notes(30)
    double = fine._replace(onset=fine.onset // 2, offset=(fine.offset + 1) // 2)
    same = fine._replace(offset=2 * double.offset)
    assert critic.log_odds([double], coarse) == pytest.approx(critic.log_odds([same], Encoding()))


def test_the_best_of_several_is_that_which_the_critic_holds_for_a_persons(tmp_path):
    name = str(saved_critic(tmp_path / "critic"))
    model, encoding, _ = load_event_model(str(saved_lstm(tmp_path / "lstm")))
    shared = {"duration": 2.0, "seed": 1}
    many = generate(model, encoding, GenerationConfig(count=6, **shared))
    best = generate(model, encoding, GenerationConfig(count=2, best_of=3, rank_by=name, **shared))
    worth = load_critic(name).log_odds([note_sequence(row, encoding) for row in many], encoding).reshape(2, 3)
    for row, found in enumerate(best):
        assert np.array_equal(found, many[3 * row + worth[row].argmax()])


def test_a_ranking_that_is_no_critic_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no ranking 'charm'") as caught:
        GenerationConfig(rank_by="charm")
    assert "likelihood" in caught.value.hint and caught.value.parameter == "rank_by"
    chords = str(saved_chord_network(tmp_path / "chords"))
    for ranked in (lambda: GenerationConfig(rank_by=chords), lambda: ranking(chords, Encoding())):
        with pytest.raises(BadDataError, match="a cnn that does not tell people's notes"):
            ranked()


@pytest.mark.parametrize(
    "change",
    [{"model": {"channels": 8, "depth": 3, "velocity_bins": 32}}, {"encoding": {"warmth": 3}}, {"length": 0}],
)
def test_a_damaged_critic_is_refused(tmp_path, change):
    folder = saved_critic(tmp_path / "critic", **change)
    with pytest.raises(BadDataError, match="cannot use"):
        load_critic(str(folder))
    assert json.loads((folder / "config.json").read_text())["family"] == "gan"
