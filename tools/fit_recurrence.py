"""Fit how much the earlier notes of a piece count beside a model of notes, by its nats a note.

Example::

    python tools/fit_recurrence.py runs/notes1 maestro-v3.0.0

Each setting of :class:`maestrokit.inference.recurrence.Recurrence` takes the value that makes people's pitches the
likeliest. Of MAESTRO, every other validation performance by name, from the first on, is fitted to,
as ``tools/fit_sampling.py`` does; the others show what it gains. The result is the ``recurrence`` of the run's
``config.json``, which ``generate`` and ``evaluate --model`` read.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.errors import UsageError
from maestrokit.files import checkpoint
from maestrokit.files.cache import default_cache
from maestrokit.inference.note_nats import pitch_nats
from maestrokit.inference.recurrence import Recurrence, evidence_of, of_evidence
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.models._notes import NoteModel
from maestrokit.music.note_codes import note_sequence
from maestrokit.training.task import find_corpus
from maestrokit.training.tasks import events

SIMILARITY = {"notes": (4.0, 6.0, 8.0, 12.0), "newest": (8, 16, 32), "sharpness": (20.0, 40.0, 60.0)}
"""Choices of what decides how much each earlier note counts,"""
SHARE = {"offset": np.arange(-2.0, 4.1, 0.5), "slope": np.arange(0.2, 1.3, 0.2)}
"""and of what these count together."""


class ScoredPiece(NamedTuple):
    """What a model, without recurrence, makes of the pitches of a piece."""

    key: Integers
    """(notes,), 0..87."""
    blocked: Mask
    """(notes, KEYS): keys that could not be struck."""
    nats: Floats
    """(notes,)."""


class PitchEvidence(NamedTuple):
    """What the earlier notes say of the pitches of a piece, whatever their share is."""

    total: Floats
    """How much they count together, (notes,)."""
    probability: Floats
    """Of the key of each note, (notes,)."""
    nats: Floats
    """Of the pitch by the model, (notes,)."""

    @classmethod
    def of(cls, piece: ScoredPiece, recurrence: Recurrence) -> "PitchEvidence":
        """Return that of a piece."""
        evidence = evidence_of(piece.key, recurrence)
        again = of_evidence(evidence, piece.blocked, recurrence)
        probability = np.exp(again.log_probability[np.arange(len(piece.key)), piece.key])
        return cls(np.where(piece.blocked, 0.0, evidence).sum(axis=1), probability, piece.nats)

    def mixed_nats(self, recurrence: Recurrence) -> Floats:
        """Return the nats of the pitch of each note."""
        share = recurrence.share(self.total)
        return -np.log((1 - share) * np.exp(-self.nats) + share * self.probability)


def mean_nats(parts: Sequence[PitchEvidence], recurrence: Recurrence) -> float:
    """Return the mean nats of the pitch of a note."""
    return float(np.concatenate([part.mixed_nats(recurrence) for part in parts]).mean())


def fitted(pieces: Sequence[ScoredPiece], start: Recurrence) -> Recurrence:
    """Return the best settings of a coordinate search, in which the share is fitted anew for each similarity."""

    def with_share(candidate: Recurrence) -> tuple[float, Recurrence]:
        parts = [PitchEvidence.of(piece, candidate) for piece in pieces]
        every = [
            replace(candidate, offset=round(float(offset), 2), slope=round(float(slope), 2))
            for offset, slope in product(*SHARE.values())
        ]
        return min(((mean_nats(parts, one), one) for one in every), key=lambda pair: pair[0])

    least, best = with_share(start)
    for name, values in SIMILARITY.items():
        for value in values:
            if value != getattr(best, name):
                now, candidate = with_share(Recurrence(**asdict(best) | {name: value}))
                if now < least:
                    least, best = now, candidate
    return best


def main() -> None:
    """Fit the recurrence of the run that the command line names, and write it into its ``config.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("data", nargs="+", help="the training data; its validation part is what is fitted to")
    parser.add_argument("--pieces", type=int, default=24, help="performances to fit to, and as many to show the gain")
    options = parser.parse_args()
    config = checkpoint.read_config(options.run)
    model, encoding, _ = load_event_model(str(options.run))
    if not isinstance(model, NoteModel):
        raise UsageError("only a model of notes has a recurrence")
    model.recurrence = None
    corpus = find_corpus(options.data, events, cache=default_cache(), seed=config["training"]["seed"])
    shard = events.shards_of(corpus, encoding, key_normalized=config["key_normalized"])["validation"]
    sets = []
    for first in (0, 1):
        rows = np.arange(first, len(shard), 2)
        chosen = rows[np.linspace(0, len(rows) - 1, min(options.pieces, len(rows))).astype(int)]
        notes = [note_sequence(shard.sequence(index), encoding) for index in chosen.tolist()]
        sets.append([ScoredPiece(*pitch_nats(model, each, encoding)) for each in notes])
    best = fitted(sets[0], Recurrence())
    for name, pieces in zip(("fitted to", "others"), sets, strict=True):
        before = float(np.concatenate([piece.nats for piece in pieces]).mean())
        after = mean_nats([PitchEvidence.of(piece, best) for piece in pieces], best)
        print(f"{name}: {len(pieces)} performances, pitch {before:.4f} nats, with what recurs {after:.4f}")
    print(best)
    checkpoint.write_config(options.run, config | {"recurrence": asdict(best)})


if __name__ == "__main__":
    main()
