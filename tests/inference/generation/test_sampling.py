"""Drawing keeps to what is allowed, what is likely, and the generator of each row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import UsageError
from maestrokit.inference.generation.sampling import SamplingConfig, probabilities, sample

ALL = np.ones((1, 4), bool)
LOGITS = np.log(np.array([[0.5, 0.25, 0.15, 0.1]]))


def test_plain_sampling_keeps_the_probabilities():
    assert np.allclose(probabilities(LOGITS, ALL, SamplingConfig()), [[0.5, 0.25, 0.15, 0.1]])


def test_temperature_is_a_power_of_the_probabilities():
    expected = np.array([0.5, 0.25, 0.15, 0.1]) ** 2
    assert np.allclose(probabilities(LOGITS, ALL, SamplingConfig(temperature=0.5)), expected / expected.sum())


def test_temperature_0_takes_the_likeliest():
    assert probabilities(LOGITS, ALL, SamplingConfig(temperature=0)).tolist() == [[1, 0, 0, 0]]


def test_top_k_and_top_p_keep_the_likeliest():
    assert np.allclose(probabilities(LOGITS, ALL, SamplingConfig(top_k=2)), [[2 / 3, 1 / 3, 0, 0]])
    assert np.allclose(probabilities(LOGITS, ALL, SamplingConfig(top_p=0.7)), [[2 / 3, 1 / 3, 0, 0]])
    assert np.allclose(probabilities(LOGITS, ALL, SamplingConfig(top_p=1e-9)), [[1, 0, 0, 0]])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0, 0.3, 1.0, 3.0]), st.integers(0, 8), st.sampled_from([0.1, 0.9, 1.0]))
def test_nothing_forbidden_is_drawn(seed, temperature, top_k, top_p):
    generator = np.random.default_rng(seed)
    allowed = generator.random((5, 8)) < 0.4
    allowed[np.arange(5), generator.integers(8, size=5)] = True
    chances = probabilities(generator.normal(size=(5, 8)) * 20, allowed, SamplingConfig(temperature, top_k, top_p))
    events = sample(chances, [np.random.default_rng([seed, row]) for row in range(5)])
    assert allowed[np.arange(5), events].all()
    assert np.allclose(chances.sum(1), 1)


def test_draws_follow_the_probabilities():
    generator = np.random.default_rng(0)
    events = np.array([sample(np.array([[0.5, 0.25, 0.15, 0.1]]), [generator])[0] for _ in range(4000)])
    assert np.allclose(np.bincount(events) / 4000, [0.5, 0.25, 0.15, 0.1], atol=0.03)


def test_senseless_tastes_are_refused():
    for values in ({"temperature": -1}, {"temperature": float("nan")}, {"top_k": -1}, {"top_p": 0.0}, {"top_p": 1.5}):
        with pytest.raises(UsageError):
            SamplingConfig(**values)
