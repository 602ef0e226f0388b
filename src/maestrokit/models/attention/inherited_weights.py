"""Weights of a transformer as one of other sizes begins with them: heads share keys and values, feeds are wider.

References
----------
.. [1] J. Ainslie et al., "GQA: Training Generalized Multi-Query Transformer Models from Multi-Head Checkpoints", EMNLP
   2023 (the mean over heads).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (as everywhere)

if TYPE_CHECKING:
    from maestrokit.models.transformer import Config


def inherited_weights(
    weights: Mapping[str, Tensor], initial: Mapping[str, Tensor], config: "Config"
) -> dict[str, Tensor]:
    """Return weights with keys and values of heads averaged [1], and wider feeds, whose new parts start at zero.

    Weights that differ otherwise are unchanged.

    Parameters
    ----------
    weights : mapping of tensors
        Of a model of other sizes.
    initial : mapping of tensors
        Of a new model of the sizes of `config`.
    """
    result = dict(weights)
    for name, value in weights.items():
        expected = initial.get(name, value)
        if name.endswith("attention.project.weight") and expected.shape[1:] == value.shape[1:]:
            result[name] = _with_shared_keys(value, config)
        elif ".feed.input." in name and _is_longer(expected, value, axis=0):
            halves = 2 if config.variant == "modern" else 1  # gate and value
            wide = [part.clone() for part in expected.chunk(halves)]
            for part, known in zip(wide, value.chunk(halves), strict=True):
                part[: len(known)] = known
            result[name] = torch.cat(wide)
        elif name.endswith("feed.output.weight") and _is_longer(expected, value, axis=1):
            result[name] = F.pad(value, (0, expected.shape[1] - value.shape[1]))
    return result


def _with_shared_keys(project: Tensor, config: "Config") -> Tensor:
    """Return projections whose keys and values are means over the heads that are to share them, if evenly many."""
    width, dim = config.width, config.width // config.heads
    if len(project[width:]) % (2 * config.kv_heads * dim):
        return project
    heads = project[width:].reshape(2, config.kv_heads, -1, dim, width)  # of keys and of values
    return torch.cat((project[:width], heads.mean(2).flatten(0, 2)))


def _is_longer(tensor: Tensor, other: Tensor, *, axis: int) -> bool:
    """Return whether a tensor is longer along one axis, and otherwise as large."""
    return tensor.shape[axis] > other.shape[axis] and tensor.select(axis, 0).shape == other.select(axis, 0).shape
