"""Performances as vectors: what a shipped model makes of them, for metrics that compare sets of vectors."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from maestrokit.inference.sequence_model import load_event_model
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece
from maestrokit.models import lstm
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.performance import Performance
from maestrokit.music.provenance_events import commands
from maestrokit.music.tokens import Encoding, Tokens, encode
from maestrokit.provenance import option_of

WINDOW = 20.0  # seconds
MOST_WINDOWS = 3  # of a piece, spread over it
Vectors = NDArray[np.float32]


def embedded(piece: Piece, *, model: str) -> Vectors:
    """Return the mean state of the last layer over each window of a piece, shape (windows, width).

    Windows are 20 s long, one after another from the first onset on; the last one counts if it is at least half as
    long, or the only one. Each is read from its own beginning, with the pedal applied.

    Parameters
    ----------
    piece : Piece
    model : str
        Name of a shipped LSTM of events.
    """
    network, encoding = _network(model)
    rows = [encode(window, encoding) for window in _windows(piece)]
    if not rows:
        return np.empty((0, network.config.width), np.float32)
    with torch.inference_mode():
        states, _ = network.token_states(_padded(rows))
    lengths = np.array([len(row) for row in rows])
    is_token = np.arange(lengths.max()) < lengths[:, None]
    return np.asarray((states.numpy() * is_token[..., None]).sum(axis=1) / lengths[:, None], np.float32)


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
def _network(name: str) -> tuple[lstm.Model, Encoding]:
    network, encoding, _ = load_event_model(name)
    assert isinstance(network, lstm.Model)
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


def _padded(rows: list[Tokens]) -> torch.Tensor:
    tokens = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for row, part in zip(tokens, rows, strict=True):
        row[: len(part)] = part
    return torch.from_numpy(tokens)
