"""Beats and downbeats from the onsets of notes and chords, by features that assume no period.

An onset is that of one note or of a chord. Its features (loudness, register, length, distances, and whether the
harmony or the pedal changes there) and those of its neighbours are weighed by a logistic regression, whose weights are
in :mod:`maestrokit.analysis.beats.note_weights`. Most features are relative to the seconds around, since
performances differ in level and touch.
"""

from dataclasses import dataclass

import numpy as np

from maestrokit.analysis.beats import note_weights
from maestrokit.analysis.beats.event_features import (
    cosine_distance,
    distances,
    frame_activation,
    has_event,
    is_local_bass,
    logarithm,
    mean_around,
    probability,
    probability_at,
    snapped,
    with_ramps,
)
from maestrokit.analysis.beats.tracker import TempoModel, track_beats, track_downbeats
from maestrokit.arrays import Floats, Integers, sums_between
from maestrokit.music.note_arrays import NoteArrays, chord_rows, note_arrays
from maestrokit.music.performance import Performance
from maestrokit.music.sustain import pedal_changes
from maestrokit.music.timing import tempo_map, tick2second

HARMONY = 0.5  # seconds before and after an onset whose pitch classes are compared
FRAME_RATE = 50.0  # frames a second
LONGEST_REST = 10.0  # seconds without an onset, after which tracking starts again
LEAD = 2.0  # seconds before the first onset that are tracked with it
DEEPEST, LENGTH, HARMONIC, TIMES = 4, 8, 17, (9, 17)  # columns of features


@dataclass(frozen=True)
class NoteOnsets:
    """The onsets of the notes and chords of a performance, and their features."""

    onset: Floats  # in seconds, of the first note of each
    features: Floats  # shape (onsets, features)


@dataclass(frozen=True)
class Beats:
    """Beats in seconds, rising, and where in their bars they are.

    Parameters
    ----------
    time : float64, shape (beats,), in seconds
        When the beats are, rising.
    position : int64, shape (beats,)
        Position in the bar; 0 is a downbeat.
    meter : int64, shape (beats,)
        Beats of the bar.
    """

    time: Floats
    position: Integers
    meter: Integers

    @property
    def downbeats(self) -> Floats:
        """The first beats of bars, in seconds."""
        return np.asarray(self.time[self.position == 0], np.float64)


NO_BEATS = Beats(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))


def performed_beats(performance: Performance, *, model: TempoModel | None = None) -> Beats:
    """Return the beats of a performance, tracked on its notes alone: its tempo map is not looked at.

    Parameters
    ----------
    performance : Performance
        Whose beats to track.
    model : TempoModel, optional
        Which tempos to try. Default is ``TempoModel()``.

    Returns
    -------
    Beats
        None before the first onset, after the last and in rests of more than ten seconds; empty if there are fewer
        than two onsets.
    """
    onsets = note_onsets(performance)
    if len(onsets.onset) < 2:
        return NO_BEATS
    probabilities = probability(onsets.features, note_weights.BEAT)
    rests = np.flatnonzero(np.diff(onsets.onset) > LONGEST_REST) + 1
    stretches = zip(np.split(onsets.onset, rests), np.split(probabilities, rests), strict=True)
    time = np.concatenate([_beats_of_stretch(onset, beat_probability, model) for onset, beat_probability in stretches])
    if not len(time):
        return NO_BEATS
    return Beats(time, *track_downbeats(downbeat_probabilities(onsets, time)))


def downbeat_probabilities(onsets: NoteOnsets, time: Floats) -> Floats:
    """Return the probability that each beat, in seconds, is a downbeat, by the onset on it."""
    probabilities = probability(onsets.features, note_weights.DOWNBEAT)
    return probability_at(time, onsets.onset, probabilities, otherwise=note_weights.UNSTRUCK)


def _beats_of_stretch(onset: Floats, probabilities: Floats, model: TempoModel | None) -> Floats:
    """Return the beats, in seconds, of onsets between two long rests."""
    if len(onset) < 2:
        return np.empty(0)
    start = max(onset[0] - LEAD, 0.0)
    activation = frame_activation(onset - start, probabilities, frame_rate=FRAME_RATE)
    return snapped(track_beats(activation, frame_rate=FRAME_RATE, model=model) + start, onset)


def note_onsets(performance: Performance) -> NoteOnsets:
    """Return the onsets of a performance with their features, drums left out."""
    notes = note_arrays(performance)
    onset = notes.onset
    if not len(onset):
        return NoteOnsets(onset, np.empty((0, len(note_weights.BEAT[0]))))
    first = chord_rows(onset)
    time = onset[first]
    lifts, presses = _pedal_times(performance)
    columns = [
        *_chord_columns(notes, first),
        *distances(time, np.minimum.reduceat(notes.pitch, first).astype(np.float64)),
        _harmonic_change(time, onset, notes.pitch),
        has_event(time, lifts, -0.05, 0.25),
        has_event(time, presses, 0.0, 0.3),
        has_event(time, lifts, -0.3, -0.05),
    ]
    features = np.stack(columns, axis=1)
    deepest = features[:, [DEEPEST]] * features[:, [LENGTH, HARMONIC]]
    return NoteOnsets(time, with_ramps(np.hstack([features, deepest]), slice(*TIMES)))


def _chord_columns(notes: NoteArrays, first: Integers) -> list[Floats]:
    """Return features of the notes of each onset, whose first rows are given: loudness, size, register, lengths."""
    onset = notes.onset
    time, counts = onset[first], np.diff(first, append=len(onset))
    velocity = np.maximum.reduceat(notes.velocity, first).astype(np.float64)
    low, high = (extreme.reduceat(notes.pitch, first).astype(np.float64) for extreme in (np.minimum, np.maximum))
    size = np.minimum(counts, 5).astype(np.float64)
    length = logarithm(notes.offset - onset)
    longest = np.maximum.reduceat(length, first)
    lowest_length = np.maximum.reduceat(np.where(notes.pitch == np.repeat(low, counts), length, -np.inf), first)
    return [
        (velocity - mean_around(time, velocity)) / 20,
        np.log(size),
        size - mean_around(time, size),
        (low - mean_around(time, low)) / 12,
        is_local_bass(time, low).astype(np.float64),
        (high - mean_around(time, high)) / 12,
        longest - np.log(0.3),
        longest - mean_around(time, longest),
        lowest_length - mean_around(time, lowest_length),
    ]


def _pedal_times(performance: Performance) -> tuple[Floats, Floats]:
    """Return when the sustain pedal of any channel comes up, and when it goes down, in seconds."""
    channels = np.unique(performance.controls.channel).tolist()
    changes = [pedal_changes(performance, channel=channel) for channel in channels]
    lifts, presses = ([change.tick[change.is_down == way] for change in changes] for way in (0, 1))

    def seconds(ticks: list[Integers]) -> Floats:
        return tick2second(np.sort(np.concatenate([np.empty(0, np.int64), *ticks])), tempo_map(performance))

    return seconds(lifts), seconds(presses)


def _harmonic_change(time: Floats, onset: Floats, pitch: Integers) -> Floats:
    """Return the cosine distance of the pitch classes that begin before and after each onset, 0..1."""
    start, here, end = (np.searchsorted(onset, time + shift - 1e-6) for shift in (-HARMONY, 0.0, HARMONY))
    begun = np.eye(12)[pitch % 12]
    return cosine_distance(sums_between(begun, start, here), sums_between(begun, here, end))
