"""Batches of notes for an improviser: excerpts whose first halves are prompts, and the keys where these end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from maestrokit.bounds import Within
from maestrokit.errors import UsageError
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.inference.note_models.batches import padded
from maestrokit.models.sequences.conditions import PREFIX
from maestrokit.models.sequences.continuations import state_tensors
from maestrokit.music.encodings.key_state import KeyStates, states_after_notes
from maestrokit.music.encodings.notes import FACTORS, LEAD, excerpt, factor_classes, note_sequence
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.training.data.events import EventOptions
from maestrokit.training.data.notes import NoteSequenceData

SHORTEST = 8  # notes of a piece, half of them a prompt


@dataclass(frozen=True)
class ImproviseOptions(EventOptions):
    """Settings of the data of an improviser, beside those of the task events for notes; it learns to fill no gaps."""

    batch: Annotated[int, Within(1, 100_000)] = 8
    """Excerpts per batch."""
    length: Annotated[int, Within(SHORTEST, 65536)] = 256
    """Notes of each, half of them a prompt; shorter pieces are left out, unless all are short."""
    infill: bool = False
    """Whether a new model is made so that it can learn to fill gaps later, as an improviser does not. With `init`, if
    that model is."""
    validation_windows: Annotated[int, Within(2, 1_000_000)] = 64
    """Excerpts to validate on, spread over the validation part; that many are one batch."""


class ImproviseData(NoteSequenceData):
    """Excerpts of one length in each batch, without padding, and the keys where their prompts end."""

    def __init__(
        self,
        train: TokenShard,
        validation: TokenShard,
        options: ImproviseOptions,
        *,
        seed: int = 0,
        labels: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(train, validation, options, seed=seed, labels=labels)
        self.windows = options.validation_windows
        self._positions = _long_enough(self._positions, options.length, "learn from")
        self._held_out_positions = _long_enough(self._held_out_positions, options.length, "validate on")

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return inputs and targets of excerpts, and where and in which state of the keys their prompts end."""
        self._prepare(epoch)
        rows = range(index * self.options.batch, min((index + 1) * self.options.batch, len(self._crops)))
        generators = [np.random.default_rng([self.seed, epoch, row]) for row in rows]
        parts = [self._augmented_notes(row, generator) for row, generator in zip(rows, generators, strict=True)]
        codes = [
            self._codes(int(self._crops[row][0]), notes.select(slice(start, None)), stretch, generator)
            for row, (notes, start, stretch), generator in zip(rows, parts, generators, strict=True)
        ]
        by_name = {PREFIX + name: torch.tensor([code[name] for code in codes]) for name in self.conditions}
        return self._continued([(notes, start) for notes, start, _ in parts]) | by_name

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return one batch of held-out excerpts, and as many continuations that are learned from."""
        known = self._windows(self.train, self._positions)
        batch = self._continued(self._windows(self.held_out, self._held_out_positions))
        prompt = int(batch["prompt"][0])
        count = min(batch["pitch"].shape[1] - prompt, *(len(notes.pitch) - start for notes, start in known))
        learned = [factor_classes(notes.select(slice(len(notes.pitch) - count, None))) for notes, _ in known]
        rows = np.arange(len(batch["pitch"])) % len(learned)
        columns = {name: np.stack([learned[row][name] for row in rows]) for name in FACTORS}
        yield batch | {f"known_{name}": torch.from_numpy(column) for name, column in columns.items()}

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return 1

    def _windows(self, shard: TokenShard, positions: np.ndarray) -> list[tuple[StepNotes, int]]:
        """Return excerpts spread over a shard: the notes up to the end of each, and its first position."""
        length = self.options.length
        starts = [
            (piece, start)
            for piece in np.flatnonzero(positions > 1).tolist()
            for start in range(0, max(int(positions[piece]) - length, 0) + 1, length)
        ]
        count = max(min(self.windows, len(starts)), 2)  # a single one counts twice: distributions are compared
        chosen = np.linspace(0, len(starts) - 1, count).astype(np.int64)
        return [self._window(shard, *starts[row]) for row in chosen]

    def _window(self, shard: TokenShard, piece: int, start: int) -> tuple[StepNotes, int]:
        notes = note_sequence(shard.sequence(piece), self.encoding)
        lead = max(0, start - 1 - LEAD)
        return notes.select(slice(lead, start + self.options.length)), start - lead

    def _continued(self, parts: Sequence[tuple[StepNotes, int]]) -> dict[str, Tensor]:
        """Return a batch of excerpts, given the notes up to the end of each and its first position."""
        count = min(len(notes.pitch) - start for notes, start in parts)  # positions that are followed by a note
        prompt = count // 2
        excerpts = [excerpt(notes, start, start + count, self.encoding) for notes, start in parts]
        step = self.encoding.step
        states = [
            states_after_notes(notes.select(slice(start + prompt - 1)), step=step).select(slice(-1, None))
            for notes, start in parts
        ]
        together = KeyStates(*(np.concatenate(columns) for columns in zip(*states, strict=True)))
        ends = {"prompt": torch.full((len(parts),), prompt)}
        return padded(excerpts) | state_tensors(together) | ends


def _long_enough(positions: np.ndarray, length: int, purpose: str) -> np.ndarray:
    """Return the numbers of positions, 0 of pieces that are shorter than excerpts, if any are not."""
    if not (positions > SHORTEST).any():
        raise UsageError(f"no piece of {SHORTEST} notes to {purpose}", "give longer pieces")
    least = min(length, int(positions.max()))
    return np.where(positions >= max(least, SHORTEST), positions, 0)
