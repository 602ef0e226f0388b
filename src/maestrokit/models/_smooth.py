"""Tables of ordered classes whose neighbours are learned together: of times, durations, velocities and keys.

The row of a class is a vector of its own plus a sum of vectors that classes share, weighted by Gaussian radial basis
functions [1] of three widths. So what is learned about 120 ms holds for 130 ms too, and rare classes learn from common
ones. After training, :meth:`SmoothEmbedding.table` gives a plain table.

References
----------
.. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer, 2006, section 3.1.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.arrays import Floats
from maestrokit.models.kernels.linear import EndLinear, linear

WIDTHS = (1.0, 3.0, 9.0)  # standard deviations of the bases, in classes


def radial_bases(position: Floats, *, classes: int, period: int = 0) -> Tensor:
    """Return the weight of each shared vector in each class, (classes, bases).

    Parameters
    ----------
    position : float64, shape (ordered classes,)
        Where the ordered classes lie; neighbours are about 1 apart.
    classes : int
        Number of all classes; those after the ordered ones share nothing.
    period : int
        Classes whose numbers are equal modulo this share a vector, too; 0 for none.
    """
    low, high = position.min(), position.max()
    parts = []
    for width in WIDTHS:
        centre = np.arange(low, high + width, width)
        parts.append(np.exp(-0.5 * ((position[:, None] - centre) / width) ** 2))
    if period:
        parts.append(np.eye(period)[np.arange(len(position)) % period])
    bases = np.concatenate(parts, axis=1)
    return torch.from_numpy(np.pad(bases, ((0, classes - len(bases)), (0, 0))).astype(np.float32))


class SmoothEmbedding(nn.Embedding):
    """An embedding of ordered classes; initial vectors have about the given standard deviation."""

    def __init__(self, bases: Tensor, width: int, *, deviation: float) -> None:
        super().__init__(len(bases), width)
        self.bases: Tensor
        self.register_buffer("bases", bases, persistent=False)
        self.shared = nn.Parameter(torch.empty(bases.shape[1], width))
        nn.init.normal_(self.weight, std=deviation / 10)
        nn.init.normal_(self.shared, std=deviation / float(bases.square().sum(1).mean().sqrt()))

    def table(self) -> Tensor:
        """Return the vectors of all classes, (classes, width)."""
        return self.weight + self.bases @ self.shared

    def forward(self, index: Tensor) -> Tensor:
        """Return the vectors of classes, (.., width), given their numbers, (..)."""
        return F.embedding(index, self.table())


class SmoothLinear(EndLinear):
    """A linear layer whose outputs are logits of ordered classes; all weights begin at zero."""

    def __init__(self, width: int, bases: Tensor) -> None:
        super().__init__(width, len(bases))
        self.bases: Tensor
        self.register_buffer("bases", bases, persistent=False)
        self.shared = nn.Parameter(torch.zeros(bases.shape[1], width))
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def table(self) -> Tensor:
        """Return the weights of all classes, (classes, width)."""
        return self.weight + self.bases @ self.shared

    def forward(self, x: Tensor) -> Tensor:
        """Return logits, (.., classes), given vectors, (.., width)."""
        return linear(x, self.table(), self.bias)
