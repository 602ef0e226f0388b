"""Fit how much the durations of chords count in the decoding of a network of chords, on validation songs.

Example::

    python tools/fit_chord_durations.py runs/chords pop909 dcml_mozart --cache cache

The data is that of the training, with its settings, so that the same excerpts are rendered, or found in the cache. What
is scored is the share of the time in which root and quality are right, where the quality is one that the network knows.
Of the weights that are nearly as good as the best the largest is chosen, which gives the fewest changes. It goes into
the run's config.json as ``duration_weight``; :mod:`maestrokit.inference.chords` multiplies by it.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from maestrokit.analysis.chords.from_notes import Chords
from maestrokit.analysis.chords.labels import ChordLabels
from maestrokit.analysis.chords.network import CELL_SECONDS, chord_scores
from maestrokit.analysis.chords.segments import ChordScores, segmented
from maestrokit.analysis.chords.templates import NO_CHORD
from maestrokit.analysis.chroma import SPECTRUM
from maestrokit.files import checkpoint
from maestrokit.files.cache import default_cache
from maestrokit.inference.chords import read_chord_network
from maestrokit.training.data.chord_examples import ChordExample
from maestrokit.training.device import find_context
from maestrokit.training.run import chosen
from maestrokit.training.task import find_corpus, load_task

WEIGHTS = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
ALLOWED_LOSS = 0.001  # of the share of the time, in exchange for fewer changes
STEP = 0.01  # seconds between the moments that are compared


def right_seconds(estimate: Chords, labels: ChordLabels, length: float) -> tuple[float, float]:
    """Return the seconds in which root and quality are right, and those in which they are known."""
    time = np.arange(0, length, STEP)
    estimate_row, label_row = (np.searchsorted(chords.start, time, side="right") - 1 for chords in (estimate, labels))
    is_labelled = (label_row >= 0) & (time < labels.end[label_row])
    is_known = is_labelled & (labels.quality[label_row] >= NO_CHORD)
    is_right = (estimate.root[estimate_row] == labels.root[label_row]) & (
        estimate.quality[estimate_row] == labels.quality[label_row]
    )
    return STEP * float((is_known & is_right).sum()), STEP * float(is_known.sum())


def accuracy(examples: Sequence[ChordExample], scores: Sequence[ChordScores], durations: np.ndarray) -> float:
    """Return the mean over recordings of the share of the time in which chords are right."""
    shares = []
    for example, recording_scores in zip(examples, scores, strict=True):
        length = len(example.levels) / SPECTRUM.frames_per_second
        estimate = segmented(recording_scores, durations, cell_seconds=CELL_SECONDS, length=length)
        right, known = right_seconds(estimate, example.labels, length)
        shares.append(right / max(known, STEP))
    return float(np.mean(shares))


def largest_good_weight(shares: Mapping[float, float]) -> float:
    """Return the largest weight that is as good as the best but for ``ALLOWED_LOSS``.

    >>> largest_good_weight({0.2: 0.8, 0.5: 0.7995, 1.0: 0.79})
    0.5
    """
    return max(weight for weight, share in shares.items() if share >= max(shares.values()) - ALLOWED_LOSS)


def main() -> None:
    """Fit, and write the result into the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run folder of a cnn of the task chords")
    parser.add_argument("data", nargs="+", help="what it was trained on")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder of prepared data")
    options = parser.parse_args()
    find_context("cpu")
    config = checkpoint.read_config(options.run)
    task, settings = load_task("chords"), {name: str(value) for name, value in config["training"].items()}
    corpus = find_corpus(options.data, task, cache=options.cache, seed=config["training"]["seed"])
    prepared = task.prepare(corpus, task.Options(**chosen(task.Options, settings)), family="cnn")
    examples = prepared.data.held_out
    network = read_chord_network(options.run)
    scores = [chord_scores(example.levels[:], example.reference, network.weights) for example in examples]
    duration_scores = np.array(config["duration_scores"])
    shares = {weight: accuracy(examples, scores, weight * duration_scores) for weight in WEIGHTS}
    for weight, share in shares.items():
        print(f"weight {weight}: {share:.4f}")
    best = largest_good_weight(shares)
    fitted = {"recordings": len(examples), "objective": shares[best]}
    checkpoint.write_config(options.run, config | {"duration_weight": best, "fitted": fitted})


if __name__ == "__main__":
    main()
