"""What an LSTM of notes makes of performances: its states, averaged."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch

from maestrokit.arrays import Floats
from maestrokit.inference.note_models.batches import padded
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.encodings.events import Encoding, encode
from maestrokit.music.encodings.notes import excerpt, note_sequence
from maestrokit.music.performance import Performance


def mean_states(performances: Sequence[Performance], *, model: str) -> Floats:
    """Return the mean state of the last layer over the notes of each performance, shape (performances, width).

    Parameters
    ----------
    performances : sequence of Performance
        Each has notes, and is read from its own beginning.
    model : str
        Name of a shipped LSTM of notes.
    """
    network, encoding = _network(model)
    sequences = [note_sequence(encode(performance, encoding), encoding) for performance in performances]
    batch = padded([excerpt(notes, 0, len(notes.pitch) + 1, encoding) for notes in sequences])
    with torch.inference_mode():
        states, _ = network.body.hidden_states(network.vectors(batch), onset=batch["onset"])
    weight = batch["weight"][..., None]
    return np.asarray(((states * weight).sum(dim=1) / weight.sum(dim=1)).numpy(), np.float64)


@lru_cache(maxsize=2)
def _network(name: str) -> tuple[NoteModel, Encoding]:
    network, encoding, _ = load_event_model(name)
    assert isinstance(network, NoteModel)
    return network, encoding
