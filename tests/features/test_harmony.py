"""Key over time and chords, as records and frames; how well they are found is tested beside the finders."""

from types import SimpleNamespace

import numpy as np

from maestrokit import features
from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.features.groups import key as key_group
from scenes import scene

C, F, G, A_MINOR = (60, 64, 67), (60, 65, 69), (59, 62, 67), (57, 60, 64)


def cadence(up=0, start=0.0, rounds=4):
    triads = [C, F, G, C] * rounds
    return [
        (start + i, start + i + 0.95, pitch + up, 64)
        for i, triad in enumerate(triads)
        for pitch in (*triad, {C: 48, F: 53, G: 43}[triad])
    ]


def test_key_of_a_cadence():
    key = features.describe(features.note_view(scene(cadence(up=3))), names=["key"])["key"]
    assert (key["name"], key["tonic"], key["mode"]) == ("Eb major", "Eb", "major")
    assert key["scores"]["Eb major"] == max(key["scores"].values())
    assert [span["name"] for span in key["spans"]] == ["Eb major"]
    assert key["changes"] == 0


def test_key_changes_where_the_music_does():
    view = features.note_view(scene([*cadence(rounds=15), *cadence(up=6, start=60.0, rounds=15)]))
    key = features.describe(view, names=["key"])["key"]
    assert [span["name"] for span in key["spans"]] == ["C major", "F# major"] or [
        span["name"] for span in key["spans"]
    ] == ["C major", "Gb major"]
    assert abs(key["spans"][0]["end"] - 60) <= 4
    assert key["spans"][0]["start"] == 0
    frames = features.frames(view, names=["key"], hop=1.0)["key"]
    assert frames[0] == 0
    assert frames[-1] == 6


def test_chords_of_a_cadence():
    view = features.note_view(scene(cadence(rounds=1)))
    chords = features.describe(view, names=["chords"])["chords"]
    found = [(span["root"], span["quality"], span["bass"], span["roman"]) for span in chords["spans"]]
    assert found == [("C", "maj", "C", "I"), ("F", "maj", "F", "IV"), ("G", "maj", "G", "V"), ("C", "maj", "C", "I")]
    assert chords["count"] == 4
    assert chords["qualities"]["maj"] == 1.0
    assert chords["no_chord"] == 0.0
    series = features.frames(view, names=["chords"], hop=0.5)
    assert series["chord_root"].tolist() == [0, 0, 5, 5, 7, 7, 0, 0]
    assert set(series["chord_quality"]) == {QUALITY_NAMES.index("maj")}


def test_long_rests_have_no_chord():
    view = features.note_view(scene([*cadence(rounds=1), *cadence(start=10.0, rounds=1)], end=16.0))
    record = features.describe(view, names=["chords"])["chords"]
    assert "N" in [span["quality"] for span in record["spans"]]
    assert record["no_chord"] > 0.3
    series = features.frames(view, names=["chords"], hop=1.0)
    assert series["chord_root"][6] == -1
    assert np.flatnonzero(series["chord_root"] >= 0).tolist() == [0, 1, 2, 3, 10, 11, 12, 13]


def test_a_piece_shorter_than_a_microsecond_has_no_key_over_time():
    second = np.array([0.0, 5e-7])
    view = SimpleNamespace(length=1e-6, onset=second, offset=second + 5e-7, pitch=np.array([60, 64]))
    assert key_group.key_spans(view) == []
