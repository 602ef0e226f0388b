"""Fits what strokes and onsets say about beats, on the even-numbered pieces of ASAP by name.

    python tools/fit_beats.py [--data DIR] [--seconds S] notes|audio

Prints ``maestrokit/music/beat_weights.py`` or ``maestrokit/audio/beat_weights.py``: logistic regressions by Newton's
method, a piece counting with the root of its number of events. ``audio`` renders the performances first, and with
them performances of MAESTRO's train split, whose beats nobody marked: the tracker of notes does, which hears more than
sound tells, and so teaches what it knows.
"""

import argparse
import csv
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from asap import DATA, Take, rendered, takes

from maestrokit.analysis.beats.event_features import in_context, nearest_rows
from maestrokit.analysis.beats.from_audio import likely_onsets, onset_feature_matrix
from maestrokit.analysis.beats.from_notes import note_onsets, performed_beats
from maestrokit.analysis.chroma import salience
from maestrokit.analysis.onsets import onset_features
from maestrokit.files.midi import read_midi

CONTEXT = 3  # events to both sides
RIDGE = {"notes": 30.0, "audio": 100.0}  # chosen by leaving out quarters of the pieces
TITLE = "Logistic regressions, made by tools/fit_beats.py from half of ASAP{} (CC BY-NC-SA 4.0)."
TOLERANCE = 0.05  # seconds from an annotated beat to its event
TAUGHT, TAUGHT_SECONDS = 160, 150.0  # performances of MAESTRO, and how much of each


def events(take: Take, view: str, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Return times and features of the strokes or onsets of a performance."""
    if view == "notes":
        strokes = note_onsets(read_midi(take.midi))
        return strokes.onset, strokes.features
    sound = rendered(take, seconds)
    onsets = likely_onsets(onset_features([sound]))
    return onsets.time, onset_feature_matrix(onsets, salience([sound]))


def taught(data: Path) -> list[Take]:
    """Return performances of MAESTRO's train split, each of another piece, with the beats tracked on the notes.

    None is in ASAP, where the tracker is judged.
    """
    root = data / "maestro-v3.0.0"
    with (data / "asap" / "metadata.csv").open(encoding="utf-8", newline="") as lines:
        judged = {row["maestro_midi_performance"].removeprefix("{maestro}/") for row in csv.DictReader(lines)}
    with next(root.glob("*.csv")).open(encoding="utf-8", newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if r["split"] == "train" and r["midi_filename"] not in judged]
    pieces = {(row["canonical_composer"], row["canonical_title"]): row for row in reversed(rows)}
    names = sorted(row["midi_filename"] for row in pieces.values() if (root / row["midi_filename"]).exists())
    found = []
    for row in np.random.default_rng(0).permutation(len(names))[:TAUGHT]:
        tracked = performed_beats(read_midi(root / names[row]))
        found.append(Take(names[row], root / names[row], tracked.time, tracked.downbeats, True))
    return found


def labels(time: np.ndarray, beats: np.ndarray) -> np.ndarray:
    """Return 1 for each event that is the nearest to a beat, and near it."""
    rows = nearest_rows(time, beats)
    marked = np.zeros(len(time))
    marked[rows[np.abs(time[rows] - beats) < TOLERANCE]] = 1
    return marked


def fitted(features: np.ndarray, marked: np.ndarray, weight: np.ndarray, *, penalty: float) -> np.ndarray:
    """Return bias and weights of the ridge-regularised logistic regression."""
    design = np.hstack([np.ones((len(features), 1)), features])
    ridge = np.diag([1e-6, *[penalty] * features.shape[1]])
    solution = np.zeros(design.shape[1])
    for _ in range(12):
        chance = 1 / (1 + np.exp(-design @ solution))
        slope = design.T @ (weight * (marked - chance)) - ridge @ solution
        bend = (design * (weight * chance * (1 - chance))[:, None]).T @ design + ridge
        solution += np.linalg.solve(bend, slope)
    return solution


def table(name: str, solution: np.ndarray, width: int) -> Iterator[str]:
    """Yield the lines of a table of weights: the bias first, then a row for each event of the context."""
    rows = [[solution[0]] + [0.0] * (width - 1), *solution[1:].reshape(-1, width)]
    yield f"{name}: Floats = np.array(["
    for row in rows:
        numbers = ", ".join(f"{round(float(value), 3) + 0.0:g}" for value in row)
        yield from textwrap.wrap(f"[{numbers}],", 120, initial_indent="    ", subsequent_indent="     ")
    yield "])"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seconds", type=float, default=90.0, help="of each recording")
    parser.add_argument("--every", type=int, default=1, help="take every so manieth piece")
    parser.add_argument("view", choices=("notes", "audio"))
    options = parser.parse_args()
    found = []
    chosen = [(take, options.seconds) for take in takes(options.data) if take.is_tuned_on]
    if options.view == "audio":
        chosen += [(take, TAUGHT_SECONDS) for take in taught(options.data)]
    for take, seconds in chosen[:: options.every]:
        time, features = events(take, options.view, seconds)
        heard = take.beats < time[-1] + 0.1
        marks = (labels(time, take.beats[heard]), labels(time, take.downbeats[take.downbeats < time[-1] + 0.1]))
        found.append((in_context(features, CONTEXT), *marks, np.full(len(time), np.sqrt(1500 / len(time)))))
    features, beat, downbeat, weight = (np.concatenate(column) for column in zip(*found, strict=True))
    width = features.shape[1] // (2 * CONTEXT + 1)
    on_beat, penalty = beat > 0, RIDGE[options.view]
    lines = [
        f'"""{TITLE.format(" and from MAESTRO" if options.view == "audio" else "")}"""',
        "",
        "import numpy as np",
        "",
        "from maestrokit.arrays import Floats",
        "",
        f"UNSTRUCK = {downbeat[on_beat].mean() / 2:.2f}  # chance of a downbeat where nothing is struck",
        "",
        *table("BEAT", fitted(features, beat, weight, penalty=penalty), width),
        "",
        *table("DOWNBEAT", fitted(features[on_beat], downbeat[on_beat], weight[on_beat], penalty=penalty), width),
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
