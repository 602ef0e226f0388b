"""What strokes of a performance say about beats and downbeats, without any period in mind.

A stroke is one note or a chord. Its features (how loud, how deep, how long, how far from its neighbours, whether the
harmony or the pedal changes there) and those of its neighbours are weighed by a logistic regression, whose weights are
in :mod:`maestrokit.analysis.beats.note_weights`. Most features are relative to the seconds around, since
performances differ in level and touch.
"""

from dataclasses import dataclass

import numpy as np

from maestrokit.analysis.beats import note_weights as beat_weights
from maestrokit.analysis.beats.event_features import (
    bass_intervals,
    chance,
    chance_at,
    cosine_distance,
    framed,
    has_event,
    is_local_bass,
    logarithm,
    mean_around,
    snapped,
    with_ramps,
)
from maestrokit.analysis.beats.tracker import TempoModel, track_beats, track_downbeats
from maestrokit.arrays import Floats, Integers
from maestrokit.music.performance import DRUM_CHANNEL, Performance
from maestrokit.music.sustain import pedal_changes
from maestrokit.music.timing import tempo_map, tick2second

TOGETHER = 0.03  # seconds: notes closer than this to the one before are one stroke
HARMONY = 0.5  # seconds before and after a stroke whose pitch classes are compared
FRAME_RATE = 50.0  # frames a second
LONGEST_REST = 10.0  # seconds without a stroke, after which beats are counted anew
LEAD = 2.0  # seconds before the first stroke that are tracked with it
DEEPEST, LENGTH, HARMONIC, TIMES = 4, 8, 17, (9, 17)  # columns of features


@dataclass(frozen=True)
class Strokes:
    """The strokes of a performance in seconds, and what they look like.

    Parameters
    ----------
    onset : float64, shape (strokes,)
        Of the first note of each.
    features : float64, shape (strokes, features)
    """

    onset: Floats
    features: Floats


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
        None before the first stroke, after the last and in rests of more than ten seconds; empty if there are fewer
        than two strokes.
    """
    strokes = described_strokes(performance)
    if len(strokes.onset) < 2:
        return NO_BEATS
    chances = chance(strokes.features, beat_weights.BEAT)
    rests = np.flatnonzero(np.diff(strokes.onset) > LONGEST_REST) + 1
    stretches = zip(np.split(strokes.onset, rests), np.split(chances, rests), strict=True)
    time = np.concatenate([_beats_of_stretch(onset, chance_of_beat, model) for onset, chance_of_beat in stretches])
    if not len(time):
        return NO_BEATS
    return Beats(time, *track_downbeats(downbeat_chances(strokes, time)))


def downbeat_chances(strokes: Strokes, time: Floats) -> Floats:
    """Return how likely each of some beats, in seconds, is a downbeat by the stroke on it, 0..1."""
    chances = chance(strokes.features, beat_weights.DOWNBEAT)
    return chance_at(time, strokes.onset, chances, otherwise=beat_weights.UNSTRUCK)


def _beats_of_stretch(onset: Floats, chances: Floats, model: TempoModel | None) -> Floats:
    """Return the beats, in seconds, of strokes between two long rests."""
    if len(onset) < 2:
        return np.empty(0)
    start = max(onset[0] - LEAD, 0.0)
    activation = framed(onset - start, chances, frame_rate=FRAME_RATE)
    return snapped(track_beats(activation, frame_rate=FRAME_RATE, model=model) + start, onset)


def described_strokes(performance: Performance) -> Strokes:
    """Return the strokes of a performance with their features, drums left out."""
    notes = performance.notes.take(performance.notes.channel != DRUM_CHANNEL)
    notes = notes.take(np.lexsort((notes.pitch, notes.onset_tick)))
    tempo = tempo_map(performance)
    onset, offset = tick2second(notes.onset_tick, tempo), tick2second(notes.offset_tick, tempo)
    if not len(onset):
        return Strokes(onset, np.empty((0, len(beat_weights.BEAT[0]))))
    first = np.flatnonzero(np.diff(onset, prepend=-1.0) > TOGETHER)
    lifts, presses = _pedal_times(performance)
    time = onset[first]
    velocity = np.maximum.reduceat(notes.velocity, first).astype(np.float64)
    low, high = (extreme.reduceat(notes.pitch, first).astype(np.float64) for extreme in (np.minimum, np.maximum))
    size = np.minimum(np.diff(first, append=len(onset)), 5).astype(np.float64)
    length = logarithm(offset - onset)
    longest = np.maximum.reduceat(length, first)
    lowest_length = np.maximum.reduceat(
        np.where(notes.pitch == np.repeat(low, np.diff(first, append=len(onset))), length, -np.inf), first
    )
    after, before = (logarithm(np.diff(time, **edge)) for edge in ({"append": time[-1] + 1}, {"prepend": time[0] - 1}))
    since, until = bass_intervals(time, low)
    columns = [
        (velocity - mean_around(time, velocity)) / 20,
        np.log(size),
        size - mean_around(time, size),
        (low - mean_around(time, low)) / 12,
        is_local_bass(time, low).astype(np.float64),
        (high - mean_around(time, high)) / 12,
        longest - np.log(0.3),
        longest - mean_around(time, longest),
        lowest_length - mean_around(time, lowest_length),
        after - np.log(0.2),
        after - mean_around(time, after),
        before - mean_around(time, before),
        after - before,
        since - np.log(0.5),
        until - np.log(0.5),
        since - mean_around(time, since),
        until - mean_around(time, until),
        _harmonic_change(time, onset, notes.pitch),
        has_event(time, lifts, -0.05, 0.25),
        has_event(time, presses, 0.0, 0.3),
        has_event(time, lifts, -0.3, -0.05),
    ]
    features = np.stack(columns, axis=1)
    deepest = features[:, [DEEPEST]] * features[:, [LENGTH, HARMONIC]]
    return Strokes(time, with_ramps(np.hstack([features, deepest]), slice(*TIMES)))


def _pedal_times(performance: Performance) -> tuple[Floats, Floats]:
    """Return when the sustain pedal of any channel comes up, and when it goes down, in seconds."""
    tempo = tempo_map(performance)
    channels = np.unique(performance.controls.channel)
    changes = [pedal_changes(performance, channel=int(channel)) for channel in channels]
    ticks = np.concatenate([np.empty(0, np.int64), *(change.tick for change in changes)])
    is_down = np.concatenate([np.empty(0, np.int64), *(change.is_down for change in changes)]) == 1
    seconds = tick2second(ticks, tempo)
    return np.sort(seconds[~is_down]), np.sort(seconds[is_down])


def _harmonic_change(time: Floats, onset: Floats, pitch: Integers) -> Floats:
    """Return 1 less the cosine of what pitch classes begin before each stroke and from it on, 0..1."""
    total = np.vstack([np.zeros(12), np.cumsum(np.eye(12)[pitch % 12], axis=0)])
    start, here, end = (np.searchsorted(onset, time + shift - 1e-6) for shift in (-HARMONY, 0.0, HARMONY))
    return cosine_distance(total[here] - total[start], total[end] - total[here])
