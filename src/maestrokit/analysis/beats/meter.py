"""Whether the meter of tracked beats is certain enough to be written as a time signature."""

import numpy as np

from maestrokit.analysis.beats.from_notes import Beats, downbeat_probabilities, note_onsets
from maestrokit.arrays import Floats
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import TIME_SIGNATURE, Others, Performance
from maestrokit.music.timing import second2tick, tempo_map

METERS = (2, 3, 4)
SURE = 0.115  # nats a beat by which bars must explain the onsets better than all other bars would
FEWEST_BARS = 4
CLOCKS, THIRTY_SECONDS = 24, 8  # of MIDI in a metronome click, in a quarter note: the usual values


def sure_meter(performance: Performance, beats: Beats) -> int | None:
    """Return the beats of a bar if all bars have as many and no others explain the onsets nearly as well, else None.

    It is usually None: downbeats of expressive playing are hard to detect, and a false time signature is worse than
    none.
    """
    if not len(beats.time):
        return None
    meter = int(beats.meter[0])
    if (beats.meter != meter).any() or len(beats.downbeats) < FEWEST_BARS:
        return None
    if (np.diff(beats.position) % meter != 1 % meter).any():
        return None
    scores = bar_scores(downbeat_probabilities(note_onsets(performance), beats.time))
    own = scores.pop((meter, int(beats.position[0])), -np.inf)
    return meter if own - max(scores.values()) >= SURE else None


def bar_scores(probabilities: Floats) -> dict[tuple[int, int], float]:
    """Return how well bars of one length explain the probabilities of downbeats, in nats per beat.

    Each key is the beats of a bar and the position of the first beat in its bar. Lengths are
    normalised by their number of downbeats, as in :func:`maestrokit.analysis.beats.tracker.track_downbeats`.

    >>> scores = bar_scores(np.array([0.1, 0.8, 0.1, 0.1, 0.8, 0.1, 0.1, 0.8]))
    >>> max(scores, key=lambda bars: scores[bars])
    (3, 2)
    """
    probability = np.clip(probabilities, 0.02, 0.98)
    scores = {}
    for meter in METERS:
        for phase in range(meter):
            is_first = (np.arange(len(probability)) + phase) % meter == 0
            gains = np.where(is_first, np.log(probability * meter), np.log((1 - probability) * meter / (meter - 1)))
            scores[meter, phase] = float(gains.mean())
    return scores


def with_meter(performance: Performance, meter: int, *, second: float) -> Performance:
    """Return the performance with a time signature, so many quarters, from a moment on."""
    message = np.empty(1, object)
    message[0] = bytes([0xFF, TIME_SIGNATURE & 0xFF, 4, meter, 2, CLOCKS, THIRTY_SECONDS])
    tick = second2tick(np.array([second]), tempo_map(performance))
    zero = np.zeros(1, np.int64)
    signature = Others(tick=tick, kind=zero + TIME_SIGNATURE, message=message, track=zero, order=zero - 1)
    return reorder_events(performance.replace(others=Others.concatenate([signature, performance.others])))
