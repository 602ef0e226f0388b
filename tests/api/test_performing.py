"""``perform``: scores as values or files, and doubts as warnings."""

import pytest

import maestrokit
from maestrokit.files.midi.writer import write_midi
from played_scores import saved_performer, score_file


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("api")
    write_midi(score_file(4), place / "score.mid")
    saved_performer(place / "performer")
    return place


def test_a_score_is_played_the_same_as_a_value_or_a_file(folder):
    performer = maestrokit.load_performer(str(folder / "performer"))
    (from_value,) = maestrokit.perform(folder / "score.mid", model=performer, seed=2)
    (from_file,) = maestrokit.perform(score_file(4), model=str(folder / "performer"), seed=2)
    assert len(from_value.notes) == len(from_file.notes) == 48
    assert from_value.notes.onset_tick.tolist() == from_file.notes.onset_tick.tolist()
    assert len(maestrokit.perform(score_file(2), model=performer, count=3, keep="velocity", temperature=0.5)) == 3


def test_mistakes_are_errors_and_doubts_warnings(folder):
    performer = maestrokit.load_performer(str(folder / "performer"))
    with pytest.raises(maestrokit.UsageError, match="rubato"):
        maestrokit.perform(score_file(1), model=performer, rubato=3.0)
    file = score_file(1)
    with pytest.warns(maestrokit.DataWarning, match="120"):
        maestrokit.perform(file.replace(tempos=file.tempos.select(slice(0))), model=performer)
