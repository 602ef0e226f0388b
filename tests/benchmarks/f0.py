"""Fundamental frequency of rendered single lines: raw pitch accuracy within 50 cents, beside librosa.

    python tests/benchmarks/f0.py [--lines N]

Lines are random walks over the white keys on the shipped piano, in a small room and legato, 24 s each, from seed 0.
Accuracy is over the frames within a note, 30 ms after its onset on; an unvoiced frame counts by its best estimate.
"""

import argparse
import time
import warnings

import librosa
import numpy as np

from maestrokit.analysis.f0 import HIGHEST, HOP_SAMPLES, LOWEST, METHODS, SAMPLE_RATE, track_pitch
from maestrokit.audio.effects.room import SMALL
from maestrokit.files.pianos.find import default_piano
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import Controls, Notes, Others, Performance, Tempos
from maestrokit.synth.render import render
from maestrokit.synth.timbre import Timbre

LENGTH = 24.0  # seconds
WHITE_KEYS = [pitch for pitch in range(40, 90) if pitch % 12 in (0, 2, 4, 5, 7, 9, 11)]
TICKS_PER_SECOND = 960


def random_line(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Performance]:
    """Return onsets in seconds (the end as well), pitches, and the performance of a line."""
    edges = np.concatenate([[0.0], np.cumsum(generator.choice([0.15, 0.2, 0.3, 0.4, 0.6, 0.8], 200))])
    edges = np.append(edges[edges < LENGTH], LENGTH)
    count = len(edges) - 1
    index = np.clip(np.cumsum(generator.integers(-3, 4, count)) + len(WHITE_KEYS) // 2, 0, len(WHITE_KEYS) - 1)
    pitch = np.array(WHITE_KEYS)[index]
    tick = np.rint(edges * TICKS_PER_SECOND).astype(np.int64)
    zeros, order = np.zeros(count, np.int64), np.arange(count)
    notes = Notes(
        tick[:-1],
        tick[1:],
        pitch,
        generator.integers(40, 100, count),
        zeros + 64,
        zeros,
        zeros,
        2 * order,
        2 * order + 1,
    )
    performance = Performance(notes, Controls.empty(), Tempos.empty(), Others.empty(), tick[-1:], 480, 0)
    return edges, pitch, reorder_events(performance)


def raw_pitch_accuracy(frequency: np.ndarray, edges: np.ndarray, pitch: np.ndarray) -> float:
    """Return the share of frames within a note whose pitch is right within 50 cents."""
    seconds = np.arange(len(frequency)) * HOP_SAMPLES / SAMPLE_RATE
    row = np.searchsorted(edges, seconds, side="right") - 1
    is_scored = (row < len(pitch)) & (seconds - edges[np.minimum(row, len(edges) - 1)] >= 0.03)
    reference = pitch[np.minimum(row, len(pitch) - 1)]
    estimate = 69 + 12 * np.log2(np.maximum(frequency, 1e-3) / 440)
    return float((np.abs(estimate - reference) < 0.5)[is_scored].mean())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    generator = np.random.default_rng(0)
    settings = {"fmin": LOWEST, "fmax": HIGHEST, "sr": SAMPLE_RATE, "frame_length": 2048, "hop_length": HOP_SAMPLES}
    trackers = {name: lambda y, name=name: track_pitch([y], method=name).frequency for name in METHODS}
    trackers["librosa.yin"] = lambda y: librosa.yin(y, **settings)
    trackers["librosa.pyin"] = lambda y: librosa.pyin(y, fill_na=None, **settings)[0]
    accuracies = {name: [] for name in trackers}
    cpu_seconds = dict.fromkeys(trackers, 0.0)
    for _ in range(options.lines):
        edges, pitch, performance = random_line(generator)
        sound = render(performance, default_piano(), sample_rate=SAMPLE_RATE, timbre=Timbre(room=SMALL), end=LENGTH)
        for name, tracker in trackers.items():
            start = time.process_time()
            accuracies[name].append(raw_pitch_accuracy(tracker(sound), edges, pitch))
            cpu_seconds[name] += time.process_time() - start
    print(f"{options.lines} lines of {LENGTH:g} s, a piano in a small room")
    print(f"{'':14}{'accuracy':>10}{'CPU ms a second':>18}")
    for name, values in accuracies.items():
        print(f"{name:14}{np.mean(values):10.3f}{1000 * cpu_seconds[name] / LENGTH / options.lines:18.1f}")


if __name__ == "__main__":
    main()
