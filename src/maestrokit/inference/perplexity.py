"""Log-likelihood and perplexity of performances: exact, over whole sequences, comparable across encodings."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import LARGEST_COUNT, Within, check
from maestrokit.inference.device import device_of
from maestrokit.inference.note_models.likelihood import note_nats
from maestrokit.models.contract import EventModel, TrainedModel
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.encodings.events import Encoding, Tokens
from maestrokit.music.encodings.notes import note_sequence

if TYPE_CHECKING:
    from maestrokit.metrics.ngrams import Ngrams


@dataclass(frozen=True)
class Surprisal:
    """Sums over sequences, and the metrics made of them.

    Per-token figures depend on the encoding; those per note and per second do not, so models of
    different encodings are compared by them.

    Parameters
    ----------
    nats : float
        Negative log-likelihood of all tokens.
    tokens : int
        Number of predicted tokens.
    notes : int
        Number of notes.
    seconds : float
        Length of the performance.
    hits : float
        Tokens that the model held to be the likeliest.
    factors : tuple of float
        Nats of each factor of the notes, where tokens have several.
    """

    nats: float = 0.0
    tokens: int = 0
    notes: int = 0
    seconds: float = 0.0
    hits: float = 0
    factors: tuple[float, ...] = ()

    def __add__(self, other: "Surprisal") -> "Surprisal":
        return Surprisal(
            self.nats + other.nats,
            self.tokens + other.tokens,
            self.notes + other.notes,
            self.seconds + other.seconds,
            self.hits + other.hits,
            tuple(map(sum, zip(self.factors, other.factors, strict=True))) if self.factors else other.factors,
        )

    @property
    def nats_per_token(self) -> float:
        """Mean negative log-likelihood of an event."""
        return self.nats / max(self.tokens, 1)

    @property
    def perplexity(self) -> float:
        """The exponential of that: exp(-1/N sum log P)."""
        return math.exp(self.nats_per_token)

    @property
    def nats_per_note(self) -> float:
        """Nats of all events, divided by the number of notes."""
        return self.nats / max(self.notes, 1)

    @property
    def nats_per_second(self) -> float:
        """Nats of all events, divided by the duration."""
        return self.nats / max(self.seconds, 1e-9)

    @property
    def accuracy(self) -> float:
        """Share of events that had the highest probability."""
        return self.hits / max(self.tokens, 1)


def surprisals(
    model: TrainedModel, sequences: Iterable[Tokens], encoding: Encoding, *, stride: int | None = None, batch: int = 8
) -> Iterator[Surprisal]:
    """Yield the surprisal of each sequence under a model; every token but ``begin`` is scored once.

    A model with a limited context sees windows of that length, `stride` apart; of each only the last `stride`
    tokens count, so that each has a context of at least ``length - stride`` tokens, or of all there are. A model
    without a limit reads each sequence from its beginning.

    Parameters
    ----------
    stride : int
        Default is half the model's length. Smaller is slower, and closer to the result of a full context.
    batch : int
        Windows at once.

    Raises
    ------
    UsageError
        If the stride is longer than the model's context, or not positive.
    """
    length = getattr(getattr(model, "config", None), "length", None)
    stride = max(1, (length or 2) // 2) if stride is None else stride
    check("stride", stride, Within(1, length or LARGEST_COUNT, whole=True))
    model.eval()
    for tokens in sequences:
        sequence = np.asarray(tokens)
        with torch.inference_mode():
            if isinstance(model, NoteModel):
                yield _of_notes(model, sequence, encoding, length=length, stride=stride, batch=batch)
                continue
            assert isinstance(model, EventModel)
            parts = _windows(model, sequence, length, stride, batch) if length else _through(model, sequence)
            nats, hits = np.sum(list(parts) if len(sequence) > 1 else [(0.0, 0)], axis=0)
        yield _measured(float(nats), int(hits), sequence, encoding)


def ngram_surprisals(ngrams: "Ngrams", sequences: Iterable[Tokens], encoding: Encoding) -> Iterator[Surprisal]:
    """Yield the surprisal of each sequence under n-grams, as :func:`surprisals`; hits are not counted."""
    from maestrokit.metrics.ngrams import probabilities

    for tokens in sequences:
        nats = -np.log(probabilities(ngrams, tokens)[1:]).sum()
        yield _measured(float(nats), 0, np.asarray(tokens), encoding)


def _of_notes(
    model: NoteModel, sequence: Tokens, encoding: Encoding, *, length: int | None, stride: int, batch: int
) -> Surprisal:
    """Return the surprisal under a model of notes; its tokens are the notes and the end, its hits a share of each."""
    notes = note_sequence(sequence, encoding)
    nats = note_nats(model, notes, encoding, length=length, stride=stride, batch=batch)
    total = _measured(sum(nats.factors), 0, sequence, encoding)
    tokens = len(notes.pitch) + 1
    return replace(
        total, tokens=tokens, notes=len(notes.pitch), hits=nats.hits * tokens / nats.predicted, factors=nats.factors
    )


def _measured(nats: float, hits: int, sequence: Tokens, encoding: Encoding) -> Surprisal:
    is_shift = (sequence >= encoding.first_shift) & (sequence < encoding.first_velocity)
    steps = int((sequence[is_shift].astype(np.int64) - encoding.first_shift + 1).sum())
    notes = int((sequence < encoding.first_off).sum())
    return Surprisal(nats, max(len(sequence) - 1, 0), notes, steps * encoding.step, hits)


def _windows(model: EventModel, sequence: Tokens, length: int, stride: int, batch: int) -> Iterator[tuple[float, int]]:
    """Yield nats and hits of the tokens that each batch of windows newly sees."""
    tokens = torch.from_numpy(sequence.astype(np.int64)).to(device_of(model))
    last = len(tokens) - 1
    first = min(length, last)
    yield _scored(model(tokens[None, :first])[0], tokens[None, 1 : first + 1])
    ends = list(range(first + stride, last, stride)) + ([last] if last > first else [])
    full = [end for end in ends if end != last]
    for start in range(0, len(full), batch):
        rows = full[start : start + batch]
        seen = torch.stack([tokens[end - length : end] for end in rows])
        target = torch.stack([tokens[end - stride + 1 : end + 1] for end in rows])
        yield _scored(model(seen)[0][:, -stride:], target)
    if last > first:
        done = full[-1] if full else first
        yield _scored(model(tokens[None, last - length : last])[0][:, done - last :], tokens[None, done + 1 : last + 1])


def _through(model: EventModel, sequence: Tokens, *, chunk: int = 1024) -> Iterator[tuple[float, int]]:
    """Yield nats and hits of one chunk after another, passing the state on."""
    tokens = torch.from_numpy(sequence.astype(np.int64)).to(device_of(model))[None]
    state = model.initial_state(1, length=tokens.shape[1])
    for start in range(0, tokens.shape[1] - 1, chunk):
        target = tokens[:, start + 1 : start + chunk + 1]
        logits, state = model(tokens[:, start : start + target.shape[1]], state)
        yield _scored(logits, target)


def _scored(logits: Tensor, target: Tensor) -> tuple[float, int]:
    flat, expected = logits.flatten(0, 1).float(), target.flatten()
    return F.cross_entropy(flat, expected, reduction="sum").item(), int((flat.argmax(-1) == expected).sum().item())
