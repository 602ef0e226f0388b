"""New notes are steered to the loudness asked for or beside their gap, and by nothing where there is none."""

import numpy as np

from maestrokit.inference.generation.loudness_steering import STEADY, STEERING, LoudnessSteering, gap_line
from maestrokit.inference.generation.notes import NoteRequest
from maestrokit.inference.generation.sampling import SamplingConfig, probabilities, sample
from maestrokit.music.edits.infill import Gap
from maestrokit.music.encodings.conditions import measured_code
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.step_notes import NO_NOTES, StepNotes

ENCODING = Encoding()
BINS = ENCODING.velocity_bins


def side(start: int, count: int, velocity_bin: int) -> StepNotes:
    onset = start + 10 * np.arange(count)
    return StepNotes(onset, onset + 10, np.full(count, 60), np.full(count, velocity_bin))


def gap(before: StepNotes, after: StepNotes) -> Gap:
    return Gap(None, before, after, 2000, 3000)  # type: ignore[arg-type]


def test_the_line_leads_from_one_side_to_the_other_and_far_notes_do_not_count() -> None:
    far, near = side(0, 50, 31), side(1000, 100, 10)
    before = StepNotes(*(np.concatenate(pair) for pair in zip(far, near, strict=True)))
    loudness = LoudnessSteering(gap_line(gap(before, side(3000, 5, 20)), ENCODING), 2, ENCODING)
    assert not loudness.slopes().any()
    loudness.add(np.array([2000, 2500]), np.array([10, 15]))
    assert not loudness.slopes().any()
    loudness.add(np.array([2500, 3000]), np.array([18, 14]))
    slope = -STEERING * np.array([3, -6]) / (STEADY + 2)
    np.testing.assert_allclose(loudness.slopes(), slope[:, None] * np.arange(BINS))
    loudness.keep(np.array([False, True]))
    np.testing.assert_allclose(loudness.slopes(), slope[1:, None] * np.arange(BINS))


def test_without_notes_beside_it_nothing_is_steered() -> None:
    for where in (None, gap(NO_NOTES, NO_NOTES)):
        loudness = NoteRequest(1000, gap=where).loudness_steering(1, ENCODING)
        loudness.add(np.array([2500]), np.array([31]))
        assert not loudness.slopes().any()


def test_one_side_is_enough_and_a_model_without_preference_keeps_to_it() -> None:
    line = gap_line(gap(side(1900, 5, 24), NO_NOTES), ENCODING)
    assert abs(mean_bin(LoudnessSteering(line, 1, ENCODING)) - 24) < 1  # evenly distributed bins have a mean of 15.5


def test_the_loudness_asked_for_is_kept_to_and_counts_more_than_that_beside_a_gap() -> None:
    code = measured_code("loudness", 40.0)
    request = NoteRequest(1000, gap=gap(side(1900, 5, 24), NO_NOTES), codes={"loudness": code})
    expected = 9.5  # bins of four velocities, the first of them 2 on average
    assert abs(mean_bin(request.loudness_steering(1, ENCODING)) - expected) < 1


def mean_bin(loudness: LoudnessSteering) -> float:
    """Return the mean velocity bin of a model without preference."""
    generators, chosen = [np.random.default_rng(0)], []
    for number in range(300):
        shares = probabilities(loudness.slopes(), np.ones((1, BINS), bool), SamplingConfig())
        chosen.append(sample(shares, generators))
        loudness.add(np.array([2000 + number]), chosen[-1])
    return float(np.mean(chosen))
