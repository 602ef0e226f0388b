"""Recordings made in code, described."""

import json
from dataclasses import replace

import numpy as np
import pytest

from maestrokit import features
from maestrokit.errors import BadDataError, UsageError
from maestrokit.features.audio_views import mean_between
from maestrokit.features.note_views import TimeBase
from maestrokit.inference.chords import load_chord_network
from maestrokit.music.performance import SUSTAIN
from scenes import scene

CADENCE = [
    (60, 64, 67),
    (65, 69, 72),
    (67, 71, 74),
    (60, 64, 67),
    (57, 60, 64),
    (62, 65, 69),
    (67, 71, 74),
    (60, 64, 67),
]


def keys(value, prefix=""):
    """Return all keys that a record has, in the spelling of FIELDS."""
    if isinstance(value, dict):
        return {key for name, item in value.items() for key in keys(item, f"{prefix}.{name}" if prefix else name)}
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return {prefix} | {f"{prefix}[].{name}" for item in value for name in item}
    return {prefix}


def struck(rate, moments, chords, *, length, lasting=0.9):
    """Return chords of decaying tones with five harmonics."""
    sound = np.zeros(int(length * rate))
    time = np.arange(int(lasting * rate)) / rate
    for moment, chord in zip(moments, chords, strict=True):
        first = int(moment * rate)
        for pitch in chord:
            for number in range(1, 6):
                frequency = 440 * 2 ** ((pitch - 69) / 12) * number
                if frequency < 0.45 * rate:
                    tone = 0.1 / number * np.exp(-4 * time) * np.sin(2 * np.pi * frequency * time)
                    sound[first : first + len(time)] += tone[: len(sound) - first]
    return sound.astype(np.float32)


def view(make, length, **options):
    return features.audio_view(lambda rate: iter(np.array_split(make(rate), 7)), length=length, **options)


@pytest.fixture(scope="module")
def cadence():
    moments = 0.5 + 0.75 * np.arange(24)
    return view(lambda rate: struck(rate, moments, CADENCE * 3, length=19.0), 19.0)


def test_declared_keys_and_frames_are_those_given(cadence):
    record = features.describe(cadence)
    assert list(record) == features.group_names("audio")
    for group, values in record.items():
        declared = {key for key in features.fields(group) if not key.startswith("changes[]")}
        assert {key for key in keys(values) if not key.startswith("changes[]")} == declared
    series = features.frames(cadence, hop=0.05)
    names = {name for group in record for name in features.frame_fields(group)}
    assert set(series) == {"time"} | names
    assert {len(array) for array in series.values()} == {380}
    assert all(np.isfinite(array).all() for array in series.values())
    json.dumps(record, allow_nan=False)


def test_a_cadence_has_its_key_chords_onsets_and_beats(cadence):
    record = features.describe(cadence)
    assert record["audio_key"]["name"] == "C major"
    named = [(span["root"], span["quality"]) for span in record["audio_chords"]["spans"] if span["root"]]
    wanted = "C maj, F maj, G maj, C maj, A min, D min, G maj"
    assert ", ".join(" ".join(name) for name in named[:7]) == wanted
    onsets = np.array(record["audio_onsets"]["times"])
    assert len(onsets) == 24
    assert np.abs(onsets - (0.5 + 0.75 * np.arange(24))).max() < 0.03
    assert record["audio_beats"]["tempo"] == pytest.approx(80, rel=0.02)


def test_the_network_also_tells_basses_and_is_heard_in_frames(cadence):
    heard = replace(cadence, chord_network=load_chord_network("network"))
    for audio_view, bass in ((cadence, None), (heard, "C")):
        spans = features.describe(audio_view, names=["audio_chords"])["audio_chords"]["spans"]
        first = next(span for span in spans if span["root"])
        assert (first["root"], first["quality"], first["bass"], first["roman"]) == ("C", "maj", bass, "I")
        series = features.frames(audio_view, names=["audio_chords"], hop=0.1)
        at = int(10 * (first["start"] + first["end"]) / 2)
        assert [series[name][at] for name in features.frame_fields("audio_chords")] == [0, 0, 0]
    assert (heard.salience == cadence.salience).all()


def test_silence_gives_a_sane_record():
    record = features.describe(view(lambda rate: np.zeros(2 * rate, np.float32), 2.0))
    assert record["audio_key"]["name"] is None
    assert record["audio_loudness"]["integrated"] is record["audio_loudness"]["rms"] is None
    assert record["audio_onsets"]["count"] == record["audio_beats"]["count"] == 0
    nothing = {"start": 0.0, "end": 2.0, "root": None, "quality": "N", "bass": None, "roman": "N"}
    assert record["audio_chords"]["spans"] == [nothing]
    assert record["audio_f0"]["voiced"] == 0


def test_one_sample_gives_a_sane_record():
    found = view(lambda rate: np.full(1, 0.5, np.float32), 1 / 48000)
    json.dumps(features.describe(found), allow_nan=False)
    assert {len(array) for array in features.frames(found).values()} == {1}


def test_twice_as_loud_is_6_db_more():
    quiet, loud = (
        features.describe(
            view(lambda rate, gain=gain: gain * struck(rate, [0.1], [(60,)], length=2.0), 2.0), names=["audio_loudness"]
        )["audio_loudness"]
        for gain in (0.5, 1.0)
    )
    for name in ("rms", "peak", "integrated"):
        assert loud[name] - quiet[name] == pytest.approx(6.02, abs=0.01)
    assert loud["range"] == pytest.approx(quiet["range"], abs=0.6)


@pytest.mark.parametrize("method", ["yin", "fft"])
@pytest.mark.parametrize("pitch", [45, 57, 69, 81])
def test_one_voice_has_its_frequency(method, pitch):
    found = view(lambda rate: struck(rate, [0.0], [(pitch,)], length=0.8, lasting=0.8), 0.8, f0=method)
    record = features.describe(found, names=["audio_f0"])["audio_f0"]
    assert record["method"] == method
    assert record["voiced"] > 0.7
    assert record["median_pitch"] == pytest.approx(pitch, abs=0.1)


def test_notes_and_sound_share_a_time_base(cadence):
    notes = features.note_view(scene([(0.5, 1.0, 60, 64)], controls=[(0.5, SUSTAIN, 127)], end=3.0))
    length = max(notes.length, cadence.length)
    series = [
        features.frames(view, names=names, hop=0.1, length=length)
        for view, names in ((notes, ["pedal"]), (cadence, ["audio_loudness"]))
    ]
    assert np.array_equal(series[0]["time"], series[1]["time"])
    assert len(series[0]["sustain"]) == len(series[1]["audio_rms"]) == 190


def test_means_between_frames_keep_the_whole():
    values = np.random.default_rng(5).uniform(size=100)
    for hop in (0.013, 0.02, 0.07, 0.5):
        grid = TimeBase.over(2.0, hop=hop)
        weights = np.diff(np.minimum(np.append(grid.times, grid.count * hop), 2.0))
        assert mean_between(values, grid, frame_rate=50.0) @ weights == pytest.approx(values.mean() * 2)


def test_what_cannot_be_is_refused():
    with pytest.raises(BadDataError, match="too long"):
        view(lambda rate: np.zeros(1, np.float32), 200_000.0)
    with pytest.raises(UsageError, match="no f0 method 'guess'"):
        features.describe(view(lambda rate: np.zeros(rate, np.float32), 1.0, f0="guess"), names=["audio_f0"])
