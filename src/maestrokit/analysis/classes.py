"""Classes of performances, such as composers, by a trained network that runs in numpy.

The network is that of the task ``classes`` of ``train cnn``; its weights are handed in. Each excerpt of 20 s votes: the
probabilities of a performance are those of the mean log-probabilities of its excerpts, divided by a temperature that
was fitted so that they are as often right as they say [1]. They say which of the classes it is most like, if it is of
one: whether it is, is told by how high the odds of all classes are together, before they are normalised [2].

References
----------
.. [1] C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
.. [2] W. Liu et al., "Energy-based Out-of-distribution Detection", NeurIPS 2020 (the score is the energy, negated).
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.convolution import Weights, convolved, log_softmax, norm_relu, norm_shapes
from maestrokit.arrays import Floats
from maestrokit.music.excerpts import ROLLS, SECONDS, excerpt_starts, roll_of
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import KEYS

UNKNOWN = "unknown"
FIRST_KERNEL, FIRST_STRIDE = (7, 13), (4, 2)  # frames and keys
WIDTHS = (2, 4, 8)  # channels of the stages, as multiples of those of the first convolution


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network that classifies performances.

    Parameters
    ----------
    names : tuple of str
        The classes, in the order of the outputs; the last one may be ``unknown``.
    weights : mapping of arrays
        Of the network, by the names that they have in training.
    temperature : float > 0
        Divides the mean log-probabilities of the excerpts.
    threshold : float, in nats
        A performance whose energy score is below this is of an unknown class; see :func:`energy_score`.
    """

    names: tuple[str, ...]
    weights: Weights
    temperature: float = 1.0
    threshold: float = -math.inf

    @property
    def known(self) -> tuple[str, ...]:
        """The classes without ``unknown``."""
        return tuple(name for name in self.names if name != UNKNOWN)


@dataclass(frozen=True, eq=False)
class Classification:
    """The classes of a performance.

    Parameters
    ----------
    name : str
        The most probable class, or ``unknown``.
    probability : float64, shape (classes,)
        Of the whole performance.
    energy_score : float, in nats
        Whether it is of one of the classes; see :func:`energy_score`.
    start : float64, shape (excerpts,), in seconds
        Where the excerpts begin.
    excerpt_probability : float64, shape (excerpts, classes)
        Of each excerpt by itself.
    """

    name: str
    probability: Floats
    energy_score: float
    start: Floats
    excerpt_probability: Floats


def weight_shapes(*, outputs: int, channels: int, depth: int) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the weights of a network, by its settings in training."""
    shapes: dict[str, tuple[int, ...]] = {
        "stem.weight": (channels, len(ROLLS), *FIRST_KERNEL),
        "key_offset": (channels, 1, KEYS // FIRST_STRIDE[1]),
    }
    sizes = [channels, *(width * channels for width in WIDTHS for _ in range(1 + depth))]
    shapes |= norm_shapes("norm", sizes[-1])
    for layer, (inputs, width) in enumerate(pairwise(sizes)):
        shapes[f"layers.{layer}.mix.weight"] = (width, inputs, 3, 3)
        shapes |= norm_shapes(f"layers.{layer}.norm", inputs)
    return {**shapes, "head.weight": (outputs, 2 * sizes[-1]), "head.bias": (outputs,)}


def classify(notes: TimedNotes, classifier: Classifier) -> Classification | None:
    """Return the classes of a performance; None if it has no notes.

    Parameters
    ----------
    notes : TimedNotes
        The performance, sorted by onset; offsets are where the sound ends.
    classifier : Classifier
    """
    start = excerpt_starts(notes)
    if not len(start):
        return None
    votes = excerpt_votes(notes, start, classifier.weights)
    probability = piece_probability(votes, classifier.temperature)
    best, score = int(probability.argmax()), energy_score(votes, classifier)
    name = classifier.names[best] if score >= classifier.threshold else UNKNOWN
    return Classification(name, probability, score, start, np.exp(log_softmax(votes)))


def energy_score(votes: Floats, classifier: Classifier) -> float:
    """Return the logarithm of the odds of all known classes together, in nats, by the mean votes of excerpts [2].

    >>> classifier = Classifier(("a", "b", UNKNOWN), {})
    >>> round(energy_score(np.log([[1.0, 2.0, 5.0], [4.0, 2.0, 5.0]]), classifier), 4)  # log(2 + 2)
    1.3863
    """
    known = [row for row, name in enumerate(classifier.names) if name != UNKNOWN]
    return float(np.logaddexp.reduce(votes[:, known].mean(axis=0)))


def excerpt_votes(notes: TimedNotes, start: Floats, weights: Weights) -> Floats:
    """Return the log-odds of the classes in the excerpts that begin at some times, (excerpts, classes)."""
    return votes_of(np.stack([roll_of(notes, float(time)) for time in start]), weights)


def votes_of(rolls: NDArray[np.float32], weights: Weights) -> Floats:
    """Return the log-odds of the classes for rolls, (excerpts, rolls, frames, keys): (excerpts, classes)."""
    vectors = excerpt_vectors(rolls, weights)
    return vectors @ weights["head.weight"].T.astype(np.float64) + weights["head.bias"]


def excerpt_vectors(rolls: NDArray[np.float32], weights: Weights) -> Floats:
    """Return what the network makes of rolls before its last layer, shape (excerpts, values)."""
    return np.stack([_pooled(roll, weights) for roll in rolls]).astype(np.float64)


def piece_probability(votes: Floats, temperature: float) -> Floats:
    """Return the probabilities of the classes, shape (classes,), by the votes of excerpts.

    >>> piece_probability(np.log([[0.5, 0.5], [0.9, 0.1]]), 1.0).round(2).tolist()
    [0.75, 0.25]
    """
    return np.exp(log_softmax(log_softmax(votes).mean(axis=0) / temperature))


def nearest_excerpt(start: Floats, times: Floats) -> NDArray[np.int64]:
    """Return the excerpt, by its row, whose middle is nearest to each time.

    >>> nearest_excerpt(np.array([0.0, 10.0]), np.array([0.0, 14.0, 16.0])).tolist()
    [0, 0, 1]
    """
    middle = start + SECONDS / 2
    return np.searchsorted((middle[1:] + middle[:-1]) / 2, times).astype(np.int64)


def _pooled(roll: NDArray[np.float32], weights: Weights) -> NDArray[np.float32]:
    """Return the input of the last layer for one excerpt, (values,): the ``forward`` of the network in numpy."""
    x = convolved(roll, weights["stem.weight"], stride=FIRST_STRIDE) + weights["key_offset"]
    layer = 0
    while (kernel := weights.get(f"layers.{layer}.mix.weight")) is not None:
        is_residual = kernel.shape[0] == kernel.shape[1]
        normed = norm_relu(x, weights, f"layers.{layer}.norm")
        mixed = convolved(normed, kernel, stride=(1, 1) if is_residual else (2, 2))
        x = x + mixed if is_residual else mixed
        layer += 1
    flat = norm_relu(x, weights, "norm").reshape(len(x), -1)  # (channels, frames * keys)
    return np.concatenate((flat.mean(axis=1), flat.max(axis=1)))
