"""Fit the weights of beat tracking on the even-numbered pieces of ASAP, by name, and print their module.

Example::

    python tools/fit_beats.py notes > src/maestrokit/analysis/beats/note_weights.py

Logistic regressions by Newton's method; each piece is weighted by the root of its number of events. ``audio`` renders
the performances first, and adds performances of MAESTRO's train split, whose beats are not annotated: they are tracked
on the notes, which carry more information than the sound.
"""

import argparse
import csv
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from maestrokit.analysis.beats.event_features import in_context, nearest_rows
from maestrokit.analysis.beats.from_audio import likely_onsets, onset_feature_matrix
from maestrokit.analysis.beats.from_notes import note_onsets, performed_beats
from maestrokit.analysis.chroma import salience
from maestrokit.analysis.onsets import onset_features
from maestrokit.files.midi import read_midi

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "benchmarks"))
from asap import DATA, AnnotatedPerformance, annotated_performances, rendered_sound

CONTEXT = 3  # events to both sides
RIDGE = {"notes": 30.0, "audio": 100.0}  # chosen by leaving out quarters of the pieces
TITLE = "Logistic regressions, made by tools/fit_beats.py from half of ASAP{} (CC BY-NC-SA 4.0)."
HEAD = '"""{}"""\n\nimport numpy as np\n\nfrom maestrokit.arrays import Floats\n'
TOLERANCE = 0.05  # seconds from an annotated beat to its event
TRACKED, TRACKED_SECONDS = 160, 150.0  # performances of MAESTRO, and how much of each


def events(performance: AnnotatedPerformance, view: str, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Return times and features of the chord onsets of a performance, or of the onsets in its sound."""
    if view == "notes":
        chord_onsets = note_onsets(read_midi(performance.midi))
        return chord_onsets.onset, chord_onsets.features
    sound = rendered_sound(performance, seconds)
    onsets = likely_onsets(onset_features([sound]))
    return onsets.time, onset_feature_matrix(onsets, salience([sound]))


def tracked_performances(data: Path) -> list[AnnotatedPerformance]:
    """Return performances of MAESTRO's train split, each of another piece, with the beats tracked on the notes.

    None is in ASAP, on which the tracker is evaluated.
    """
    root = data / "maestro-v3.0.0"
    with (data / "asap" / "metadata.csv").open(encoding="utf-8", newline="") as table:
        evaluated = {row["maestro_midi_performance"].removeprefix("{maestro}/") for row in csv.DictReader(table)}
    with next(root.glob("*.csv")).open(encoding="utf-8", newline="") as table:
        rows = [
            row for row in csv.DictReader(table) if row["split"] == "train" and row["midi_filename"] not in evaluated
        ]
    pieces = {(row["canonical_composer"], row["canonical_title"]): row for row in reversed(rows)}
    names = sorted(row["midi_filename"] for row in pieces.values() if (root / row["midi_filename"]).exists())
    performances = []
    for row in np.random.default_rng(0).permutation(len(names))[:TRACKED]:
        tracked = performed_beats(read_midi(root / names[row]))
        performances.append(AnnotatedPerformance(names[row], root / names[row], tracked.time, tracked.downbeats, True))
    return performances


def labels(time: np.ndarray, beats: np.ndarray) -> np.ndarray:
    """Return for each event 1 if it is the nearest to a beat and within the tolerance, else 0."""
    rows = nearest_rows(time, beats)
    is_beat = np.zeros(len(time))
    is_beat[rows[np.abs(time[rows] - beats) < TOLERANCE]] = 1
    return is_beat


def logistic_regression(features: np.ndarray, label: np.ndarray, weight: np.ndarray, *, penalty: float) -> np.ndarray:
    """Return bias and weights of the ridge-regularised logistic regression."""
    design = np.hstack([np.ones((len(features), 1)), features])
    ridge = np.diag([1e-6, *[penalty] * features.shape[1]])
    solution = np.zeros(design.shape[1])
    for _ in range(12):
        probability = 1 / (1 + np.exp(-design @ solution))
        gradient = design.T @ (weight * (label - probability)) - ridge @ solution
        hessian = (design * (weight * probability * (1 - probability))[:, None]).T @ design + ridge
        solution += np.linalg.solve(hessian, gradient)
    return solution


def table(name: str, rows: Iterable[Iterable[float]], *, decimals: int) -> Iterator[str]:
    """Yield the lines of a table of weights."""
    yield f"{name}: Floats = np.array(["
    for row in rows:
        line = f"[{numbers(row, decimals=decimals)}],"
        yield from textwrap.wrap(line, 120, initial_indent="    ", subsequent_indent="     ")
    yield "])"


def numbers(values: Iterable[float], *, decimals: int) -> str:
    """Return rounded values, with commas between."""
    return ", ".join(f"{round(float(value), decimals) + 0.0:g}" for value in values)


def with_bias(solution: np.ndarray, width: int) -> list[list[float]]:
    """Return weights as rows: the bias first, then a row for each event of the context."""
    return [[solution[0]] + [0.0] * (width - 1), *solution[1:].reshape(-1, width)]


def main() -> None:
    """Fit the weights, and print their module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the corpora")
    parser.add_argument("--seconds", type=float, default=90.0, help="length of each recording")
    parser.add_argument("--every", type=int, default=1, help="use every Nth piece")
    parser.add_argument("view", choices=("notes", "audio"), help="what beats are tracked from")
    options = parser.parse_args()
    parts = []
    performances = [
        (performance, options.seconds)
        for performance in annotated_performances(options.data)
        if performance.is_tuned_on
    ]
    if options.view == "audio":
        performances += [(performance, TRACKED_SECONDS) for performance in tracked_performances(options.data)]
    for performance, seconds in performances[:: options.every]:
        time, features = events(performance, options.view, seconds)
        annotated = (performance.beats, performance.downbeats)
        beat_labels = [labels(time, beats[beats < time[-1] + 0.1]) for beats in annotated]
        parts.append((in_context(features, CONTEXT), *beat_labels, np.full(len(time), np.sqrt(1500 / len(time)))))
    features, beat, downbeat, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    width = features.shape[1] // (2 * CONTEXT + 1)
    on_beat, penalty = beat > 0, RIDGE[options.view]
    print(HEAD.format(TITLE.format(" and from MAESTRO" if options.view == "audio" else "")))
    print(f"UNSTRUCK = {downbeat[on_beat].mean() / 2:.2f}  # chance of a downbeat where nothing is struck")
    for name, rows, label in (("BEAT", slice(None), beat), ("DOWNBEAT", on_beat, downbeat)):
        solution = logistic_regression(features[rows], label[rows], weight[rows], penalty=penalty)
        print("", *table(name, with_bias(solution, width), decimals=3), sep="\n")


if __name__ == "__main__":
    main()
