import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.analysis.beats.tracker import LEAST, MOST, TempoModel, beat_intervals, track_beats, track_downbeats
from maestrokit.errors import UsageError

SMALL = TempoModel(slowest=600, fastest=1000, usual=800, reward=1.0)


def best_by_trying_all(chances, *, frame_rate, model):
    """Return the greatest sum over all rows of beats, by the definition."""
    intervals = beat_intervals(model, frame_rate).tolist()
    cost = {}
    for before in intervals:
        row = {after: model.change * abs(np.log(after / before)) for after in intervals}
        total = np.log(sum(np.exp(-value) for value in row.values()))
        cost.update({(before, after): value + total for after, value in row.items()})
    bonus = {
        n: model.reward - 0.5 * (np.log2(60 * frame_rate / n / model.usual) / model.spread) ** 2 for n in intervals
    }
    hit, miss = np.log(np.clip(chances, LEAST, MOST)), np.log1p(-np.minimum(chances, MOST))
    best = (-np.inf, None)
    for first, lead in itertools.product(range(max(intervals)), intervals):
        if first >= lead:
            continue
        rows = [([first], lead, bonus[lead])]
        while rows:
            beats, interval, total = rows.pop()
            for following in intervals:
                here = total - cost[interval, following]
                if beats[-1] + following >= len(chances):
                    at = np.isin(np.arange(len(chances)), beats)
                    best = max(best, (here + hit[at].sum() + miss[~at].sum(), beats))
                else:
                    rows.append(([*beats, beats[-1] + following], following, here + bonus[following]))
    return best[1]


@given(st.integers(0, 2**32 - 1), st.integers(12, 15))
@settings(max_examples=8, deadline=None)
def test_no_row_of_beats_is_better(seed, frames):
    chances = np.random.default_rng(seed).uniform(0.05, 0.95, frames)  # no two rows are equally good
    found = track_beats(chances, frame_rate=50.0, model=SMALL) * 50
    np.testing.assert_allclose(found, best_by_trying_all(chances, frame_rate=50.0, model=SMALL))


@pytest.mark.parametrize("tempo", [60.0, 97.0, 144.0, 180.0])
def test_a_steady_pulse_is_followed(tempo):
    pulse = np.arange(0.5, 40, 60 / tempo)
    activation = np.zeros(2100)
    activation[np.rint(pulse * 50).astype(int)] = 0.8
    found = track_beats(activation, frame_rate=50.0)
    assert len(found) == len(pulse)
    assert np.abs(found - pulse).max() < 0.021


def test_a_ritardando_is_followed():
    pulse = np.cumsum(np.linspace(0.45, 0.9, 40))
    activation = np.zeros(1600)
    activation[np.rint(pulse * 50).astype(int)] = 0.8
    assert np.abs(track_beats(activation, frame_rate=50.0) - pulse).max() < 0.021


def test_missing_beats_are_filled_in():
    pulse = np.arange(0.5, 20, 0.5)
    activation = np.zeros(1010)
    activation[np.rint(np.delete(pulse, [7, 15, 16]) * 50).astype(int)] = 0.8
    assert np.abs(track_beats(activation, frame_rate=50.0) - pulse).max() < 0.021


def test_silence_and_one_click():
    assert len(track_beats(np.zeros(500), frame_rate=50.0)) == 0
    click = np.zeros(500)
    click[100] = 0.9
    assert track_beats(click, frame_rate=50.0).tolist() == [2.0]


def test_impossible_models_are_refused():
    with pytest.raises(UsageError, match="make no range"):
        TempoModel(slowest=200, fastest=100)
    with pytest.raises(UsageError, match="too few"):
        track_beats([0.5], frame_rate=2.0)


@pytest.mark.parametrize("meter", [2, 3, 4])
def test_bars_are_found_wherever_they_begin(meter):
    chances = np.full(40, 0.15)
    chances[1::meter] = 0.6
    position, meters = track_downbeats(chances)
    assert set(meters.tolist()) == {meter}
    assert np.flatnonzero(position == 0).tolist() == list(range(1, 40, meter))


def test_a_change_of_meter_is_followed():
    chances = np.full(60, 0.1)
    chances[[*range(0, 30, 3), *range(30, 60, 4)]] = 0.9
    position, meters = track_downbeats(chances)
    assert meters[:28].tolist() == [3] * 28
    assert meters[-28:].tolist() == [4] * 28
    assert np.flatnonzero(position == 0).tolist() == np.flatnonzero(chances > 0.5).tolist()


def test_no_beats_have_no_bars():
    position, meter = track_downbeats([])
    assert len(position) == len(meter) == 0
