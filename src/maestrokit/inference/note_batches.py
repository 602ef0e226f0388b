"""Notes as input tensors of models of notes."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from maestrokit.music.note_codes import NoteInputs, NoteTargets, with_notes_after
from maestrokit.music.step_notes import StepNotes
from maestrokit.music.tokens import Encoding


def tensors(inputs: NoteInputs, targets: NoteTargets) -> dict[str, Tensor]:
    """Return a batch of one row: inputs by name, targets by name behind ``next_``."""
    columns = {**inputs._asdict(), **{f"next_{name}": column for name, column in targets._asdict().items()}}
    return {name: torch.from_numpy(np.ascontiguousarray(column))[None] for name, column in columns.items()}


def gap_batch(inputs: NoteInputs, targets: NoteTargets, after: StepNotes, encoding: Encoding) -> dict[str, Tensor]:
    """Return a batch of one row: the inputs of notes after a gap, marked by ``is_after``, then others."""
    batch = tensors(with_notes_after(inputs, after, encoding), targets)
    is_after = torch.arange(batch["onset"].shape[1])[None] < len(after.pitch)
    return {name: batch[name] for name in NoteInputs._fields} | {"is_after": is_after}


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
        whole = first.new_zeros(len(rows), longest, *first.shape[2:])
        for into, row in zip(whole, rows, strict=True):
            into[: row[name].shape[1]] = row[name][0]
        batch[name] = whole
    return batch
