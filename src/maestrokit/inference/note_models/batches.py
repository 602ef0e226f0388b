"""Notes as input tensors of models of notes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from maestrokit.music.encodings.notes import NoteInputs, NoteTargets


def tensors(inputs: NoteInputs, targets: NoteTargets) -> dict[str, Tensor]:
    """Return a batch of one row: inputs by name, targets by name behind ``next_``."""
    return _row({**inputs._asdict(), **{f"next_{name}": column for name, column in targets._asdict().items()}})


def input_batch(inputs: NoteInputs, after: int) -> dict[str, Tensor]:
    """Return a batch of one row; ``is_after`` marks the first so many positions, which are notes after a gap."""
    is_after = torch.arange(len(inputs.onset))[None] < after
    return _row(inputs._asdict()) | {"is_after": is_after}


def padded(excerpts: Sequence[tuple[NoteInputs, NoteTargets]]) -> dict[str, Tensor]:
    """Return a batch, rows padded to the longest, and ``weight`` with it, 1 where there is a position, 0 for padding.

    Shape
    -----
    Each (excerpts, the longest's positions, ..).
    """
    rows = [tensors(*excerpt) for excerpt in excerpts]
    lengths = [row["time"].shape[1] for row in rows]
    longest = max(lengths)
    batch = {"weight": torch.tensor([[1.0] * count + [0.0] * (longest - count) for count in lengths])}
    for name, first in rows[0].items():
        stacked = first.new_zeros(len(rows), longest, *first.shape[2:])
        for into, row in zip(stacked, rows, strict=True):
            into[: row[name].shape[1]] = row[name][0]
        batch[name] = stacked
    return batch


def _row(columns: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.ascontiguousarray(column))[None] for name, column in columns.items()}
