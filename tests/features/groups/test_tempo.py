import numpy as np
import pytest

from maestrokit import features
from scenes import scene


def describe(notes, **options):
    return features.describe(features.note_view(scene(notes, **options)), names=["tempo"])["tempo"]


def steady(beats_per_minute, *, seconds=40, divisions=2, jitter=0.0):
    generator = np.random.default_rng(1)
    beat = 60 / beats_per_minute
    times = np.arange(0, seconds, beat / divisions)
    times = np.maximum(times + generator.normal(0, jitter, len(times)), 0)
    return [(t, t + 0.1, 60 + i % 5, 90 if i % divisions == 0 else 50) for i, t in enumerate(times)]


@pytest.mark.parametrize("tempo", [72, 90, 100, 110, 126])
def test_steady_playing_has_its_tempo_at_some_level(tempo):
    found = describe(steady(tempo, jitter=0.008))
    level = found["played"] / tempo
    assert min(abs(level / wanted - 1) for wanted in (0.5, 1, 2)) < 0.02
    assert found["variation"] < 0.02
    assert found["changes"] == []


def test_playing_between_the_steps_of_the_grid_is_found_exactly():
    for tempo in (97.3, 101.9, 104.4):
        assert describe(steady(tempo, divisions=1))["played"] == pytest.approx(tempo, rel=0.005)


def test_slowing_down_is_a_ritardando_and_hurrying_an_accelerando():
    beats = np.concatenate([np.full(50, 0.6), np.linspace(0.6, 0.9, 40), np.full(40, 0.9)])
    for intervals, kind in ((beats, "ritardando"), (beats[::-1], "accelerando")):
        changes = describe([(t, t + 0.3, 60, 64) for t in np.cumsum(intervals)])["changes"]
        assert [change["kind"] for change in changes] == [kind]
        assert sorted((changes[0]["from"], changes[0]["to"])) == pytest.approx([60 / 0.9, 60 / 0.6], rel=0.04)


def test_noise_has_less_pulse_than_a_machine():
    generator = np.random.default_rng(2)
    noise = describe([(t, t + 0.1, 60, 64) for t in np.sort(generator.uniform(0, 60, 200))])
    assert noise["strength"] < 0.3 * describe(steady(100))["strength"]


def test_set_tempo_is_weighted_by_time():
    # 4 beats at 60, then 4 at 120: 8 beats in 6 seconds.
    tempo = describe([(0, 0.1, 60, 64)], tempos=[(0, 1_000_000), (4 * 480, 500_000)], end=4.0)["set"]
    assert tempo == {"initial": 60.0, "mean": 80.0, "minimum": 60.0, "maximum": 120.0, "changes": 1}


def test_a_file_without_tempo_has_the_default_and_smpte_has_none():
    assert describe([(0, 1, 60, 64)])["set"]["initial"] == 120.0
    assert set(describe([(0, 1, 60, 64)], division=-25 * 256 + 40)["set"].values()) == {None}


def test_frames_follow_the_curve():
    view = features.note_view(scene(steady(100, divisions=1)))
    tempo = features.frames(view, names=["tempo"], hop=0.1)["tempo"]
    assert np.median(tempo) == pytest.approx(100, rel=0.01)
