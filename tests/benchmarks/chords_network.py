"""How well a network tells chords from sound, beside the chroma method, on songs and pianos that it was not trained on.

    python tests/benchmarks/chords_network.py [--data DIR] [--model NAME] [--songs N] [--seconds S] [--pianos DIR,..]

Songs: the test part of POP909 by the split of the training (80/10/10 by a hash of names and the seed in config.json,
together with every other movement of Mozart, which the training had, too), their first seconds rendered on the shipped
piano and on pianos that no training had, in a small room. Scores are those of mir_eval.chord, means over songs, with
95 % intervals by bootstrap over songs for the network. Mozart: roots by DCML's annotators in the movements that no
training had, rendered whole, beside the note templates on the notes themselves. Real recordings (MAPS, Disklavier)
have no annotation: how far the chords from sound agree with those that the note templates tell from the notes.
CPU seconds are of the spectrum and all that follows, for each second of sound.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import mir_eval
import numpy as np
from annotated import Movement, Song, mozart, pop909
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
UNHEARD = ("iowa_steinway_b", "kawai_upright_kw")
RESAMPLES = 1000
Method = Callable[[np.ndarray], Chords]


class Timed:
    """A method, and how long it took for how much sound."""

    def __init__(self, method: Method) -> None:
        self._method, self.spent, self.heard = method, 0.0, 0.0

    def __call__(self, samples: np.ndarray) -> Chords:
        start = time.process_time()
        found = self._method(samples)
        self.spent += time.process_time() - start
        self.heard += len(samples) / SAMPLE_RATE
        return found


def methods_of(network: ChordNetwork) -> dict[str, Timed]:
    def by_network(samples: np.ndarray) -> Chords:
        levels = packed_levels(analyse(samples, SPECTRUM.analysis()))
        return chords_of_levels(levels, network, length=len(samples) / SAMPLE_RATE)

    def by_chroma(samples: np.ndarray) -> Chords:
        return chords_of_chroma(salience([samples]), length=len(samples) / SAMPLE_RATE).as_chords()

    return {"network": Timed(by_network), "chroma": Timed(by_chroma)}


def scores_of(intervals: np.ndarray, labels: list[str], found: Chords, end: float) -> list[float]:
    rows = intervals[:, 0] < end
    cut, named = np.minimum(intervals[rows], end), [label for label, row in zip(labels, rows, strict=True) if row]
    scores = mir_eval.chord.evaluate(cut, named, np.column_stack([found.start, found.end]), harte_labels(found))
    return [float(scores[measure]) for measure in MEASURES]


def interval(scores: np.ndarray) -> str:
    rows = np.random.default_rng(0).integers(len(scores), size=(RESAMPLES, len(scores)))
    low, high = np.quantile(scores[rows].mean(axis=1), (0.025, 0.975))
    return f"[{low:.3f}, {high:.3f}]"


def held_out(songs: list[Song], movements: list[Movement], seed: int) -> list[Song]:
    names = [*(song.name for song in songs), *(movement.name for movement in movements[::2])]
    return [songs[row] for row in split_by_piece(names, seed=seed)["test"] if row < len(songs)]


def print_songs(songs: list[Song], methods: dict[str, Timed], pianos: dict[str, str], seconds: float) -> None:
    print(f"{len(songs)} songs, the first {seconds:g} s of each")
    print(f"{'':44}" + "".join(f"{measure:>13}" for measure in MEASURES))
    for piano, folder in pianos.items():
        sounds = [sound_of(f"pop909-{song.name}", song.performance, seconds, piano=folder) for song in songs]
        for name, method in methods.items():
            scores = np.array([
                scores_of(song.intervals, song.labels, method(samples), len(samples) / SAMPLE_RATE)
                for song, samples in zip(songs, sounds, strict=True)
            ])  # fmt: skip
            print(f"{piano:30}{name:14}" + "".join(f"{value:13.3f}" for value in scores.mean(axis=0)))
            if name == "network":
                print(f"{'':44}majmin {interval(scores[:, 0])}, sevenths {interval(scores[:, 1])}")


def print_mozart(movements: list[Movement], methods: dict[str, Timed]) -> None:
    scores: dict[str, list[float]] = {name: [] for name in (*methods, "notes")}
    for movement in movements:
        samples = sound_of(f"mozart-{movement.name}", movement.performance, None)
        for name, method in methods.items():
            scores[name].append(root_score(movement, method(samples)))
        scores["notes"].append(root_score(movement, chord_spans(movement.performance)))
    means = ", ".join(f"{name} {np.mean(values):.3f}" for name, values in scores.items())
    print(f"roots of {len(movements)} movements by Mozart: {means}")


def print_real(data: Path, methods: dict[str, Timed]) -> None:
    scores: dict[str, list[list[float]]] = {name: [] for name in methods}
    for path in sorted((data / "maps/real").glob("*.flac")):
        samples = read_sound(path, sample_rate=SAMPLE_RATE).samples
        truth = chord_spans(read_midi(path.with_suffix(".mid")))
        spans, end = np.column_stack([truth.start, truth.end]), len(samples) / SAMPLE_RATE
        for name, method in methods.items():
            scores[name].append(scores_of(spans, harte_labels(truth), method(samples), end))
    for name, rows in scores.items():
        means = ", ".join(
            f"{measure} {value:.3f}" for measure, value in zip(MEASURES, np.mean(rows, axis=0), strict=True)
        )
        print(f"agreement with note templates on {len(rows)} real recordings, {name}: {means}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--model", default="chords")
    parser.add_argument("--songs", type=int, default=1000, help="at most so many")
    parser.add_argument("--seconds", type=float, default=90.0, help="of each song")
    parser.add_argument("--pianos", default=",".join(UNHEARD), help="folders of DIR/pianos that no training had")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    network = load_chord_network(options.model)
    seed = checkpoint.read_config(checkpoint.model_folder(options.model))["training"]["seed"]
    songs, movements = list(pop909(options.data)), list(mozart(options.data))
    methods = methods_of(network)
    pianos = {"shipped piano": ""} | {name: str(options.data / "pianos" / name) for name in options.pianos.split(",")}
    print_songs(held_out(songs, movements, seed)[: options.songs], methods, pianos, options.seconds)
    print_mozart(movements[1::2], methods)
    print_real(options.data, methods)
    spent = ", ".join(f"{name} {method.spent / method.heard:.4f}" for name, method in methods.items())
    print(f"CPU seconds for a second of sound: {spent}")


if __name__ == "__main__":
    main()
