"""Conditions of models of notes: the density and loudness of the whole music, and classes such as its composer.

Each condition adds a vector to the input of every position. In training each is left out of a random share of excerpts,
so that it can be left out later [1]: code 0, "not given", has a vector of its own. All vectors begin at zero, so that a
model to which conditions are added begins as it was.

References
----------
.. [1] J. Ho, T. Salimans, "Classifier-Free Diffusion Guidance", 2022.
"""

from collections.abc import Mapping
from functools import reduce

import torch
from torch import Tensor, nn

from maestrokit.models.sequences.bases import scale_bases
from maestrokit.models.sequences.smooth import SmoothEmbedding
from maestrokit.music.encodings.conditions import CLASSES, SCALES

PREFIX = "condition_"  # of the names of codes in a batch


def condition_names(text: str) -> tuple[str, ...]:
    """Return the names in a setting.

    >>> condition_names("composer, density"), condition_names("")
    (('composer', 'density'), ())
    """
    return tuple(name.strip() for name in text.split(",") if name.strip())


class Conditions(nn.Module):
    """The sum of the vectors of all conditions."""

    def __init__(self, names: tuple[str, ...], width: int) -> None:
        super().__init__()
        self.tables = nn.ModuleDict({name: _table(name, width) for name in names})
        self.absent: Tensor
        self.register_buffer("absent", torch.zeros(1, dtype=torch.int64), persistent=False)

    def forward(self, codes: Mapping[str, Tensor]) -> Tensor:
        """Return vectors, (batch, 1, width), given codes by name, each (batch,); those not given are absent."""
        vectors = [table(codes.get(PREFIX + name, self.absent)) for name, table in self.tables.items()]
        total: Tensor = reduce(torch.add, vectors)
        return total[:, None]


def _table(name: str, width: int) -> nn.Embedding:
    """Return a table that begins at zero: of the steps of a scale, or of classes."""
    if name not in SCALES:
        table = nn.Embedding(1 + CLASSES, width)
        nn.init.zeros_(table.weight)
        return table
    return SmoothEmbedding(scale_bases(name), width, deviation=0.0)
