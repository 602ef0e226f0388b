"""Fundamental frequency of the passages of one voice in maps/synth: raw pitch accuracy of each method by mir_eval.

    python tests/benchmarks/f0_maps.py [--half tuning|report] [--ways yin,pyin,fft,crepe,crepe-full] [--every N]

A passage is at least .15 s in which, by the reference, one note sounds and no other, offsets extended by the pedal. Its
first 30 ms are left out. A method is given the passage with .25 s around it, where other notes may end or begin. Every
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


def single_note_passages(path: Path) -> Iterator[tuple[float, float, float]]:
    """Yield start, end and pitch of each span in which a single note sounds."""
    onset, offset, pitch = read_notes(path)[:3]
    edges = np.unique(np.concatenate([onset, offset]))
    for start, end in itertools.pairwise(edges):
        sounding = (onset <= start) & (offset >= end)
        if sounding.sum() == 1 and end - start >= SHORTEST and end < LENGTH:
            yield start, end, float(pitch[sounding][0])


def estimate_inside(
    method: Callable, samples: np.ndarray, passage: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return times and estimated frequencies inside a passage, frequencies negative where it is unvoiced."""
    start, end, _ = passage
    first = max(0, round((start - AROUND) * SAMPLE_RATE) // HOP_SAMPLES * HOP_SAMPLES)
    estimate = method(samples[first : round((end + AROUND) * SAMPLE_RATE)])
    times = first / SAMPLE_RATE + np.arange(len(estimate.frequency)) * HOP_SAMPLES / SAMPLE_RATE
    inside = (times >= start + AFTER_ONSET) & (times < end)
    return times[inside], (estimate.frequency * np.where(estimate.is_voiced, 1, -1))[inside]


def pooled_scores(
    passage_times: list[np.ndarray], frequencies: list[np.ndarray], pitches: list[float]
) -> dict[str, float]:
    """Return mir_eval's scores over all passages, joined into one."""
    estimate = np.concatenate(frequencies)
    reference = np.concatenate(
        [np.full(len(t), 440 * 2 ** ((p - 69) / 12)) for t, p in zip(passage_times, pitches, strict=True)]
    )
    times = np.arange(len(reference)) * HOP_SAMPLES / SAMPLE_RATE
    return mir_eval.melody.evaluate(times, reference, times, estimate)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--half", choices=("tuning", "report"), default="report")
    parser.add_argument("--ways", default=",".join((*METHODS, "crepe")), help="those to compare, comma-separated")
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth recording")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    methods = {name: lambda y, name=name: track_pitch([y], method=name) for name in METHODS}
    names = options.ways.split(",")
    for name in set(SIZES).intersection(names):
        try:
            weights = read_crepe(name)
            methods[name] = lambda y, weights=weights: track_pitch_by_network([y], weights)
        except UsageError as error:
            print(error.fact)
    methods = {name: methods[name] for name in names if name in methods}
    estimates = {name: ([], [], []) for name in methods}
    cpu_seconds, sound_seconds = dict.fromkeys(methods, 0.0), 0.0
    for path in tables_of_half(options.data, options.half)[:: options.every]:
        file_passages = list(single_note_passages(path))
        samples = (
            read_sound(path.with_suffix(".flac"), sample_rate=SAMPLE_RATE).samples if file_passages else np.empty(0)
        )
        for passage in file_passages:
            sound_seconds += passage[1] - passage[0] + 2 * AROUND
            for name, method in methods.items():
                start = time.process_time()
                times, frequency = estimate_inside(method, samples, passage)
                cpu_seconds[name] += time.process_time() - start
                for columns, value in zip(estimates[name], (times, frequency, passage[2]), strict=True):
                    columns.append(value)
    passage_times = next(iter(estimates.values()))[0]
    count, frames = len(passage_times), sum(map(len, passage_times))
    print(f"{count} passages of one note, {frames / 100:.0f} s, of the half for {options.half}")
    print(f"{'':12}{'raw pitch':>10}{'raw chroma':>11}{'voiced':>8}{'CPU ms a second':>17}")
    for name, columns in estimates.items():
        scores = pooled_scores(*columns)
        print(
            f"{name:12}{scores['Raw Pitch Accuracy']:10.3f}{scores['Raw Chroma Accuracy']:11.3f}"
            f"{scores['Voicing Recall']:8.3f}{1000 * cpu_seconds[name] / sound_seconds:17.1f}",
            flush=True,
        )


def tables_of_half(data: Path, half: str) -> list[Path]:
    """Return the note tables of one half of the pieces; all recordings of a piece are in the same half."""
    tables = sorted((data / "maps" / "synth").glob("*.tsv"))
    piece = {path: path.stem.rpartition("_")[0] for path in tables}
    names = sorted(set(piece.values()))[half == "report" :: 2]
    return [path for path in tables if piece[path] in names]


if __name__ == "__main__":
    main()
