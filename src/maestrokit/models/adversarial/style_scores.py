"""How far a transfer of style has come, by held-out segments; no classifier is asked.

``frechet`` is the Frechet distance of simple features of what a generator makes from those of the target set, divided
by that of the untouched source: 1 for a generator that changes nothing. One that has collapsed has no variance to win
it with, see :func:`maestrokit.models.adversarial.objectives.frechet_distance`. ``content`` is the mean correlation of
the chroma of what is generated with that of its source: 1 for a generator that changes nothing, about 0 for one that
ignores its input. ``loss`` is ``frechet`` + 1 - ``content``, lower for style without loss of content; it chooses the
weights that are kept, and ends a training.

``spread`` is the mean distance between two generated segments over that between two real ones, and is small after a
collapse; ``nearest`` the mean distance of a generated segment to the nearest of some that were learnt from, over that
of a held-out segment, and is small for copies. ``accuracy_real`` and ``accuracy_generated`` are the shares of held-out
segments that the discriminators are right about.
"""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.adversarial import objectives

CHROMA_STEPS = 5  # half a second
LOW_KEYS = 27  # those below C3
PHRASE = 4  # steps, over which the evenness of onsets is taken


def direction_scores(source: Tensor, generated: Tensor, target: Tensor, known: Tensor) -> dict[str, float]:
    """Return the scores of one direction, all from rolls of shape (segments, planes, steps, keys).

    Parameters
    ----------
    source, generated, target, known : Tensor
        Held-out segments of one set, what they became, held-out segments of the other set, and some of it that were
        learnt from.
    """
    scale = features(target).std(dim=0).clamp(min=1e-3)
    from_source, from_generated, from_target = (features(rolls) / scale for rolls in (source, generated, target))
    untouched = max(objectives.frechet_distance(from_source, from_target), 1e-6)
    frechet = objectives.frechet_distance(from_generated, from_target) / untouched
    content = chroma_correlation(source, generated).mean().item()
    onsets = [rolls[:, 0] for rolls in (generated, target, known)]
    nearest = [objectives.nearest_distance(segments, onsets[2]) for segments in onsets[:2]]
    spread = [objectives.pairwise_distance(segments) for segments in onsets[:2]]
    return {
        "loss": frechet + 1 - content,
        "frechet": frechet,
        "content": content,
        "spread": spread[0] / max(spread[1], 1e-6),
        "nearest": nearest[0] / max(nearest[1], 1e-6),
    }


def features(rolls: Tensor) -> Tensor:
    """Return what segments are like: how dense, how polyphonic, how high, how loud, how even, (segments, features)."""
    onset, sounding, velocity = rolls.float().unbind(dim=1)
    per_step, key = onset.sum(dim=-1), torch.arange(onset.shape[-1], dtype=torch.float32, device=onset.device)
    count, keys = per_step.sum(dim=-1).clamp(min=1), onset.sum(dim=1)  # (segments,), (segments, keys)
    mean_key = keys @ key / count
    struck = (per_step > 0).float()
    loudness = velocity.sum(dim=(1, 2)) / count
    squares = (velocity.square().sum(dim=(1, 2)) / count - loudness.square()).clamp(min=0)
    per_phrase = F.avg_pool1d(per_step, PHRASE)
    return torch.stack(
        (
            per_step.sum(dim=-1).log1p(),
            sounding.mean(dim=1).sum(dim=-1).log1p(),
            mean_key / 12,
            (keys @ key.square() / count - mean_key.square()).clamp(min=0).sqrt() / 12,
            keys[:, :LOW_KEYS].sum(dim=-1) / count,
            count / struck.sum(dim=-1).clamp(min=1),
            struck.mean(dim=-1),
            per_phrase.std(dim=-1) / per_phrase.mean(dim=-1).clamp(min=0.1),
            (sounding.sum(dim=(1, 2)) / count).log1p(),
            loudness,
            squares.sqrt(),
        ),
        dim=-1,
    )


def chroma_correlation(first: Tensor, second: Tensor) -> Tensor:
    """Return the correlation of the chroma, 12 pitch classes at 2 a second, of pairs of segments, (segments,)."""
    series = [_chroma(rolls).flatten(1) for rolls in (first, second)]
    centred = [chroma - chroma.mean(dim=-1, keepdim=True) for chroma in series]
    scale = centred[0].norm(dim=-1) * centred[1].norm(dim=-1)
    correlation: Tensor = (centred[0] * centred[1]).sum(dim=-1) / scale.clamp(min=1e-6)
    return correlation


def _chroma(rolls: Tensor) -> Tensor:
    """Return how long each pitch class sounds in each half second, (segments, 12, windows)."""
    sounding = F.pad(rolls[:, 1].float(), (0, -rolls.shape[-1] % 12))  # (segments, steps, keys)
    folded = sounding.reshape(*sounding.shape[:2], -1, 12).sum(dim=2)
    return F.avg_pool1d(folded.transpose(1, 2), CHROMA_STEPS, ceil_mode=True)
