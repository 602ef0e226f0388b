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
RENDERED_SOUNDS = Path(tempfile.gettempdir()) / "maestrokit-rendered"
SAMPLE_RATE = 16000  # Hz


class AnnotatedPerformance(NamedTuple):
    """A performance of ASAP with its annotated beats."""

    name: str
    midi: Path
    beats: np.ndarray
    """Seconds."""
    downbeats: np.ndarray
    is_tuned_on: bool
    """Whether the piece has an even number in the order of names: weights are fitted on these."""


def annotated_performances(data: Path) -> list[AnnotatedPerformance]:
    """Return all performances, sorted by piece."""
    folder = data / "asap"
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as table:
        rows = sorted(csv.DictReader(table), key=lambda row: (row["folder"], row["midi_performance"]))
    pieces = sorted({row["folder"] for row in rows})
    performances = []
    for row in rows:
        text = (folder / row["performance_annotations"]).read_text(encoding="utf-8")
        annotations = [line.split("\t") for line in text.splitlines()]
        beats = np.array([float(annotation[0]) for annotation in annotations])
        is_first = np.array([annotation[2].strip().startswith("db") for annotation in annotations])
        name = row["midi_performance"]
        performances.append(
            AnnotatedPerformance(name, folder / name, beats, beats[is_first], pieces.index(row["folder"]) % 2 == 0)
        )
    return performances


def rendered_sound(performance: AnnotatedPerformance, seconds: float) -> np.ndarray:
    """Return the first seconds of a performance on the shipped piano in a small room; the sound is cached in a file."""
    path = RENDERED_SOUNDS / f"{performance.name.replace('/', '__').removesuffix('.mid')}-{seconds:g}.flac"
    if not path.exists():
        RENDERED_SOUNDS.mkdir(exist_ok=True)
        sound = render(
            read_midi(performance.midi),
            default_piano(),
            sample_rate=SAMPLE_RATE,
            timbre=Timbre(room=SMALL),
            end=seconds,
        )
        write_sound(path, sound[: int(seconds * SAMPLE_RATE)], sample_rate=SAMPLE_RATE)
    return read_sound(path, sample_rate=SAMPLE_RATE).samples
