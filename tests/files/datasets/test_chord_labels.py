"""Chord files: where they lie, what is in them, and what is said of those that are malformed."""

import numpy as np
import pytest

from maestrokit.analysis.chords.names import harte_label
from maestrokit.errors import BadDataError, NoInputError
from maestrokit.files.datasets.chord_labels import chords_beside, find_chords, piece_of, read_chords, read_music
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.performance import Tempos

NONE = np.empty(0, np.int64)
HARMONIES = (
    "quarterbeats\tduration_qb\tglobalkey\tglobalkey_is_minor\tlocalkey\troot\tbass_note\tchord_tones\n"
    "0\t2.0\tA\t0\tI\t0\t0\t0, 4, 1\n"  # A
    "2\t0\tA\t0\tI\t0\t0\t0, 4, 1\n"
    "2\t3/2\tA\t0\tV/ii\t1\t5\t1, 5, 2, -1\n"  # V65 of V of ii, which is F# major: C#7/3
    "7/2\t1/2\tA\t0\tI\t\t\t\n"
    "4\t1\tA\t0\tvi\t0\t0\t0, -3, 1\n"  # f#
    "\t1\tA\t0\tI\t0\t0\t0, 4, 1\n"
)
NOTES = "quarterbeats\tduration_qb\tmidi\n0\t1\t57\n1/3\t2/3\t61\n2\t3/2\t64\n"


def take(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    onset = np.array([0, 1000])
    write_midi(performance_from_arrays(onset, onset + 900, np.array([60, 64]), np.array([64, 64]), pedal_tick=NONE,
                                       pedal_value=NONE), path)  # fmt: skip
    return str(path)


def names(labels):
    inversions = [0] * len(labels)
    return [harte_label(*chord) for chord in zip(labels.root, labels.quality, inversions, strict=True)]


def test_the_file_of_the_name_comes_first_then_that_of_the_folder(tmp_path):
    path = take(tmp_path / "001" / "001.mid")
    with pytest.raises(NoInputError, match=r"no chords for '.*001.mid'"):
        chords_beside(path)
    layouts = ["chord_midi.txt", "001.harmonies.tsv", "001.txt", "001.lab"]
    for name in layouts:
        (tmp_path / "001" / name).write_text(HARMONIES if name.endswith("tsv") else "0 1 C:maj\n")
        assert find_chords(path).name == name
    assert find_chords(str(tmp_path / "001" / "b.mid")).name == "chord_midi.txt"
    with pytest.raises(NoInputError, match=r"no chords for '.*b.flac'"):
        find_chords(str(tmp_path / "001" / "b.flac"))
    (tmp_path / "001" / "chord_audio.txt").write_text("0 1 C:maj\n")
    assert find_chords(str(tmp_path / "001" / "b.flac")).name == "chord_audio.txt"


def test_pop909_has_its_chords_in_the_folder(tmp_path):
    path = take(tmp_path / "017" / "017.mid")
    (tmp_path / "017" / "chord_midi.txt").write_text("0.05\t0.72\tN\n0.72\t1.4\tB:min7/b7\n\n1.4\t2.0\tX\n")
    labels = chords_beside(path)
    assert labels.root.tolist() == [-1, 11, -2] and labels.bass.tolist() == [-1, 9, -2]
    assert labels.start.tolist() == [0.05, 0.72, 1.4] and labels.end.tolist() == [0.72, 1.4, 2.0]
    assert np.flatnonzero(labels.tones[1]).tolist() == [2, 6, 9, 11]


def test_harmonies_by_dcml_go_with_a_table_of_notes_in_the_folder_beside(tmp_path):
    for folder in ("notes", "harmonies"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notes/K1-1.notes.tsv").write_text(NOTES)
    (tmp_path / "harmonies/K1-1.harmonies.tsv").write_text(HARMONIES)
    path = str(tmp_path / "notes/K1-1.notes.tsv")
    performance = read_music(path)
    assert piece_of(path) == "K1-1" and performance.notes.pitch.tolist() == [57, 61, 64]
    assert (performance.notes.onset_tick / performance.division).tolist() == pytest.approx([0, 1 / 3, 2])
    labels = chords_beside(path, performance)
    assert names(labels) == ["A:maj", "Db:7", "F#:min"]
    assert labels.bass.tolist() == [9, 5, 6]
    assert labels.start.tolist() == [0.0, 1.0, 2.0] and labels.end.tolist() == [1.0, 1.75, 2.5]


def test_quarters_of_harmonies_follow_the_tempo_of_the_midi_file(tmp_path):
    path = take(tmp_path / "a.mid")
    performance, zero = read_midi(path), np.zeros(1, np.int64)
    slow = performance.replace(tempos=Tempos(zero, np.array([1_000_000]), zero, zero))
    (tmp_path / "a.harmonies.tsv").write_text(HARMONIES)
    assert chords_beside(path, slow).end.tolist() == [2.0, 3.5, 5.0]


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("0 1 C:maj\n1 2\n", "line 2 is not a start, an end and a chord"),
        ("0 one C:maj\n", "line 1 is not a start, an end and a chord"),
        ("# chords\n0 1 H:maj\n", "line 2: 'H:maj' is no chord in Harte's syntax"),
        ("\n", "it names no chord"),
        ("0 2 C:maj\n1 3 G:maj\n", "chord 2, from 1 to 3 s, does not follow the one before it"),
        ("2 1 C:maj\n", "chord 1, from 2 to 1 s, does not follow the one before it"),
    ],
)
def test_malformed_files_say_which_line(tmp_path, text, fact):
    path = tmp_path / "a.lab"
    path.write_text(text)
    with pytest.raises(BadDataError) as error:
        read_chords(path)
    assert error.value.fact == f"cannot read '{path}': {fact}" and "C:maj" in error.value.hint


def test_files_of_bytes_and_other_tables_are_refused(tmp_path):
    (tmp_path / "a.lab").write_bytes(b"\xff\x00\xfe")
    with pytest.raises(BadDataError, match="not a chord file"):
        read_chords(tmp_path / "a.lab")
    for text in ("onset\toffset\n1\t2\n", HARMONIES.replace("V/ii", "Z"), HARMONIES.replace("3/2", "x"), ""):
        (tmp_path / "b.harmonies.tsv").write_text(text)
        (tmp_path / "b.notes.tsv").write_text(NOTES)
        path = str(tmp_path / "b.notes.tsv")
        with pytest.raises(BadDataError, match="not a table of harmonies by DCML"):
            chords_beside(path, read_music(path))
    (tmp_path / "c.notes.tsv").write_text("quarterbeats\tmidi\n0\t60\n")
    with pytest.raises(BadDataError, match="not a table of notes by DCML"):
        read_music(str(tmp_path / "c.notes.tsv"))


def test_windows_line_ends_and_byte_order_marks_are_read(tmp_path):
    (tmp_path / "a.lab").write_bytes(b"\xef\xbb\xbf0\t1\tC:maj\r\n1\t2\tG:7\r\n")
    assert names(read_chords(tmp_path / "a.lab")) == ["C:maj", "G:7"]
