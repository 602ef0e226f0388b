"""Folders of performances beside their score."""

import shutil

import pytest

from maestrokit.errors import BadDataError
from maestrokit.files.datasets.score_pairs import is_to_align, read_pair
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.training.data.performance import PerformanceOptions
from maestrokit.training.task import find_corpus
from maestrokit.training.tasks import performance as task
from played_scores import score_file, write_asap


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three pieces, each a folder with its score and two performances."""
    asap, place = write_asap(tmp_path_factory.mktemp("asap"), pieces=3), tmp_path_factory.mktemp("pairs")
    for number in range(3):
        (place / f"piece{number}").mkdir()
        shutil.copy(asap / f"Bach/piece{number}/midi_score.mid", place / f"piece{number}/score.mid")
        for take in range(2):
            shutil.copy(asap / f"Bach/piece{number}/take{take}.mid", place / f"piece{number}")
    return place


def test_a_performance_is_aligned_with_the_score_beside_it(folder):
    pair = read_pair(str(folder / "piece1/take0.mid"))
    assert len(pair.aligned.score.notes) == 96 and pair.counts == (96, 0, 0)
    assert pair.aligned.score.bars.onset.tolist()[:3] == [0.0, 3.0, 6.0]
    assert str(pair.counts) == "96 notes matched, 0 of the score not played, 0 played besides"


def test_a_performance_of_another_piece_or_without_a_score_is_refused(folder, tmp_path):
    shutil.copy(folder / "piece0/take0.mid", tmp_path / "alone.mid")
    with pytest.raises(BadDataError, match="there is no score beside it"):
        read_pair(str(tmp_path / "alone.mid"))
    shutil.copy(folder / "piece0/score.mid", tmp_path / "score.mid")
    other = score_file(8, seed=9)
    write_midi(other.replace(notes=other.notes.replace(pitch=other.notes.pitch + 13)), tmp_path / "other.mid")
    with pytest.raises(BadDataError, match=r"only \d+ of its \d+ notes are in 'score.mid'"):
        read_pair(str(tmp_path / "other.mid"))


def test_training_reads_pairs_and_tables_alike(folder, tmp_path):
    corpus = find_corpus([str(folder)], task, cache=tmp_path, seed=1)
    prepared = task.prepare(corpus, PerformanceOptions(), family="transformer")
    assert sum(prepared.counts.values()) == 4
    assert list(prepared.notes) == [
        "6 performances were aligned: 576 notes matched, 0 of the score not played, 0 played besides"
    ]
    asap = write_asap(tmp_path / "asap", pieces=2)
    inside = [str(path) for path in asap.rglob("*.mid")]
    assert not any(map(is_to_align, inside))  # their tables are read
    assert len(task.performances(find_corpus([str(asap)], task, cache=tmp_path).paths)) == 4
    (asap / "Bach/piece0/take1_score_notes.tsv").unlink()
    path = str(asap / "Bach/piece0/take1.mid")
    assert is_to_align(path) and task.performed_score(path).composer == "Bach"  # ASAP without a table of it


def test_what_is_not_matched_is_said(folder, tmp_path):
    place = tmp_path / "piece0"
    shutil.copytree(folder / "piece0", place)
    take = read_midi(place / "take0.mid")
    write_midi(take.replace(notes=take.notes.select(slice(0, None, 2))), place / "take0.mid")
    paths = [str(place / "take0.mid"), str(folder / "piece1/take0.mid")]
    first_score, second_score = (task.performed_score(path) for path in paths)
    assert first_score.counts == (48, 48, 0) and second_score.counts == (96, 0, 0)
    first, last = task.report_of_alignment({paths[0]: first_score, paths[1]: second_score})
    assert first == f"'{paths[0]}': 48 notes matched, 48 of the score not played, 0 played besides"
    assert last == "2 performances were aligned: 144 notes matched, 48 of the score not played, 0 played besides"
    assert task.report_of_alignment({"table.tsv": first_score._replace(counts=None)}) == []


def test_a_performance_or_a_score_without_notes_is_refused_by_its_name(folder, tmp_path):
    place = tmp_path / "piece0"
    shutil.copytree(folder / "piece0", place)
    take = read_midi(place / "take0.mid")
    write_midi(take.replace(notes=take.notes.select(slice(0))), place / "take0.mid")
    with pytest.raises(BadDataError, match=r"cannot learn from '.*take0.mid': only 0 of its 0 notes are in"):
        read_pair(str(place / "take0.mid"))
    shutil.copy(place / "take0.mid", place / "score.mid")
    with pytest.raises(BadDataError, match=r"cannot read '.*score.mid': it has no notes to perform"):
        read_pair(str(place / "take1.mid"))
