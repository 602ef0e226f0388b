"""Fit how much the earlier notes of a piece count beside the predictions of a model of notes, by nats per note.

Example::

    python tools/fit_recurrence.py runs/notes1 maestro-v3.0.0

The settings of :class:`maestrokit.inference.note_models.recurrence.FactorRecurrence` are, for each factor of a note,
the best of ``--trials`` that a simplex search [1] tries from the defaults on: those by which people's notes are most
probable. Of MAESTRO, every other validation performance by name, from the first on, is fitted to, as
``tools/fit_sampling.py`` does; the others show the gain. Only the first notes of each are read. The result is the
``recurrence`` of the run's ``config.json``: ``evaluate --model`` reads it, and ``generate`` for passages that recur.
How fast memories fade and how many of the newest notes do not count are not fitted; those of the run are kept.

References
----------
.. [1] J. A. Nelder, R. Mead, "A Simplex Method for Function Minimization", Computer Journal 7, 1965.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from maestrokit.arrays import Floats
from maestrokit.errors import UsageError
from maestrokit.files import checkpoint
from maestrokit.files.cache import default_cache
from maestrokit.inference.note_models.likelihood import expected
from maestrokit.inference.note_models.recall import AFTER_PITCH, Expected, Likeness, mixed
from maestrokit.inference.note_models.recurrence import FactorRecurrence, Recurrence, memories, unit
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.encodings.notes import FACTORS, note_sequence
from maestrokit.music.piano_range import LOWEST_PITCH
from maestrokit.training.task import find_corpus
from maestrokit.training.tasks import events
from run_folders import run_folder

NOTES = 1500
"""Of each performance."""
POSITIVE = ("key_sharpness", "state_sharpness", "other_key_penalty", "spread", "count_slope")
STEP = 0.3
"""Of the first simplex: in the logarithm of what is positive, and of the others."""


class ComparedPiece(NamedTuple):
    """The predictions of a model for a piece, and the likeness of its notes to earlier ones."""

    expected: Expected
    likeness: Likeness

    @classmethod
    def of(cls, piece: Expected, recurrence: Recurrence) -> "ComparedPiece":
        """Return a piece, compared with itself by a recurrence."""
        notes = slice(0, len(piece.notes.pitch))
        keys = memories(piece.notes.pitch - LOWEST_PITCH, recurrence.notes)
        return cls(piece, Likeness.of(keys, unit(piece.states), notes, newest=recurrence.newest))

    def nats(self, name: str, settings: FactorRecurrence | None) -> Floats:
        """Return the nats of a factor of each note, remainders left out; None is the model alone."""
        rows = np.arange(len(self.expected.notes.pitch))
        of_model = self.expected.log_probability[name][rows]
        log_probability = of_model if settings is None else mixed(self.expected, name, settings, self.likeness)
        return np.asarray(-log_probability[rows, self.expected.targets[name][rows]])


def mean_nats(pieces: Sequence[ComparedPiece], name: str, settings: FactorRecurrence | None) -> float:
    """Return the mean nats of a factor of a note."""
    return float(np.concatenate([piece.nats(name, settings) for piece in pieces]).mean())


def fitted(pieces: Sequence[ComparedPiece], name: str, start: FactorRecurrence, *, trials: int) -> FactorRecurrence:
    """Return the best settings for a factor that a simplex search finds."""
    unused = {"spread"} if name == "pitch" else set()
    unused |= set() if name in AFTER_PITCH else {"other_key_penalty"}
    names = [field.name for field in fields(start) if field.name not in unused]

    def settings(values: Floats) -> FactorRecurrence:
        values_by_name = {
            setting: float(np.clip(np.exp(value), 1e-3, 999))
            if setting in POSITIVE
            else float(np.clip(value, -999, 999))
            for setting, value in zip(names, values, strict=True)
        }
        return FactorRecurrence(
            **asdict(start) | {setting: round(value, 4) for setting, value in values_by_name.items()}
        )

    first = np.array([np.log(max(value, 1e-2)) if setting in POSITIVE else value
                      for setting, value in ((setting, getattr(start, setting)) for setting in names)])  # fmt: skip
    simplex = np.stack([first, *(first + STEP * row for row in np.eye(len(first)))])
    best = minimize(
        lambda values: mean_nats(pieces, name, settings(values)), first, method="Nelder-Mead",
        options={"initial_simplex": simplex, "maxfev": trials, "fatol": 1e-4, "xatol": 1e-2},
    )  # fmt: skip
    return settings(best.x)


def compared_pieces(run: str, data: Sequence[str], count: int, recurrence: Recurrence) -> list[list[ComparedPiece]]:
    """Return performances to fit to, and as many others that show the gain."""
    config = checkpoint.read_config(checkpoint.model_folder(run))
    model, encoding, _ = load_event_model(run)
    if not isinstance(model, NoteModel):
        raise UsageError("only a model of notes has a recurrence")
    length = getattr(model.config, "length", None)
    corpus = find_corpus(data, events, cache=default_cache(), seed=config["training"]["seed"])
    shard = events.shards_of(corpus, encoding, key_normalized=config["key_normalized"])["validation"]
    sets = []
    for first in (0, 1):
        rows = np.arange(first, len(shard), 2)
        chosen = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]
        notes = [note_sequence(shard.sequence(row), encoding).select(slice(0, NOTES)) for row in chosen.tolist()]
        stride = max(1, (length or 2) // 2)
        predictions = [
            expected(model, piece_notes, encoding, length=length, stride=stride, batch=1)[0] for piece_notes in notes
        ]
        sets.append([ComparedPiece.of(piece, recurrence) for piece in predictions])
    return sets


def main() -> None:
    """Fit the recurrence of the run that the command line names, and write it into its ``config.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=run_folder, help="run folder")
    parser.add_argument("data", nargs="+", help="the training data; its validation part is what is fitted to")
    parser.add_argument("--pieces", type=int, default=24, help="performances to fit to, and as many to show the gain")
    parser.add_argument("--trials", type=int, default=100, help="settings to try for each factor")
    options = parser.parse_args()
    of_run = Recurrence.from_config(checkpoint.read_config(options.run), name=str(options.run)) or Recurrence()
    start = Recurrence(notes=of_run.notes, newest=of_run.newest)
    fitting_pieces, others = compared_pieces(str(options.run), options.data, options.pieces, start)
    result = asdict(start)
    for name in FACTORS:
        best = fitted(fitting_pieces, name, getattr(start, name), trials=options.trials)
        for title, pieces in (("fitted to", fitting_pieces), ("others", others)):
            before, after = (mean_nats(pieces, name, settings) for settings in (None, best))
            print(f"{name}, {title}: {before:.4f} nats a note, with what recurs {after:.4f}", flush=True)
        result[name] = asdict(best)
    checkpoint.write_config(options.run, checkpoint.read_config(options.run) | {"recurrence": result})


if __name__ == "__main__":
    main()
