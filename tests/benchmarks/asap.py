"""The performances of ASAP with their annotated beats, for the benchmarks of beats; and their sound."""

import csv
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maestrokit.audio.effects.room import SMALL
from maestrokit.files.midi import read_midi
from maestrokit.files.pianos.find import default_piano
from maestrokit.files.sound.read import read_sound, write_sound
from maestrokit.synth.render import render
from maestrokit.synth.timbre import Timbre

DATA = Path(os.environ.get("MAESTROKIT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
KEPT = Path(tempfile.gettempdir()) / "maestrokit-rendered"
SAMPLE_RATE = 16000  # Hz


class Take(NamedTuple):
    name: str
    midi: Path
    beats: np.ndarray
    """Seconds."""
    downbeats: np.ndarray
    is_tuned_on: bool
    """Whether the piece is one of the even-numbered by name."""


def takes(data: Path) -> list[Take]:
    """Return all performances, sorted by piece."""
    folder = data / "asap"
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: (row["folder"], row["midi_performance"]))
    pieces = sorted({row["folder"] for row in rows})
    found = []
    for row in rows:
        text = (folder / row["performance_annotations"]).read_text(encoding="utf-8")
        marks = [line.split("\t") for line in text.splitlines()]
        beats = np.array([float(mark[0]) for mark in marks])
        is_first = np.array([mark[2].strip().startswith("db") for mark in marks])
        name = row["midi_performance"]
        found.append(Take(name, folder / name, beats, beats[is_first], pieces.index(row["folder"]) % 2 == 0))
    return found


def rendered(take: Take, seconds: float) -> np.ndarray:
    """Return the first seconds of a performance on the shipped piano in a small room; it is kept for the next time."""
    path = KEPT / f"{take.name.replace('/', '__').removesuffix('.mid')}-{seconds:g}.flac"
    if not path.exists():
        KEPT.mkdir(exist_ok=True)
        sound = render(
            read_midi(take.midi), default_piano(), sample_rate=SAMPLE_RATE, timbre=Timbre(room=SMALL), end=seconds
        )
        write_sound(path, sound[: int(seconds * SAMPLE_RATE)], sample_rate=SAMPLE_RATE)
    return read_sound(path, sample_rate=SAMPLE_RATE).samples
