"""Which files are meant: every suffix that is read by name is read in folders, and what is skipped is named."""

import codecs
import os

import pytest

from maestrokit.files.datasets import maestro
from maestrokit.files.note_tables import parse_notes
from maestrokit.files.streams import decoded
from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES, walk

HEADER = "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n"
MARKS = [b"", codecs.BOM_UTF8]


@pytest.mark.parametrize("suffixes", [MIDI_SUFFIXES, SOUND_SUFFIXES])
def test_a_folder_gives_every_suffix_in_any_case_and_counts_what_it_skips(tmp_path, suffixes):
    for suffix in suffixes:
        (tmp_path / f"a{suffix}").touch()
        (tmp_path / f"B{suffix.upper()}").touch()
    for name in ("a.txt", "b.TXT", "c.m4a", "d", ".hidden.txt"):
        (tmp_path / name).touch()
    found = walk([str(tmp_path)], suffixes=suffixes)
    assert len(found.sources) == 2 * len(suffixes)
    assert found.skipped == [f"'{tmp_path}': skipped 4 files (2 .txt, 1 .m4a, 1 without a suffix)"]
    assert walk([str(tmp_path)], suffixes=suffixes, beside=(".txt", ".m4a", "d")).skipped == []


def test_tables_of_beats_are_no_tables_of_notes(tmp_path):
    for name in ("a.mid", "a.tsv", "a.beats.tsv"):
        (tmp_path / name).touch()
    found = walk([str(tmp_path)], suffixes=(".mid", ".tsv"))
    assert [source.relative for source in found.sources] == ["a.mid", "a.tsv"]
    assert found.skipped == [f"'{tmp_path}': skipped 1 file (1 .tsv)"]


def test_a_folder_with_nothing_to_read_says_what_it_holds(tmp_path):
    (tmp_path / "take.m4a").touch()
    (error,) = walk([str(tmp_path)], suffixes=MIDI_SUFFIXES).missing
    assert error.hint == f"wanted: {' '.join(MIDI_SUFFIXES)}; there: 1 file (1 .m4a)"


@pytest.mark.parametrize("mark", MARKS)
def test_byte_order_marks_are_no_part_of_a_table(tmp_path, mark):
    row = "Bach,Prelude,train,2018,2018/a.midi,2018/a.wav,1.5\n"
    (tmp_path / "maestro-v3.0.0.csv").write_bytes(mark + (HEADER + row).encode())
    (entry,) = maestro.read_table(tmp_path / "maestro-v3.0.0.csv")
    assert (entry.canonical_composer, entry.duration) == ("Bach", 1.5)
    table = {name: {"0": value} for name, value in zip(HEADER.strip().split(","), row.strip().split(","), strict=True)}
    (tmp_path / "maestro-v3.0.0.json").write_bytes(mark + str(table).replace("'", '"').encode())
    assert maestro.read_table(tmp_path / "maestro-v3.0.0.json") == [entry]
    notes = parse_notes(mark + b"onset\toffset\tpitch\n0.5\t1\t60\n", name="a.tsv")
    assert notes[:3].T.tolist() == [[0.5, 1.0, 60.0]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_marks_say_the_encoding(encoding):
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    assert decoded(mark + "Für Elise\r\n".encode(encoding)) == "Für Elise\r\n"


def test_a_named_pipe_in_a_folder_is_skipped_and_counted(tmp_path):
    (tmp_path / "a.mid").write_bytes(b"")
    os.mkfifo(tmp_path / "b.mid")
    found = walk([str(tmp_path)], suffixes=[".mid"])
    assert [source.relative for source in found.sources] == ["a.mid"]
    assert found.skipped == [f"'{tmp_path}': skipped 1 file (1 named pipe)"]


def test_an_empty_name_is_no_folder() -> None:
    files = walk([""], suffixes=(".mid",))
    assert files.sources == []
    assert [str(error) for error in files.missing] == ["cannot read '': the name is empty"]
