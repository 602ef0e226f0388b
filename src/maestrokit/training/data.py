"""Training data: batches by number, so that each can be reproduced, and a split into parts that share no piece."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from torch import Tensor

from maestrokit.errors import UsageError

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


class Data(Protocol):
    """Batches for a family of models. All randomness comes from (seed, epoch): batch i is always the same."""

    def batches(self, epoch: int) -> int:
        """Return how many batches an epoch has."""

    def batch(self, epoch: int, index: int) -> Mapping[str, Tensor]:
        """Return one batch; the first axis of each tensor counts its rows."""

    def validation(self) -> Iterator[Mapping[str, Tensor]]:
        """Return the batches to validate on, always the same."""

    def validation_batches(self) -> int:
        """Return how many these are, without making them."""


def split_by_piece(pieces: Sequence[str], *, seed: int) -> dict[str, list[int]]:
    """Return which items are for training, validation and test: 80, 10 and 10 % of the pieces.

    All performances of a piece are in one part. The order of the inputs does not matter: pieces are shuffled by a
    hash of their names and the seed. Validation gets at least one piece, and test one if there are three. UsageError
    says that there are fewer than two pieces.

    >>> split_by_piece(["a", "b", "a"], seed=0)
    {'train': [1], 'validation': [0, 2], 'test': []}
    """
    items: dict[str, list[int]] = defaultdict(list)
    for item, piece in enumerate(pieces):
        items[piece].append(item)
    if len(items) < 2:
        raise UsageError("training needs at least two different pieces", "one to learn from, and one to validate on")
    shuffled = sorted(items, key=lambda piece: hashlib.sha256(os.fsencode(f"{seed}\0{piece}")).digest())
    validation = max(1, round(len(shuffled) * SHARES["validation"]))
    test = max(len(shuffled) > 2, round(len(shuffled) * SHARES["test"]))
    spans = {"train": slice(validation + test, None), "validation": slice(validation)}
    spans["test"] = slice(validation, validation + test)
    return {part: sorted(item for piece in shuffled[span] for item in items[piece]) for part, span in spans.items()}
