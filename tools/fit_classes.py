"""Fit the temperature and the threshold of a model that classifies, on files that it was not trained on.

Example::

    python tools/fit_classes.py runs/composers tables/composers.tsv

The temperature is the one by which the classes of the validation files are most probable: performances or recordings,
whichever the model reads. The threshold of the confidence, below which a class is unknown, is what 93 of 100 validation
files of known classes reach; the share of the others, such as those of the class ``unknown``, that are below it is
printed. Pieces that are in the training part, too, are left out. The result goes into the run's config.json as
``temperature`` and ``threshold``.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar

from maestrokit.analysis.classes import Classifier, class_confidence, excerpt_votes, piece_votes, starts_of
from maestrokit.analysis.convolution import log_softmax
from maestrokit.arrays import Floats, Integers
from maestrokit.errors import MaestrokitError
from maestrokit.files import checkpoint
from maestrokit.files.cache import default_cache
from maestrokit.inference.classes import load_classifier
from maestrokit.training.data.classes.batches import ClassOptions
from maestrokit.training.data.classes.sources import of_one_input, read_sources
from maestrokit.training.task import find_corpus
from maestrokit.training.tasks import classes
from run_folders import run_folder

TEMPERATURES = (0.02, 50.0)
KNOWN = 0.93  # share of the files of known classes whose confidence reaches the threshold
OTHER = -1  # class of files whose class the model does not know


def mean_votes(paths: Sequence[str], classifier: Classifier, *, cache: Path) -> tuple[Floats, Floats]:
    """Return the logarithms of the mean probabilities of each file, (files, classes), and its confidence."""
    rows, scores = [], []
    for _, source in read_sources(paths, input=classifier.input, cache=cache):
        if isinstance(source, MaestrokitError):
            raise source
        votes = excerpt_votes(source, starts_of(source), classifier.weights)
        rows.append(piece_votes(votes))
        scores.append(class_confidence(votes, classifier))
    return np.array(rows), np.array(scores)


def fitted_temperature(votes: Floats, label: Integers) -> float:
    """Return the temperature that makes the labels most probable.

    Labels are smoothed as if one in two more than there are was wrong [1]: a network without errors is as confident as
    that number of files allows.

    References
    ----------
    .. [1] J. Platt, "Probabilistic Outputs for Support Vector Machines", Advances in Large Margin Classifiers, 1999.
    """
    count, class_count = votes.shape
    target = np.full(votes.shape, 1 / (count + 2) / (class_count - 1))
    target[np.arange(count), label] = (count + 1) / (count + 2)

    def nats(log_temperature: float) -> float:
        return float(-(target * log_softmax(votes / np.exp(log_temperature))).sum() / count)

    best = minimize_scalar(nats, bounds=tuple(np.log(TEMPERATURES)), method="bounded")
    return round(float(np.exp(best.x)), 4)


def fitted_threshold(scores: Floats) -> float:
    """Return the threshold that the confidence of the right share of files of known classes reaches.

    >>> fitted_threshold(np.linspace(0, 1, 101) + 1e-6), fitted_threshold(np.array([0.99999, 0.99996]))
    (0.07, 0.9999)
    """
    return float(np.floor(np.quantile(scores, 1 - KNOWN) * 1e4) / 1e4)


def held_out(data: Sequence[str], column: str, classifier: Classifier) -> tuple[list[str], Integers]:
    """Return the validation files of data, and the class of each by its number; ``OTHER`` if it is unknown."""
    corpus, _ = of_one_input(find_corpus(data, classes, cache=Path()), classifier.input)
    labelled = classes.labels_of(corpus, ClassOptions(column=column))
    files, _ = classes.split_of(corpus, labelled, [path for path in corpus.paths if labelled.label.get(path)])
    number = {name: row for row, name in enumerate(classifier.known)}
    paths = files["validation"]
    return paths, np.array([number.get(labelled.label[path], OTHER) for path in paths])


def main() -> None:
    """Fit, and write the result into the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=run_folder, help="run folder of a cnn of the task classes")
    parser.add_argument("data", nargs="+", help="what it was trained on")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where the spectra of recordings are")
    parser.add_argument("--column", default="composer", help="column of tables of MAESTRO that has the classes")
    options = parser.parse_args()
    classifier = load_classifier(str(options.run))
    paths, label = held_out(options.data, options.column, classifier)
    (votes, scores), is_known = mean_votes(paths, classifier, cache=options.cache), label != OTHER
    temperature = fitted_temperature(votes[is_known], label[is_known])
    probability = np.exp(log_softmax(votes[is_known] / temperature))
    estimate, label = probability[:, : len(classifier.known)].argmax(axis=1), label[is_known]
    threshold = fitted_threshold(scores[is_known])
    accuracy = float((estimate == label).mean())
    recalls = [float((estimate[label == row] == row).mean()) for row in np.unique(label)]
    print(f"{is_known.sum()} {classifier.reads} of known classes: temperature {temperature}, threshold {threshold}, "
          f"accuracy {accuracy:.3f}, balanced {np.mean(recalls):.3f}")  # fmt: skip
    fitted = {classifier.reads: int(is_known.sum()), "balanced_accuracy": float(np.mean(recalls))}
    if not is_known.all():
        below = float((scores[~is_known] < threshold).mean())
        print(f"{(~is_known).sum()} {classifier.reads} of other classes: {below:.3f} below the threshold")
        fitted |= {"others": int((~is_known).sum()), "others_below": below}
    config = {"temperature": temperature, "threshold": threshold, "fitted": fitted}
    checkpoint.write_config(options.run, checkpoint.read_config(options.run) | config)


if __name__ == "__main__":
    main()
