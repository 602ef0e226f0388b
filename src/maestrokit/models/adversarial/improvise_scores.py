"""How much the continuations of an improviser are like people's, without its discriminator being asked.

``frechet`` is the Frechet distance of simple features of generated continuations from those of people's; it chooses the
weights that are kept, and ends a training. A generator that has collapsed has no variance to win it with, see
:func:`maestrokit.models.adversarial.objectives.frechet_distance`. ``spread`` is the mean distance between two generated
continuations over that between two of people's, and is small after a collapse; ``nearest`` the mean distance of a
generated one to the nearest of some that were learned from, over that of a held-out one, and is small for copies.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.adversarial import objectives
from maestrokit.music.encodings.notes import DURATION_EDGES, TIME_EDGES

REPEATS = 16  # notes before, among which the same key is looked for


def scores(
    generated: Mapping[str, Tensor], real: Mapping[str, Tensor], known: Mapping[str, Tensor]
) -> dict[str, float]:
    """Return the scores of continuations, all of the same length.

    Parameters
    ----------
    generated, real, known : mapping of tensors
        Of each factor its classes, (continuations, notes): those of the generator, those of people after the same
        prompts, and some of people's that were learned from.
    """
    scale = features(real).std(dim=0).clamp(min=1e-3)
    sets = [features(notes) / scale for notes in (generated, real)]
    learned = features(known) / scale
    spread = [objectives.pairwise_distance(vectors) for vectors in sets]
    nearest = [objectives.nearest_distance(vectors, learned) for vectors in sets]
    frechet = objectives.frechet_distance(*sets)
    return {
        "loss": frechet,
        "frechet": frechet,
        "spread": spread[0] / max(spread[1], 1e-6),
        "nearest": nearest[0] / max(nearest[1], 1e-6),
    }


def features(notes: Mapping[str, Tensor]) -> Tensor:
    """Return what windows of notes are like in times, keys, loudness and repetition, (windows, features)."""
    time, duration = (
        _logarithms(notes[name], edges) for name, edges in (("time", TIME_EDGES), ("duration", DURATION_EDGES))
    )
    pitch, velocity = notes["pitch"].float(), notes["velocity"].float()
    is_chord = (notes["time"] == 0).float()
    steps = pitch.diff(dim=1).abs()
    recent = torch.stack(
        [F.pad(pitch[:, lag:] == pitch[:, :-lag], (lag, 0)) for lag in range(1, min(REPEATS, pitch.shape[1] - 1) + 1)]
    )
    classes = F.one_hot(notes["pitch"] % 12, 12).float().mean(dim=1)
    entropy = -(classes * classes.clamp(min=1e-9).log()).sum(dim=1)
    columns = (
        time.mean(dim=1), time.std(dim=1), is_chord.mean(dim=1), duration.mean(dim=1), duration.std(dim=1),
        pitch.mean(dim=1), pitch.std(dim=1), steps.mean(dim=1), entropy, recent.any(dim=0).float().mean(dim=1),
        velocity.mean(dim=1), velocity.std(dim=1), velocity.diff(dim=1).abs().mean(dim=1),
        time.diff(dim=1).abs().mean(dim=1),
    )  # fmt: skip
    return torch.stack(columns, dim=1)


def _logarithms(codes: Tensor, edges: np.ndarray) -> Tensor:
    """Return the logarithms of the shortest step of each class, and one."""
    return torch.from_numpy(np.log1p(edges[:-1]).astype(np.float32)).to(codes.device)[codes]
