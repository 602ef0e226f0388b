"""Performances in the layout of ASAP, with their scores."""

import numpy as np
import pytest

from maestrokit.errors import BadDataError
from maestrokit.files.datasets.asap import piece_of, read_aligned
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.music.scores.score import LOWER, NO_STAFF, UPPER, score_of
from played_scores import played, score_file, write_asap


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_asap(tmp_path_factory.mktemp("asap"), pieces=1)


def test_the_score_and_the_performance_come_back(folder):
    aligned = read_aligned(str(folder / "Bach/piece0/take1_score_notes.tsv"))
    score, notes = score_of(score_file(8)), played(score_of(score_file(8)), seed=1, quarter=0.6)
    assert aligned.composer == "Bach"
    assert np.allclose(aligned.score.notes.onset, score.notes.onset)
    assert aligned.score.notes.pitch.tolist() == score.notes.pitch.tolist()
    assert np.allclose(aligned.score.notes.duration, score.notes.duration)
    assert np.abs(aligned.rendition.onset - notes.onset).max() < 1e-4
    assert np.abs(aligned.rendition.pedal - notes.pedal).max() < 0.002
    assert aligned.score.bars.onset.tolist() == list(range(0, 24, 3))
    assert set(aligned.score.bars.beats.tolist()) == {3} and np.allclose(aligned.score.tempo, 0.5)


def test_a_downbeat_that_is_annotated_a_beat_late_is_moved(folder, tmp_path):
    again = write_asap(tmp_path / "again", pieces=1)
    path = again / "Bach/piece0/take0_annotations.txt"
    lines = path.read_text().splitlines()
    lines[12] = lines[13].replace("b", "db")  # the downbeat of a bar at the time of its second beat
    path.write_text("\n".join(lines) + "\n")
    bars = read_aligned(str(again / "Bach/piece0/take0_score_notes.tsv")).score.bars
    assert bars.onset.tolist() == list(range(0, 24, 3))


def test_a_table_of_something_else_is_refused(folder, tmp_path):
    path = tmp_path / "x_score_notes.tsv"
    path.write_text("onset\tpitch\n0\t60\n")
    with pytest.raises(BadDataError, match="not a table of score notes"):
        read_aligned(str(path))


def test_versions_of_a_piece_with_other_repeats_are_one_piece():
    assert piece_of("a/1_no_first_repeat/x_score_notes.tsv") == piece_of("a/1/y_score_notes.tsv") == "a/1"


def with_dynamics(folder, *, shift):
    """Give the file of a score dynamics and staves, and let it begin later; return dynamics by onset and pitch."""
    path = folder / "Bach/piece0/midi_score.mid"
    notes = read_midi(path).notes
    velocity = 40 + 5 * (np.arange(len(notes)) % 9)
    ticks = {name: getattr(notes, name) + 480 * shift for name in ("onset_tick", "offset_tick")}
    hands = notes.replace(velocity=velocity, track=np.where(notes.pitch < 60, 1, 0), **ticks)
    file = read_midi(path)
    file = file.replace(notes=hands, track_end_tick=np.full(2, ticks["offset_tick"].max()), format=1)
    write_midi(file, path)
    keys = zip(notes.onset_tick / 480, notes.pitch, strict=True)
    return dict(zip(keys, velocity, strict=True))


def test_the_dynamics_and_staves_of_a_score_are_found_in_its_file_wherever_that_begins(tmp_path):
    folder = write_asap(tmp_path / "asap", pieces=1)
    table = str(folder / "Bach/piece0/take0_score_notes.tsv")
    before = read_aligned(table).score.notes
    assert np.isnan(before.loudness).all() and (before.staff == NO_STAFF).all()
    expected = with_dynamics(folder, shift=3)
    notes = read_aligned(table).score.notes
    keys = zip(notes.onset.tolist(), notes.pitch.tolist(), strict=True)
    assert notes.loudness.tolist() == [expected[key] for key in keys]
    assert np.array_equal(notes.staff, np.where(notes.pitch < 60, LOWER, UPPER))


def test_dynamics_and_staves_of_another_score_are_not_taken(tmp_path):
    folder = write_asap(tmp_path / "asap", pieces=1)
    with_dynamics(folder, shift=0)
    path = folder / "Bach/piece0/midi_score.mid"
    file = read_midi(path)
    kept = np.arange(len(file.notes)) < len(file.notes) // 2
    write_midi(file.replace(notes=file.notes.select(kept)), path)
    notes = read_aligned(str(folder / "Bach/piece0/take0_score_notes.tsv")).score.notes
    assert np.isnan(notes.loudness).all() and (notes.staff == NO_STAFF).all()
