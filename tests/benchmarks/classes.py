"""Accuracy of the classes of whole performances, beside logistic regression on histograms and on states.

    python tests/benchmarks/classes.py [--model composers|genres] [--data DIR] [--states] [--picture FILE]

On the part ``test`` of the tables of ``tools/class_tables.py``: the validation split of MAESTRO, which nothing was
chosen on. Pieces (composer and title) that are in the training split, too, and those that MAESTRO gives to another
composer than theirs, are left out and named; arrangements are left out. Matched: density, loudness and the length of
notes are made equal, so that they carry no information. The baselines are logistic regression on histograms of pitch
classes and of intervals from each note to the next, and, with ``--states``, on the mean states of the last layer of the
shipped lstm over up to three windows of 20 s. Accuracy counts performances, balanced accuracy and macro F1 count
classes that have some, with 95 % intervals by bootstrap over performances. The calibration error is that of the most
probable class, expected in ten bins; temperature and threshold were fitted on other performances, a part of the
training split.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))
from class_tables import MISLABELLED, POP, TableRow, composer_rows, genre_rows, shared_pieces, works_to_learn_from
from maestrokit.analysis.classes import UNKNOWN, Classification, Classifier, classify
from maestrokit.analysis.convolution import log_softmax
from maestrokit.arrays import Floats, Integers
from maestrokit.files.midi import read_midi
from maestrokit.inference.classes import load_classifier
from maestrokit.inference.embedding import MOST_WINDOWS, as_performance, windows
from maestrokit.inference.note_models.mean_states import mean_states
from maestrokit.metrics.piece import piece_of
from maestrokit.music.edits.matched import matched
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.training.data.classes.sources import read_notes

RESAMPLES = 1000
BINS = 10
WIDEST = 12  # semitones: larger intervals are clipped to it
RANDOM_PERFORMANCES = 50  # performances of random notes
OTHER = -1

Score = Callable[[Integers, Integers], float]


def accuracy(label: Integers, estimate: Integers) -> float:
    """Return the share of performances whose class is estimated right."""
    return float((label == estimate).mean())


def balanced_accuracy(label: Integers, estimate: Integers) -> float:
    """Return the mean recall of the classes that have performances."""
    return float(np.mean([(estimate[label == row] == row).mean() for row in np.unique(label)]))


def macro_f1(label: Integers, estimate: Integers) -> float:
    """Return the mean F1 of the classes that have performances."""
    counts = [(((estimate == row) & (label == row)).sum(), (estimate == row).sum() + (label == row).sum())
            for row in np.unique(label)]  # fmt: skip
    return float(np.mean([2 * hits / total for hits, total in counts]))


def interval(score: Score, label: Integers, estimate: Integers) -> tuple[float, float]:
    """Return the 95 % interval of a score by bootstrap over performances."""
    generator = np.random.default_rng(0)
    rows = generator.integers(len(label), size=(RESAMPLES, len(label)))
    low, high = np.quantile([score(label[row], estimate[row]) for row in rows], (0.025, 0.975))
    return float(low), float(high)


def calibration_error(probability: Floats, label: Integers) -> float:
    """Return the expected calibration error of the most probable class."""
    confidence, is_right = probability.max(axis=1), probability.argmax(axis=1) == label
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    parts = [abs(confidence[bins == row].sum() - is_right[bins == row].sum()) for row in np.unique(bins)]
    return float(sum(parts) / len(label))


def notes_of(row: TableRow) -> TimedNotes:
    """Return the notes of a performance of a table."""
    notes = read_notes(row.path)
    assert isinstance(notes, TimedNotes)
    return notes


def classified(notes: TimedNotes, classifier: Classifier) -> Classification:
    """Return the classification of notes, of which there are enough."""
    result = classify(notes, classifier)
    assert result is not None
    return result


def mean_votes(results: Sequence[Classification]) -> Floats:
    """Return the logarithms of the mean probabilities of the excerpts of each performance."""
    return np.log(np.stack([result.excerpt_probability.mean(axis=0) for result in results]))


def probabilities(votes: Floats, classifier: Classifier, temperature: float) -> Floats:
    """Return the probabilities of the known classes."""
    return np.exp(log_softmax(votes / temperature))[:, : len(classifier.known)]


def histograms(row: TableRow) -> Floats:
    """Return the shares of pitch classes, and of intervals from each note to the next."""
    notes = notes_of(row)
    step = np.clip(np.diff(notes.pitch), -WIDEST, WIDEST) + WIDEST
    parts = np.bincount(notes.pitch % 12, minlength=12), np.bincount(step, minlength=2 * WIDEST + 1)
    return np.concatenate([part / max(part.sum(), 1) for part in parts])


def states(row: TableRow) -> Floats:
    """Return the mean state of the lstm over windows."""
    parts = windows(piece_of(read_midi(row.path)), most=MOST_WINDOWS)
    return mean_states([as_performance(part) for part in parts], model="lstm").mean(axis=0)


def regression(
    vectors: Callable[[TableRow], Floats], train: Sequence[TableRow], label: Integers, test: Sequence[TableRow]
) -> Integers:
    """Return the classes that logistic regression on vectors estimates."""
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000, C=0.1))
    model.fit(np.stack([vectors(row) for row in train]), label)
    return np.asarray(model.predict(np.stack([vectors(row) for row in test])))


def random_notes(seed: int) -> TimedNotes:
    """Return a minute of random notes."""
    generator = np.random.default_rng(seed)
    onset = np.sort(generator.uniform(0, 60, 480))
    return TimedNotes(
        onset, onset + generator.uniform(0.1, 2, 480), generator.integers(21, 109, 480), generator.integers(1, 128, 480)
    )


def print_scores(name: str, label: Integers, estimate: Integers) -> None:
    """Print a row of scores with their intervals."""
    cells = ""
    for score in (accuracy, balanced_accuracy, macro_f1):
        low, high = interval(score, label, estimate)
        cells += f"{score(label, estimate):8.3f} [{low:.3f}, {high:.3f}]"
    print(f"{name:30}{cells}")


def print_unknown(classifier: Classifier, known: Sequence[Classification], others: Sequence[Classification]) -> None:
    """Print how often known classes, other composers and random notes are called unknown."""
    noise = [classified(random_notes(seed), classifier) for seed in range(RANDOM_PERFORMANCES)]
    print(f"called unknown, confidence below {classifier.threshold}, and its median:")
    for name, results in {"of its classes": known, "of other composers": others, "random notes": noise}.items():
        if results:
            share = np.mean([result.name == UNKNOWN for result in results])
            print(f"  {name:28}{len(results):4}{share:8.2f}{np.median([result.confidence for result in results]):8.2f}")


def draw_confusion(names: Sequence[str], label: Integers, estimate: Integers, path: Path) -> None:
    """Draw the confusion matrix: the share of each class that is estimated as each, with counts as text."""
    from maestrokit.plots.figure import new_figure

    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (label, estimate), 1)
    figure = new_figure(width=7.2, height=6.2)
    axes = figure.subplots()
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        share = counts[row, column] / counts[row].sum()
        axes.text(column, row, counts[row, column], ha="center", va="center", color="white" if share > 0.5 else "black")
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.set_yticks(range(len(names)), [f"{name} ({total})" for name, total in zip(names, counts.sum(1), strict=True)])
    axes.set_xlabel("estimated")
    figure.savefig(path, dpi=110)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared/data")
    parser.add_argument("--model", default="composers")
    parser.add_argument("--states", action="store_true", help="also the baseline of states, which takes minutes")
    parser.add_argument("--picture", type=Path, help="draw which class is taken for which")
    options = parser.parse_args()
    root, classifier = options.data / "maestro-v3.0.0", load_classifier(options.model)
    is_of_genres = POP in classifier.names
    rows = genre_rows(root, options.data / "pop909") if is_of_genres else composer_rows(root)
    number = {name: row for row, name in enumerate(classifier.known)}
    train = [row for row in rows if row.split == "train" and row.name in number]
    test = [row for row in rows if row.split == "test"]
    label = np.array([number.get(row.name, OTHER) for row in test])
    is_known = label != OTHER
    known, scored = label[is_known], [row for row in test if row.name in number]
    results = [classified(notes_of(row), classifier) for row in test]
    votes = mean_votes(results)
    matched_votes = mean_votes([classified(matched(notes_of(row)), classifier) for row in scored])
    estimate, matched_estimate = (part[:, : len(number)].argmax(axis=1) for part in (votes[is_known], matched_votes))
    estimates = {options.model: estimate, f"{options.model}, matched": matched_estimate}
    train_labels = np.array([number[row.name] for row in train])
    baselines = {"histograms": histograms, **({"states of the lstm": states} if options.states else {})}
    for name, vectors in baselines.items():
        estimates[f"{name}, regression"] = regression(vectors, train, train_labels, scored)
    left_out = [*shared_pieces(root), *(f"{composer}: {title}, which is not his" for composer, title in MISLABELLED)]
    print(f"{len(known)} performances of {len(np.unique(known))} classes; left out: {'; '.join(sorted(left_out))}")
    print(f"{'':30}{'accuracy':>22}{'balanced accuracy':>24}{'macro F1':>24}")
    for name, class_estimate in estimates.items():
        print_scores(name, known, class_estimate)
    before, after = (
        probabilities(votes[is_known], classifier, temperature) for temperature in (1.0, classifier.temperature)
    )
    print(f"calibration error: {calibration_error(before, known):.3f} before, "
          f"{calibration_error(after, known):.3f} with the temperature {classifier.temperature}")  # fmt: skip
    known_and_others = (
        [result for result, known_class in zip(results, is_known, strict=True) if known_class == is_in_set]
        for is_in_set in (True, False)
    )
    print_unknown(classifier, *known_and_others)
    works = works_to_learn_from(root)
    print("performances of each class, works of it to learn from, and its recall by each of these:")
    for row in np.unique(known):
        shares = "".join(
            f"{(class_estimate[known == row] == row).mean():8.2f}" for class_estimate in estimates.values()
        )
        name = classifier.names[row]
        print(f"  {name:28}{(known == row).sum():4}{works[name] or '':6}{shares}")
    if options.picture is not None:
        draw_confusion(classifier.known, known, estimate, options.picture)


if __name__ == "__main__":
    main()
