"""Negative log-likelihood of one performance under a model of notes, for :mod:`maestrokit.inference.perplexity`."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from maestrokit.inference.device import moved
from maestrokit.inference.note_batches import padded
from maestrokit.models._notes import NoteModel
from maestrokit.music.note_codes import FACTORS, NoteInputs, NoteTargets, excerpt
from maestrokit.music.step_notes import StepNotes
from maestrokit.music.tokens import Encoding

CHUNK = 1024  # positions at once, for a model with a recurrent state


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
    whole = excerpt(notes, 0, len(notes.pitch) + 1, encoding)
    parts = _windows(model, whole, length, stride, batch) if length else _through(model, whole)
    sums = np.sum(list(parts), axis=0)
    return NoteNats(tuple(sums[:-1].tolist()), int(sums[-1]), 4 * len(notes.pitch) + 1)


def _windows(
    model: NoteModel, whole: tuple[NoteInputs, NoteTargets], length: int, stride: int, batch: int
) -> Iterator[list[float]]:
    """Yield the sums of what each batch of windows newly sees."""
    last = len(whole[0].time)
    ends = [min(length, last), *range(length + stride, last, stride), *([last] if last > length else [])]
    counted = list(zip([0, *ends[:-1]], ends, strict=True))
    for first in range(0, len(counted), batch):
        rows = counted[first : first + batch]
        starts = [max(0, end - length) for _, end in rows]
        window = padded([_cut(whole, start, end) for start, (_, end) in zip(starts, rows, strict=True)])
        for weight, start, (done, _) in zip(window["weight"], starts, rows, strict=True):
            weight[: done - start] = 0
        nats, hits, _ = model.nats(moved(window, model))
        yield _sums(nats, hits)


def _through(model: NoteModel, whole: tuple[NoteInputs, NoteTargets]) -> Iterator[list[float]]:
    """Yield the sums of one chunk after another, passing the state on."""
    last = len(whole[0].time)
    state = model.body.initial_state(1, length=last)
    for start in range(0, last, CHUNK):
        chunk = padded([_cut(whole, start, min(start + CHUNK, last))])
        nats, hits, state = model.nats(moved(chunk, model), state)
        yield _sums(nats, hits)


def _sums(nats: dict[str, Tensor], hits: Tensor) -> list[float]:
    return [*(nats[name].sum(dtype=torch.float64).item() for name in FACTORS), hits.sum().item()]


def _cut(whole: tuple[NoteInputs, NoteTargets], start: int, stop: int) -> tuple[NoteInputs, NoteTargets]:
    inputs, targets = ({name: part[start:stop] for name, part in one._asdict().items()} for one in whole)
    return NoteInputs(**inputs), NoteTargets(**targets)
