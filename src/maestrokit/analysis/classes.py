"""Classes of performances or recordings, such as composers, by a trained network that runs in numpy.

The network is that of the task ``classes`` of ``train cnn``; its weights are handed in. It reads performances as rolls,
or recordings as mel spectra. It may consist of several members. Each votes on each excerpt of 20 s, of a performance
also a semitone higher and lower: the probabilities are the means of all of them, their logarithms divided by a
temperature that was fitted so that they are as often right as they say [1]. They say which of the classes it is most
like, if it is of one: whether it is, is decided by the probability of the most probable class by the mean of all votes,
before it is calibrated [2].

References
----------
.. [1] C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
.. [2] D. Hendrycks, K. Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples in Neural
   Networks", ICLR 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.class_spectrum import BANDS, MelSpectrum, spectrum_excerpt, spectrum_starts
from maestrokit.analysis.convolution import Weights, convolved, log_softmax, norm_relu, norm_shapes
from maestrokit.arrays import Floats
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import KEYS
from maestrokit.music.rolls.excerpts import ROLLS, SECONDS, ExcerptVariation, excerpt_starts, roll_of

UNKNOWN = "unknown"
ROLL_INPUT, MEL_INPUT = "rolls", "mel"
INPUTS = {ROLL_INPUT: (len(ROLLS), KEYS), MEL_INPUT: (1, BANDS)}  # planes, and keys or bands
NEEDS = {ROLL_INPUT: "notes", MEL_INPUT: "audio"}
READS = {ROLL_INPUT: "performances", MEL_INPUT: "recordings"}
SHIFTS = (0, -1, 1)  # semitones by which excerpts of performances are transposed, each of which votes
FIRST_KERNEL, FIRST_STRIDE = (7, 13), (4, 2)  # frames, and keys or bands
WIDTHS = (2, 4, 8)  # channels of the stages, as multiples of those of the first convolution

ClassSource = TimedNotes | MelSpectrum
"""The notes of a performance, sorted by onset, with offsets where the sound ends; or the spectrum of a recording."""
ExcerptInput = NDArray[np.float32]
"""What the network sees of an excerpt, 0 where nothing sounds: shape (planes, frames, keys or bands)."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network that classifies performances or recordings.

    Parameters
    ----------
    names : tuple of str
        The classes, in the order of the outputs; the last one may be ``unknown``.
    weights : mapping of arrays
        Of the network, by the names that they have in training.
    temperature : float > 0
        Divides the logarithms of the mean probabilities of the excerpts.
    threshold : float in 0..1
        What has a confidence below this is of an unknown class; see :func:`class_confidence`.
    input : {'rolls', 'mel'}
        What the network reads: performances, or recordings.
    """

    names: tuple[str, ...]
    weights: Weights
    temperature: float = 1.0
    threshold: float = 0.0
    input: str = ROLL_INPUT

    @property
    def known(self) -> tuple[str, ...]:
        """The classes without ``unknown``."""
        return tuple(name for name in self.names if name != UNKNOWN)

    @property
    def needs(self) -> str:
        """The kind of what it classifies, as groups of descriptors call it: ``notes`` or ``audio``."""
        return NEEDS[self.input]

    @property
    def reads(self) -> str:
        """What it classifies: ``performances`` or ``recordings``."""
        return READS[self.input]


@dataclass(frozen=True, eq=False)
class Classification:
    """The classes of a performance or recording.

    Parameters
    ----------
    name : str
        The most probable class, or ``unknown``.
    probability : float64, shape (classes,)
        Of all of it.
    confidence : float in 0..1
        Whether it is of one of the classes; see :func:`class_confidence`.
    start : float64, shape (excerpts,), in seconds
        Where the excerpts begin.
    excerpt_probability : float64, shape (excerpts, classes)
        Of each excerpt by itself, the mean of its transpositions.
    """

    name: str
    probability: Floats
    confidence: float
    start: Floats
    excerpt_probability: Floats


def weight_shapes(
    *, outputs: int, channels: int, depth: int, members: int, input: str = ROLL_INPUT
) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the weights of a network, by its settings in training."""
    size = 2 * WIDTHS[-1] * channels
    own = {
        **{f"members.{{}}.{name}": shape for name, shape in _member_shapes(channels, depth, input).items()},
        "heads.{}.weight": (outputs, size),
        "heads.{}.bias": (outputs,),
    }
    return {name.format(row): shape for row in range(members) for name, shape in own.items()}


def _member_shapes(channels: int, depth: int, input: str) -> dict[str, tuple[int, ...]]:
    planes, width = INPUTS[input]
    shapes: dict[str, tuple[int, ...]] = {
        "stem.weight": (channels, planes, *FIRST_KERNEL),
        "key_offset": (channels, 1, width // FIRST_STRIDE[1]),
    }
    sizes = [channels, *(width * channels for width in WIDTHS for _ in range(1 + depth))]
    shapes |= norm_shapes("norm", sizes[-1])
    for layer, (inputs, filters) in enumerate(pairwise(sizes)):
        shapes[f"layers.{layer}.mix.weight"] = (filters, inputs, 3, 3)
        shapes |= norm_shapes(f"layers.{layer}.norm", inputs)
    return shapes


def classify(source: ClassSource, classifier: Classifier) -> Classification | None:
    """Return the classes of a performance or recording; None if it has no notes, or is silent.

    Parameters
    ----------
    source : TimedNotes or MelSpectrum
        The performance or recording.
    classifier : Classifier
        A network that reads such.
    """
    start = starts_of(source)
    if not len(start):
        return None
    votes = excerpt_votes(source, start, classifier.weights)
    probability = piece_probability(votes, classifier.temperature)
    best, confidence = int(probability.argmax()), class_confidence(votes, classifier)
    name = classifier.names[best] if confidence >= classifier.threshold else UNKNOWN
    return Classification(name, probability, confidence, start, np.exp(log_softmax(votes)).mean(axis=0))


def members_of(weights: Weights) -> list[Weights]:
    """Return the weights of each member of a network, those of its last layer as ``head``.

    >>> zero = np.zeros(1)
    >>> [sorted(one) for one in members_of({"members.0.a": zero, "heads.0.b": zero, "members.1.a": zero})]
    [['a', 'head.b'], ['a']]
    """
    members: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, value in weights.items():
        part, number, own = name.split(".", 2)
        members.setdefault(number, {})[own if part == "members" else f"head.{own}"] = value
    return [members[number] for number in sorted(members, key=int)]


def class_confidence(votes: Floats, classifier: Classifier) -> float:
    """Return the probability of the most probable known class by the mean of votes, (.., classes) [2].

    Excerpts that are of different classes, or of ``unknown``, make it low.

    >>> classifier = Classifier(("a", "b", UNKNOWN), {})
    >>> round(class_confidence(np.log([[1.0, 2.0, 5.0], [4.0, 2.0, 5.0]]), classifier), 4)  # 2 / (2 + 2 + 5)
    0.2222
    """
    known = [row for row, name in enumerate(classifier.names) if name != UNKNOWN]
    return float(np.exp(log_softmax(_rows(votes).mean(axis=0))[known].max()))


def starts_of(source: ClassSource, *, most: int | None = None) -> Floats:
    """Return where excerpts begin that cover a performance or recording, in seconds; see :func:`excerpt_starts`."""
    if isinstance(source, MelSpectrum):
        return spectrum_starts(source, most=most)
    return excerpt_starts(source, most=most)


def excerpt_of(source: ClassSource, start: float) -> ExcerptInput:
    """Return what the network sees of the excerpt that begins at a time, in seconds."""
    return spectrum_excerpt(source, start) if isinstance(source, MelSpectrum) else roll_of(source, start)


def excerpt_votes(source: ClassSource, start: Floats, weights: Weights) -> Floats:
    """Return the log-odds of the classes in the excerpts that begin at some times.

    The result has the shape (votes, excerpts, classes): of all members for each transposition, the first of which is
    none.
    """
    if isinstance(source, MelSpectrum):
        return votes_of([spectrum_excerpt(source, float(time)) for time in start], weights)
    shifts = [ExcerptVariation(semitones) for semitones in SHIFTS]
    votes = [votes_of([roll_of(source, float(time), shift) for time in start], weights) for shift in shifts]
    return np.concatenate(votes)


def votes_of(excerpts: Sequence[ExcerptInput], weights: Weights) -> Floats:
    """Return the log-odds of the classes for excerpts, shape (members, excerpts, classes)."""
    return np.stack(
        [_vectors(excerpts, member) @ member["head.weight"].T.astype(np.float64) + member["head.bias"]
         for member in members_of(weights)]
    )  # fmt: skip


def excerpt_vectors(excerpts: Sequence[ExcerptInput], weights: Weights) -> Floats:
    """Return what the members make of excerpts before their last layers, shape (excerpts, values of all of them)."""
    return np.concatenate([_vectors(excerpts, member) for member in members_of(weights)], axis=1)


def _vectors(excerpts: Sequence[ExcerptInput], member: Weights) -> Floats:
    return np.stack([_pooled(excerpt, member) for excerpt in excerpts]).astype(np.float64)


def piece_votes(votes: Floats) -> Floats:
    """Return the logarithms of the mean probabilities of the classes, shape (classes,), by votes, (.., classes).

    >>> np.exp(piece_votes(np.log([[0.5, 0.5], [0.9, 0.1]]))).round(2).tolist()
    [0.7, 0.3]
    """
    rows = log_softmax(_rows(votes))
    return np.asarray(np.logaddexp.reduce(rows, axis=0) - np.log(len(rows)), np.float64)


def piece_probability(votes: Floats, temperature: float) -> Floats:
    """Return the calibrated probabilities of the classes, shape (classes,), by votes, (.., classes)."""
    return np.exp(log_softmax(piece_votes(votes) / temperature))


def nearest_excerpt(start: Floats, times: Floats) -> NDArray[np.int64]:
    """Return the excerpt, by its row, whose middle is nearest to each time.

    >>> nearest_excerpt(np.array([0.0, 10.0]), np.array([0.0, 14.0, 16.0])).tolist()
    [0, 0, 1]
    """
    middle = start + SECONDS / 2
    return np.searchsorted((middle[1:] + middle[:-1]) / 2, times).astype(np.int64)


def _rows(votes: Floats) -> Floats:
    """Return votes as (votes, classes)."""
    return votes.reshape(-1, votes.shape[-1])


def _pooled(excerpt: ExcerptInput, weights: Weights) -> NDArray[np.float32]:
    """Return the input of the last layer for one excerpt, (values,): the ``forward`` of a member in numpy."""
    x = convolved(excerpt, weights["stem.weight"], stride=FIRST_STRIDE) + weights["key_offset"]
    layer = 0
    while (kernel := weights.get(f"layers.{layer}.mix.weight")) is not None:
        is_residual = kernel.shape[0] == kernel.shape[1]
        normed = norm_relu(x, weights, f"layers.{layer}.norm")
        mixed = convolved(normed, kernel, stride=(1, 1) if is_residual else (2, 2))
        x = x + mixed if is_residual else mixed
        layer += 1
    flat = norm_relu(x, weights, "norm").reshape(len(x), -1)  # (channels, frames * width)
    return np.concatenate((flat.mean(axis=1), flat.max(axis=1)))
