"""Recordings on a command line: what is in doubt is one line, damage is repaired, and pipes have names."""

import io
import json
import os
import struct
import threading
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import soundfile

from command_line import CommandLine
from maestrokit.files.sound import read as sound
from maestrokit.files.sound.containers import sound_layout
from maestrokit.files.sound.layout import Layout

RATE = 16000
QUICK = ("--mels", 20, "--hop-samples", 4000)
LOUDNESS = ("--groups", "audio_loudness")


def tone(seconds: float = 1.0) -> np.ndarray:
    time = np.arange(int(RATE * seconds)) / RATE
    return (0.3 * np.sin(2 * np.pi * 440 * time) * np.exp(-time)).astype(np.float32)


def encoded(samples: np.ndarray, kind: str = "FLAC") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format=kind)
    return buffer.getvalue()


INVERTED = encoded(np.stack([tone(), -tone()], axis=1))
NOTE = "left and right are opposite for 1.0 s and would cancel in mono, so one is inverted there"


def test_what_is_in_doubt_is_one_line_that_quiet_silences(maestrokit: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(INVERTED)
    for command in (("melspec", path, *QUICK), ("features", path, "--groups", "audio_f0,audio_onsets,audio_chroma")):
        done = maestrokit(*command)
        assert (done.status, done.lines) == (0, [f"note: '{path}': {NOTE}"])
        assert maestrokit(*command, "-q").err == ""
    assert maestrokit("melspec", "-", *QUICK, stdin=INVERTED).lines == [f"note: 'standard input': {NOTE}"]


def test_what_is_read_beside_the_inputs_is_in_doubt_once(maestrokit: CommandLine, tmp_path: Path) -> None:
    path, room = tmp_path / "a.flac", tmp_path / "room.flac"
    path.write_bytes(encoded(tone()))
    room.write_bytes(INVERTED)
    done = maestrokit("melspec", path, *QUICK, "--impulse-response", room)
    assert (done.status, done.lines) == (0, [f"note: '{room}': {NOTE}"])
    assert maestrokit("melspec", path, *QUICK, "--impulse-response", room, "-q").err == ""


def test_notes_of_a_batch_come_in_the_order_of_its_inputs(maestrokit: CommandLine, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.flac" for name in "abc"]
    for path in paths:
        path.write_bytes(INVERTED)
    done = maestrokit("melspec", *paths, *QUICK, "-d", tmp_path / "out", "-j", 2)
    assert done.lines == [f"note: '{path}': {NOTE}" for path in paths]


@pytest.mark.parametrize("command", ["melspec", "features", "transcribe", "evaluate"])
def test_repair_reads_the_good_part_with_every_command(maestrokit: CommandLine, tmp_path: Path, command: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(encoded(tone(2.0), "WAV")[:48_000])
    (tmp_path / "a.tsv").write_text("onset\toffset\tpitch\tvelocity\n0\t1\t69\t64\n", encoding="utf-8")
    options = {
        "melspec": QUICK,
        "features": LOUDNESS,
        "transcribe": ("--format", "tsv"),
        "evaluate": ("--model", "transcription"),
    }[command]
    done = maestrokit(command, path, *options)
    assert done.status == 65
    assert done.lines[:2] == [
        f"maestrokit {command}: cannot read '{path}': truncated (WAV without its end)",
        "  copy or record it again, or read what is good of it by --repair",
    ]
    done = maestrokit(command, path, *options, "--repair")
    assert done.status == 0 and done.out
    assert done.lines[0] == f"note: '{path}': truncated (WAV without its end)"


@pytest.mark.parametrize(
    "command", [("melspec", *QUICK), ("features", *LOUDNESS), ("melspec", *QUICK, "--chunks", "1s")]
)
def test_a_named_pipe_gives_what_its_file_gives(
    maestrokit: CommandLine, tmp_path: Path, command: tuple[object, ...]
) -> None:
    data, file = encoded(tone()), tmp_path / "a.flac"
    file.write_bytes(data)
    for name in ("pipe", "pipe.flac"):
        pipe = tmp_path / name
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True)
        writer.start()
        done, by_file = maestrokit(command[0], pipe, *command[1:]), maestrokit(command[0], file, *command[1:])
        writer.join(timeout=10)
        assert not writer.is_alive()
        assert (done.status, done.err) == (0, "")
        assert done.out.replace(os.fsencode(pipe), b"") == by_file.out.replace(os.fsencode(file), b"")


@pytest.mark.parametrize("kind", ["FLAC", "MP3", "AU", "CAF"])
@pytest.mark.parametrize(
    "before", [b"", bytes(1000), b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 5 << 29) + bytes(40)]
)
def test_a_recording_is_known_by_its_bytes(maestrokit: CommandLine, tmp_path: Path, kind: str, before: bytes) -> None:
    """Whatever its name, and whatever lies ahead of it, for every command."""
    path = tmp_path / "take"
    path.write_bytes(before + encoded(tone(), kind))
    record = json.loads(maestrokit("features", path, "--without", "audio_beats").out)
    assert record["audio_key"]["tonic"] and "pitch" not in record
    assert f"cannot read '{path}': a recording, not a MIDI file" in maestrokit("transpose", path, "-o", "-").lines[0]


def test_the_parts_of_a_recording_are_looked_for_once(
    maestrokit: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between joined FLACs the whole file is searched, and features opens it for each sample rate."""
    path, calls = tmp_path / "a.flac", list[str]()

    def counted(file: BinaryIO, name: str) -> tuple[str, Layout]:
        calls.append(name)
        return sound_layout(file, name)

    monkeypatch.setattr(sound, "sound_layout", counted)
    path.write_bytes(encoded(tone()) * 2)
    record = json.loads(maestrokit("features", path, "--groups", "audio_loudness,audio_f0,audio_chroma").out)
    assert len(record) == 4 and calls == [str(path)]


def test_a_pipe_is_described_as_standard_input_is(maestrokit: CommandLine, tmp_path: Path) -> None:
    """Nobody knows beforehand whether it brings notes or sound."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(encoded(tone()),), daemon=True)
    writer.start()
    record = json.loads(maestrokit("features", pipe, "--without", "audio_beats").out)
    writer.join(timeout=10)
    assert not writer.is_alive()
    assert record["audio_key"]["tonic"] and "pitch" not in record


def test_loudness_is_that_of_all_channels(maestrokit: CommandLine, tmp_path: Path) -> None:
    steady = 0.5 * np.sin(2 * np.pi * 997 * np.arange(2 * RATE) / RATE)
    for name, other, loudness in (("equal", 1, -6.02), ("inverted", -1, -6.02), ("one side", 0, -9.03)):
        path = tmp_path / f"{name}.flac"
        path.write_bytes(encoded(np.stack([steady, other * steady], axis=1)))
        record = json.loads(maestrokit("features", path, *LOUDNESS).out)["audio_loudness"]
        assert record["integrated"] == pytest.approx(loudness, abs=0.05)
        assert record["peak"] == pytest.approx(-6.02, abs=0.1)
