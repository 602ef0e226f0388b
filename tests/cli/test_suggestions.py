"""Whoever mistypes a name is told the nearest one, and whoever takes the wrong command the right one."""

import shlex
import struct
from pathlib import Path

import pytest

from command_line import CommandLine
from maestrokit.errors import ExitStatus


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("quantise take.mid", "quantize"),
        ("quantize take.mid --gird 1/16", "--grid"),
        ("melspec take.wav --hop 10ms", "--hop-samples"),
        ("melspec take.wav --frequency 10", "--minimum-frequency"),
        ("render take.mid --chanels 1", "--channels"),
        ("quantize take.mid --grid 1/16 --durations offset", "offsets"),
        ("transpose take.mid --profile krumhansl", "krumhansl-kessler"),
        ("transpose take.mid --out-of-range flod", "fold"),
        ("features take.mid --groups pitch,temop", "tempo"),
        ("features take.mid --f0 pyinn", "pyin"),
        ("features take.mid --format tvs", "tsv"),
        ("evaluate take.mid --metric groove", "grooving"),
        ("evaluate take.mid --reference take.mid --fail-under onset_f2=1", "onset_f1"),
        ("evaluate take.mid --format tabel", "table"),
        ("melspec take.flac --spectrum mels", "mel"),
        ("melspec take.flac --window ham", "hamming"),
        ("melspec take.flac -o take.npzz", ".npz"),
        ("render take.mid --format falc", "flac"),
        ("transcribe take.flac --pedal c64", "cc64"),
        ("transcribe take.flac --format midi", "mid"),
        ("generate --model trasformer", "transformer"),
        ("train transfomer . -o run", "transformer"),
        ("train lstm . -o run --task event", "events"),
        ("train lstm . -o run --set widht=3", "width"),
        ("train lstm . -o run --set optimizer=muno", "muon"),
        ("train lstm . -o run --device cdua", "cuda"),
        ("quantize root --step 10ms -d out --split valid", "validation"),
    ],
)
def test_the_nearest_name_is_suggested(
    maestrokit: CommandLine, maestro_root: Path, monkeypatch: pytest.MonkeyPatch, line: str, nearest: str
) -> None:
    monkeypatch.chdir(maestro_root.parent)
    maestro_root.rename("root")
    (maestro_root.parent / "take.mid").write_bytes((maestro_root.parent / "root/2004/petzold-minuet.midi").read_bytes())
    done = maestrokit(*shlex.split(line))
    assert done.status in (ExitStatus.USAGE, ExitStatus.NO_INPUT)
    assert f"did you mean '{nearest}'?" in done.lines[-1]


def test_nothing_is_suggested_where_nothing_is_near(maestrokit: CommandLine) -> None:
    assert maestrokit("frobnicate").lines[-1] == "  maestrokit --help lists the commands"
    assert maestrokit("render", "--hop", "1").lines[-1] == "  maestrokit render --help lists the options"


@pytest.mark.parametrize("command", ["quantize --step 10ms", "transpose", "generate", "render", "evaluate"])
def test_a_recording_leads_to_transcribe(maestrokit: CommandLine, tmp_path: Path, command: str) -> None:
    (tmp_path / "take.flac").write_bytes(b"fLaC" + struct.pack(">I", 34) + bytes(34))
    output = {"evaluate": (), "render": ("-o", tmp_path / "o.wav")}.get(command, ("-o", tmp_path / "o.mid"))
    done = maestrokit(*command.split(), tmp_path / "take.flac", *output)
    assert done.status == ExitStatus.BAD_DATA
    assert done.lines == [
        f"maestrokit {command.split(maxsplit=1)[0]}: cannot read '{tmp_path}/take.flac': a recording, not a MIDI file",
        "  'maestrokit transcribe' writes its notes as MIDI",
    ]
