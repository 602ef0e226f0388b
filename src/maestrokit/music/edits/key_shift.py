"""How far a performance is to be moved, and from which key."""

from dataclasses import dataclass
from typing import Any

from maestrokit.errors import BadDataError
from maestrokit.music.edits.transpose import shift_between, shift_in_range
from maestrokit.music.keys import Key, KeyEstimate, find_key
from maestrokit.music.performance import Performance
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH


@dataclass(frozen=True)
class KeyShift:
    """A shift, and what is known of the key before it.

    Parameters
    ----------
    semitones : int
        The shift.
    key : Key or None
        As given, else as found; None if neither.
    estimate : KeyEstimate or None
        None if no key was looked for, or there were no notes.
    is_given : bool
        Whether the key was given.
    """

    semitones: int
    key: Key | None
    estimate: KeyEstimate | None
    is_given: bool


def key_shift(
    performance: Performance,
    *,
    semitones: int | None = None,
    target: Key | None = None,
    key: Key | None = None,
    profile: str = "albrecht-shanahan",
    finds_key: bool = True,
    lowest: int = LOWEST_PITCH,
    highest: int = HIGHEST_PITCH,
) -> KeyShift:
    """Return a given shift, or the one that brings a performance into a key.

    Parameters
    ----------
    performance : Performance
        What is to be transposed.
    semitones : int, optional
        The shift itself. Default: the smallest one from the key to the target, or the same an octave up or down where
        only that keeps every note in the range: see :func:`maestrokit.music.edits.transpose.shift_in_range`.
    target : Key, optional
        Default is C major, for a minor piece A minor: see :func:`maestrokit.music.edits.transpose.shift_between`.
    key : Key, optional
        The key of the performance. Default: found from its notes.
    profile : {'albrecht-shanahan', 'krumhansl-kessler', 'kostka-payne'}
        See :func:`key_scores`.
    finds_key : bool
        Whether to look for the key even where the shift does not depend on it.
    lowest, highest : int, 0..127
        The range. Default is the piano's, 21..108.

    Returns
    -------
    KeyShift
        The shift, for :func:`transposed`, and the key before it.

    Raises
    ------
    BadDataError
        If the shift depends on the key, and there are no notes to find it from.
    """
    is_needed = semitones is None and key is None
    estimate = None
    if is_needed or finds_key:
        try:
            estimate = find_key(performance, profile=profile)
        except BadDataError:
            if is_needed:
                raise
    start = key or (estimate.key if estimate else None)
    if semitones is None and start is not None:
        smallest = shift_between(start, target or Key(0, "major"))
        semitones = shift_in_range(performance, smallest, lowest=lowest, highest=highest)
    return KeyShift(semitones or 0, start, estimate, key is not None)


def key_record(shift: KeyShift) -> dict[str, Any]:
    """Return a shift as a record: ``key``, ``confidence`` of a found one, ``semitones``, ``scores`` of all 24 keys."""
    estimate = shift.estimate
    scores = [None] * 24 if estimate is None else [round(score, 4) for score in estimate.scores.tolist()]
    return {
        "key": shift.key.name if shift.key else None,
        "confidence": round(estimate.confidence, 4) if estimate and not shift.is_given else None,
        "semitones": shift.semitones,
        "scores": {Key.from_index(index).name: score for index, score in enumerate(scores)},
    }


def key_notes(shift: KeyShift) -> list[str]:
    """Return a shift in words: the key and where it is from, then the score of each key, best first."""
    notes = []
    if shift.key and shift.is_given:
        notes.append(f"{shift.key.name}, as given")
    elif shift.key and shift.estimate:
        notes.append(f"{shift.key.name}, found with confidence {shift.estimate.confidence:.2f}")
    if shift.estimate:
        scores = shift.estimate.scores
        ranked = ((Key.from_index(index).name, scores[index]) for index in (-scores).argsort(kind="stable"))
        notes.append("scores: " + ", ".join(f"{name} {score:.3f}" for name, score in ranked))
    return notes
