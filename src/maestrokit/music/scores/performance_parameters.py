"""Performances of a score as parameters of its onsets and notes, and back, as the Basis Mixer has them [1].

Each onset of the score has a beat time. The length of a quarter between two of them is told relative to a slow mean of
those before, as a logarithm: so nothing drifts, and the same numbers mean the same at any tempo. Each note has the
deviation of its onset from the beat time, its velocity, and its articulation: the logarithm of sounding over notated
length, the latter by the beat times around it. The pedal has, in each gap between two beat times, at most two changes,
each at a place within the gap.

References
----------
.. [1] C. E. Cancino-Chacon, M. Grachten, "The Basis Mixer: A Computational Romantic Pianist", ISMIR 2016.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.music.note_arrays import note_seconds
from maestrokit.music.performance import Performance
from maestrokit.music.scores.score import Score
from maestrokit.music.sustain import pedal_intervals

CLOSEST = 0.004  # seconds: between two beat times
SHORTEST_KEY = 0.012  # seconds that a key is down
GRACE_LENGTH = 0.125  # quarters: what the articulation of grace notes is relative to
SLOW = 4.0  # quarters over which the slow mean forgets
LARGEST_RATIO, LARGEST_ARTICULATION = 3.0, 5.0  # logarithms
LARGEST_DEVIATION = 1.2  # seconds
LAST_STRETCH = 0.2  # quarters at least, whose tempo goes on after the last onset: not that of grace notes


class Rendition(NamedTuple):
    """How the notes of a score are played, in its order, and the pedal."""

    onset: Floats
    """Seconds."""
    offset: Floats
    """When the key goes up, in seconds."""
    velocity: Integers
    pedal: Floats
    """Shape (intervals, 2): when the sustain pedal is down, in seconds, sorted."""


@dataclass(frozen=True)
class PerformanceParameters:
    """Parameters of a performance; see the module."""

    base: float
    """Mean length of a quarter, in seconds."""
    start: float
    """First beat time, in seconds."""
    tempo: Floats
    """Of each onset, logarithm of the length of the quarters before it over the slow mean; 0 of the first."""
    slow: Floats
    """Of each onset, logarithm of the slow mean before it over `base`."""
    deviation: Floats
    """Of each note, in seconds."""
    velocity: Integers
    articulation: Floats
    """Of each note."""
    pedal: Floats
    """Shape (onsets, 2): fractions of changes in the gap before each onset, 0..1; NaN where there is none."""


def written_rendition(performance: Performance, score: Score) -> Rendition:
    """Return a score's file as the performance that it is by itself."""
    onset, offset = note_seconds(performance)
    rows = score.notes.row
    return Rendition(onset[rows], offset[rows], performance.notes.velocity[rows], pedal_intervals(performance))


def with_expression(
    parameters: PerformanceParameters, *, rubato: float = 1.0, dynamics: float = 1.0, loudness: float | None = None
) -> PerformanceParameters:
    """Return parameters whose timing and velocities depart more, or less, from their means.

    Parameters
    ----------
    rubato : float >= 0
        Multiplies the logarithm of the tempo over its mean, and the deviations of onsets: at 0 time is even.
    dynamics : float >= 0
        Multiplies the differences of velocities from their mean.
    loudness : float, optional
        The mean of velocities instead of their own.
    """
    if rubato != 1.0:
        tempo, zero = rubato * (parameters.slow + parameters.tempo), np.zeros_like(parameters.slow)
        parameters = replace(parameters, tempo=tempo, slow=zero, deviation=rubato * parameters.deviation)
    mean = parameters.velocity.mean()
    middle = mean if loudness is None else loudness
    velocity = np.rint(middle + dynamics * (parameters.velocity - mean)).astype(np.int64)
    return replace(parameters, velocity=np.clip(velocity, 1, 127))


def with_curves(
    score: Score, parameters: PerformanceParameters, share: float, *, tempo: Floats | None, velocity: Floats | None
) -> PerformanceParameters:
    """Return parameters whose curves of tempo and velocity are drawn to others, their means and ranges kept.

    Parameters
    ----------
    share : float, 0 to 1
        How far: at 0 curves stay, at 1 they are the others, as wide as these were.
    tempo : float64, shape (notes,), optional
        Logarithm of the length of a quarter; None leaves the tempo. Only differences count, here and of velocities.
    velocity : float64, shape (notes,), optional
    """
    if share == 0:
        return parameters
    if tempo is not None:
        curve = _mixed_curve(parameters.slow + parameters.tempo, tempo[score.first], share, score.quarters)
        parameters = replace(parameters, tempo=curve, slow=np.zeros_like(curve))
    if velocity is not None:
        curve = _mixed_curve(parameters.velocity.astype(np.float64), velocity, share, np.ones(len(velocity)))
        parameters = replace(parameters, velocity=np.clip(np.rint(curve), 1, 127).astype(np.int64))
    return parameters


def _mixed_curve(own: Floats, other: Floats, share: float, weight: Floats) -> Floats:
    """Return a curve between two, with the weighted mean and standard deviation of the first."""
    if not weight.any():
        return own
    mean = np.average(own, weights=weight)
    apart = [curve - np.average(curve, weights=weight) for curve in (own, other)]
    between = (1 - share) * apart[0] + share * apart[1]
    deviation, wide = (float(np.sqrt(np.average(curve**2, weights=weight))) for curve in (apart[0], between))
    return np.asarray(mean + between * (deviation / wide if wide > 0 else 0.0))


def at_mean_tempo(score: Score, parameters: PerformanceParameters) -> PerformanceParameters:
    """Return parameters whose quarters last `base` on average, from the first onset to the last."""
    time, onset = beat_times(score, parameters), score.notes.onset[score.first]
    if len(time) < 2:
        return parameters
    return replace(parameters, base=parameters.base * parameters.base * (onset[-1] - onset[0]) / (time[-1] - time[0]))


def beat_times(score: Score, parameters: PerformanceParameters) -> Floats:
    """Return the beat time of each onset, in seconds."""
    quarter = np.diff(score.notes.onset[score.first], prepend=0.0)
    gap = quarter * parameters.base * np.exp(parameters.slow + parameters.tempo)
    gap[:1] = parameters.start
    return np.asarray(np.cumsum(gap))


def slow_after(slow: float, tempo: float, quarters: float) -> float:
    """Return the logarithm of the slow mean after a gap of some quarters, given that before it."""
    return slow + tempo * (1 - math.exp(-quarters / SLOW))


def parameters_of(score: Score, rendition: Rendition) -> PerformanceParameters:
    """Return the parameters of a performance.

    What they cannot hold is limited: ratios of tempo and articulation, deviations, and more than two changes of the
    pedal in a gap, of which the last, or the first and the last, are kept.
    """
    first, group, notes = score.first, score.group, score.notes
    onset = notes.onset[first]
    target = rendition.onset[first]
    base = _base(onset, target)
    time, slow, tempo = np.zeros(len(first)), np.zeros(len(first)), np.zeros(len(first))
    time[0] = target[0]
    for row in range(1, len(first)):
        quarters = onset[row] - onset[row - 1]
        gap = max(target[row] - time[row - 1], CLOSEST)
        ratio = math.log(gap / (quarters * base)) - slow[row]
        tempo[row] = min(max(ratio, -LARGEST_RATIO), LARGEST_RATIO)
        time[row] = time[row - 1] + quarters * base * math.exp(slow[row] + tempo[row])
        if row + 1 < len(first):
            slow[row + 1] = slow_after(slow[row], tempo[row], quarters)
    parameters = PerformanceParameters(
        base,
        float(time[0]),
        tempo,
        slow,
        np.clip(rendition.onset - time[group], -LARGEST_DEVIATION, LARGEST_DEVIATION),
        rendition.velocity,
        np.zeros(len(notes)),
        _pedal_fractions(rendition.pedal, time, base),
    )
    ratio = np.log(np.maximum(rendition.offset - rendition.onset, SHORTEST_KEY) / notated_seconds(score, parameters))
    return replace(parameters, articulation=np.clip(ratio, -LARGEST_ARTICULATION, LARGEST_ARTICULATION))


def rendition_of(score: Score, parameters: PerformanceParameters, *, longest_hold: float = math.inf) -> Rendition:
    """Return the performance that parameters describe; the pedal comes up with the last key at the latest.

    Parameters
    ----------
    longest_hold : float > 0, in seconds
        That a key stays down at most beyond the notated length.
    """
    time, notated = beat_times(score, parameters), notated_seconds(score, parameters)
    onset = time[score.group] + parameters.deviation
    length = np.maximum(notated * np.exp(parameters.articulation), SHORTEST_KEY)
    offset = onset + np.minimum(length, notated + longest_hold)
    gap = np.diff(time, prepend=time[:1] - parameters.base)
    changes = (time - gap)[:, None] + gap[:, None] * parameters.pedal
    changes = np.sort(changes[np.isfinite(changes)])
    if len(changes) % 2:
        changes = np.append(changes, max(float(offset.max()), changes[-1]))
    return Rendition(onset, offset, parameters.velocity, changes.reshape(-1, 2))


def notated_seconds(score: Score, parameters: PerformanceParameters) -> Floats:
    """Return how long the notated length of each note lasts, by the beat times around it."""
    notes, first = score.notes, score.first
    onset, time = notes.onset[first], beat_times(score, parameters)
    length = np.where(notes.is_grace, GRACE_LENGTH, notes.duration)
    end = notes.onset + length
    beyond = np.maximum(end - onset[-1], 0.0)
    ends = np.interp(np.minimum(end, onset[-1]), onset, time) + beyond * last_quarter(onset, time, parameters.base)
    return np.asarray(np.maximum(ends - time[score.group], CLOSEST))


def last_quarter(onset: Floats, time: Floats, base: float) -> float:
    """Return the length of a quarter at the end, in seconds: that of the last onsets, but not of grace notes alone.

    Parameters
    ----------
    onset : float64, shape (onsets,), in quarters
    time : float64, shape (onsets,), in seconds
    base : float, in seconds
        What it is where the onsets are nearer to each other than LAST_STRETCH.
    """
    before = int(np.searchsorted(onset, onset[-1] - LAST_STRETCH, side="right")) - 1
    if before < 0:
        return float(base)
    return float((time[-1] - time[before]) / (onset[-1] - onset[before]))


def _base(onset: Floats, time: Floats) -> float:
    quarters, seconds = onset[-1] - onset[0], time[-1] - time[0]
    return float(seconds / quarters) if quarters > 0 and seconds > 0 else 0.5


def _pedal_fractions(pedal: Floats, time: Floats, base: float) -> Floats:
    """Return the fractions of the changes in the gap before each beat time, (onsets, 2)."""
    changes = pedal.ravel()
    edges = np.concatenate([[time[0] - base], time])
    row = np.searchsorted(edges, changes, side="right") - 1  # the gap of each change, -1 before the first
    before = int(np.sum(row < 0)) % 2  # whether it is down where the first gap begins
    fractions = np.full((len(time), 2), np.nan)
    counts = np.bincount(row[(row >= 0) & (row < len(time))], minlength=len(time))
    starts = np.searchsorted(row, np.arange(len(time)))
    for gap in np.flatnonzero(counts).tolist():
        inside = changes[starts[gap] : starts[gap] + counts[gap]]
        chosen = inside[[-1]] if len(inside) % 2 else inside[[0, -1]]
        fractions[gap, : len(chosen)] = (chosen - edges[gap]) / (edges[gap + 1] - edges[gap])
    if before:
        known = [0.0, *fractions[0][np.isfinite(fractions[0])]]
        fractions[0] = (known[-1:] if len(known) % 2 else [known[0], known[-1]]) + [np.nan] * (len(known) % 2)
    return np.asarray(np.clip(fractions, 0.0, np.nextafter(1.0, 0.0)))
