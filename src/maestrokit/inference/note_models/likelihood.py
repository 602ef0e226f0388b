"""Negative log-likelihood of one performance under a model of notes, for :mod:`maestrokit.inference.perplexity`."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from maestrokit.inference.device import moved
from maestrokit.inference.note_models.batches import padded
from maestrokit.inference.note_models.recall import Expected, recalled
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import FACTORS, NoteInputs, NoteTargets, excerpt
from maestrokit.music.encodings.step_notes import StepNotes

CHUNK = 1024  # positions at once, for a model with a recurrent state


Columns = TypeVar("Columns", NoteInputs, NoteTargets)
PositionOutputs = dict[str, Tensor]
"""Of some positions, (positions, ..): ``states`` of the network, and log-probabilities of each factor."""


class ReadPerformance(NamedTuple):
    """A performance as a model reads it."""

    inputs: NoteInputs
    targets: NoteTargets


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
    piece, targets = expected(model, notes, encoding, length=length, stride=stride, batch=batch)
    again = piece.log_probability if model.recurrence is None else recalled(piece, model.recurrence)
    sums, hits = {}, 0
    for name in FACTORS:
        rows = np.arange(len(piece.states) if name == "time" else len(notes.pitch))
        target = piece.targets[name][rows]
        sums[name] = -float(again[name][rows, target].sum(dtype=np.float64))
        hits += int((again[name][rows].argmax(axis=1) == target).sum())
    count = len(notes.pitch)
    sums["time"] += float(targets.time_remainder[:count].sum(dtype=np.float64))
    sums["duration"] += float(targets.duration_remainder[:count].sum(dtype=np.float64))
    return NoteNats(tuple(sums.values()), hits, 4 * count + 1)


@torch.inference_mode()
def expected(
    model: NoteModel, notes: StepNotes, encoding: Encoding, *, length: int | None, stride: int, batch: int
) -> tuple[Expected, NoteTargets]:
    """Return what a model by itself expects at each position of a performance, and the targets there."""
    piece = ReadPerformance(*excerpt(notes, 0, len(notes.pitch) + 1, encoding))
    parts = list(_windows(model, piece, length, stride, batch) if length else _through(model, piece))
    arrays = {name: torch.cat([part[name] for part in parts]).cpu().numpy() for name in parts[0]}
    targets = {name: getattr(piece.targets, name) for name in FACTORS}
    return Expected(notes, arrays.pop("states"), arrays, targets), piece.targets


def _windows(
    model: NoteModel, performance: ReadPerformance, length: int, stride: int, batch: int
) -> Iterator[PositionOutputs]:
    """Yield the outputs at what each batch of windows newly sees."""
    last = len(performance.inputs.time)
    ends = [min(length, last), *range(length + stride, last, stride), *([last] if last > length else [])]
    counted = list(zip([0, *ends[:-1]], ends, strict=True))
    for first in range(0, len(counted), batch):
        rows = counted[first : first + batch]
        starts = [max(0, end - length) for _, end in rows]
        window = _batch(performance, [(start, end) for start, (_, end) in zip(starts, rows, strict=True)])
        for weight, start, (done, _) in zip(window["weight"], starts, rows, strict=True):
            weight[: done - start] = 0
        yield _outputs(model, window, None)[0]


def _through(model: NoteModel, performance: ReadPerformance) -> Iterator[PositionOutputs]:
    """Yield the outputs of one chunk after another, passing the state on."""
    last = len(performance.inputs.time)
    state = model.body.initial_state(1, length=last)
    for start in range(0, last, CHUNK):
        outputs, state = _outputs(model, _batch(performance, [(start, min(start + CHUNK, last))]), state)
        yield outputs


def _outputs(model: NoteModel, window: dict[str, Tensor], state: Any) -> tuple[PositionOutputs, Any]:
    """Return the outputs at the positions whose weight is 1, and the state after."""
    batch = moved(window, model)
    x, state = model.body.hidden_states(model.vectors(batch), state, onset=batch["onset"])
    logits = model.factor_logits(x, batch)
    is_counted = batch["weight"] > 0
    outputs = {name: logits[name][is_counted].float().log_softmax(dim=-1) for name in FACTORS}
    return {"states": x[is_counted].float(), **outputs}, state


def _batch(performance: ReadPerformance, spans: Sequence[tuple[int, int]]) -> dict[str, Tensor]:
    """Return some spans of positions as a batch."""
    return padded([(_cut(performance.inputs, *span), _cut(performance.targets, *span)) for span in spans])


def _cut(columns: Columns, start: int, stop: int) -> Columns:
    return columns._replace(**{name: part[start:stop] for name, part in columns._asdict().items()})
