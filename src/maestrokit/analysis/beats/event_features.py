"""Features of events in time relative to the events around them, and a logistic regression over them."""

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask, sums_between

AROUND = 3.0  # seconds to both sides that a feature is relative to
NEAR = 1.0  # seconds to both sides within which no event of a local bass is lower
SHORTEST, LONGEST = 0.03, 3.0  # seconds: beyond, times count alike
RAMP = 0.3  # from where features to both sides of 0 have weights of their own
BLUR = (0.135, 0.607, 1.0, 0.607, 0.135)  # activation of the frames around an event: a bell
SNAP = 0.05  # seconds within which a beat is moved to an event


def logarithm(seconds: Floats) -> Floats:
    """Return the logarithm of times, those below 0.03 s and above 3 s taken as that."""
    return np.asarray(np.log(np.clip(seconds, SHORTEST, LONGEST)), np.float64)


def mean_around(time: Floats, values: Floats) -> Floats:
    """Return the mean of the values of all events within ``AROUND`` seconds of each."""
    first, after = np.searchsorted(time, time - AROUND), np.searchsorted(time, time + AROUND, side="right")
    return np.asarray(sums_between(values, first, after) / (after - first))


def is_local_bass(time: Floats, low: Floats) -> Mask:
    """Return whether no event within ``NEAR`` seconds is lower."""
    first, after = np.searchsorted(time, time - NEAR), np.searchsorted(time, time + NEAR, side="right")
    edges = np.stack([first, after], axis=1).ravel()
    least = np.minimum.reduceat(np.append(low, np.inf), edges)[::2]
    return np.asarray(low <= least, np.bool_)


def bass_intervals(time: Floats, low: Floats) -> tuple[Floats, Floats]:
    """Return the logarithms of the times since and until an event as low, or at most 2 semitones higher."""
    since, until = np.full(len(time), LONGEST), np.full(len(time), LONGEST)
    for pitch in np.unique(low):
        here = np.flatnonzero(low == pitch)
        deep = np.flatnonzero(low <= pitch + 2)
        index = np.searchsorted(deep, here)
        has_one, has_next = index > 0, index + 1 < len(deep)
        since[here[has_one]] = time[here[has_one]] - time[deep[index[has_one] - 1]]
        until[here[has_next]] = time[deep[index[has_next] + 1]] - time[here[has_next]]
    return logarithm(since), logarithm(until)


def distances(time: Floats, low: Floats) -> list[Floats]:
    """Return features of the time from each onset to the next and the last, and between those of low notes."""
    after, before = (logarithm(np.diff(time, **edge)) for edge in ({"append": time[-1] + 1}, {"prepend": time[0] - 1}))
    since, until = bass_intervals(time, low)
    return [
        after - np.log(0.2),
        after - mean_around(time, after),
        before - mean_around(time, before),
        after - before,
        since - np.log(0.5),
        until - np.log(0.5),
        since - mean_around(time, since),
        until - mean_around(time, until),
    ]


def has_event(time: Floats, moments: Floats, start: float, end: float) -> Floats:
    """Return 1 where one of the moments lies from ``start`` to ``end`` seconds after an event, else 0."""
    return (np.searchsorted(moments, time + end) > np.searchsorted(moments, time + start)).astype(np.float64)


def with_ramps(features: Floats, columns: slice) -> Floats:
    """Return the features and, as further ones, by how much some of them exceed ``RAMP`` to either side.

    >>> with_ramps(np.array([[0.5, -1.3]]), slice(0, 2)).round(1).tolist()
    [[0.5, -1.3, 0.2, 0.0, 0.0, 1.0]]
    """
    chosen = features[:, columns]
    return np.hstack([features, np.maximum(chosen - RAMP, 0), np.maximum(-chosen - RAMP, 0)])


def in_context(features: Floats, reach: int) -> Floats:
    """Return the features of the events around each one in a row, those beyond the ends repeated.

    >>> in_context(np.array([[1.0], [2.0]]), 1).tolist()
    [[1.0, 1.0, 2.0], [1.0, 2.0, 2.0]]
    """
    padded = np.pad(features, ((reach, reach), (0, 0)), mode="edge")
    return np.concatenate([padded[row : row + len(features)] for row in range(2 * reach + 1)], axis=1)


def probability(features: Floats, weights: Floats) -> Floats:
    """Return the logistic regression over the features of each event and of its neighbours.

    Weights have the bias in the first column of their first row, then a row for each neighbour, the earliest first.
    """
    evidence = in_context(features, (len(weights) - 2) // 2) @ weights[1:].ravel() + weights[0, 0]
    return np.asarray(1 / (1 + np.exp(-np.clip(evidence, -30, 30))), np.float64)


def frame_activation(time: Floats, probabilities: Floats, *, frame_rate: float) -> Floats:
    """Return the probabilities of events as an activation over frames, each blurred over its neighbours."""
    reach = len(BLUR) // 2
    frame = np.rint(time * frame_rate).astype(np.int64) + reach
    activation = np.zeros(int(frame.max(initial=0)) + reach + 1)
    for shift, weight in enumerate(BLUR):
        np.maximum.at(activation, frame + shift - reach, weight * probabilities)
    return activation[reach:]


def snapped(beats: Floats, events: Floats) -> Floats:
    """Return beats moved to the nearest event if it is within ``SNAP``; they still rise."""
    nearest = events[nearest_rows(events, beats)] if len(beats) else beats
    return np.unique(np.where(np.abs(nearest - beats) < SNAP, nearest, beats))


def probability_at(time: Floats, events: Floats, probabilities: Floats, *, otherwise: float) -> Floats:
    """Return the probability of the event at each time, or a default where none is within ``SNAP``."""
    nearest = nearest_rows(events, time)
    return np.where(np.abs(events[nearest] - time) < SNAP, probabilities[nearest], otherwise)


def cosine_distance(before: Floats, after: Floats) -> Floats:
    """Return 1 less the cosine of rows of two arrays, 0..1 for what is not negative; 1 where one of them is nothing."""
    size = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return np.asarray(1 - (before * after).sum(axis=1) / np.maximum(size, 1e-9), np.float64)


def nearest_rows(events: Floats, times: Floats) -> Integers:
    """Return the row of the event nearest to each time."""
    after = np.clip(np.searchsorted(events, times), 1, len(events) - 1)
    return np.asarray(after - (times - events[after - 1] < events[after] - times), np.int64)
