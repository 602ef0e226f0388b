"""The critic in numpy: the same as in training, over windows that cover the music."""

import math

import numpy as np
import pytest
import torch

from maestrokit.analysis.critic import person_log_odds, weight_shapes
from maestrokit.models.adversarial.critic import Config, Model
from maestrokit.music.encodings.notes import factor_classes
from maestrokit.music.encodings.step_notes import NO_NOTES, StepNotes
from small_models import critic_network


def notes(count: int, seed: int = 0) -> StepNotes:
    """Return random notes, a few at once."""
    generator = np.random.default_rng(seed)
    onset = np.cumsum(generator.integers(0, 200, count))
    pitch, velocity = generator.integers(21, 109, count), generator.integers(0, 32, count)
    return StepNotes(onset, onset + generator.integers(1, 3000, count), pitch, velocity)


def logit(model: Model, window: StepNotes) -> float:
    """Return what the network in torch says."""
    batch = {name: torch.from_numpy(part)[None] for name, part in factor_classes(window).items()}
    with torch.no_grad():
        return float(model(batch))


def test_weights_have_the_shapes_that_they_have_in_training() -> None:
    model = Model(Config(channels=6, depth=2, velocity_bins=16))
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    assert weight_shapes(channels=6, depth=2, velocity_bins=16) == shapes


@pytest.mark.parametrize("count", [1, 7, 40])
def test_a_window_is_judged_as_by_the_network_of_training(count: int) -> None:
    model = critic_network()
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    assert person_log_odds(notes(count), weights, length=64) == pytest.approx(logit(model, notes(count)), abs=1e-4)


def test_longer_music_is_judged_by_the_mean_of_windows_that_cover_it() -> None:
    model = critic_network()
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    music = notes(50)
    windows = [music.select(slice(start, start + 20)) for start in (0, 15, 30)]
    expected = np.mean([logit(model, window) for window in windows])
    assert person_log_odds(music, weights, length=20) == pytest.approx(expected, abs=1e-4)


def test_no_notes_are_the_least_like_a_person() -> None:
    assert person_log_odds(NO_NOTES, {}, length=20) == -math.inf
