"""Articulation, density, dynamics, pedal and rhythm: values worked out by hand."""

from itertools import pairwise

import numpy as np
import pytest

from maestrokit import features
from maestrokit.features.trends import trends
from maestrokit.files.midi import parse_midi
from scenes import scene
from strategies import END_OF_TRACK, file_bytes, track_bytes


def describe(group, *arguments, **options):
    return features.describe(features.note_view(scene(*arguments, **options)), names=[group])[group]


def line(hold, count=20, step=0.5):
    return [(step * i, step * i + hold, 60 + i % 3, 64) for i in range(count)]


@pytest.mark.parametrize(
    ("hold", "ratio", "legato", "staccato"), [(0.6, 0.2, 1, 0), (0.4, -0.2, 0, 0), (0.2, -0.6, 0, 1)]
)
def test_key_overlap_tells_legato_from_staccato(hold, ratio, legato, staccato):
    articulation = describe("articulation", line(hold))
    assert articulation["key_overlap_ratio"] == pytest.approx(ratio, abs=0.01)
    assert (articulation["legato"], articulation["staccato"]) == (legato, staccato)
    assert articulation["duration"]["median"] == pytest.approx(hold, abs=1e-3)


def test_voices_far_apart_do_not_join():
    articulation = describe("articulation", [*line(0.25), *((t + 0.25, t + 0.5, 30, 64) for t, *_ in line(0.2))])
    assert articulation["key_overlap_ratio"] == pytest.approx(-0.5, abs=0.01)


def test_pedal_lengthens_and_joins():
    pedal = [(0.2, 64, 80), (1.25, 64, 0)]
    articulation = describe("articulation", [(0, 0.5, 60, 64), (1, 1.5, 62, 64)], controls=pedal)
    assert articulation["pedalled"] == 0.5
    assert articulation["mean_pedal_extension"] == 0.375
    assert articulation["key_overlap_ratio"] == -0.5
    assert articulation["sounding_overlap_ratio"] == 0.25


@pytest.mark.parametrize(
    "late", [{"end": 279_624.0}, {"controls": [(5.5, 64, 127), (279_624.0, 64, 0)]}, {"controls": [(9e4, 1, 1)]}]
)
def test_an_event_hours_after_the_music_is_no_part_of_it(late):
    notes = [(0, 1, 60, 64), (2, 3, 62, 64), (4, 5, 64, 64)]
    record = features.describe(features.note_view(scene(notes, **late)), names=["density", "polyphony", "pedal"])
    assert record["density"]["length"] == 5.0
    assert record["density"]["notes_per_second"] == 0.6
    assert record["polyphony"]["sounding"]["silence"] == 0.4
    assert record["pedal"]["sustain"]["down"] == 0.0


def test_what_ends_only_with_its_track_sounds_no_longer_than_a_string_can():
    held = features.note_view(scene([(0, 1, 60, 64)], controls=[(0.5, 64, 127)], end=50_000.0))
    assert held.length == held.sounding_offset[0] == 61.0
    track = track_bytes([(0, b"\x90\x3c\x40")], end=(48_000_000, END_OF_TRACK))
    endless = features.note_view(parse_midi(file_bytes([track]), name="endless"))
    assert endless.length == endless.offset[0] == 60.0


def test_density_counts_strokes_and_the_busiest_second():
    notes = [(0, 1, 60, 64), (0.01, 1, 64, 64), (2.0, 3, 60, 64), (2.5, 3, 62, 64), (2.9, 3, 64, 64), (3.0, 4, 65, 64)]
    density = describe("density", notes, end=5.0)
    assert density == {
        "length": 5.0,
        "strokes": 5,
        "notes_per_second": 1.2,
        "strokes_per_second": 1.0,
        "notes_per_stroke": 1.2,
        "greatest_notes_per_second": 3,
    }


def test_pedal_presses_depth_and_shares():
    moves = [(0, 64, 0), (1, 64, 127), (2, 64, 100), (3, 64, 30), (4, 64, 0), (6, 64, 64), (7, 64, 0)]
    pedal = describe("pedal", line(0.4), controls=moves, end=10.0)
    assert pedal["sustain"] == {
        "down": 0.3,
        "presses": 2,
        "presses_per_minute": 12.0,
        "mean_depth": pytest.approx((127 + 100 + 30 + 64) / 4 / 127, abs=1e-6),
        "partial": 0.3,
    }
    assert pedal["soft"] == {"down": 0, "presses": 0, "presses_per_minute": 0, "mean_depth": None, "partial": 0}


def test_rhythm_of_a_machine_is_even():
    rhythm = describe("rhythm", line(0.4))
    assert rhythm["inter_onset_interval"] == {
        "mean": 0.5,
        "standard_deviation": 0.0,
        "minimum": 0.5,
        "median": 0.5,
        "maximum": 0.5,
    }
    assert (rhythm["entropy"], rhythm["npvi"], sum(rhythm["histogram"])) == (0.0, 0.0, 19)


def test_npvi_of_long_and_short():
    times = np.cumsum([0.2, 0.4] * 20)
    rhythm = describe("rhythm", [(t, t + 0.1, 60, 64) for t in times])
    assert rhythm["npvi"] == pytest.approx(200 * 0.2 / 0.6, abs=1e-4)
    assert rhythm["entropy"] == pytest.approx(1.0, abs=0.01)


def test_dynamics_find_the_swell():
    notes = [(0.25 * i, 0.25 * i + 0.2, 60, 40 + min(i, 160 - i) // 2) for i in range(161)]
    dynamics = describe("dynamics", notes)
    assert [(swell["kind"], round(swell["start"]), round(swell["end"])) for swell in dynamics["swells"]] == [
        ("crescendo", 0, 20),
        ("diminuendo", 20, 40),
    ]
    assert dynamics["velocity"]["range"] == 40
    assert dynamics["mean_velocity"]["bass"] is None
    assert dynamics["mean_velocity"]["middle"] == dynamics["velocity"]["mean"]


def test_even_loudness_has_no_swell():
    assert describe("dynamics", line(0.4, count=100))["swells"] == []


def test_trends_rise_and_fall_in_turn_by_at_least_so_much():
    generator = np.random.default_rng(5)
    values = generator.normal(size=400).cumsum()
    found = trends(values, least=3.0)
    assert len(found) > 3
    for (first, last), (start, end) in pairwise(found):
        assert last == start
        assert abs(values[last] - values[first]) >= 3.0
        assert (values[last] > values[first]) != (values[end] > values[start])
    assert trends([1.0] * 5, least=0.1) == trends([], least=1.0) == []
