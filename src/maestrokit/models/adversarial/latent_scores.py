"""How far a latent improviser has come, by held-out pairs of segments.

``frechet`` is the Frechet distance of simple features of generated segments from those of people's after the same
segments, ``frechet_gaussian`` that of segments whose latent vectors are of a normal distribution, and
``frechet_reconstructed`` that of people's own after encoder and decoder, which a generator hardly surpasses.
One that has collapsed has no variance to win with, see
:func:`maestrokit.models.adversarial.objectives.frechet_distance`. ``f1`` is the F1 score of reconstructed notes: a note
is right if one of its key begins within 50 ms.

``loss`` chooses the weights that are kept, and ends a training: while the autoencoder is learned it is 1 +
``reconstruction``, its nats a cell, afterwards ``frechet`` / (1 + ``frechet``), which is always less.

``spread`` is the mean distance between two generated segments over that between two real ones, and is small after a
collapse; ``nearest`` the mean distance of a generated segment to the nearest of some that were learned from, over that
of a held-out segment, and is small for copies. ``accuracy_real`` and ``accuracy_generated`` are the shares of held-out
segments that the discriminator is right about.
"""

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from maestrokit.arrays import Floats
from maestrokit.models.adversarial import objectives, style_scores
from maestrokit.music.rolls.cells import CELL

TOLERANCE = 0.05  # seconds
CELL_SECONDS = 0.05
STYLE_PLANES = 3  # whether a note begins, whether it sounds, and its velocity


def scores(generated: Mapping[str, Tensor], real: Tensor, known: Tensor) -> dict[str, float]:
    """Return the scores of rolls, all of shape (segments, planes, cells, keys).

    Parameters
    ----------
    generated : mapping of Tensor
        What is ``generated``, ``gaussian`` and ``reconstructed``, in the order of `real`.
    real, known : Tensor
        Held-out segments, and some that were learned from.
    """
    scale = features(real).std(dim=0).clamp(min=1e-3)
    of_real, learned = features(real) / scale, features(known) / scale
    vectors = {name: features(rolls) / scale for name, rolls in generated.items()}
    frechet = {name: objectives.frechet_distance(sample, of_real) for name, sample in vectors.items()}
    spread = [objectives.pairwise_distance(sample) for sample in (vectors["generated"], of_real)]
    nearest = [objectives.nearest_distance(sample, learned) for sample in (vectors["generated"], of_real)]
    return {
        "frechet": frechet["generated"],
        "frechet_gaussian": frechet["gaussian"],
        "frechet_reconstructed": frechet["reconstructed"],
        "f1": note_f1(generated["reconstructed"], real),
        "spread": spread[0] / max(spread[1], 1e-6),
        "nearest": nearest[0] / max(nearest[1], 1e-6),
    }


def features(rolls: Tensor) -> Tensor:
    """Return what segments are like, (segments, features)."""
    return style_scores.features(rolls[:, :STYLE_PLANES])


def note_f1(rolls: Tensor, reference: Tensor) -> float:
    """Return the F1 score of the notes of rolls, over all segments together.

    A note is right if one of its key in the same segment begins within 50 ms, each matched once.
    """
    estimated, right = (_onsets(segments) for segments in (rolls, reference))
    hits = sum(_matches(onsets, right.get(key, ())) for key, onsets in estimated.items())
    count = sum(map(len, estimated.values())) + sum(map(len, right.values()))
    return 2 * hits / max(count, 1)


def _onsets(rolls: Tensor) -> dict[tuple[int, int], Floats]:
    """Return the onsets of each segment and key, in seconds, in order."""
    onset, fraction = rolls[:, 0].cpu().numpy(), rolls[:, 3].cpu().numpy()
    segment, key, cell = np.nonzero(onset.transpose(0, 2, 1))
    step = np.clip(np.floor(fraction[segment, cell, key] * CELL), 0, CELL - 1)
    seconds = (cell + step / CELL) * CELL_SECONDS
    starts = np.flatnonzero(np.diff(segment * onset.shape[2] + key, prepend=-1))
    parts = np.split(seconds, starts[1:]) if len(starts) else []
    return {(int(segment[at]), int(key[at])): part for at, part in zip(starts, parts, strict=True)}


def _matches(onsets: Floats, others: Floats | tuple[()]) -> int:
    """Return how many onsets can be matched with others, both in order: the earliest with the earliest that fits."""
    hits = first = second = 0
    while first < len(onsets) and second < len(others):
        apart = onsets[first] - others[second]
        is_match = bool(abs(apart) < TOLERANCE + 1e-6)
        hits += is_match
        first, second = first + bool(is_match or apart < 0), second + bool(is_match or apart > 0)
    return hits
