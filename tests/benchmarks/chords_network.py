"""Chords from sound by a network, beside the chroma method, on songs and pianos that it was not trained on.

    python tests/benchmarks/chords_network.py [--data DIR] [--model NAME] [--songs N] [--seconds S] [--pianos DIR,..]

Songs: the test part of POP909 by the split of the training (80/10/10 by a hash of names and the seed in config.json,
together with every other movement of Mozart, which the training had, too), their first seconds rendered on the shipped
piano and on pianos that were not trained on, in a small room. Scores are those of mir_eval.chord, means over songs,
with 95 % intervals by bootstrap over songs for the network. Mozart: roots by DCML's annotators in the movements that
were not trained on, rendered whole, beside the note templates on the notes themselves. Real recordings (MAPS,
Disklavier) have no annotation: what is scored is how far the chords from sound agree with those of the templates on
notes. CPU seconds are of the spectrum and all that follows, for each second of sound.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import mir_eval
import numpy as np
from annotated import Movement, Song, mozart_movements, pop909_songs
from asap import DATA, SAMPLE_RATE
from audio_keys_chords import sound_of
from chords import root_score

from maestrokit.analysis.chords.from_audio import chords_of_chroma
from maestrokit.analysis.chords.from_notes import Chords, chord_spans
from maestrokit.analysis.chords.names import harte_labels
from maestrokit.analysis.chords.network import ChordNetwork, chords_of_levels
from maestrokit.analysis.chords.spectrum import packed_levels
from maestrokit.analysis.chroma import SPECTRUM, salience
from maestrokit.audio.spectra.frames import analyse
from maestrokit.files import checkpoint
from maestrokit.files.midi import read_midi
from maestrokit.files.sound.read import read_sound
from maestrokit.inference.chords import load_chord_network
from maestrokit.training.task import split_by_piece

MEASURES = ("majmin", "sevenths", "majmin_inv", "sevenths_inv", "root", "seg")
UNSEEN_PIANOS = ("iowa_steinway_b", "kawai_upright_kw")
RESAMPLES = 1000
Method = Callable[[np.ndarray], Chords]


class TimedMethod:
    """A method that counts its processor time and the seconds of sound that it was given."""

    def __init__(self, method: Method) -> None:
        self._method, self.cpu_seconds, self.sound_seconds = method, 0.0, 0.0

    def __call__(self, samples: np.ndarray) -> Chords:
        start = time.process_time()
        chords = self._method(samples)
        self.cpu_seconds += time.process_time() - start
        self.sound_seconds += len(samples) / SAMPLE_RATE
        return chords


def timed_methods(network: ChordNetwork) -> dict[str, TimedMethod]:
    """Return the network and the chroma method by name, with their timers."""

    def by_network(samples: np.ndarray) -> Chords:
        levels = packed_levels(analyse(samples, SPECTRUM.analysis()))
        return chords_of_levels(levels, network, length=len(samples) / SAMPLE_RATE)

    def by_chroma(samples: np.ndarray) -> Chords:
        return chords_of_chroma(salience([samples]), length=len(samples) / SAMPLE_RATE).as_chords()

    return {"network": TimedMethod(by_network), "chroma": TimedMethod(by_chroma)}


def chord_scores(intervals: np.ndarray, labels: list[str], estimate: Chords, end: float) -> list[float]:
    """Return mir_eval's scores up to a moment."""
    rows = intervals[:, 0] < end
    clipped, clipped_labels = (
        np.minimum(intervals[rows], end),
        [label for label, row in zip(labels, rows, strict=True) if row],
    )
    scores = mir_eval.chord.evaluate(
        clipped, clipped_labels, np.column_stack([estimate.start, estimate.end]), harte_labels(estimate)
    )
    return [float(scores[measure]) for measure in MEASURES]


def interval(scores: np.ndarray) -> str:
    """Return the 95 % interval of a mean by bootstrap."""
    rows = np.random.default_rng(0).integers(len(scores), size=(RESAMPLES, len(scores)))
    low, high = np.quantile(scores[rows].mean(axis=1), (0.025, 0.975))
    return f"[{low:.3f}, {high:.3f}]"


def held_out_songs(songs: list[Song], movements: list[Movement], seed: int) -> list[Song]:
    """Return the songs that the training kept for tests."""
    names = [*(song.name for song in songs), *(movement.name for movement in movements[::2])]
    return [songs[row] for row in split_by_piece(names, seed=seed)["test"] if row < len(songs)]


def print_songs(songs: list[Song], methods: dict[str, TimedMethod], pianos: dict[str, str], seconds: float) -> None:
    """Print the scores of songs on each piano."""
    print(f"{len(songs)} songs, the first {seconds:g} s of each")
    print(f"{'':44}" + "".join(f"{measure:>13}" for measure in MEASURES))
    for piano, folder in pianos.items():
        sounds = [sound_of(f"pop909-{song.name}", song.performance, seconds, piano=folder) for song in songs]
        for name, method in methods.items():
            scores = np.array([
                chord_scores(song.intervals, song.labels, method(samples), len(samples) / SAMPLE_RATE)
                for song, samples in zip(songs, sounds, strict=True)
            ])  # fmt: skip
            print(f"{piano:30}{name:14}" + "".join(f"{value:13.3f}" for value in scores.mean(axis=0)))
            if name == "network":
                print(f"{'':44}majmin {interval(scores[:, 0])}, sevenths {interval(scores[:, 1])}")


def print_mozart(movements: list[Movement], methods: dict[str, TimedMethod]) -> None:
    """Print the scores of roots in Mozart's movements."""
    scores: dict[str, list[float]] = {name: [] for name in (*methods, "notes")}
    for movement in movements:
        samples = sound_of(f"mozart-{movement.name}", movement.performance, None)
        for name, method in methods.items():
            scores[name].append(root_score(movement, method(samples)))
        scores["notes"].append(root_score(movement, chord_spans(movement.performance)))
    means = ", ".join(f"{name} {np.mean(values):.3f}" for name, values in scores.items())
    print(f"roots of {len(movements)} movements by Mozart: {means}")


def print_real(data: Path, methods: dict[str, TimedMethod]) -> None:
    """Print the agreement with the note templates on real recordings."""
    scores: dict[str, list[list[float]]] = {name: [] for name in methods}
    for path in sorted((data / "maps/real").glob("*.flac")):
        samples = read_sound(path, sample_rate=SAMPLE_RATE).samples
        reference = chord_spans(read_midi(path.with_suffix(".mid")))
        intervals, end = np.column_stack([reference.start, reference.end]), len(samples) / SAMPLE_RATE
        for name, method in methods.items():
            scores[name].append(chord_scores(intervals, harte_labels(reference), method(samples), end))
    for name, rows in scores.items():
        means = ", ".join(
            f"{measure} {value:.3f}" for measure, value in zip(MEASURES, np.mean(rows, axis=0), strict=True)
        )
        print(f"agreement with note templates on {len(rows)} real recordings, {name}: {means}")


def main() -> None:
    """Print all scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--model", default="chords")
    parser.add_argument("--songs", type=int, default=1000, help="at most so many")
    parser.add_argument("--seconds", type=float, default=90.0, help="of each song")
    parser.add_argument("--pianos", default=",".join(UNSEEN_PIANOS), help="folders of DIR/pianos that no training had")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    network = load_chord_network(options.model)
    seed = checkpoint.read_config(checkpoint.model_folder(options.model))["training"]["seed"]
    songs, movements = list(pop909_songs(options.data)), list(mozart_movements(options.data))
    methods = timed_methods(network)
    pianos = {"shipped piano": ""} | {name: str(options.data / "pianos" / name) for name in options.pianos.split(",")}
    print_songs(held_out_songs(songs, movements, seed)[: options.songs], methods, pianos, options.seconds)
    print_mozart(movements[1::2], methods)
    print_real(options.data, methods)
    speeds = ", ".join(f"{name} {method.cpu_seconds / method.sound_seconds:.4f}" for name, method in methods.items())
    print(f"CPU seconds for a second of sound: {speeds}")


if __name__ == "__main__":
    main()
