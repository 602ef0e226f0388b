"""How often the composer of a whole performance is told, beside logistic regression on pooled histograms.

    python tests/benchmarks/composers.py [--data DIR] [--model NAME]

On the validation split of MAESTRO, by the votes of excerpts. Pieces (composer and title) that are in the training
split, too, are left out and named, as are arrangements. The baseline has the histograms of pitch classes, and of
intervals from each note to the next, of whole training performances. Accuracy counts performances, balanced accuracy
and macro F1 count composers that have some, with 95 % intervals by bootstrap over performances. The calibration error
is that of the most probable class, expected in ten bins; by halves, the temperature that is used for a half was fitted
on the other one.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fit_classes import fitted_temperature, mean_votes
from maestrokit.analysis.classes import Classifier, excerpt_votes, piece_probability
from maestrokit.analysis.convolution import log_softmax
from maestrokit.arrays import Floats, Integers
from maestrokit.files import maestro
from maestrokit.inference.classes import load_classifier
from maestrokit.music.excerpts import excerpt_starts
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.training.tasks.classes import ARRANGEMENT, read_notes

RESAMPLES = 1000
BINS = 10
WIDEST = 12  # semitones: larger intervals count as it
RANDOM = 20  # performances of random notes
OTHER = -1

Score = Callable[[Integers, Integers], float]


def entries(root: Path, split: str) -> list[maestro.Entry]:
    table = maestro.table_path(root)
    assert table is not None
    rows = maestro.select(maestro.read_table(table), split=split)
    return [row for row in rows if ARRANGEMENT not in row.canonical_composer]


def title(entry: maestro.Entry) -> str:
    return f"{entry.canonical_composer}: {entry.canonical_title}"


def accuracy(label: Integers, estimate: Integers) -> float:
    return float((label == estimate).mean())


def balanced_accuracy(label: Integers, estimate: Integers) -> float:
    return float(np.mean([(estimate[label == row] == row).mean() for row in np.unique(label)]))


def macro_f1(label: Integers, estimate: Integers) -> float:
    hits = [(((estimate == row) & (label == row)).sum(), (estimate == row).sum() + (label == row).sum())
            for row in np.unique(label)]  # fmt: skip
    return float(np.mean([2 * both / total for both, total in hits]))


def interval(score: Score, label: Integers, estimate: Integers) -> tuple[float, float]:
    generator = np.random.default_rng(0)
    rows = generator.integers(len(label), size=(RESAMPLES, len(label)))
    low, high = np.quantile([score(label[row], estimate[row]) for row in rows], (0.025, 0.975))
    return float(low), float(high)


def calibration_error(probability: Floats, label: Integers) -> float:
    confidence, is_right = probability.max(axis=1), probability.argmax(axis=1) == label
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    parts = [abs(confidence[bins == row].sum() - is_right[bins == row].sum()) for row in np.unique(bins)]
    return float(sum(parts) / len(label))


def error_by_halves(votes: Floats, label: Integers) -> float:
    probability = np.empty_like(votes)
    for half in (0, 1):
        temperature = fitted_temperature(votes[1 - half :: 2], label[1 - half :: 2])
        probability[half::2] = np.exp(log_softmax(votes[half::2] / temperature))
    return calibration_error(probability, label)


def histograms(path: str) -> Floats:
    """Return the shares of pitch classes, and of intervals from each note to the next."""
    notes = read_notes(path)
    assert isinstance(notes, TimedNotes)
    step = np.clip(np.diff(notes.pitch), -WIDEST, WIDEST) + WIDEST
    parts = np.bincount(notes.pitch % 12, minlength=12), np.bincount(step, minlength=2 * WIDEST + 1)
    return np.concatenate([part / max(part.sum(), 1) for part in parts])


def baseline(train: list[str], train_label: Integers, held_out: list[str]) -> Integers:
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000))
    model.fit(np.stack([histograms(path) for path in train]), train_label)
    return np.asarray(model.predict(np.stack([histograms(path) for path in held_out])))


def random_notes(seed: int) -> TimedNotes:
    generator = np.random.default_rng(seed)
    onset = np.sort(generator.uniform(0, 60, 480))
    return TimedNotes(
        onset, onset + generator.uniform(0.1, 2, 480), generator.integers(21, 109, 480), generator.integers(1, 128, 480)
    )


def print_scores(name: str, label: Integers, estimate: Integers) -> None:
    cells = ""
    for score in (accuracy, balanced_accuracy, macro_f1):
        low, high = interval(score, label, estimate)
        cells += f"{score(label, estimate):8.3f} [{low:.3f}, {high:.3f}]"
    print(f"{name:30}{cells}")


def print_unknown(classifier: Classifier, votes: Floats, label: Integers) -> None:
    noise = [random_notes(seed) for seed in range(RANDOM)]
    random_votes = [excerpt_votes(notes, excerpt_starts(notes), classifier.weights).mean(axis=0) for notes in noise]
    groups = {"the twelve": votes[label != OTHER], "other composers": votes[label == OTHER]}
    for name, rows in (groups | {"random notes": np.array(random_votes)}).items():
        confidence = [piece_probability(row[None], classifier.temperature).max() for row in rows]
        print(f"unknown of {len(rows)} by {name}: {np.mean(np.array(confidence) < classifier.threshold):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared/data")
    parser.add_argument("--model", default="composers")
    arguments = parser.parse_args()
    root = arguments.data / "maestro-v3.0.0"
    classifier = load_classifier(arguments.model)
    number = {name: row for row, name in enumerate(classifier.names)}
    train = [row for row in entries(root, "train") if row.canonical_composer in number]
    learnt = {title(row) for row in entries(root, "train")}
    validation = entries(root, "validation")
    shared = sorted({title(row) for row in validation} & learnt)
    validation = [row for row in validation if title(row) not in learnt]
    label = np.array([number.get(row.canonical_composer, OTHER) for row in validation])
    paths = [str(root / row.midi_filename) for row in validation]
    votes = mean_votes(paths, classifier)
    is_known = label != OTHER
    known, estimate = label[is_known], votes[is_known].argmax(axis=1)
    by_histograms = baseline(
        [str(root / row.midi_filename) for row in train],
        np.array([number[row.canonical_composer] for row in train]),
        [path for path, is_one in zip(paths, is_known, strict=True) if is_one],
    )
    print(f"{len(known)} performances by {len(np.unique(known))} composers; left out: {'; '.join(shared)}")
    print(f"{'':30}{'accuracy':>24}{'balanced accuracy':>24}{'macro F1':>24}")
    print_scores(arguments.model, known, estimate)
    print_scores("histograms, regression", known, by_histograms)
    raw, fitted = (np.exp(log_softmax(votes[is_known] / t)) for t in (1.0, classifier.temperature))
    print(f"calibration error: {calibration_error(raw, known):.3f}; with the temperature {classifier.temperature}, "
          f"fitted on these: {calibration_error(fitted, known):.3f}, by halves: "
          f"{error_by_halves(votes[is_known], known):.3f}")  # fmt: skip
    print_unknown(classifier, votes, label)
    print("recall of each composer, the network and the histograms:")
    for row in np.unique(known):
        rows = known == row
        shares = [(found[rows] == row).mean() for found in (estimate, by_histograms)]
        print(f"  {classifier.names[row]:28}{rows.sum():4}{shares[0]:8.2f}{shares[1]:8.2f}")


if __name__ == "__main__":
    main()
