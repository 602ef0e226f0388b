"""Performances as parameters and back: within a few milliseconds, without drift; and less or more of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrokit.music.scores.performance_codes import (
    FACTORS,
    FEATURES,
    SCALES,
    SIZES,
    _levels,
    codes_of,
    pedal_codes,
    pedal_fractions,
    score_features,
)
from maestrokit.music.scores.performance_parameters import (
    at_mean_tempo,
    beat_times,
    notated_seconds,
    parameters_of,
    rendition_of,
    with_curves,
    with_expression,
)
from maestrokit.music.scores.score import score_of
from played_scores import played, score_file


def example(seed=0, bars=8):
    score = score_of(score_file(bars, seed=seed))
    return score, played(score, seed=seed)


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_parameters_give_the_performance_back(seed, bars):
    score, notes = example(seed, bars)
    again = rendition_of(score, parameters_of(score, notes))
    assert np.abs(again.onset - notes.onset).max() < 1e-6
    assert np.abs(again.offset - notes.offset).max() < 1e-6
    assert again.velocity.tolist() == notes.velocity.tolist()
    end = beat_times(score, parameters_of(score, notes))[-1]
    inside = notes.pedal[notes.pedal[:, 1] < end]
    assert len(inside) and np.abs(again.pedal[: len(inside)] - inside).max() < 1e-6


@given(st.integers(0, 10**6))
def test_classes_give_every_value_back_within_its_step(seed):
    score, notes = example(seed, 4)
    parameters = parameters_of(score, notes)
    codes = codes_of(score, parameters).codes
    assert all(codes[name].min() >= 0 and codes[name].max() < SIZES[name] for name in FACTORS)
    for name, scale in SCALES.items():
        values = getattr(parameters, name)
        assert np.abs(scale.value(scale.code(values), scale.fraction(values)) - values).max() < 1e-9
    middle = replace(
        parameters, **{n: s.value(s.code(v := getattr(parameters, n)), 0 * v + 0.5) for n, s in SCALES.items()}
    )
    assert np.abs(middle.deviation - parameters.deviation).max() < 0.004


def test_the_slow_mean_follows_the_tempo_so_that_ratios_stay_small():
    score = score_of(score_file(60, chords=False))
    slower = np.where(score.notes.onset < 90, 0.4, 0.8)
    time = np.concatenate([[0.0], np.cumsum(np.diff(score.notes.onset) * slower[1:])])
    notes = played(score)._replace(onset=time, offset=time + 0.1)
    parameters = parameters_of(score, notes)
    assert np.abs(parameters.tempo[-100:]).max() < 0.01
    assert parameters.tempo.max() == pytest.approx(np.log(2), abs=0.05)


def test_a_pedal_that_changes_often_in_a_gap_keeps_its_state_at_the_next_onset():
    score = score_of(score_file(2, chords=False))
    notes = played(score)
    times = parameters_of(score, notes)
    onset = rendition_of(score, times).onset
    many = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 2.5]]) * (onset[3] - onset[2]) + onset[2]
    pedal = rendition_of(score, parameters_of(score, notes._replace(pedal=many))).pedal
    assert pedal.shape == (1, 2) and pedal[0] == pytest.approx(many[2])


def test_pedal_classes_and_places_agree():
    places = np.array([[np.nan, np.nan], [0.3, np.nan], [0.02, 0.9], [0.4, 0.41]])
    codes = pedal_codes(places)
    assert codes[0] == 0 and len(set(codes.tolist())) == 4
    inside = pedal_fractions(codes, np.full((4, 2), 0.5))
    assert np.isnan(inside).tolist() == np.isnan(places).tolist()
    assert pedal_codes(inside).tolist() == codes.tolist()


def test_rubato_zero_is_even_and_the_mean_tempo_is_the_one_asked_for():
    score, notes = example()
    parameters = parameters_of(score, notes)
    even = beat_times(score, with_expression(parameters, rubato=0.0))
    assert np.diff(even) == pytest.approx(parameters.base * np.diff(score.notes.onset[score.first]))
    free = at_mean_tempo(score, replace(with_expression(parameters, rubato=2.0), base=0.7))
    time, onset = beat_times(score, free), score.notes.onset[score.first]
    assert (time[-1] - time[0]) / (onset[-1] - onset[0]) == pytest.approx(0.7)
    flat = with_expression(parameters, dynamics=0.0)
    assert len(set(flat.velocity.tolist())) == 1


def test_features_know_bars_chords_and_what_is_unknown():
    score = score_of(score_file(4, beats=3))
    features = score_features(score, 0.5)
    assert all(column.min() >= 0 and column.max() < FEATURES[name] for name, column in features.items())
    on_bar = score.notes.onset % 3 == 0
    assert (features["level"][on_bar] == 0).all() and (features["level"][~on_bar] > 0).all()
    assert features["chord"].tolist()[:4] == [2, 2, 2, 0] and features["part"].tolist()[:4] == [1, 3, 2, 0]
    assert [set(features["phrase"][score.notes.onset == 3 * bar].tolist()) for bar in range(4)] == [
        {0},
        {8},
        {16},
        {24},
    ]
    assert set(features["staff"].tolist()) == {2} and set(features["staff_part"].tolist()) == {4}
    file = score_file(4, beats=3)
    hands = score_of(file.replace(notes=file.notes.replace(track=np.where(file.notes.pitch < 60, 1, 0))))
    of_hands = score_features(hands, 0.5)
    assert of_hands["staff"].tolist()[:4] == [0, 1, 1, 0] and of_hands["staff_part"].tolist()[:4] == [0, 1, 2, 0]
    without = score_features(score_of(score_file(4, meter=False)), 0.5)
    assert set(without["phrase"].tolist()) == {32}
    assert set(without["level"].tolist()) == {6} and len(set(without["meter"].tolist())) == 1


def test_metrical_levels_are_those_of_the_meter():
    inside = np.array([0.0, 1.5, 0.5, 0.25, 1.0, 0.1])
    compound = _levels(inside, np.full(6, 6), np.full(6, 8))
    assert compound.tolist() == [0, 1, 3, 4, 3, 5]
    simple = _levels(np.array([0.0, 2.0, 1.0, 0.5, 0.25, 1 / 3]), np.full(6, 4), np.full(6, 4))
    assert simple.tolist() == [0, 1, 2, 3, 4, 5]


def test_curves_are_with_curves_others_with_their_means_and_ranges_kept():
    score = score_of(score_file(8))
    parameters = parameters_of(score, played(score))
    generator = np.random.default_rng(0)
    tempo, velocity = generator.normal(0, 0.1, len(score.notes)), generator.normal(0, 3, len(score.notes))
    quarters = np.diff(score.notes.onset[score.first], prepend=0.0)
    own = parameters.slow + parameters.tempo

    def near(share):
        drawn = with_curves(score, parameters, share, tempo=tempo, velocity=velocity)
        curve = drawn.slow + drawn.tempo
        assert np.average(curve, weights=quarters) == pytest.approx(np.average(own, weights=quarters))
        assert np.cov(curve, aweights=quarters) == pytest.approx(np.cov(own, aweights=quarters))
        assert drawn.velocity.mean() == pytest.approx(parameters.velocity.mean(), abs=0.5)
        assert drawn.velocity.std() == pytest.approx(parameters.velocity.std(), abs=0.5)
        return np.corrcoef(curve[1:], tempo[score.first][1:])[0, 1], np.corrcoef(drawn.velocity, velocity)[0, 1]

    assert near(0.0) < near(0.5) < near(1.0) and min(near(1.0)) > 0.98
    same = with_curves(score, parameters, 0.7, tempo=None, velocity=None)
    assert same is parameters  # what is given stays
    even = with_curves(score, parameters, 1.0, tempo=0 * tempo, velocity=None)
    assert np.ptp(even.tempo) == 0 and np.array_equal(even.velocity, parameters.velocity)


def test_grace_notes_at_the_end_do_not_say_how_long_the_last_note_is():
    score, notes = example(bars=4)
    last, before = score.group == score.group[-1], score.first[-2]
    near = replace(
        score, notes=score.notes.replace(onset=np.where(last, score.notes.onset[before] + 10 / 480, score.notes.onset))
    )
    late = notes._replace(onset=np.where(last, notes.onset[before] + 0.2, notes.onset))
    parameters = parameters_of(near, late)
    lengths = notated_seconds(near, parameters)
    assert lengths[-1] < 2 * parameters.base * max(near.notes.duration[-1], 1)


def test_a_key_is_held_beyond_its_notated_length_as_long_as_is_asked_for_at_most():
    score, notes = example()
    parameters = parameters_of(score, notes._replace(offset=notes.offset + 100.0))
    notated = notated_seconds(score, parameters)
    held = rendition_of(score, parameters, longest_hold=3.0)
    assert (held.offset - held.onset).tolist() == pytest.approx((notated + 3.0).tolist())
    assert held.pedal.max(initial=0) <= held.offset.max()
