"""The name of an output says what is in it, for every option of every command that writes a file."""

import csv
import io
import json
import shutil

import pytest
import soundfile

from maestrokit import registry
from maestrokit.cli.main import COMMANDS, command
from maestrokit.files.midi import read_midi

HEADS = {
    "mid": b"MThd", "midi": b"MThd", "kar": b"MThd", "rmi": b"RIFF", "smf": b"MThd", "flac": b"fLaC", "wav": b"RIFF",
    "wave": b"RIFF", "ogg": b"OggS", "oga": b"OggS", "png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "npz": b"PK",
    "npy": b"\x93NUMPY", "html": b"<!doctype html", "htm": b"<!doctype html", "tsv": b"file\t", "csv": b"file,",
    "jsonl": b'{"file":', "ndjson": b'{"file":', "json": b'[\n{"file":', "txt": b"1 performance",
    "md": b"# 1 performance", "tex": b"% 1 performance",
}  # fmt: skip
RECORDS = ("tsv", "csv", "jsonl", "ndjson", "json")
PICTURES = ("png", "svg", "pdf")
MIDI = ("mid", "midi", "kar", "rmi", "smf")
SOUND = ("flac", "wav", "wave", "ogg", "oga")
GENERATE = ("generate", "--duration", "0.5s", "--model", "lstm")
CASES = {
    ("quantize", "output"): (("quantize", "take.mid", "--grid", "none"), "-o", MIDI),
    ("transpose", "output"): (("transpose", "take.mid"), "-o", MIDI),
    ("transpose", "report"): (("transpose", "take.mid", "-o", "x.mid"), "--report", RECORDS),
    ("features", "output"): (("features", "take.mid", "--groups", "key"), "-o", RECORDS),
    ("features", "frames"): (("features", "take.mid", "--groups", "pitch"), "--frames", ("npz", "safetensors")),
    ("features", "plot"): (("features", "take.mid", "--groups", "key"), "--plot", PICTURES),
    ("melspec", "output"): (("melspec", "take.flac"), "-o", ("npz", "npy", "safetensors", *PICTURES)),
    ("transcribe", "output"): (("transcribe", "take.flac"), "-o", (*MIDI, "npz", "tsv")),
    ("transcribe", "plot"): (("transcribe", "take.flac", "-o", "x.mid"), "--plot", PICTURES),
    ("evaluate", "output"): (
        ("evaluate", "take.mid", "--metric", "pitch_range"), "-o", (*RECORDS, "html", "htm", "txt", "md", "tex"),
    ),
    ("render", "output"): (("render", "take.mid", "--sample-rate", "8000", "--channels", "1"), "-o", SOUND),
    ("generate", "output"): (GENERATE, "-o", (*MIDI, *SOUND)),
    ("train", "plot"): (("train", "lstm", "take.mid", "-o", "run"), "--plot", ()),  # drawn in test_train
}  # fmt: skip
FOLDERS = {("train", "output")}


@pytest.fixture
def workshop(tmp_path, demo_folder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(demo_folder / "petzold-minuet.mid", "take.mid")
    samples, rate = soundfile.read(demo_folder / "petzold-opening.ogg", stop=2 * 16000)
    soundfile.write("take.flac", samples, rate)


def test_every_option_that_writes_a_file_is_tried_here():
    writing = {
        (name, parameter.name)
        for name in registry.names(COMMANDS)
        for parameter in command(name).params
        if parameter.name in ("output", "frames", "plot", "report")
        or ((parameter.metavar or "").startswith("FILE") and (parameter.help or "").startswith(("Write", "Draw")))
    }
    assert writing == CASES.keys() | FOLDERS


@pytest.mark.parametrize(
    ("case", "suffix"), [(case, suffix) for case, (_, _, suffixes) in CASES.items() for suffix in suffixes], ids=str
)
@pytest.mark.usefixtures("workshop")
def test_outputs_are_what_their_suffixes_say(maestrokit, tmp_path, case, suffix):
    if suffix in PICTURES:
        pytest.importorskip("matplotlib")
    arguments, option, _ = CASES[case]
    done = maestrokit(*arguments, option, f"out.{suffix.upper() if suffix in ('wav', 'csv') else suffix}")
    assert done.status == 0, done.err
    (path,) = tmp_path.glob("out.*")
    data = path.read_bytes()
    if suffix == "safetensors":
        assert json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    elif suffix != "tsv" or case[0] != "transcribe":
        assert data.startswith(HEADS[suffix])
    if suffix == "rmi":
        assert data[8:12] == b"RMID" and len(data) == 8 + int.from_bytes(data[4:8], "little")
        assert read_midi(path).last_tick > 0
    if suffix in ("csv", "tsv"):
        rows = list(csv.reader(io.StringIO(data.decode()), delimiter={"csv": ",", "tsv": "\t"}[suffix]))
        assert len(rows) > 1 and {len(row) for row in rows} == {len(rows[0])}
    if suffix == "json":
        assert json.loads(data)[0]["file"] == "take.mid"


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.usefixtures("workshop")
def test_a_suffix_that_means_something_else_is_refused(maestrokit, tmp_path, case):
    arguments, option, _ = CASES[case]
    for name in ("out.xyz", "out.xml"):
        done = maestrokit(*arguments, option, name)
        assert (done.status, done.out) == (2, b"")
        assert done.lines[0].startswith(f"maestrokit {case[0]}: cannot write ") and f"'{name}'" in done.lines[0]
        assert not list(tmp_path.glob("out.*")) and not (tmp_path / "run").exists()


@pytest.mark.usefixtures("workshop")
def test_a_format_by_name_may_not_contradict_the_suffix(maestrokit):
    done = maestrokit("features", "take.mid", "--format", "tsv", "-o", "out.csv")
    assert (done.status, done.lines[0]) == (2, "maestrokit features: the format tsv contradicts the name 'out.csv'")
    assert maestrokit("features", "take.mid", "--groups", "key", "--format", "csv", "-o", "out").status == 0


@pytest.mark.usefixtures("workshop")
def test_an_array_of_records_is_whole_where_some_inputs_fail(maestrokit, tmp_path):
    (tmp_path / "bad.mid").write_bytes(b"no MIDI")
    done = maestrokit("features", "take.mid", "bad.mid", "--groups", "key", "-o", "out.json")
    assert done.status == 65
    assert [record["file"] for record in json.loads((tmp_path / "out.json").read_text())] == ["take.mid"]
    printed = maestrokit("features", "bad.mid", "take.mid", "--groups", "key", "--format", "json")
    assert (printed.status, len(json.loads(printed.out))) == (65, 1)
    assert maestrokit("features", "bad.mid", "-o", "none.json").status == 65
    assert not (tmp_path / "none.json").exists()
