"""Performances as vectors: what a shipped model makes of them, for metrics that compare sets of vectors."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from maestrokit.inference.note_batches import padded
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece
from maestrokit.models._notes import NoteModel
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.note_codes import excerpt, note_sequence
from maestrokit.music.performance import Performance
from maestrokit.music.provenance_events import commands
from maestrokit.music.tokens import Encoding, encode
from maestrokit.provenance import option_of

WINDOW = 20.0  # seconds
MOST_WINDOWS = 3  # of a piece, spread over it
VALUES = 64  # of an embedding
Vectors = NDArray[np.float32]


def embedded(piece: Piece, *, model: str) -> Vectors:
    """Return the mean state of the last layer over each window of a piece, in random directions, shape (windows, 64).

    Windows are 20 s long, one after another from the first onset on; the last one counts if it is at least half as
    long, or the only one. Each is read from its own beginning, with the pedal applied. Directions are always the same.
    So few numbers keep the distances between states [1] and need fewer pieces to tell two sets apart.

    Parameters
    ----------
    piece : Piece
    model : str
        Name of a shipped LSTM of notes.

    References
    ----------
    .. [1] S. Dasgupta, A. Gupta, "An Elementary Proof of a Theorem of Johnson and Lindenstrauss", Random Structures &
       Algorithms 22, 2003.
    """
    network, encoding = _network(model)
    sequences = [note_sequence(encode(window, encoding), encoding) for window in _windows(piece)]
    if not sequences:
        return np.empty((0, VALUES), np.float32)
    batch = padded([excerpt(notes, 0, len(notes.pitch) + 1, encoding) for notes in sequences])
    with torch.inference_mode():
        states, _ = network.body.hidden_states(network.vectors(batch), onset=batch["onset"])
    weight = batch["weight"][..., None]
    means = ((states * weight).sum(dim=1) / weight.sum(dim=1)).numpy()
    return np.asarray(means @ _directions(means.shape[1]), np.float32)


@lru_cache(maxsize=2)
def _directions(width: int) -> Vectors:
    """Return random vectors, shape (width, values), products with which are on average as long as what they are of."""
    normal = np.random.default_rng(0).standard_normal((width, VALUES))
    return np.asarray(normal / np.sqrt(VALUES), np.float32)


def embeddings(piece: Piece, chosen: Mapping[str, Metric], *, origin: Performance | None = None) -> dict[str, Vectors]:
    """Return the embedding of a piece for each metric that compares embeddings.

    Parameters
    ----------
    piece : Piece
    chosen : mapping from names to metrics
    origin : Performance, optional
        What the piece is of: if the model of a metric generated it, there is no embedding for that, shape (0, width).
    """
    models = {name: metric.embedding for name, metric in chosen.items() if metric.embedding is not None}
    own = {model for model in models.values() if origin is not None and is_made_by(origin, model)}
    empty = piece.select(slice(0))
    return {name: embedded(empty if model in own else piece, model=model) for name, model in models.items()}


def is_made_by(performance: Performance, model: str) -> bool:
    """Return whether a performance says that a shipped model generated it."""
    return any(option_of(line, "generate", "model") == model for line in commands(performance))


@lru_cache(maxsize=2)
def _network(name: str) -> tuple[NoteModel, Encoding]:
    network, encoding, _ = load_event_model(name)
    assert isinstance(network, NoteModel)
    return network, encoding


def _windows(piece: Piece) -> list[Performance]:
    """Return the windows of a piece, each as a performance of its own."""
    if len(piece) == 0:
        return []
    second = piece.onset - piece.onset[0]
    count = max(1, round(second[-1] / WINDOW))
    starts = np.unique(np.linspace(0, count - 1, min(count, MOST_WINDOWS)).astype(np.int64)) * WINDOW
    parts = [(piece.select((second >= start) & (second < start + WINDOW)), start) for start in starts]
    return [_performance(part, piece.onset[0] + start) for part, start in parts if len(part)]


def _performance(piece: Piece, start: float) -> Performance:
    onset, offset = (np.rint((times - start) * 1000).astype(np.int64) for times in (piece.onset, piece.sounding_offset))
    none = np.empty(0, np.int64)
    return performance_from_arrays(
        onset, np.maximum(offset, onset), piece.pitch, piece.velocity, pedal_tick=none, pedal_value=none
    )
