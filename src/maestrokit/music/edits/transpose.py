"""Transposition: P' = P + k, and which k brings a performance into a key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Integers, Mask, Objects
from maestrokit.bounds import Within, check
from maestrokit.errors import BadDataError, UsageError, choices_hint
from maestrokit.music.event_order import reorder_events
from maestrokit.music.keys import Key, Mode
from maestrokit.music.note_offs import with_note_offs
from maestrokit.music.performance import DRUM_CHANNEL, KEY_SIGNATURE, Notes, Others, Performance
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH

MIDI_RANGE = 0, 127
OUT_OF_RANGE = ("keep", "error", "fold", "drop")
PITCHED_KINDS = (0x80, 0x90, 0xA0)  # other events with a pitch: note-offs and note-ons without partner, key pressure
KEY_SIGNATURE_HEAD = b"\xff\x59\x02"


@dataclass(frozen=True)
class TransposeReport:
    """What a transposition did.

    Parameters
    ----------
    semitones : int
        The shift.
    moved : int
        Notes of another pitch than before, the folded ones among them.
    folded : int
        Notes brought back into the range by octaves.
    dropped : int
        Notes left out.
    outside : int
        Notes outside the range that were kept.
    """

    semitones: int
    moved: int
    folded: int
    dropped: int
    outside: int


class Moved(NamedTuple):
    """Where pitches go."""

    pitch: Integers
    is_kept: Mask
    is_folded: Mask


def shift_between(key: Key, target: Key) -> int:
    """Return the smallest shift from a key to another, -6..5 semitones; of two tritones, the one down.

    A target of the other mode stands for its relative, which has the same signature: from C minor "to C" means to
    A minor, as it does by default, and "to D" to B minor.

    Parameters
    ----------
    key, target : Key
        The present key and the new one.

    Returns
    -------
    int
        The shift in semitones.

    Examples
    --------
    >>> shift_between(Key(9, "major"), Key(0, "major")), shift_between(Key(0, "minor"), Key(0, "major"))
    (3, -3)
    """
    if key.mode != target.mode:
        target = target.relative
    return (target.tonic - key.tonic + 6) % 12 - 6


def shift_in_range(
    performance: Performance, semitones: int, *, lowest: int = LOWEST_PITCH, highest: int = HIGHEST_PITCH
) -> int:
    """Return the shift, or the same an octave up or down: the smallest that keeps every note in the range.

    Where none does, it is the smallest of the three. Of two equally small ones, the given one is preferred. The drum
    channel does not count.
    """
    pitch = performance.notes.pitch[performance.notes.channel != DRUM_CHANNEL]
    shifts = sorted((semitones, semitones - 12, semitones + 12), key=abs)
    inside = (shift for shift in shifts if ((pitch + shift >= lowest) & (pitch + shift <= highest)).all())
    return next(inside, shifts[0])


def transposed(
    performance: Performance,
    semitones: int,
    *,
    out_of_range: str = "keep",
    lowest: int = LOWEST_PITCH,
    highest: int = HIGHEST_PITCH,
) -> tuple[Performance, TransposeReport]:
    """Return the performance so many semitones higher, and what was done.

    Notes, key pressure and stray note events move, key signatures are rewritten (of two spellings the one with
    fewer signs, six flats rather than six sharps); the drum channel and everything else stays. A shift of 0 changes
    nothing. Where folding puts notes on other keys, those that nothing in the file ends get note-offs first.

    Parameters
    ----------
    performance : Performance
        What to transpose; it is not changed.
    semitones : int
        The shift.
    out_of_range : {'keep', 'error', 'fold', 'drop'}
        What to do where a pitch would leave ``lowest..highest``: keep it if it is within 0..127, refuse, move it back
        by octaves, or leave it out.
    lowest, highest : int, 0..127
        Default is the piano's range, 21..108.

    Returns
    -------
    performance : Performance
        The transposed performance.
    report : TransposeReport
        How many notes were moved, folded and dropped.

    Raises
    ------
    UsageError
        If the range is not within 0..127 or narrower than an octave, the shift beyond 127, the policy unknown.
    BadDataError
        If a pitch would leave the range and ``out_of_range`` is 'error', or leave 0..127 and it is 'keep'.
    """
    check_range(lowest, highest)
    check_policy(out_of_range)
    check_semitones(semitones)
    if semitones == 0:
        return performance, TransposeReport(0, 0, 0, 0, _outside(performance.notes, lowest, highest))

    def move(pitch: Integers) -> Moved:
        return _moved(pitch, semitones, out_of_range, lowest, highest)

    notes, counts = _moved_notes(performance.notes, move)
    if counts[1] and (ended := with_note_offs(performance)) is not performance:
        return transposed(ended, semitones, out_of_range=out_of_range, lowest=lowest, highest=highest)
    others = _moved_others(performance.others, semitones, move)
    result = performance.replace(notes=notes, others=others)
    if len(notes) + len(others) < len(performance.notes) + len(performance.others) or counts[1]:
        result = reorder_events(result)
    return result, TransposeReport(semitones, *counts, _outside(notes, lowest, highest))


def check_range(lowest: int, highest: int) -> None:
    """Raise UsageError unless 0 <= lowest, highest <= 127 and there is an octave between them."""
    if not 0 <= lowest <= highest <= 127:
        raise UsageError(f"`range` must be rising and within 0..127, not {lowest}..{highest}", parameter="range")
    if highest - lowest < 11:
        raise UsageError(f"`range` must be an octave or more, not {lowest}..{highest}", parameter="range")


def check_policy(out_of_range: str) -> None:
    """Raise UsageError unless the policy for pitches out of range is known."""
    if out_of_range not in OUT_OF_RANGE:
        hint = choices_hint(out_of_range, OUT_OF_RANGE)
        raise UsageError(f"'{out_of_range}' is no way to treat pitches out of range", hint, parameter="out_of_range")


def check_semitones(semitones: int) -> None:
    """Raise UsageError unless a shift is in -127..127."""
    check("semitones", semitones, Within(-127, 127, whole=True), "a larger shift leaves no pitch")


def _outside(notes: Notes, lowest: int, highest: int) -> int:
    """Return how many notes are outside a range, drums left out."""
    is_outside = (notes.pitch < lowest) | (notes.pitch > highest)
    return int((is_outside & (notes.channel != DRUM_CHANNEL)).sum())


def _moved(pitch: Integers, semitones: int, out_of_range: str, lowest: int, highest: int) -> Moved:
    if out_of_range == "keep":
        return _moved(pitch, semitones, "error", *MIDI_RANGE)
    higher = pitch + semitones
    is_inside = (higher >= lowest) & (higher <= highest)
    everything = np.ones(len(pitch), np.bool_)
    if is_inside.all():
        return Moved(higher, everything, ~everything)
    if out_of_range == "error":
        raise BadDataError(
            f"{np.count_nonzero(~is_inside)} of {len(pitch)} pitches would leave {lowest}..{highest} "
            f"at {semitones:+d} semitones",
            "fold them by octaves or drop them with `out_of_range`",
        )
    if out_of_range == "drop":
        return Moved(higher, is_inside, ~everything)
    folded = np.where(higher < lowest, lowest + (higher - lowest) % 12, higher)
    folded = np.where(folded > highest, highest - (highest - folded) % 12, folded)
    return Moved(folded, everything, ~is_inside)


def _moved_notes(notes: Notes, move: Callable[[Integers], Moved]) -> tuple[Notes, tuple[int, int, int]]:
    """Return the notes moved, and how many were moved, folded, dropped."""
    rows = np.flatnonzero(notes.channel != DRUM_CHANNEL)
    moved = move(notes.pitch[rows])
    pitch = notes.pitch.copy()
    pitch[rows] = moved.pitch
    folded, dropped = int(moved.is_folded.sum()), int((~moved.is_kept).sum())
    counts = int((moved.is_kept & (moved.pitch != notes.pitch[rows])).sum()), folded, dropped
    notes = notes.replace(pitch=pitch)
    if dropped:
        notes = notes.select(np.delete(np.arange(len(notes)), rows[~moved.is_kept]))
    return (_paired_first_in_first_out(notes) if folded else notes), counts


def _paired_first_in_first_out(notes: Notes) -> Notes:
    """Return the notes with the ends that a reader would give them: of one key, the first to begin is the first to end.

    Folding can put a note on a key that is already down; MIDI does not say which release belongs to which onset.
    """
    rows = np.flatnonzero(notes.is_released)
    released, key = notes.select(rows), notes.key[rows]
    onsets = rows[np.lexsort((released.onset_order, released.onset_tick, key))]
    releases = rows[np.lexsort((released.offset_order, released.offset_tick, key))]
    end = np.arange(len(notes))
    end[onsets] = releases  # the row whose release each note gets
    return notes.replace(
        offset_tick=notes.offset_tick[end],
        offset_order=notes.offset_order[end],
        release_velocity=notes.release_velocity[end],
    )


def _moved_others(others: Others, semitones: int, move: Callable[[Integers], Moved]) -> Others:
    message = others.message
    signatures = np.flatnonzero(others.kind == KEY_SIGNATURE)
    pitched = np.flatnonzero(np.isin(others.kind, PITCHED_KINDS))
    pitched = pitched[[message[row][0] & 0x0F != DRUM_CHANNEL for row in pitched]] if len(pitched) else pitched
    if not len(signatures) and not len(pitched):
        return others
    message = message.copy()
    for row in signatures:
        message[row] = _moved_key_signature(message[row], semitones)
    dropped = _move_messages(message, pitched, move)
    others = others.replace(message=message)
    return others.select(np.delete(np.arange(len(others)), dropped)) if len(dropped) else others


def _move_messages(message: Objects, rows: Integers, move: Callable[[Integers], Moved]) -> Integers:
    """Move the pitches of some messages in place, and return the rows of those to leave out."""
    if not len(rows):
        return rows
    moved = move(np.array([message[row][1] for row in rows], np.int64))
    for row, pitch, is_kept in zip(rows.tolist(), moved.pitch.tolist(), moved.is_kept.tolist(), strict=True):
        if is_kept:
            message[row] = bytes([message[row][0], pitch]) + message[row][2:]
    return rows[~moved.is_kept]


def _moved_key_signature(message: bytes, semitones: int) -> bytes:
    """Return the key signature so many semitones higher; an invalid one is left as it is."""
    if len(message) != 5 or not message.startswith(KEY_SIGNATURE_HEAD):
        return message
    fifths, is_minor = int.from_bytes(message[3:4], signed=True), message[4]
    if abs(fifths) > 7 or is_minor > 1 or semitones % 12 == 0:
        return message
    mode: Mode = "minor" if is_minor else "major"
    fifths = Key.from_fifths(fifths, mode).transposed(semitones).fifths
    return KEY_SIGNATURE_HEAD + fifths.to_bytes(1, signed=True) + bytes([is_minor])
