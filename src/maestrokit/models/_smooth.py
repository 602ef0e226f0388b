"""Tables of ordered classes whose neighbours are learned together: of times, durations, velocities and keys.

The row of a class is its own vector plus a sum of vectors that it shares with the classes around it, weighted by bumps
of three widths. What is learned of 120 ms is so known of 130 ms at once, and a class that is rare is not lost. After
training the tables are plain ones (:meth:`SmoothEmbedding.table`).

References
----------
.. [1] C. Bishop, "Pattern Recognition and Machine Learning", 2006, section 3.1 (radial basis functions).
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.arrays import Floats
from maestrokit.models.kernels.linear import EndLinear, linear

WIDTHS = (1.0, 3.0, 9.0)


def bumps(position: Floats, *, classes: int, period: int = 0) -> Tensor:
    """Return how much each class has of each shared vector, (classes, vectors).

    Parameters
    ----------
    position : float64, shape (ordered classes,)
        Where the classes lie; neighbours are about 1 apart. Those of the `classes` that follow have none.
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
    shares = np.concatenate(parts, axis=1)
    return torch.from_numpy(np.pad(shares, ((0, classes - len(shares)), (0, 0))).astype(np.float32))


class SmoothEmbedding(nn.Embedding):
    """An embedding of ordered classes, whose vectors begin with about the given standard deviation."""

    def __init__(self, shares: Tensor, width: int, *, deviation: float) -> None:
        super().__init__(len(shares), width)
        self.shares: Tensor
        self.register_buffer("shares", shares, persistent=False)
        self.shared = nn.Parameter(torch.empty(shares.shape[1], width))
        nn.init.normal_(self.weight, std=deviation / 10)
        nn.init.normal_(self.shared, std=deviation / float(shares.square().sum(1).mean().sqrt()))

    def table(self) -> Tensor:
        """Return the vectors of all classes, (classes, width)."""
        return self.weight + self.shares @ self.shared

    def forward(self, number: Tensor) -> Tensor:
        return F.embedding(number, self.table())


class SmoothLinear(EndLinear):
    """A linear layer whose outputs are scores of ordered classes; all begin at zero."""

    def __init__(self, width: int, shares: Tensor) -> None:
        super().__init__(width, len(shares))
        self.shares: Tensor
        self.register_buffer("shares", shares, persistent=False)
        self.shared = nn.Parameter(torch.zeros(shares.shape[1], width))
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def table(self) -> Tensor:
        """Return the weights of all classes, (classes, width)."""
        return self.weight + self.shares @ self.shared

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.table(), self.bias)
