"""Tables of ordered classes whose neighbours are learned together: of times, durations, velocities and keys.

The row of a class is a vector of its own plus a sum of vectors that classes share, weighted by the radial bases of
:mod:`maestrokit.models.sequences.bases`. So what is learned about 120 ms holds for 130 ms too, and rare classes learn
from common ones. After training, :meth:`SmoothEmbedding.table` gives a plain table.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.kernels.linear import EndLinear, linear
from maestrokit.models.sequences.bases import Bases


class SmoothEmbedding(nn.Embedding):
    """An embedding of ordered classes; initial vectors have about the given standard deviation."""

    def __init__(self, bases: Bases, width: int, *, deviation: float) -> None:
        super().__init__(len(bases), width)
        shares = torch.from_numpy(bases)
        self.bases: Tensor
        self.register_buffer("bases", shares, persistent=False)
        self.shared = nn.Parameter(torch.empty(bases.shape[1], width))
        nn.init.normal_(self.weight, std=deviation / 10)
        nn.init.normal_(self.shared, std=deviation / float(shares.square().sum(1).mean().sqrt()))

    def table(self) -> Tensor:
        """Return the vectors of all classes, (classes, width)."""
        return self.weight + self.bases @ self.shared

    def forward(self, index: Tensor) -> Tensor:
        """Return the vectors of classes, (.., width), given their numbers, (..)."""
        return F.embedding(index, self.table())


class SmoothLinear(EndLinear):
    """A linear layer whose outputs are logits of ordered classes; all weights begin at zero."""

    def __init__(self, width: int, bases: Bases) -> None:
        super().__init__(width, len(bases))
        self.bases: Tensor
        self.register_buffer("bases", torch.from_numpy(bases), persistent=False)
        self.shared = nn.Parameter(torch.zeros(bases.shape[1], width))
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def table(self) -> Tensor:
        """Return the weights of all classes, (classes, width)."""
        return self.weight + self.bases @ self.shared

    def forward(self, x: Tensor) -> Tensor:
        """Return logits, (.., classes), given vectors, (.., width)."""
        return linear(x, self.table(), self.bias)
