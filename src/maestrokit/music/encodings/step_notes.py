"""Notes on a grid of time steps, as both encodings of sequence models have them: one key sounds once at a time."""

from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Integers, Mask


class StepNotes(NamedTuple):
    """Notes in steps of time, sorted by onset, then pitch; each lasts a step at least, and ends before its key sounds
    again."""

    onset: Integers
    offset: Integers
    pitch: Integers
    velocity_bin: Integers

    def select(self, rows: Integers | Mask | slice) -> "StepNotes":
        """Return some of the notes."""
        return StepNotes(*(column[rows] for column in self))


NO_NOTES = StepNotes(*(np.empty(0, np.int64) for _ in range(4)))


def velocities(velocity_bin: Integers, *, velocity_bins: int) -> Integers:
    """Return the velocities in the middle of bins."""
    width = 128 // velocity_bins
    return np.clip(velocity_bin * width + (width + 1) // 2, 1, 127)


def joined(first: StepNotes, second: StepNotes) -> StepNotes:
    """Return the notes of one performance, then those of another."""
    return StepNotes(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))


def reconciled(onset: Integers, offset: Integers, pitch: Integers, velocity_bin: Integers) -> StepNotes:
    """Return any notes as :class:`StepNotes`.

    Two onsets of one key within one step are one note, the louder, that ends with the later of the two; a note is cut
    where its key is struck again.
    """
    rows = np.lexsort((-velocity_bin, onset, pitch))
    pitch, onset, offset, velocity_bin = pitch[rows], onset[rows], offset[rows], velocity_bin[rows]
    first = np.ones(len(rows), bool)
    first[1:] = (pitch[1:] != pitch[:-1]) | (onset[1:] != onset[:-1])
    offset = np.maximum.reduceat(offset, np.flatnonzero(first)) if len(rows) else offset
    pitch, onset, velocity_bin = pitch[first], onset[first], velocity_bin[first]
    offset = np.maximum(offset, onset + 1)
    same_key = pitch[1:] == pitch[:-1]
    offset[:-1][same_key] = np.minimum(offset[:-1][same_key], onset[1:][same_key])
    rows = np.lexsort((pitch, onset))
    return StepNotes(onset[rows], offset[rows], pitch[rows], velocity_bin[rows])


def possible_shift(values: Integers, shift: int, *, lowest: int, highest: int) -> int:
    """Return as much of a shift as leaves all values in a range."""
    down, up = values.min(initial=highest) - lowest, highest - values.max(initial=lowest)
    return int(np.clip(shift, -max(down, 0), max(up, 0)))


def transposed_notes(notes: StepNotes, semitones: int, *, lowest: int, highest: int) -> StepNotes:
    """Return the same notes with all keys moved, as far towards ``semitones`` as the keyboard goes."""
    return notes._replace(pitch=notes.pitch + possible_shift(notes.pitch, semitones, lowest=lowest, highest=highest))


def stretched_notes(notes: StepNotes, factor: float) -> StepNotes:
    """Return the same notes with all times multiplied by a factor, rounded to steps without drift."""
    onset, offset = (np.rint(step * factor).astype(np.int64) for step in (notes.onset, notes.offset))
    return reconciled(onset, offset, notes.pitch, notes.velocity_bin)


def louder_notes(notes: StepNotes, bins: int, *, velocity_bins: int) -> StepNotes:
    """Return the same notes with all velocities moved, as far towards ``bins`` as the velocities go."""
    shift = possible_shift(notes.velocity_bin, bins, lowest=0, highest=velocity_bins - 1)
    return notes._replace(velocity_bin=notes.velocity_bin + shift)
