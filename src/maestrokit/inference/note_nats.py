"""Negative log-likelihood of one performance under a model of notes, for :mod:`maestrokit.inference.perplexity`."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.inference.device import moved
from maestrokit.inference.note_batches import padded
from maestrokit.inference.recurrence import Recurring, recurring
from maestrokit.models._notes import NoteModel
from maestrokit.music.note_codes import FACTORS, NoteInputs, NoteTargets, excerpt
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH
from maestrokit.music.step_notes import StepNotes
from maestrokit.music.tokens import Encoding

CHUNK = 1024  # positions at once, for a model with a recurrent state


Columns = TypeVar("Columns", NoteInputs, NoteTargets)
WindowNats = tuple[Tensor, dict[str, Tensor], Tensor]
"""Of some positions, (rows, time): 1 where they count, nats by factor, and hits, which are 0 where they do not."""


class ReadPerformance(NamedTuple):
    """A performance as a model reads it, and what recurs in it."""

    inputs: NoteInputs
    targets: NoteTargets
    recurring: Recurring | None
    """Of each note, but not of the end."""


class NoteNats(NamedTuple):
    """Sums over a performance."""

    factors: tuple[float, ...]
    """Nats of time, pitch, velocity and duration; the end counts as time."""
    hits: int
    """Factors whose class had the highest probability."""
    predicted: int
    """Factors in all: four a note, and the end."""


def note_nats(
    model: NoteModel, notes: StepNotes, encoding: Encoding, *, length: int | None, stride: int, batch: int
) -> NoteNats:
    """Return the nats of all notes of a performance, and of its end, each scored once.

    Parameters
    ----------
    length : int or None
        Context of the model, in positions; windows of that length are `stride` apart. None is without limit.
    """
    piece = _piece(model, notes, encoding)
    sums = np.zeros(len(FACTORS) + 1)
    for _, nats, hits in _parts(model, piece, length, stride, batch):
        sums += [*(nats[name].sum(dtype=torch.float64).item() for name in FACTORS), hits.sum().item()]
    return NoteNats(tuple(sums[:-1].tolist()), int(sums[-1]), 4 * len(notes.pitch) + 1)


def pitch_nats(model: NoteModel, notes: StepNotes, encoding: Encoding) -> tuple[Integers, Mask, Floats]:
    """Return the key of each note, which keys could not be struck there, (notes, KEYS), and the nats of its pitch.

    Windows are half the context of the model apart.
    """
    piece, length = _piece(model, notes, encoding), getattr(model.config, "length", None)
    parts = _parts(model, piece, length, max(1, (length or 2) // 2), 1)
    with torch.inference_mode():
        nats = torch.cat([nats["pitch"][weight > 0] for weight, nats, _ in parts]).double().cpu().numpy()
    count = len(notes.pitch)
    return notes.pitch - LOWEST_PITCH, piece.targets.blocked[:count], nats[:count]


def _piece(model: NoteModel, notes: StepNotes, encoding: Encoding) -> ReadPerformance:
    """Return a performance as the model reads it."""
    inputs, targets = excerpt(notes, 0, len(notes.pitch) + 1, encoding)
    if model.recurrence is None:
        return ReadPerformance(inputs, targets, None)
    blocked = targets.blocked[: len(notes.pitch)]
    return ReadPerformance(inputs, targets, recurring(notes.pitch - LOWEST_PITCH, blocked, model.recurrence))


def _parts(
    model: NoteModel, performance: ReadPerformance, length: int | None, stride: int, batch: int
) -> Iterator[WindowNats]:
    """Return parts that together are the whole."""
    return _windows(model, performance, length, stride, batch) if length else _through(model, performance)


def _windows(
    model: NoteModel, performance: ReadPerformance, length: int, stride: int, batch: int
) -> Iterator[WindowNats]:
    """Yield what each batch of windows newly sees."""
    last = len(performance.inputs.time)
    ends = [min(length, last), *range(length + stride, last, stride), *([last] if last > length else [])]
    counted = list(zip([0, *ends[:-1]], ends, strict=True))
    for first in range(0, len(counted), batch):
        rows = counted[first : first + batch]
        starts = [max(0, end - length) for _, end in rows]
        window = _batch(performance, [(start, end) for start, (_, end) in zip(starts, rows, strict=True)])
        for weight, start, (done, _) in zip(window["weight"], starts, rows, strict=True):
            weight[: done - start] = 0
        nats, hits, _ = model.nats(moved(window, model))
        yield window["weight"], nats, hits


def _through(model: NoteModel, performance: ReadPerformance) -> Iterator[WindowNats]:
    """Yield one chunk after another, passing the state on."""
    last = len(performance.inputs.time)
    state = model.body.initial_state(1, length=last)
    for start in range(0, last, CHUNK):
        chunk = _batch(performance, [(start, min(start + CHUNK, last))])
        nats, hits, state = model.nats(moved(chunk, model), state)
        yield chunk["weight"], nats, hits


def _batch(performance: ReadPerformance, spans: Sequence[tuple[int, int]]) -> dict[str, Tensor]:
    """Return some spans of positions as a batch, with what recurs there if that counts."""
    batch = padded([(_cut(performance.inputs, *span), _cut(performance.targets, *span)) for span in spans])
    if performance.recurring is not None:
        shape = batch["weight"].shape
        batch["recurring"] = torch.full((*shape, KEYS), -math.inf)
        batch["recurring_share"] = torch.zeros(shape)
        for row, (start, stop) in enumerate(spans):
            for name, column in zip(("recurring", "recurring_share"), performance.recurring, strict=True):
                part = torch.from_numpy(column[start:stop])
                batch[name][row, : len(part)] = part
    return batch


def _cut(columns: Columns, start: int, stop: int) -> Columns:
    return columns._replace(**{name: part[start:stop] for name, part in columns._asdict().items()})
