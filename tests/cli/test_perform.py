"""``generate --perform`` on the command line: notes kept, valid MIDI, clear lines for odd scores."""

import sys

import numpy as np
import pytest

from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from played_scores import saved_performer, score_file, write_asap


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("perform")
    saved_performer(folder / "untrained")
    write_midi(score_file(6), folder / "score.mid")
    write_midi(score_file(6, meter=False, chords=False), folder / "plain.mid")
    return folder


@pytest.fixture
def perform(maestrokit, place, monkeypatch):
    monkeypatch.chdir(place)
    return lambda *words: maestrokit("generate", "--model", "untrained", "--perform", *words)


def test_a_score_is_played_with_all_its_notes(perform, place):
    done = perform("score.mid", "-o", "out.mid", "--seed", "2", "-v")
    assert done.status == 0 and "72 notes" in done.err
    score, result = read_midi(place / "score.mid"), read_midi(place / "out.mid")
    assert sorted(result.notes.pitch.tolist()) == sorted(score.notes.pitch.tolist())
    assert len(set(result.notes.velocity.tolist())) > 3 and len(result.controls) > 0
    data = (place / "out.mid").read_bytes()
    assert perform("score.mid", "-o", "out.mid", "--seed", "2").status == 0
    assert (place / "out.mid").read_bytes() == data


def test_many_performances_go_into_a_folder_and_standard_input_is_read(perform, place, maestrokit):
    assert perform("score.mid", "--count", "2", "-d", "many").status == 0
    first, second = (read_midi(place / "many" / f"{number}.mid") for number in (1, 2))
    assert first != second
    score = (place / "score.mid").read_bytes()
    done = maestrokit("generate", "--model", "untrained", "--perform", "-", "-o", "-", stdin=score)
    assert done.status == 0 and done.out[:4] == b"MThd"


def test_options_change_the_performance(perform, place):
    assert perform("score.mid", "-o", "usual.mid").status == 0
    usual = read_midi(place / "usual.mid")
    for words in (["--tempo", "60"], ["--rubato", "0"], ["--dynamics", "2"], ["--composer", "Bach"],
                  ["--keep", "velocity,pedal"], ["--like", "plain.mid"], ["--temperature", "0"]):  # fmt: skip
        assert perform("score.mid", "-o", "other.mid", *words).status == 0, words
        assert read_midi(place / "other.mid") != usual, words


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (["nowhere.mid"], 66, "cannot read 'nowhere.mid'"),
        (["score.mid", "--keep", "pitch"], 2, "--keep cannot be 'pitch'"),
        (["score.mid", "--keep", "timing", "--tempo", "90"], 2, "--tempo has no effect where timing is kept"),
        (["score.mid", "--keep", "pedal,timing", "--rubato", "2"], 2, "--rubato has no effect where timing is kept"),
        (["score.mid", "--keep", "velocity", "--dynamics", "0"], 2, "--dynamics has no effect where velocity is kept"),
        (["score.mid", "--composer", "Nobody"], 2, "no composer 'Nobody'"),
        (["score.mid", "--infill", "1s..2s"], 2, "exclude each other"),
        (["score.mid", "plain.mid"], 2, "a score is performed without a prompt"),
        (["score.mid", "--duration", "3s"], 2, "--duration has no effect with --perform"),
        (["score.mid", "--count", "2"], 2, "need a folder"),
        (["score.mid", "--format", "jsonl", "-o", "-"], 2, "not made note by note"),
        (["empty.mid"], 65, "cannot read 'empty.mid': it has no notes to perform"),
        (["score.mid", "--like", "empty.mid"], 65, "cannot read 'empty.mid': it has no notes to take after"),
        (["score.mid", "--like", "empty.mid", "-n"], 65, "cannot read 'empty.mid': it has no notes to take after"),
        (["-", "--like", "-"], 2, "standard input is named twice"),
        (["smpte.mid"], 65, "cannot read 'smpte.mid': its time is in SMPTE frames"),
    ],
)
def test_mistakes_end_in_one_clear_line(perform, place, words, status, line):
    file = score_file(1)
    write_midi(file.replace(notes=file.notes.select(slice(0))), place / "empty.mid")
    write_midi(file.replace(division=-25 * 256 + 40), place / "smpte.mid")
    done = perform(*words, *([] if {"--count", "-o"} & set(words) else ["-o", "x.mid"]))
    assert done.status == status and line in done.lines[0] and len(done.lines) <= 2, done.err
    assert not (place / "x.mid").exists()


def test_a_score_in_musicxml_needs_partitura_and_says_so(perform, place, monkeypatch):
    (place / "score.musicxml").write_text("<score-partwise/>", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "partitura", None)
    done = perform("score.musicxml", "-o", "x.mid")
    assert done.status == 2 and done.lines == [
        "maestrokit generate: scores in MusicXML need partitura",
        "  pip install 'maestrokit[score]'",
    ]


def test_the_composer_that_is_meant_is_said(perform):
    done = perform("score.mid", "-o", "out.mid", "--composer", "bac", "-v")
    assert done.status == 0 and "composer: Bach" in done.lines


def test_a_performer_that_is_to_compose_says_what_it_does(maestrokit, place, monkeypatch):
    monkeypatch.chdir(place)
    done = maestrokit("generate", "--model", "untrained", "-o", "x.mid")
    assert done.status == 65 and "it performs scores, which --perform of 'maestrokit generate' names" in done.lines[1]


def test_options_of_a_score_need_one(maestrokit, place, monkeypatch):
    monkeypatch.chdir(place)
    done = maestrokit("generate", "--model", "untrained", "--rubato", "2", "-o", "x.mid")
    assert done.status == 2 and "--rubato works only with --perform" in done.lines[0]


def test_odd_scores_are_played(perform, place):
    file = score_file(2)
    drums = file.replace(notes=file.notes.replace(channel=np.where(file.notes.pitch < 50, 9, 0)))
    graces = file.replace(notes=file.notes.replace(offset_tick=file.notes.onset_tick + 10))
    high = file.replace(notes=file.notes.replace(pitch=np.minimum(file.notes.pitch + 50, 127)))
    single = file.replace(notes=file.notes.select(slice(1)))
    silent = file.replace(tempos=file.tempos.select(slice(0)))
    for name, odd in {"drums": drums, "graces": graces, "high": high, "one": single, "silent": silent}.items():
        write_midi(odd, place / f"{name}.mid")
        done = perform(f"{name}.mid", "-o", "odd.mid")
        assert done.status == 0, (name, done.err)
        assert sorted(read_midi(place / "odd.mid").notes.pitch) == sorted(odd.notes.pitch)
        assert ("120 quarters a minute" in done.err) == (name == "silent")
    assert perform("plain.mid", "-o", "odd.mid").status == 0


def test_a_performer_is_trained_on_a_folder_as_asap(maestrokit, tmp_path, place, monkeypatch):
    folder = write_asap(tmp_path / "asap", pieces=3, bars=4)
    sizes = ["--set", "width=16", "--set", "layers=1", "--set", "heads=2", "--set", "hidden=16"]
    run = tmp_path / "run"
    words = ["--task", "performance", folder, "-o", run, "--steps", "2", "--batch", "2", "--length", "24"]
    done = maestrokit("train", "transformer", *words, *sizes)
    assert done.status == 0, done.err
    score = folder / "Bach" / "piece0" / "midi_score.mid"
    assert maestrokit("generate", "--model", run, "--perform", score, "-o", tmp_path / "a.mid").status == 0
    assert len(read_midi(tmp_path / "a.mid").notes) == len(read_midi(score).notes)
    done = maestrokit("evaluate", "--model", run, score)
    assert done.status == 65 and len(done.lines) <= 2, done.err
