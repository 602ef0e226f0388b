"""Files that are right but rare, through the commands: a tune in six notes is six notes however it was stored."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from command_line import CommandLine
from maestrokit.files import checkpoint
from maestrokit.files.midi import parse_midi
from maestrokit.files.pianos.find import default_piano
from maestrokit.files.sound.mp3 import frame_of
from maestrokit.models import lstm
from maestrokit.models.contract import settings_of
from maestrokit.synth.render import render
from scenes import scene
from strategies import END_OF_TRACK, Event, file_bytes, track_bytes

RATE = 16000
PITCHES = [60, 64, 67, 72, 69, 65]
QUICK = ("--sample-rate", 8000, "--channels", 1, "--room", "none", "--format", "wav")


@pytest.fixture(scope="module")
def tune() -> np.ndarray:
    """Six notes in 2.3 s, as the piano that ships plays them."""
    notes = [(0.3 * place, 0.3 * place + 0.27, pitch, 80) for place, pitch in enumerate(PITCHES)]
    return render(scene(notes), default_piano(), sample_rate=RATE)[: round(2.3 * RATE)]


def encoded(samples: np.ndarray, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format=kind, **options)
    return buffer.getvalue()


def mp3(samples: np.ndarray, mode: str = "CONSTANT") -> bytes:
    return encoded(samples, "MP3", bitrate_mode=mode)


def without_count(data: bytes) -> bytes:
    """An MP3 without its first frame, which holds the number of the others."""
    first = frame_of(data[:4])
    assert first is not None
    return data[first[0] :]


def of_unknown_length(samples: np.ndarray) -> bytes:
    """As an encoder leaves a FLAC that it writes to a pipe: neither the number of samples nor their digest."""
    data = bytearray(encoded(samples, "FLAC"))
    data[21] &= 0xF0
    data[22:42] = bytes(20)
    return bytes(data)


def without_sizes(samples: np.ndarray) -> bytes:
    """As a recorder leaves a WAV that is cut off."""
    data = bytearray(encoded(samples, "WAV"))
    data[4:8] = data[40:44] = bytes(4)
    return bytes(data)


# How each is stored, and how many times the tune is in it, and notes on standard error.
STORED: dict[str, tuple[Callable[[np.ndarray], bytes], int, int]] = {
    "variable.mp3": (lambda tune: without_count(mp3(tune, "VARIABLE")), 1, 0),
    "constant.mp3": (lambda tune: without_count(mp3(tune)), 1, 0),
    "joined.mp3": (lambda tune: 2 * mp3(tune), 2, 0),
    "unknown.flac": (of_unknown_length, 1, 0),
    "tagged.flac": (lambda tune: encoded(tune, "FLAC") + b"TAG" + bytes(125), 1, 0),
    "sizes.wav": (without_sizes, 1, 1),
    "inverted.wav": (lambda tune: encoded(np.stack([tune, -tune], axis=1), "WAV"), 1, 1),
}


@pytest.mark.parametrize("name", STORED)
def test_a_tune_is_transcribed_however_it_was_stored(
    maestrokit: CommandLine, tmp_path: Path, tune: np.ndarray, name: str
) -> None:
    store, times, doubts = STORED[name]
    path = tmp_path / name
    path.write_bytes(store(tune))
    done = maestrokit("transcribe", path, "--format", "tsv")
    assert done.status == 0 and [line.startswith(f"note: '{path}': ") for line in done.lines] == [True] * doubts
    pitches = [int(line.split("\t")[2]) for line in done.out.decode().splitlines()[1:]]
    assert pitches == times * PITCHES


ON, OFF, STOP = 0x90, 0x80, bytes([0xB0, 123, 0])


def take(*events: Event, end: int = 0) -> bytes:
    return file_bytes([track_bytes(list(events), end=(end, END_OF_TRACK))])


def stroke(wait: int, pitch: int, velocity: int = 80) -> Event:
    return wait, bytes([ON, pitch, velocity])


def silent(wait: int, pitch: int) -> Event:
    return stroke(wait, pitch, 0)


# Each beside a file in which every note has its own note-off, and the number of notes.
HANGING = {
    "no note-offs": (
        take(stroke(0, 60), *(stroke(480, pitch) for pitch in range(61, 68)), end=480),
        take(stroke(0, 60), *(stroke(480, pitch) for pitch in range(61, 68)), silent(480, 60),
             *(silent(0, pitch) for pitch in range(61, 68))),
        8,
    ),
    "a key struck twice": (
        take(stroke(0, 60), stroke(480, 60, 90), silent(480, 60), stroke(0, 64), silent(480, 64)),
        take(stroke(0, 60), silent(480, 60), stroke(0, 60, 90), silent(480, 60), stroke(0, 64), silent(480, 64)),
        3,
    ),
    "all notes off": (
        take(stroke(0, 60), stroke(0, 64), (480, STOP), stroke(480, 67), silent(480, 67)),
        take(stroke(0, 60), stroke(0, 64), silent(480, 60), silent(0, 64), stroke(480, 67), silent(480, 67)),
        3,
    ),
}  # fmt: skip


@pytest.fixture(params=HANGING)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path, int]:
    """A file with notes that hang, one with a note-off for each, and how many notes both have."""
    hanging, ended, count = HANGING[request.param]
    paths = tmp_path / "hanging.mid", tmp_path / "ended.mid"
    for path, data in zip(paths, (hanging, ended), strict=True):
        path.write_bytes(data)
    return *paths, count


@pytest.mark.parametrize("command", [("features", "--groups", "density,polyphony,pitch"), ("evaluate",)])
def test_notes_that_hang_are_described_as_notes(
    maestrokit: CommandLine, pair: tuple[Path, Path, int], command: tuple[str, ...]
) -> None:
    hanging, ended = (maestrokit(*command, path).out.replace(str(path).encode(), b"") for path in pair[:2])
    assert hanging == ended and hanging
    if command[0] == "features":
        density = json.loads(hanging)["density"]
        assert density["strokes"] * density["notes_per_stroke"] == pytest.approx(pair[2])


def test_notes_that_hang_are_played_to_their_ends(maestrokit: CommandLine, pair: tuple[Path, Path, int]) -> None:
    sounds = [maestrokit("render", path, *QUICK, "--no-provenance") for path in pair[:2]]
    hanging, ended = (soundfile.read(io.BytesIO(done.out))[0] for done in sounds)
    assert np.abs(hanging).max() > 0.01 and np.array_equal(hanging, ended)


def test_notes_that_hang_are_a_prompt_that_ends(
    maestrokit: CommandLine, pair: tuple[Path, Path, int], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    model, folder = lstm.Model(lstm.Config(width=16, layers=1)), tmp_path / "toy"
    folder.mkdir()
    encoding = {"step_milliseconds": 10, "velocity_bins": 32, "pedal_events": False}
    checkpoint.write_config(folder, {"family": "lstm", "model": settings_of(model.config), "encoding": encoding})
    checkpoint.write_weights(folder, model.state_dict())
    found = []
    for path in pair[:2]:
        notes = parse_midi(maestrokit("generate", path, "--model", folder, "--duration", "1s").out, name="new").notes
        rows = zip(notes.onset_tick.tolist(), notes.offset_tick.tolist(), notes.pitch.tolist(), strict=True)
        found.append(sorted(rows))
    assert found[0] == found[1] and len(found[0]) > pair[2]


def test_a_note_that_hangs_in_a_track_that_ends_hours_later_sounds_a_minute(
    maestrokit: CommandLine, tmp_path: Path
) -> None:
    path, music = tmp_path / "late.mid", (stroke(0, 60), silent(480, 60), stroke(0, 62))
    path.write_bytes(take(*music, end=0x0FFFFFFF))
    rows = maestrokit("evaluate", path, "--metric", "note_density", "--format", "jsonl").out.splitlines()
    assert json.loads(rows[0])["value"] == pytest.approx(2 / 60.5, abs=1e-4)
    sound, rate = soundfile.read(io.BytesIO(maestrokit("render", path, *QUICK).out))
    assert len(sound) < 62 * rate
    done = maestrokit("generate", path, "--duration", "1s", "--temperature", 0)
    assert done.status == 0 and len(parse_midi(done.out, name="new").notes) > 2


def test_a_track_that_ends_hours_later_is_described(maestrokit: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "late.mid"
    pairs = [((240, bytes([OFF, pitch, 64])), stroke(240, pitch + 1)) for pitch in range(60, 67)]
    events = [stroke(0, 60), *(event for pair in pairs for event in pair), (240, bytes([OFF, 67, 64]))]
    path.write_bytes(take(*events, end=0x0FFFFFFF))
    done = maestrokit("features", path, "--groups", "density")
    assert (done.status, json.loads(done.out)["density"]["strokes"]) == (0, 8)
