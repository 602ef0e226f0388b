"""Vectors of the notes of a score, from the classes of :mod:`maestrokit.music.scores.performance_codes`."""

import numpy as np
from torch import Tensor, nn

from maestrokit.models.contract import TensorBatch
from maestrokit.models.sequences.bases import radial_bases
from maestrokit.models.sequences.smooth import SmoothEmbedding
from maestrokit.music.scores.performance_codes import FEATURES

UNORDERED = ("pitch_class", "level", "meter", "part", "staff", "staff_part")
DEVIATION = 0.3  # of initial vectors


def plain_embedding(classes: int, width: int) -> nn.Embedding:
    """Return an embedding of classes that have no order."""
    part = nn.Embedding(classes, width)
    nn.init.normal_(part.weight, std=DEVIATION)
    return part


def ordered_embedding(classes: int, width: int) -> SmoothEmbedding:
    """Return an embedding of ordered classes and a last one that stands apart."""
    bases = radial_bases(np.arange(classes - 1, dtype=np.float64), classes=classes)
    return SmoothEmbedding(bases, width, deviation=DEVIATION)


def score_embeddings(width: int) -> nn.ModuleDict:
    """Return an embedding of each feature of a score, whose last class stands for what lies outside it."""
    return nn.ModuleDict({
        name: (plain_embedding if name in UNORDERED else ordered_embedding)(size + 1, width)
        for name, size in FEATURES.items()
    })  # fmt: skip


def embedded_score(embeddings: nn.ModuleDict, batch: TensorBatch) -> Tensor:
    """Return the sum of the vectors of all features, (batch, time, width), given classes of (batch, time)."""
    parts = [part(batch[f"score_{name}"]) for name, part in embeddings.items()]
    total: Tensor = sum(parts[1:], start=parts[0])
    return total
