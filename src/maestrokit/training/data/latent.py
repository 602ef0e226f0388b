"""Batches of pairs of segments that follow each other, as rolls of cells, and who composed them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from maestrokit.arrays import Integers
from maestrokit.bounds import COUNT, LARGEST_COUNT, SHARE, Within, check_fields
from maestrokit.errors import UsageError
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.models.sequences.conditions import PREFIX
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import note_sequence
from maestrokit.music.encodings.step_notes import StepNotes, stretched_notes, transposed_notes
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.music.rolls.cells import CELL, CELLS, SEGMENT, CellRolls, cells_of
from maestrokit.training.data.notes import OTHER, PIECES, frequent

PAIR = 2 * SEGMENT  # steps
BEGINNINGS = 1 / 16  # of the pairs: silence, then the beginning of a piece
COMPOSER = "composer"


@dataclass(frozen=True)
class LatentOptions:
    """Settings of the data of a latent improviser."""

    batch: Annotated[int, Within(1, 100_000)] = 32
    """Pairs of segments of 6.4 s per batch."""
    transpose: Annotated[int, Within(0, 24)] = 6
    """Largest transposition of a pair, in semitones; with 6 or more, pairs are in all twelve keys."""
    stretch: Annotated[float, Within(0, 0.5)] = 0.1
    """Largest change of the tempo of a pair, as a share of it."""
    validation_segments: Annotated[int, Within(2, LARGEST_COUNT)] = 256
    """Pairs to validate on, spread over the validation part."""
    class_minimum: Annotated[int, COUNT] = 5
    """Performances of a composer in the training part, below which it is ``other``. Composers are known of a MAESTRO
    root."""
    condition_dropout: Annotated[float, SHARE] = 0.2
    """Share of pairs whose composer is not given, so that `generate` can leave it out."""

    def __post_init__(self) -> None:
        check_fields(self)


class LatentData:
    """Random pairs of segments; an epoch is as long as the music.

    Parameters
    ----------
    train, validation : TokenShard
        Performances as events.
    options : LatentOptions
    composers : two sequences of str
        Who composed each performance of the two parts; empty where that is unknown.
    """

    def __init__(
        self,
        train: TokenShard,
        validation: TokenShard,
        options: LatentOptions,
        *,
        encoding: Encoding,
        composers: Sequence[Sequence[str]] = ((), ()),
        seed: int = 0,
    ) -> None:
        self.options, self.seed, self.encoding = options, seed, encoding
        self.composers = composers
        self.class_names: dict[str, list[str]] = {}
        if any(composers[0]):
            self.class_names[COMPOSER] = frequent(composers[0], at_least=options.class_minimum)
        self._notes = lru_cache(PIECES)(lambda row: note_sequence(train.sequence(row), encoding))
        self._held_out = lru_cache(PIECES)(lambda row: note_sequence(validation.sequence(row), encoding))
        self._rooms = [_rooms(self._notes, len(train)), _rooms(self._held_out, len(validation))]
        for rooms, purpose in zip(self._rooms, ("learn from", "validate on"), strict=True):
            if not len(rooms):
                raise UsageError(f"no notes to {purpose}", "give more files")

    def batches(self, epoch: int) -> int:
        """Return how many batches an epoch has."""
        return max(1, int(self._rooms[0][:, 1].sum() / PAIR / self.options.batch))

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return ``rolls``, (batch, planes, 2 * cells, keys), and the codes of composers."""
        generator, rooms = np.random.default_rng([self.seed, epoch, index]), self._rooms[0]
        rows = generator.choice(len(rooms), size=self.options.batch, p=rooms[:, 1] / rooms[:, 1].sum())
        rolls = [self._sample(int(rooms[row, 0]), int(rooms[row, 1]), generator) for row in rows]
        has_condition = generator.random(len(rows)) >= self.options.condition_dropout
        codes = [self._code(0, int(rooms[row, 0])) * int(use) for row, use in zip(rows, has_condition, strict=True)]
        return self._batch(rolls, codes)

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return one batch of held-out pairs as they were played, with as many segments that are learned from."""
        pairs = [self._spread(part) for part in (1, 0)]
        batch = self._batch([rolls for rolls, _ in pairs[0]], [code for _, code in pairs[0]])
        known = torch.from_numpy(np.stack([rolls[:, CELLS:] for rolls, _ in pairs[1]]))
        yield batch | {"known": known}

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return 1

    def _batch(self, rolls: Sequence[CellRolls], codes: Sequence[int]) -> dict[str, Tensor]:
        by_name = {PREFIX + name: torch.tensor(codes) for name in self.class_names}
        return {"rolls": torch.from_numpy(np.stack(rolls)), **by_name}

    def _code(self, part: int, row: int) -> int:
        """Return the code of the composer of a performance; 0 where that is unknown."""
        label = self.composers[part][row] if self.class_names else ""
        names = self.class_names.get(COMPOSER, ())
        return 1 + names.index(label if label in names else OTHER) if label else 0

    def _sample(self, row: int, room: int, generator: np.random.Generator) -> CellRolls:
        """Return a random pair of a performance, transposed, faster or slower."""
        notes, options = self._notes(row), self.options
        longer = float(generator.uniform(1 - options.stretch, 1 + options.stretch))
        semitones = int(generator.integers(-options.transpose, options.transpose + 1))
        start = int(generator.integers(room)) if generator.random() >= BEGINNINGS else 0
        part = _span(notes, int(notes.onset[0]) - SEGMENT + start, int(PAIR / longer))
        part = transposed_notes(part, semitones, lowest=LOWEST_PITCH, highest=HIGHEST_PITCH)
        return self._rolls(stretched_notes(part, longer) if options.stretch else part)

    def _spread(self, part: int) -> list[tuple[CellRolls, int]]:
        """Return pairs that are spread evenly over a part, and the codes of their composers."""
        rooms, notes_of = self._rooms[part], (self._notes, self._held_out)[part]
        ends = np.cumsum(rooms[:, 1])
        count = self.options.validation_segments
        at = ((np.arange(count) + 0.5) / count * ends[-1]).astype(np.int64)
        pairs = []
        for row, start in zip(np.searchsorted(ends, at, side="right").tolist(), at.tolist(), strict=True):
            piece, room = rooms[row].tolist()
            notes = notes_of(piece)
            inside = int(notes.onset[0]) - SEGMENT + start - int(ends[row] - room)
            pairs.append((self._rolls(_span(notes, inside, PAIR)), self._code(part, piece)))
        return pairs

    def _rolls(self, notes: StepNotes) -> CellRolls:
        bins = self.encoding.velocity_bins
        return cells_of(notes, start=0, cells=PAIR // CELL, velocity_bins=bins)


def _rooms(notes_of: Callable[[int], StepNotes], count: int) -> Integers:
    """Return the performances with notes, and at how many steps from a segment before the first onset on a pair can
    begin."""
    rooms = []
    for row in range(count):
        notes = notes_of(row)
        if len(notes.onset):
            rooms.append((row, max(1, int(notes.onset[-1] - notes.onset[0]) + 1 - SEGMENT)))
    return np.array(rooms, np.int64).reshape(-1, 2)


def _span(notes: StepNotes, start: int, length: int) -> StepNotes:
    """Return the notes that sound in a span, from its start on."""
    part = notes.select(slice(int(np.searchsorted(notes.onset, start + length))))
    part = part.select(part.offset > start)
    return part._replace(onset=part.onset - start, offset=part.offset - start)
