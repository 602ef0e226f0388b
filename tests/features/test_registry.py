"""What holds for every group: keys are declared, JSON is strict, frames share one time base."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from maestrokit import features, registry
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files.midi import parse_midi
from maestrokit.files.tables import flatten
from scenes import scene
from strategies import midi_bytes, performances

SCALE = [(0.5 * i, 0.5 * i + 0.6, 60 + (2, 4, 5, 7, 9, 11, 12)[i % 7], 30 + i % 60) for i in range(120)]
RICH = scene(
    [*SCALE, *((2.0 * i, 2.0 * i + 1.9, 40 + (0, 5, 7)[i % 3], 20 + i) for i in range(30))],
    controls=[(i / 2, (64, 66, 67)[i % 3], (0, 127, 60)[i % 5 % 3]) for i in range(100)],
    end=61.0,
)
# A tempo that falls by a third, and loudness that swells and dies: so that every kind of list has something in it.
SLOWING = np.cumsum(np.concatenate([np.full(80, 0.6), np.linspace(0.6, 0.9, 60), np.full(100, 0.9)]))
CHANGING = scene(
    [(t, t + 0.15, 48 + (0, 4, 7, 12)[i % 4] + 5 * (i // 40), 20 + min(i, 240 - i) // 2) for i, t in enumerate(SLOWING)]
)


def keys(value, prefix=""):
    """Return all keys that a record has, in the spelling of FIELDS; what holds only None has its own name."""
    if isinstance(value, dict):
        return {key for name, item in value.items() for key in keys(item, f"{prefix}.{name}" if prefix else name)}
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return {prefix} | {f"{prefix}[].{name}" for item in value for name in item}
    return {prefix}


@pytest.mark.parametrize("group", features.group_names("notes"))
def test_declared_keys_are_emitted_and_emitted_keys_declared(group):
    emitted = set()
    for performance in (RICH, CHANGING):
        emitted |= keys(features.describe(features.note_view(performance), names=[group])[group])
    assert emitted == set(features.fields(group))


@pytest.mark.parametrize("group", features.group_names())
def test_declarations_read_well(group):
    for name, (unit, meaning, _) in {**features.fields(group), **features.frame_fields(group)}.items():
        assert name
        assert "\n" not in unit + meaning
        assert meaning
        assert not meaning.endswith(".")


@pytest.mark.parametrize("group", features.group_names("notes"))
def test_declared_frames_are_those_given_on_one_time_base(group):
    series = features.frames(features.note_view(RICH), names=[group], hop=0.05)
    assert set(series) == {"time", *features.frame_fields(group)}
    assert {len(array) for array in series.values()} == {1220}
    assert all(np.isfinite(array).all() for array in series.values())


def test_names_of_frames_are_used_once():
    names = [name for group in features.group_names() for name in features.frame_fields(group)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "performance",
    [
        scene([]),
        scene([], end=5.0),
        scene(SCALE[:9], channel=9),
        scene([(1.0, 1.0, 60, 64)]),
        scene([(0.0, 1.0, 0, 1)]),
    ],
    ids=["nothing", "silence", "drums", "one note of no length", "one note"],
)
def test_little_gives_a_sane_record(performance):
    view = features.note_view(performance)
    record = features.describe(view)
    assert record["pitch"]["notes"] == len(view.pitch)
    assert flatten(record).keys() == flatten(features.describe(features.note_view(RICH))).keys()
    if not len(view.pitch):
        assert record["pitch"]["mean"] is record["key"]["name"] is record["tempo"]["played"] is None
        assert record["chords"]["spans"] == record["dynamics"]["swells"] == record["key"]["spans"] == []
        assert all(array[:, ...].max(initial=0) <= 0 for name, array in features.frames(view).items() if name != "time")


@given(performances(max_notes=12, max_tracks=2))
@settings(max_examples=15, deadline=None)
def test_records_are_strict_json_with_the_same_columns(performance):
    view = features.note_view(performance)
    record = features.describe(view)
    text = json.dumps(record, allow_nan=False)
    assert json.loads(text) == record
    assert [f"{group}.{name}" for group in record for name in flatten(record[group])] == features.columns(list(record))
    series = features.frames(view, hop=0.1)
    assert {len(array) for array in series.values()} == {len(series["time"])}


@given(midi_bytes(max_tracks=2, max_events=20))
@settings(max_examples=15, deadline=None)
def test_odd_files_give_a_record_or_one_clear_error(data):
    try:
        view = features.note_view(parse_midi(data, name="odd", repair=True))
        record = features.describe(view)
    except BadDataError as error:
        assert "\n" not in str(error)
    else:
        assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_moving_all_pitches_by_an_octave_changes_only_pitches():
    low, high = (
        features.describe(features.note_view(scene([(a, b, p + up, v) for a, b, p, v in SCALE]))) for up in (0, 12)
    )
    for group in ("articulation", "density", "pedal", "polyphony", "rhythm", "tempo"):
        assert low[group] == high[group]
    assert low["key"] == high["key"]
    assert high["pitch"]["lowest"] - low["pitch"]["lowest"] == 12


def test_groups_are_chosen_by_name_and_kept_in_order():
    view = features.note_view(RICH)
    assert list(features.describe(view, names=["pitch", "density"])) == ["density", "pitch"]
    with pytest.raises(UsageError, match="no group of descriptors is called 'colour'"):
        features.describe(view, names=["colour"])
    assert features.group_names("audio") == [name for name in features.group_names() if name.startswith("audio_")]
    kinds = ("audio", "notes", "classes")
    assert sorted(name for kind in kinds for name in features.group_names(kind)) == features.group_names()


def test_groups_for_other_views_are_passed_over(monkeypatch):
    monkeypatch.setattr(registry.load("maestrokit.features.groups", "pedal"), "NEEDS", "audio")
    view = features.note_view(RICH)
    assert "pedal" not in features.describe(view)
    assert "sustain" not in features.frames(view)


def test_frames_that_fill_the_memory_are_refused():
    view = features.note_view(scene([*SCALE, (89_999.0, 90_000.0, 60, 64)]))
    with pytest.raises(BadDataError, match="more than 1000000 frames"):
        features.frames(view, hop=0.02)
    with pytest.raises(UsageError, match="hop must be above 0"):
        features.frames(view, hop=0.0)
    with pytest.raises(BadDataError, match="too long to describe"):
        features.note_view(scene([*SCALE, (199_999.0, 200_000.0, 60, 64)]))


def test_naming_the_groups_loads_no_numpy():
    code = "import sys; from maestrokit import features; features.group_names(); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_columns_of_the_first_release_keep_their_places():
    """Columns are only ever added, at the right: a group or key that is new must say since when it is there."""
    first = Path(__file__).with_name("columns_of_release_0_1.txt").read_text(encoding="utf-8").splitlines()
    assert features.columns(features.group_names())[: len(first)] == first


def test_what_is_newer_lies_further_right(monkeypatch):
    groups = ["articulation", "density", "pitch"]
    before = features.columns(groups)
    monkeypatch.setattr(registry.load("maestrokit.features.groups", "articulation"), "SINCE", (0, 2), raising=False)
    monkeypatch.setitem(features.fields("density"), "new", features.Field("", "Something", since=(0, 3)))
    old = [name for name in before if not name.startswith("articulation.")]
    moved = [name for name in before if name.startswith("articulation.")]
    assert features.columns(groups) == [*old, *moved, "density.new"]
