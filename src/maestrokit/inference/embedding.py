"""Performances as vectors: what a shipped model makes of them, for metrics that compare sets of vectors."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.classes import excerpt_vectors
from maestrokit.arrays import Floats
from maestrokit.files.checkpoint import shipped_models
from maestrokit.inference.classes import TASK, load_classifier
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece
from maestrokit.music.note_arrays import TimedNotes, performance_from_arrays
from maestrokit.music.performance import Performance
from maestrokit.music.provenance_events import commands
from maestrokit.music.rolls.excerpts import roll_of
from maestrokit.provenance import option_of

WINDOW = 20.0  # seconds
MOST_WINDOWS = 3  # of a piece, spread over it
VALUES = 64  # of an embedding
Vectors = NDArray[np.float32]


def embedded(piece: Piece, *, model: str) -> Vectors:
    """Return what a model makes of each window of a piece, in random directions, shape (windows, 64).

    Of an LSTM it is the mean state of the last layer, of a network of classes the input of the last one. Windows are
    20 s long, one after another from the first onset on; the last one counts if it is at least half as long, or the
    only one. Each is read from its own beginning, with the pedal applied. Directions are always the same. So few
    numbers keep the distances between vectors [1] and need fewer pieces to tell two sets apart.

    Parameters
    ----------
    piece : Piece
    model : str
        Name of a shipped LSTM of notes, or network of classes.

    References
    ----------
    .. [1] S. Dasgupta, A. Gupta, "An Elementary Proof of a Theorem of Johnson and Lindenstrauss", Random Structures &
       Algorithms 22, 2003.
    """
    parts = windows(piece, most=MOST_WINDOWS)
    if not parts:
        return np.empty((0, VALUES), np.float32)
    vectors = _of_classifier(parts, model) if model in shipped_models(task=TASK) else _of_sequence_model(parts, model)
    return np.asarray(vectors @ _directions(vectors.shape[1]), np.float32)


def windows(piece: Piece, *, most: int) -> list[Piece]:
    """Return windows of 20 s of a piece, at most some that are spread over it; each begins at time 0."""
    if len(piece) == 0:
        return []
    second = piece.onset - piece.onset[0]
    count = max(1, round(second[-1] / WINDOW))
    starts = np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64)) * WINDOW
    parts = [(piece.select((second >= start) & (second < start + WINDOW)), piece.onset[0] + start) for start in starts]
    return [
        part.replace(onset=part.onset - start, offset=part.offset - start, sounding_offset=part.sounding_offset - start)
        for part, start in parts
        if len(part)
    ]


def as_performance(window: Piece) -> Performance:
    """Return a window as a performance whose notes last as long as they sound."""
    onset, offset = (np.rint(times * 1000).astype(np.int64) for times in (window.onset, window.sounding_offset))
    none = np.empty(0, np.int64)
    return performance_from_arrays(
        onset, np.maximum(offset, onset), window.pitch, window.velocity, pedal_tick=none, pedal_value=none
    )


@lru_cache(maxsize=2)
def _directions(width: int) -> Floats:
    """Return a random projection, shape (width, values), that preserves lengths on average."""
    normal = np.random.default_rng(0).standard_normal((width, VALUES))
    return np.asarray(normal / np.sqrt(VALUES))


def _of_classifier(parts: Sequence[Piece], model: str) -> Floats:
    notes = (TimedNotes(part.onset, part.sounding_offset, part.pitch, part.velocity) for part in parts)
    return excerpt_vectors([roll_of(excerpt, 0.0) for excerpt in notes], load_classifier(model).weights)


def _of_sequence_model(parts: Sequence[Piece], model: str) -> Floats:
    from maestrokit.inference.note_models.mean_states import mean_states  # loads torch, which the other does without

    return mean_states([as_performance(part) for part in parts], model=model)


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
