"""Fit the weights of chord recognition on the even-numbered songs of POP909, rendered, and print their module.

Example::

    python tools/fit_chords.py > src/maestrokit/analysis/chords/weights.py

A multinomial logistic regression on chroma whose weights are shared by all roots, with a ridge. Suspended, diminished
and augmented chords are left out. The shipped piano renders the songs.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import mir_eval
import numpy as np
from scipy.optimize import minimize

from maestrokit.analysis.chords.from_audio import NO_CHORD, chroma_features, scores
from maestrokit.analysis.chroma import FRAME_RATE, salience

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "benchmarks"))
from annotated import Song, pop909_songs
from asap import DATA, SAMPLE_RATE
from audio_keys_chords import sound_of

from fit_beats import HEAD, numbers, table

EVERY = 4  # frames
RIDGE = 1e-4
SHAPES = {"TRIAD": (2, 24), "BIAS": (2,), "NOTHING": (2,), "NOTHING_BIAS": ()}
TITLE = "Weights of the regression of chords on chroma, made by tools/fit_chords.py of half of POP909."


def frame_classes(song: Song, frames: int) -> np.ndarray:
    """Return the class of each frame, -1 where the annotation is none of them."""
    time, classes = np.arange(frames) / FRAME_RATE, np.full(frames, -1)
    for (start, end), name in zip(song.intervals, song.labels, strict=True):
        root, tones, _ = mir_eval.chord.encode(name)
        inside = (time >= start) & (time < end)
        if root < 0:
            classes[inside] = NO_CHORD
        elif tones[7] and tones[4] != tones[3]:
            classes[inside] = root + (12 if tones[3] else 0)
    return classes


def fitted_weights(features: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return all weights, one after another."""
    rows = np.arange(len(classes))
    rotations = [np.roll(features, -root, axis=2).reshape(len(features), -1) for root in range(12)]
    loudest = features.max(axis=2)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logits = scores(features, **weights_by_name(weights))
        probability = np.exp(logits)
        value = -logits[rows, classes].mean() + RIDGE * weights @ weights
        probability[rows, classes] -= 1
        error = probability / len(rows)
        triads = sum(
            (error[:, [root, 12 + root]].T @ rotation for root, rotation in enumerate(rotations)), np.zeros((2, 24))
        )
        bias = [error[:, :12].sum(), error[:, 12:NO_CHORD].sum()]
        no_chord = error[:, NO_CHORD]
        gradient = np.concatenate([triads.ravel(), bias, no_chord @ loudest, [no_chord.sum()]])
        return value, gradient + 2 * RIDGE * weights

    size = sum(int(np.prod(shape)) for shape in SHAPES.values())
    return minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": 150}).x  # type: ignore[no-any-return]


def weights_by_name(weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return the weights by name."""
    ends = np.cumsum([int(np.prod(shape)) for shape in SHAPES.values()])[:-1]
    arrays = zip(SHAPES.items(), np.split(weights, ends), strict=True)
    return {name.lower(): array.reshape(shape) for (name, shape), array in arrays}


def tables(weights: np.ndarray) -> Iterator[str]:
    """Yield the lines of the module."""
    for key, array in weights_by_name(weights).items():
        name = key.upper()
        if array.ndim == 0:
            yield f"{name} = {round(float(array), 2):g}"
        elif array.ndim == 1:
            yield f"{name}: Floats = np.array([{numbers(array, decimals=2)}])"
        else:
            yield from table(name, array, decimals=2)


def main() -> None:
    """Fit the weights, and print their module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the corpora")
    parser.add_argument("--songs", type=int, default=50, help="number of songs")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each song")
    options = parser.parse_args()
    parts = []
    for song in list(pop909_songs(options.data))[0::2][: options.songs]:
        samples = sound_of(f"pop909-{song.name}", song.performance, options.seconds)
        features = chroma_features(salience([samples]))
        classes = frame_classes(song, len(features))
        classes[round(len(samples) / SAMPLE_RATE * FRAME_RATE) :] = -1
        known = np.flatnonzero(classes >= 0)[::EVERY]
        parts.append((features[known], classes[known]))
    weights = fitted_weights(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    print(HEAD.format(TITLE), *tables(weights), sep="\n")


if __name__ == "__main__":
    main()
