"""Chords from notes: which root and quality sound when.

Time is cut wherever notes begin. Each chord explains a span by how well its tones match what sounds there, and its
root what sounds lowest; the sequence of chords is the one that explains all spans best when every change has a cost,
a higher one where no new bass note is struck.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.analysis.chords.sounding import sounding_seconds
from maestrokit.analysis.chords.templates import NO_CHORD, QUALITIES, QUALITY_NAMES, Templates, templates
from maestrokit.analysis.viterbi import best_path
from maestrokit.arrays import Columns, Floats, Integers, Mask
from maestrokit.music.note_arrays import chord_rows, note_arrays
from maestrokit.music.performance import Performance

CHORD_WINDOW = 0.05  # seconds: wider than that of onsets, for rolled chords
REST = 0.3  # seconds: a silence from here on is a span of its own
RINGING = 0.5  # seconds after its release for which a note under the pedal counts; then it has faded
HELD = 0.3  # share of a span for which the lowest note has to sound
BASS_FALL = 0.1  # a semitone higher, a lowest note counts that much less for the inversion
CHANGE_COST, WITHOUT_BASS_COST = 0.90, 0.96  # of a change, and more where no new bass note is struck
USUAL_SPAN, PACE_POWER = 0.3, 0.6  # seconds between onsets; how far faster music is taken to change chords faster
TEXTURE_POWER = 0.8  # twice as many notes are less than twice the evidence


@dataclass(frozen=True, eq=False)
class Chords(Columns):
    """Chords one after another, without gaps; neighbours differ in root or quality.

    Parameters
    ----------
    start, end : float64, shape (chords,), in seconds
        From where to where each chord lasts.
    root : int64, shape (chords,)
        Pitch class, 0..11; ``NO_CHORD`` where there is none.
    quality : int64, shape (chords,)
        Index into ``QUALITIES`` of :mod:`maestrokit.analysis.chords.templates`; ``NO_CHORD`` where there is none.
    bass : int64, shape (chords,)
        Pitch class of the chord's tone that is longest and deepest in the bass; ``NO_CHORD`` where there is none.
    inversion : int64, shape (chords,)
        Place of the bass among the chord's tones: 0 root position, 1 third in the bass ..; 0 without a chord.
    score : float64, shape (chords,)
        Share of what sounds that belongs to the chord, 0..1; 0 without a chord.
    """

    start: Floats
    end: Floats
    root: Integers
    quality: Integers
    bass: Integers
    inversion: Integers
    score: Floats


class Spans(NamedTuple):
    """Stretches of time between onsets, and what sounds in each."""

    edges: Floats
    """Seconds, shape (spans + 1,)."""
    tones: Floats
    """Seconds for which each pitch class sounds, octaves added up, shape (spans, 12)."""
    lowest: Integers
    """MIDI number of the lowest note; -1 in silence."""
    has_new_bass: Mask
    """Whether that note begins with the span."""


def chord_spans(performance: Performance, *, qualities: Iterable[str] = QUALITY_NAMES) -> Chords:
    """Return the chords of a performance; drums are left out.

    Notes count while their key is down, and while the pedal holds them up to half a second longer, so that chords
    played under one pedal do not run into each other.

    Parameters
    ----------
    performance : Performance
        Whose chords to find.
    qualities : iterable of str
        The vocabulary: names among ``QUALITY_NAMES`` of :mod:`maestrokit.analysis.chords.templates`. Default is all
        eleven.

    Returns
    -------
    Chords
        From the start of the first note on.

    Raises
    ------
    UsageError
        If there is no such quality.
    """
    return chords_of_notes(*ringing_notes(performance), qualities=qualities)


def ringing_notes(performance: Performance) -> tuple[Floats, Floats, Integers]:
    """Return onset and offset of each note as part of a chord, in seconds, and pitches."""
    notes = note_arrays(performance)
    ringing = np.minimum(notes.offset + RINGING, np.maximum(notes.sounding_offset, notes.offset))
    return notes.onset, ringing, notes.pitch


def chords_of_notes(
    onset: ArrayLike, offset: ArrayLike, pitch: ArrayLike, *, qualities: Iterable[str] = QUALITY_NAMES
) -> Chords:
    """Return the chords of notes given in seconds."""
    table = templates(qualities)
    if not np.size(pitch):
        return _no_chords()
    spans = note_spans(onset, offset, pitch)
    path = best_path(_scores(spans, table), CHANGE_COST + np.where(spans.has_new_bass, 0.0, WITHOUT_BASS_COST))
    return _merged(spans, table.root[path], table.quality[path])


def _scores(spans: Spans, table: Templates) -> Floats:
    """Return how well each chord explains each span, shape (spans, chords + 1); no chord is best in silence."""
    lengths = np.diff(spans.edges)
    sounding = spans.tones.sum(axis=1)
    is_silent = sounding <= 0
    time = lengths * (USUAL_SPAN / lengths.mean()) ** PACE_POWER
    texture = np.where(is_silent, 0.0, sounding / lengths) ** TEXTURE_POWER
    tones = spans.tones * (time * texture / np.where(is_silent, 1.0, sounding))[:, None]
    bass = np.where(_is_bass(spans), time[:, None], 0.0)
    evidence = np.concatenate([tones, bass, -time[:, None]], axis=1)  # (spans, 25)
    scores = evidence @ np.concatenate([table.tone, table.bass, table.penalty[None, :]])
    scores[is_silent, :-1] -= time[is_silent, None]
    return np.asarray(scores)


def _is_bass(spans: Spans) -> Mask:
    """Return whether each pitch class is the lowest to sound in each span, shape (spans, 12)."""
    return np.asarray((spans.lowest[:, None] % 12 == np.arange(12)) & (spans.lowest[:, None] >= 0))


def _bass_weights(spans: Spans, lengths: Floats, first: Integers) -> Floats:
    """Return the weight of each pitch class as the bass of its chord in each span, shape (spans, 12).

    The lower a note is among the lowest notes of its chord, the more: the first note of a broken chord is its bass.
    """
    lowest = np.where(spans.lowest < 0, 128, spans.lowest)
    of_chord = np.repeat(np.minimum.reduceat(lowest, first), np.diff(np.append(first, len(lowest))))
    weights = lengths * np.exp(-BASS_FALL * (lowest - of_chord))
    return np.where(_is_bass(spans), weights[:, None], 0.0)


def note_spans(onset: ArrayLike, offset: ArrayLike, pitch: ArrayLike) -> Spans:
    """Return the spans between the onsets of notes, at least one, with long silences as spans of their own."""
    rows = np.argsort(onset, kind="stable")
    onset, offset, pitch = np.asarray(onset)[rows], np.asarray(offset)[rows], np.asarray(pitch)[rows]
    starts = onset[chord_rows(onset, window=CHORD_WINDOW)]
    sounds_until = np.maximum.accumulate(offset)
    rests = sounds_until[:-1][onset[1:] - sounds_until[:-1] >= REST]
    end = max(float(sounds_until[-1]), float(starts[-1]) + CHORD_WINDOW)
    edges = np.unique(np.concatenate([starts, rests, [end]]))
    span = np.searchsorted(edges, onset, "right") - 1
    sounding = sounding_seconds(edges[span], np.maximum(offset, edges[span]), pitch, edges)  # (spans, 128)
    is_held = sounding > HELD * np.diff(edges)[:, None]
    lowest = np.where(is_held.any(axis=1), is_held.argmax(axis=1), -1)
    lowest_new = np.full(len(lowest), 128)
    np.minimum.at(lowest_new, span, pitch)
    tones = np.pad(sounding, ((0, 0), (0, 4))).reshape(-1, 11, 12).sum(axis=1)
    return Spans(edges, tones, lowest, lowest_new <= np.where(lowest < 0, 128, lowest))


def _merged(spans: Spans, root: Integers, quality: Integers) -> Chords:
    """Return spans of one chord after another as one, with their bass and score."""
    first = np.flatnonzero((np.diff(root, prepend=-2) != 0) | (np.diff(quality, prepend=-2) != 0))
    lengths = np.diff(spans.edges)
    tones = np.add.reduceat(spans.tones, first)  # (chords, 12)
    bass = np.add.reduceat(_bass_weights(spans, lengths, first), first)
    root, quality = root[first], quality[first]
    members = np.full((len(QUALITIES) + 1, 4), -1)
    for index, chord_quality in enumerate(QUALITIES):
        members[index, : len(chord_quality.degrees)] = chord_quality.degrees
    degrees = members[quality]  # (chords, 4), -1 where there is no such tone
    rows, tone = np.arange(len(first))[:, None], (root[:, None] + degrees) % 12
    inversion = np.where(degrees >= 0, bass[rows, tone], -1.0).argmax(axis=1)
    share = np.where(degrees >= 0, tones[rows, tone], 0.0).sum(axis=1) / np.maximum(tones.sum(axis=1), 1e-9)
    is_chord = root >= 0
    return Chords(
        start=spans.edges[first],
        end=spans.edges[np.append(first[1:], len(lengths))],
        root=root,
        quality=quality,
        bass=np.where(is_chord, tone[np.arange(len(first)), inversion], NO_CHORD),
        inversion=np.where(is_chord, inversion, 0),
        score=np.where(is_chord, np.minimum(share, 1.0), 0.0),
    )


def _no_chords() -> Chords:
    seconds, integers = np.empty(0), np.empty(0, np.int64)
    return Chords(seconds, seconds, integers, integers, integers, integers, seconds)
