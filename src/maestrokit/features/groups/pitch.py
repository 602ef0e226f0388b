"""Pitches: their range, histograms and intervals."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers
from maestrokit.features import Field
from maestrokit.features.note_views import NoteView, TimeBase
from maestrokit.features.statistics import entropy, mean, ratio
from maestrokit.music.rolls.frames import sounding_time

NEEDS = "notes"
WIDEST = 12  # semitones: larger melodic intervals are counted with an octave

FIELDS = {
    "notes": Field("notes", "How many there are, drums left out"),
    "distinct": Field("pitches", "How many different pitches occur"),
    "lowest": Field("MIDI number", "Lowest pitch"),
    "highest": Field("MIDI number", "Highest pitch"),
    "range": Field("semitones", "Highest less lowest"),
    "mean": Field("MIDI number", "Mean over the notes"),
    "mean_by_duration": Field("MIDI number", "Mean over the notes, weighted by how long the key is down"),
    "histogram": Field("notes", "Notes of each MIDI number 0..127"),
    "duration_histogram": Field("s", "Time that the key of each MIDI number 0..127 is down"),
    "class_histogram": Field("notes", "Notes of each pitch class, C first"),
    "class_duration_histogram": Field("s", "Time that keys of each pitch class are down, C first"),
    "entropy": Field("bits", "Shannon entropy of the histogram of notes"),
    "class_entropy": Field("bits", "Shannon entropy of the pitch-class histogram of notes"),
    "scale_consistency": Field("share", "Greatest share of notes that one major or minor scale holds"),
    "mean_interval": Field("semitones", "Mean absolute interval between one note and the next"),
    "mean_melodic_interval": Field("semitones", "The same between the highest notes of one onset and of the next"),
    "melodic_interval_histogram": Field("onsets", "Those intervals, from an octave or more down to one up, 25 counts"),
}

FRAMES = {"chroma": Field("notes", "Mean number of keys of each pitch class that are down, C first (frames, 12)")}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the pitch descriptors.

    ``distinct``, ``range``, ``entropy``, ``class_entropy`` and ``scale_consistency`` are those of muspy (Dong et al.
    2020; scale consistency after Mogren 2016); ``mean_interval`` is the average pitch interval of Yang and Lerch
    (2020), with notes in the order (onset, pitch).
    """
    pitch, duration = view.pitch, view.offset - view.onset
    counts, seconds = np.bincount(pitch, minlength=128), np.bincount(pitch, duration, minlength=128)
    lowest, highest = (int(pitch.min()), int(pitch.max())) if len(pitch) else (None, None)
    classes = fold(counts)
    steps = np.diff(melody(view))
    return {
        "notes": len(pitch),
        "distinct": int(np.count_nonzero(counts)),
        "lowest": lowest,
        "highest": highest,
        "range": int(np.ptp(pitch)) if len(pitch) else None,
        "mean": mean(pitch),
        "mean_by_duration": mean(pitch, duration),
        "histogram": counts,
        "duration_histogram": seconds,
        "class_histogram": classes,
        "class_duration_histogram": fold(seconds),
        "entropy": entropy(counts),
        "class_entropy": entropy(classes),
        "scale_consistency": scale_consistency(classes),
        "mean_interval": mean(np.abs(np.diff(pitch))),
        "mean_melodic_interval": mean(np.abs(steps)),
        "melodic_interval_histogram": np.bincount(np.clip(steps, -WIDEST, WIDEST) + WIDEST, minlength=2 * WIDEST + 1),
    }


def frames(view: NoteView, time_base: TimeBase) -> dict[str, NDArray[np.float32]]:
    """Return the pitch classes of the keys that are down; unlike a binary roll, a part of a frame counts as a part."""
    seconds = class_seconds(view, hop=time_base.hop, frames=time_base.count)
    return {"chroma": np.round(np.maximum(seconds / time_base.hop, 0), 6).astype(np.float32)}


def class_seconds(view: NoteView, *, hop: float, frames: int) -> Floats:
    """Return the time in each frame that keys of each pitch class are down, shape (frames, 12)."""
    seconds = np.empty((frames, 12))
    for pitch_class in range(12):
        rows = view.pitch % 12 == pitch_class
        seconds[:, pitch_class] = sounding_time(view.onset[rows], view.offset[rows], hop=hop, frames=frames)
    return seconds


def fold(histogram: Floats | Integers) -> Floats:
    """Return a histogram of 128 pitches as one of 12 pitch classes."""
    return np.asarray(np.concatenate([histogram, np.zeros(4, histogram.dtype)]).reshape(11, 12).sum(axis=0))


def scale_consistency(classes: Floats) -> float | None:
    """Return the greatest share of notes in any of the 12 major scales, which are the 12 natural minor ones too."""
    scales = np.isin((np.arange(12) - np.arange(12)[:, None]) % 12, (0, 2, 4, 5, 7, 9, 11))
    return ratio((scales @ classes).max(), classes.sum())


def melody(view: NoteView) -> Integers:
    """Return the highest pitch of each onset, shape (onsets,): the "skyline" (Uitdenbogerd and Zobel 1999)."""
    if not len(view.pitch):
        return view.pitch
    return np.maximum.reduceat(view.pitch, view.group_first)
