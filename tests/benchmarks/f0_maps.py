"""Fundamental frequency of the passages of one voice in maps/synth: raw pitch accuracy by mir_eval, each way.

    python tests/benchmarks/f0_maps.py [--half tuning|report] [--ways yin,pyin,fft,crepe,crepe-full] [--every N]

A passage is at least .15 s in which, by the truth, one note sounds and no other, offsets prolonged by the pedal. Its
first 30 ms are left out. A method hears the passage with .25 s around it, where other notes may end or begin. Every
second piece by name was used to choose the thresholds of maestrokit.analysis.f0; what is reported is of the others.
"""

import argparse
import itertools
import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import mir_eval
import numpy as np

from maestrokit.analysis.crepe import SIZES, track_pitch_by_network
from maestrokit.analysis.f0 import HOP_SAMPLES, METHODS, SAMPLE_RATE, track_pitch
from maestrokit.errors import UsageError
from maestrokit.files.cache.crepe import read_crepe
from maestrokit.files.note_tables import read_notes
from maestrokit.files.sound.read import read_sound

SHORTEST = 0.15  # seconds
AFTER_ONSET = 0.03
AROUND = 0.25
LENGTH = 60.0


def passages(path: Path) -> Iterator[tuple[float, float, float]]:
    """Yield start, end and pitch of what one note has to itself."""
    onset, offset, pitch = read_notes(path)[:3]
    edges = np.unique(np.concatenate([onset, offset]))
    for start, end in itertools.pairwise(edges):
        sounding = (onset <= start) & (offset >= end)
        if sounding.sum() == 1 and end - start >= SHORTEST and end < LENGTH:
            yield start, end, float(pitch[sounding][0])


def judged(way: Callable, samples: np.ndarray, passage: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return time and frequency that a way finds inside a passage, frequencies negative where it hears no voice."""
    start, end, _ = passage
    first = max(0, round((start - AROUND) * SAMPLE_RATE) // HOP_SAMPLES * HOP_SAMPLES)
    found = way(samples[first : round((end + AROUND) * SAMPLE_RATE)])
    when = first / SAMPLE_RATE + np.arange(len(found.frequency)) * HOP_SAMPLES / SAMPLE_RATE
    inside = (when >= start + AFTER_ONSET) & (when < end)
    return when[inside], (found.frequency * np.where(found.is_voiced, 1, -1))[inside]


def scored(times: list[np.ndarray], frequencies: list[np.ndarray], pitches: list[float]) -> dict[str, float]:
    """Return mir_eval's scores over all passages, joined on one line of time."""
    estimate = np.concatenate(frequencies)
    truth = np.concatenate([np.full(len(t), 440 * 2 ** ((p - 69) / 12)) for t, p in zip(times, pitches, strict=True)])
    line = np.arange(len(truth)) * HOP_SAMPLES / SAMPLE_RATE
    return mir_eval.melody.evaluate(line, truth, line, estimate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--half", choices=("tuning", "report"), default="report")
    parser.add_argument("--ways", default=",".join((*METHODS, "crepe")), help="those to compare, comma-separated")
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth recording")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    ways = {name: lambda y, name=name: track_pitch([y], method=name) for name in METHODS}
    wanted = options.ways.split(",")
    for name in set(SIZES).intersection(wanted):
        try:
            weights = read_crepe(name)
            ways[name] = lambda y, weights=weights: track_pitch_by_network([y], weights)
        except UsageError as error:
            print(error.fact)
    ways = {name: ways[name] for name in wanted if name in ways}
    found = {name: ([], [], []) for name in ways}
    spent, heard = dict.fromkeys(ways, 0.0), 0.0
    for path in chosen(options.data, options.half)[:: options.every]:
        mine = list(passages(path))
        samples = read_sound(path.with_suffix(".flac"), sample_rate=SAMPLE_RATE).samples if mine else np.empty(0)
        for passage in mine:
            heard += passage[1] - passage[0] + 2 * AROUND
            for name, way in ways.items():
                start = time.process_time()
                when, frequency = judged(way, samples, passage)
                spent[name] += time.process_time() - start
                for kept, value in zip(found[name], (when, frequency, passage[2]), strict=True):
                    kept.append(value)
    heard_times = next(iter(found.values()))[0]
    count, frames = len(heard_times), sum(map(len, heard_times))
    print(f"{count} passages of one note, {frames / 100:.0f} s, of the half for {options.half}")
    print(f"{'':12}{'raw pitch':>10}{'raw chroma':>11}{'voiced':>8}{'CPU ms a second':>17}")
    for name, kept in found.items():
        scores = scored(*kept)
        print(
            f"{name:12}{scores['Raw Pitch Accuracy']:10.3f}{scores['Raw Chroma Accuracy']:11.3f}"
            f"{scores['Voicing Recall']:8.3f}{1000 * spent[name] / heard:17.1f}",
            flush=True,
        )


def chosen(data: Path, half: str) -> list[Path]:
    """Return the tables of one half of the pieces; all pianos that play a piece are in the same half."""
    tables = sorted((data / "maps" / "synth").glob("*.tsv"))
    piece = {path: path.stem.rpartition("_")[0] for path in tables}
    names = sorted(set(piece.values()))[half == "report" :: 2]
    return [path for path in tables if piece[path] in names]


if __name__ == "__main__":
    main()
