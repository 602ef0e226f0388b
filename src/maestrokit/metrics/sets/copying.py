"""Copying: how much of a piece is found in the corpus that a model was trained on, note by note, in any key.

The notes of a piece in order, those of a chord (onsets up to 30 ms apart) from the lowest up, are taken as the
intervals from each note to the next, so that neither key nor tempo nor dynamics matter. ``copied_run`` is the length in
notes of the longest stretch that some piece of the corpus has, too; ``copied_4_notes``, ``copied_8_notes`` and
``copied_16_notes`` are the shares of all stretches of so many notes that are found there.

Scales, trills and arpeggios are found in any large corpus: almost all groups of four are, and runs of some twenty
notes. So the reference beside it is what pieces of the reference have in common with the same corpus. Files of the
reference that are a part of it themselves are left out. Notes of a chord that are played more than 30 ms apart change
the order and end a run. Stretches are compared by hashes of 64 bits; that one of a million is equal by chance is less
likely than one in a million.

muspy, mgeval and MusDr have no such metric; published ones differ in what a note is (often with its duration).

References
----------
Yin, Z. et al. Deep learning's shallow gains: a comparative evaluation of algorithms for automatic music generation.
Machine Learning 112, 2023 (originality of generated music).
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers
from maestrokit.metrics.contract import SHARE, Metric
from maestrokit.metrics.piece import Piece
from maestrokit.music.note_arrays import chord_rows

Hashes = NDArray[np.uint64]
Intervals = NDArray[np.int16]
LENGTHS = (4, 8, 16)  # notes
SEED = 20


def note_intervals(piece: Piece) -> Intervals:
    """Return the intervals between successive notes in semitones, shape (notes - 1,)."""
    return np.diff(piece.pitch[chord_order(piece)]).astype(np.int16)


def chord_order(piece: Piece) -> Integers:
    """Return the rows of notes in order, those of a chord from the lowest up."""
    is_first = np.zeros(len(piece), np.int64)
    is_first[chord_rows(piece.onset)] = 1
    return np.asarray(np.lexsort((piece.pitch, np.cumsum(is_first))))


class StretchIndex:
    """All stretches of notes of a corpus, as sorted hashes for each length that was asked for."""

    def __init__(self, corpus: Sequence[Intervals]) -> None:
        numbers = [_numbers(piece) for piece in corpus]
        between = np.random.default_rng(SEED).integers(2**63, size=max(len(numbers), 1), dtype=np.uint64)
        parts = [part for piece, end in zip(numbers, between, strict=False) for part in (piece, [end])]
        self._numbers = np.concatenate([np.empty(0, np.uint64), *parts]).astype(np.uint64)  # a unique one after each
        self._sorted: dict[int, Hashes] = {}

    def contain(self, stretches: Hashes, notes: int) -> NDArray[np.bool_]:
        """Return which stretches of a number of notes are in the corpus."""
        if notes not in self._sorted:
            hashes = _hashes(self._numbers, notes - 1)
            hashes.sort()
            self._sorted = {length: table for length, table in self._sorted.items() if length in LENGTHS}
            self._sorted[notes] = hashes
        table = self._sorted[notes]
        if len(table) == 0:
            return np.zeros(len(stretches), np.bool_)
        return np.asarray(table[np.searchsorted(table, stretches).clip(max=len(table) - 1)] == stretches)


def copied_shares(pieces: Sequence[Intervals], corpus: StretchIndex, *, notes: int) -> Floats:
    """Return the share of the stretches of each piece that the corpus has, shape (pieces,); NaN for shorter pieces."""
    stretches = [_hashes(_numbers(piece), notes - 1) for piece in pieces]
    return np.array([corpus.contain(part, notes).mean() if len(part) else np.nan for part in stretches])


def longest_runs(pieces: Sequence[Intervals], corpus: StretchIndex) -> Floats:
    """Return the notes of the longest stretch of each piece that the corpus has, shape (pieces,).

    It is NaN for pieces of less than two notes.
    """
    numbers = [_numbers(piece) for piece in pieces]
    runs = np.full(len(pieces), np.nan)

    def bisect(rows: list[int], low: int, high: int) -> None:
        """Set the runs of pieces that have one of `low` notes and none of `high`."""
        if high - low <= 1:
            runs[rows] = low
            return
        middle = min(2 * low, (low + high) // 2)
        has = {row: corpus.contain(_hashes(numbers[row], middle - 1), middle).any() for row in rows}
        for part, ends in (([row for row in rows if has[row]], (middle, high)),
                           ([row for row in rows if not has[row]], (low, middle))):  # fmt: skip
            if part:
                bisect(part, *ends)

    if rows := [row for row, piece in enumerate(pieces) if len(piece)]:
        bisect(rows, 1, max(len(pieces[row]) for row in rows) + 2)
    return runs


def _numbers(intervals: Intervals) -> Hashes:
    """Return a random number for each interval, always the same one."""
    table = np.random.default_rng(SEED + 1).integers(2**64 - 1, size=256, dtype=np.uint64, endpoint=True)
    return np.asarray(table[intervals.astype(np.int64) & 255])


def _hashes(numbers: Hashes, count: int) -> Hashes:
    """Return a hash of each stretch of so many numbers, shape (numbers - count + 1,), by doubling its length."""
    if len(numbers) < count:
        return np.empty(0, np.uint64)
    result: Hashes | None = None
    power, length = numbers, 1
    reached = 0
    while True:
        if count & length:
            result = power if result is None else _joined(result, power[reached:])
            reached += length
        if reached == count:
            return np.array(result)
        power = _joined(power, power[length:])
        length *= 2


def _joined(first: Hashes, second: Hashes) -> Hashes:
    """Return the hash of each first with the second in its place (a finaliser of Steele's SplitMix)."""
    mixed = first[: len(second)] * np.uint64(0x9E3779B97F4A7C15) + second[: len(first)]
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    return np.asarray(mixed)


def _metric(
    unit: str, score: Callable[[Sequence[Intervals], StretchIndex], Floats], bounds: tuple[float, float] | None
) -> Metric:
    return Metric(
        unit, "closer", note_intervals, StretchIndex, score, is_distributed=False, is_ragged=True, corpus="training",
        bounds=bounds,
    )  # fmt: skip


METRICS = {
    "copied_run": _metric("notes", longest_runs, None),
    "copied_4_notes": _metric("", partial(copied_shares, notes=4), SHARE),
    "copied_8_notes": _metric("", partial(copied_shares, notes=8), SHARE),
    "copied_16_notes": _metric("", partial(copied_shares, notes=16), SHARE),
}
