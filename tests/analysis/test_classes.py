"""The network of classes in numpy: it is that of training, and excerpts vote."""

import numpy as np
import pytest
import torch

from maestrokit.analysis import classes
from maestrokit.analysis.class_spectrum import BANDS, mel_spectrum
from maestrokit.analysis.classes import (
    Classifier,
    classify,
    excerpt_of,
    excerpt_votes,
    piece_probability,
    starts_of,
)
from maestrokit.analysis.convolution import log_softmax
from maestrokit.models.convolutional.classes import Config, Model
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.rolls.excerpts import SECONDS, ExcerptVariation, excerpt_starts, roll_of

NAMES = ("march", "waltz", "tango")


def network(seed: int = 0, *, input: str = "rolls") -> Model:
    """Return a network that nobody trained, of which every layer adds something."""
    torch.manual_seed(seed)
    model = Model(Config(outputs=len(NAMES), channels=3, depth=2, members=2, input=input))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            torch.nn.init.normal_(buffer)
        elif name.endswith("running_var"):
            torch.nn.init.uniform_(buffer, 0.5, 2.0)
    return model.eval()


def weights(model: Model) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy() for name, value in model.state_dict().items()}


def notes(seconds: float, *, seed: int = 1) -> TimedNotes:
    generator = np.random.default_rng(seed)
    count = int(4 * seconds)
    onset = np.sort(generator.uniform(0, seconds, count))
    return TimedNotes(
        onset, onset + generator.uniform(0.1, 2, count), generator.integers(21, 109, count),
        generator.integers(1, 128, count),
    )  # fmt: skip


def test_outputs_are_those_of_the_network_in_torch() -> None:
    model, performance = network(), notes(70)
    start = excerpt_starts(performance)
    votes = excerpt_votes(performance, start, weights(model))
    for semitones, rows in zip((0, -1, 1), votes.reshape(3, 2, *votes.shape[1:]), strict=True):
        rolls = [roll_of(performance, time, ExcerptVariation(semitones)) for time in start]
        with torch.no_grad():
            expected = model(torch.from_numpy(np.stack(rolls))).numpy()
        assert np.allclose(rows, expected, atol=1e-3)
    assert np.ptp(votes, axis=1).max() > 0.01 and np.ptp(votes, axis=0).max() > 0.01  # excerpts, transpositions differ


def test_outputs_for_recordings_are_those_of_the_network_in_torch() -> None:
    levels = np.random.default_rng(4).integers(60, 180, (900, BANDS)).astype(np.uint8)
    levels[450:, :30] //= 2
    model, recording = network(input="mel"), mel_spectrum(levels)
    start = starts_of(recording)
    excerpts = torch.from_numpy(np.stack([excerpt_of(recording, time) for time in start]))
    with torch.no_grad():
        expected = model(excerpts).numpy()
    assert np.allclose(excerpt_votes(recording, start, weights(model)), expected, atol=1e-3)
    assert len(start) == 4 and np.ptp(expected, axis=1).max() > 0.01


@pytest.mark.parametrize("input", ["rolls", "mel"])
def test_shapes_of_weights_are_those_of_the_network(input: str) -> None:
    sizes = {"outputs": 4, "channels": 3, "depth": 2, "members": 2}
    state = Model(Config(**sizes, input=input)).state_dict()
    expected = {name: tuple(value.shape) for name, value in state.items() if not name.endswith("num_batches_tracked")}
    assert classes.weight_shapes(**sizes, input=input) == expected


def test_a_performance_is_what_its_excerpts_say_together() -> None:
    result = classify(notes(45), Classifier(NAMES, weights(network()), temperature=2.0))
    assert result is not None
    assert result.excerpt_probability.shape == (len(result.start), 3) == (4, 3)
    mean = result.excerpt_probability.mean(axis=0)
    assert np.allclose(result.probability, np.exp(log_softmax(np.log(mean) / 2)))
    assert np.allclose(result.excerpt_probability.sum(axis=1), 1)
    assert result.name == NAMES[int(result.probability.argmax())]


def test_below_the_threshold_the_class_is_unknown_and_no_notes_have_none() -> None:
    known = classify(notes(45), Classifier(NAMES, weights(network())))
    assert known is not None and known.name in NAMES
    classifier = Classifier(NAMES, weights(network()), threshold=known.confidence + 0.001)
    result = classify(notes(45), classifier)
    assert result is not None and (result.name, result.confidence) == (classes.UNKNOWN, known.confidence)
    assert np.array_equal(result.probability, known.probability)
    assert classify(notes(0), classifier) is None


def test_the_confidence_is_that_of_the_best_known_class_by_the_mean_of_all_votes() -> None:
    votes = np.log([[1.0, 2.0, 6.0], [4.0, 2.0, 6.0]])
    few, all_three = (Classifier(names, {}) for names in ((*NAMES[:2], classes.UNKNOWN), NAMES))
    assert np.isclose(classes.class_confidence(votes, few), 0.2) and np.isclose(
        classes.class_confidence(votes[:, None], all_three), 0.6
    )
    of_two = np.log([[0.9, 0.1], [0.1, 0.9]])
    assert np.isclose(classes.class_confidence(of_two, Classifier(NAMES[:2], {})), 0.5)  # excerpts disagree


def test_a_higher_temperature_is_less_sure_of_the_same_class() -> None:
    votes = np.log([[0.7, 0.2, 0.1], [0.6, 0.1, 0.3]])
    cold, warm = piece_probability(votes, 0.5), piece_probability(votes, 2.0)
    assert cold.argmax() == warm.argmax() == 0 and cold[0] > warm[0] > 1 / 3


def test_excerpts_cover_a_performance_and_the_last_ends_with_it() -> None:
    performance = notes(61)
    start = excerpt_starts(performance)
    assert start[0] == performance.onset[0] and np.isclose(start[-1] + SECONDS, performance.onset[-1])
    assert np.diff(start).max() <= SECONDS / 2
    assert len(excerpt_starts(performance, most=2)) == 2
    assert len(excerpt_starts(notes(5))) == 1
