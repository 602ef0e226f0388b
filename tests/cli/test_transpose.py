"""``maestrokit transpose``: command lines and what they leave behind."""

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from command_line import CommandLine
from maestrokit.errors import ExitStatus
from maestrokit.files.midi import read_midi
from maestrokit.music.keys import find_key
from maestrokit.music.provenance_events import commands
from strategies import file_bytes, track_bytes


@pytest.fixture
def take(tmp_path: Path, demo_folder: Path) -> Path:
    return Path(shutil.copy(demo_folder / "bach-prelude.mid", tmp_path / "take.mid"))


def pitch_shift(source: Path, target: Path) -> int:
    moved = np.unique(read_midi(target).notes.pitch - read_midi(source).notes.pitch)
    assert len(moved) == 1
    return int(moved[0])


def test_the_prelude_is_in_c_and_stays_there(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    done = maestrokit("transpose", take, "--no-provenance", "-v", "-o", tmp_path / "out.mid")
    assert done.status == 0
    assert done.lines[0].startswith(f"{take}: C major, found with confidence 0.9")
    assert done.lines[1].startswith(f"{take}: scores: C major 0.9") and done.lines[1].count(",") == 23
    assert done.lines[2] == f"{take}: +0 semitones: 0 notes moved, 0 folded, 0 dropped, 0 outside the range"
    assert read_midi(tmp_path / "out.mid") == read_midi(take)


@pytest.mark.parametrize(
    ("options", "shift"),
    [(["--semitones", "-3"], -3), (["--to", "D"], 2), (["--to", "f#"], -3), (["--key", "Eb"], -3),
     (["--key", "c#"], -4), (["--key", "a", "--to", "D"], 2), (["--to", "Gb"], -6)],
)  # fmt: skip
def test_the_shift_is_as_asked(
    maestrokit: CommandLine, take: Path, tmp_path: Path, options: list[str], shift: int
) -> None:
    done = maestrokit("transpose", take, *options, "-o", tmp_path / "out.mid")
    assert (done.status, done.err) == (0, "")
    assert pitch_shift(take, tmp_path / "out.mid") == shift
    line = commands(read_midi(tmp_path / "out.mid"))[-1]
    assert ": transpose " in line and all(option in shlex.split(line) for option in options)


def test_twice_to_a_key_is_once(maestrokit: CommandLine, take: Path) -> None:
    once = maestrokit("transpose", take, "--to", "E", "--no-provenance").out
    assert maestrokit("transpose", "-", "--to", "E", "--no-provenance", stdin=once).out == once


def test_augmentation_writes_an_output_for_each_shift(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    done = maestrokit("transpose", take, "--augment", "-2..1", "-d", tmp_path / "out")
    assert (done.status, done.err) == (0, "")
    names = {path.name: pitch_shift(take, path) for path in (tmp_path / "out").iterdir()}
    assert names == {"take.-2.mid": -2, "take.-1.mid": -1, "take.+0.mid": 0, "take.+1.mid": 1}


def test_augmentation_counts_from_the_target(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    assert maestrokit("transpose", take, "--to", "D", "--augment", "0..1", "-o", tmp_path / "new.midi").status == 0
    assert pitch_shift(take, tmp_path / "new.+0.midi") == 2
    assert pitch_shift(take, tmp_path / "new.+1.midi") == 3


def test_augmented_outputs_are_the_same_for_any_jobs(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    for jobs in ("1", "2"):
        options = ["--augment", "0..1", "-j", jobs, "-d", tmp_path / jobs, "--report", tmp_path / jobs / "keys.tsv"]
        assert maestrokit("transpose", demo_folder, *options).status == 0
    first, second = ({path.name: path.read_bytes() for path in (tmp_path / jobs).rglob("*.mid")} for jobs in "12")
    assert first == second and len(first) % 2 == 0 and len(first) > 4
    assert (tmp_path / "1/keys.tsv").read_bytes() == (tmp_path / "2/keys.tsv").read_bytes()


def test_update_looks_at_every_augmented_output(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    line = ["transpose", take, "--augment", "0..1", "-u", "-d", tmp_path / "out"]
    maestrokit(*line)
    second = tmp_path / "out/take.+1.mid"
    second.unlink()
    first_written = (tmp_path / "out/take.+0.mid").stat().st_mtime_ns
    maestrokit(*line)
    assert second.exists()
    rewritten = (tmp_path / "out/take.+0.mid").stat().st_mtime_ns
    assert rewritten > first_written
    maestrokit(*line)
    assert (tmp_path / "out/take.+0.mid").stat().st_mtime_ns == rewritten


def test_the_report_has_a_record_an_input(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mid").write_bytes(b"no MIDI")
    line = ["transpose", tmp_path / "bad.mid", take, "--to", "D", "-d", tmp_path / "out", "--report"]
    assert maestrokit(*line, tmp_path / "keys.jsonl").status == ExitStatus.BAD_DATA
    (record,) = [json.loads(text) for text in (tmp_path / "keys.jsonl").read_text().splitlines()]
    notes = len(read_midi(take).notes)
    columns = ["file", "key", "confidence", "semitones", "moved", "folded", "dropped", "scores", "outside"]
    assert list(record) == columns
    assert (record["file"], record["key"], record["semitones"], record["moved"]) == (str(take), "C major", 2, notes)
    scores = find_key(read_midi(take)).scores
    assert list(record["scores"].values()) == pytest.approx(scores.tolist(), abs=1e-4)
    maestrokit(*line, tmp_path / "keys.tsv")
    header, row = (text.split("\t") for text in (tmp_path / "keys.tsv").read_text().splitlines())
    assert (header[1], row[1], len(header)) == ("key", "C major", 32)
    assert (header[7:10], header[-1]) == (["scores.C major", "scores.Db major", "scores.D major"], "outside")


def test_out_of_range_is_refused_folded_or_dropped(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    line = ["transpose", take, "--semitones", "40", "-o", tmp_path / "out.mid"]
    refused = maestrokit(*line, "--out-of-range", "error")
    assert (refused.status, len(refused.lines)) == (ExitStatus.BAD_DATA, 2)
    assert "would leave 21..108 at +40 semitones" in refused.lines[0] and "--out-of-range" in refused.lines[1]
    assert not (tmp_path / "out.mid").exists()
    before = read_midi(take).notes.pitch
    assert maestrokit(*line, "--out-of-range", "fold").status == 0
    folded = read_midi(tmp_path / "out.mid").notes.pitch
    assert sorted(folded % 12) == sorted((before + 40) % 12) and folded.max() <= 108
    assert maestrokit(*line, "--out-of-range", "drop", "--range", "0..100").status == 0
    assert sorted(read_midi(tmp_path / "out.mid").notes.pitch) == sorted(before[before <= 60] + 40)


def test_notes_outside_the_piano_are_written_and_counted(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    line = ["transpose", take, "--semitones", "40", "-o", tmp_path / "out.mid"]
    pitch = read_midi(take).notes.pitch
    outside = f"{(pitch + 40 > 108).sum()} of {len(pitch)} notes are outside 21..108 at +40 semitones, and kept"
    done = maestrokit(*line)
    assert (done.status, done.lines) == (0, [f"note: '{take}': {outside}"])
    assert read_midi(tmp_path / "out.mid").notes.pitch.tolist() == (pitch + 40).tolist()
    assert maestrokit(*line, "-q").err == ""
    assert maestrokit(*line, "--range", "0..127").err == ""
    refused = maestrokit("transpose", take, "--semitones", "60")
    assert refused.status == ExitStatus.BAD_DATA and "would leave 0..127 at +60 semitones" in refused.lines[0]


def test_a_corpus_goes_to_one_key_though_some_notes_leave_the_piano(maestrokit: CommandLine, tmp_path: Path) -> None:
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0])
    extremes = {"low": (21, 60), "high": (60, 108), "both": (21, 108), "inside": (60,)}
    for name, added in extremes.items():
        pitches = [*(scale + 61).tolist(), *added]  # D flat major
        events = [
            event for pitch in pitches for event in ((0, bytes([0x90, pitch, 64])), (480, bytes([0x80, pitch, 0])))
        ]
        (tmp_path / f"{name}.mid").write_bytes(file_bytes([track_bytes(events)]))
    done = maestrokit("transpose", tmp_path, "--to", "C", "-d", tmp_path / "out")
    note = "1 of 13 notes are outside 21..108 at -1 semitones, and kept"
    assert (done.status, done.lines) == (0, [f"note: '{tmp_path / 'both.mid'}': {note}"])
    shifts = {name: pitch_shift(tmp_path / f"{name}.mid", tmp_path / f"out/{name}.mid") for name in extremes}
    assert shifts == {"low": 11, "high": -1, "both": -1, "inside": -1}


def test_many_dropped_notes_are_reported_unless_quiet(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    line = ["transpose", take, "--augment", "-1..40", "--out-of-range", "drop", "-d", tmp_path / "out"]
    pitch = read_midi(take).notes.pitch
    lost = f"{(pitch + 40 > 108).sum()} of {len(pitch)} notes were left out at +40 semitones"
    assert maestrokit(*line).lines == [f"note: '{take}': {lost}: --out-of-range fold keeps them"]
    assert maestrokit(*line, "-q").err == ""
    line[line.index("-1..40")] = "-1..1"
    assert maestrokit(*line).err == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--to", "H"], "'H' is no key"),
        (["--key", "C dur"], "'C dur' is no key"),
        (["--to", "C", "--semitones", "1"], "--to and --semitones exclude each other"),
        (["--semitones", "200"], "--semitones must be in -127..127, not 200"),
        (["--augment", "3..-3"], "--augment must be a range of whole numbers, not '3..-3'"),
        (["--augment", "a..b"], "--augment must be a range of whole numbers, not 'a..b'"),
        (["--augment", "-9999999999..0"], "--semitones must be in -127..127, not -9999999999"),
        (["--augment", "0..1"], "--augment writes several outputs"),
        (["--out-of-range", "clip"], "'clip' is no way to treat pitches out of range"),
        (["--range", "60..65"], "--range must be an octave or more, not 60..65"),
        (["--range", "0..200"], "--range must be rising and within 0..127, not 0..200"),
        (["--profile", "mine"], "'mine' is no key profile"),
    ],
)
def test_senseless_options_are_one_line_and_status_2(
    maestrokit: CommandLine, take: Path, options: list[str], message: str
) -> None:
    done = maestrokit("transpose", take, *options)
    assert (done.status, done.out) == (ExitStatus.USAGE, b"")
    assert done.lines[0] == f"maestrokit transpose: {message}"


def test_without_notes_the_key_must_be_given(maestrokit: CommandLine, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mid"
    empty.write_bytes(b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0")
    refused = maestrokit("transpose", empty)
    assert refused.status == ExitStatus.BAD_DATA
    assert refused.lines[0] == f"maestrokit transpose: '{empty}': no notes to find a key from"
    assert maestrokit("transpose", empty, "--key", "D", "-v", "--report", tmp_path / "r.tsv").status == 0


def test_a_report_goes_to_standard_output(
    maestrokit: CommandLine, take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = maestrokit("transpose", take, "--report", "-", "-o", "out.mid")
    assert (done.status, json.loads(done.out)["key"]) == (0, "C major")
    assert not Path("-").exists()


def test_update_keeps_a_report_whole(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    takes = tmp_path / "takes"
    takes.mkdir()
    for name in ("a.mid", "b.mid"):
        shutil.copy(take, takes / name)
    words = ("transpose", takes, "--semitones", "1", "--report", tmp_path / "r.tsv", "-d", tmp_path / "out", "-u")
    assert maestrokit(*words).status == 0
    report = (tmp_path / "r.tsv").read_bytes()
    again = maestrokit(*words, "-v")
    assert (
        again.status == 0 and "2 of 2 inputs passed over" in again.err and (tmp_path / "r.tsv").read_bytes() == report
    )
    shutil.copy(take, takes / "c.mid")
    assert maestrokit(*words).status == 0
    assert len((tmp_path / "r.tsv").read_text(encoding="utf-8").splitlines()) == 4
