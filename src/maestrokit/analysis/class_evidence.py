"""Where in a performance the probability of a class comes from, by what leaving notes out changes [1].

References
----------
.. [1] M. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014 (occlusion).
"""

from dataclasses import dataclass

import numpy as np

from maestrokit.analysis.classes import Classifier, votes_of
from maestrokit.analysis.convolution import log_softmax
from maestrokit.arrays import Floats
from maestrokit.music.excerpts import HOP, SECONDS, excerpt_starts, roll_of
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH

SPAN = 1.25  # seconds
RANGE = 8  # keys


@dataclass(frozen=True, eq=False)
class Evidence:
    """What parts of a performance say for a class, or against it.

    Parameters
    ----------
    time : float64, shape (spans + 1,), in seconds
        Where spans begin and end.
    pitch : int64, shape (ranges + 1,)
        The lowest pitch of each range of keys, and the first one above all.
    value : float64, shape (spans, ranges), in nats
        How much less probable the class would be without the notes of a span and range: their part of its
        log-probability in the mean of the excerpts. 0 where no notes are.
    """

    time: Floats
    pitch: np.ndarray
    value: Floats


def class_evidence(notes: TimedNotes, classifier: Classifier, name: str, *, end: float) -> Evidence:
    """Return what parts of the beginning of a performance say for a class.

    A part is silenced in the rolls of all excerpts that it is in. Parts that are silent as it is are passed over.

    Parameters
    ----------
    notes : TimedNotes
        The performance, sorted by onset; offsets are where the sound ends.
    classifier : Classifier
    name : str
        One of its classes.
    end : float, in seconds
        Where the beginning ends; excerpts that begin later are not looked at.
    """
    edges = np.arange(0, KEYS + 1, RANGE)
    first = float(notes.onset[0]) if len(notes.onset) else 0.0
    time = first + SPAN * np.arange(max(1, int(np.ceil(max(end - first, 0) / SPAN))) + 1)
    value = np.zeros((len(time) - 1, len(edges) - 1))
    count = np.zeros(len(value))
    row = classifier.names.index(name)
    for start in (start for start in excerpt_starts(notes) if start < time[-1]):
        roll = roll_of(notes, float(start))
        vote = log_softmax(votes_of(roll[None], classifier.weights))[0, row]
        middle = (time[:-1] + time[1:]) / 2
        for span in np.flatnonzero((middle >= start) & (middle < start + SECONDS)):
            frames = slice(*np.clip(np.rint((time[span : span + 2] - start) / HOP).astype(int), 0, roll.shape[1]))
            count[span] += 1
            for part in range(len(edges) - 1):
                keys = slice(edges[part], edges[part + 1])
                if roll[:, frames, keys].any():
                    silenced = roll.copy()
                    silenced[:, frames, keys] = 0
                    value[span, part] += vote - log_softmax(votes_of(silenced[None], classifier.weights))[0, row]
    return Evidence(np.asarray(time, np.float64), LOWEST_PITCH + edges, value / np.maximum(count, 1)[:, None])
