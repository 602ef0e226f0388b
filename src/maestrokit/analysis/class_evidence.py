"""Where in a performance or recording the probability of a class comes from, by what silencing parts changes [1].

References
----------
.. [1] M. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014 (occlusion).
"""

from dataclasses import dataclass

import numpy as np

from maestrokit.analysis.class_spectrum import BANDS, MelSpectrum
from maestrokit.analysis.classes import Classifier, ClassSource, excerpt_of, piece_votes, starts_of, votes_of
from maestrokit.arrays import Floats
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH
from maestrokit.music.rolls.excerpts import FRAMES, HOP, SECONDS

SPAN = 1.25  # seconds
RANGE = 8  # keys or bands


@dataclass(frozen=True, eq=False)
class Evidence:
    """What parts of a performance or recording say for a class, or against it.

    Parameters
    ----------
    time : float64, shape (spans + 1,), in seconds
        Where spans begin and end.
    edge : int64, shape (ranges + 1,)
        The lowest pitch of each range of keys, or band of the spectrum, and the first one above all.
    value : float64, shape (spans, ranges), in nats
        How much less probable the class would be without what sounds in a span and range: its part of the
        log-probability in the mean of the excerpts. 0 where nothing sounds.
    """

    time: Floats
    edge: np.ndarray
    value: Floats


def class_evidence(source: ClassSource, classifier: Classifier, name: str, *, end: float) -> Evidence:
    """Return what parts of the beginning of a performance or recording say for a class.

    A part is silenced in all excerpts that it is in. Parts that are silent as it is are passed over.

    Parameters
    ----------
    source : TimedNotes or MelSpectrum
        The performance or recording.
    classifier : Classifier
        A network that reads such.
    name : str
        One of its classes.
    end : float, in seconds
        Where the beginning ends; excerpts that begin later are not looked at.
    """
    is_recording = isinstance(source, MelSpectrum)
    edges = np.arange(0, (BANDS if is_recording else KEYS) + 1, RANGE)
    starts = starts_of(source)
    first = float(starts[0]) if len(starts) else 0.0
    time = first + SPAN * np.arange(max(1, int(np.ceil(max(end - first, 0) / SPAN))) + 1)
    value = np.zeros((len(time) - 1, len(edges) - 1))
    count = np.zeros(len(value))
    row = classifier.names.index(name)
    frame = np.arange(FRAMES) % (source.period if isinstance(source, MelSpectrum) else FRAMES)
    for start in starts[starts < time[-1]]:
        excerpt = excerpt_of(source, float(start))
        vote = piece_votes(votes_of([excerpt], classifier.weights))[row]
        middle = (time[:-1] + time[1:]) / 2
        for span in np.flatnonzero((middle >= start) & (middle < start + SECONDS)):
            begin, stop = np.rint((time[span : span + 2] - start) / HOP)
            frames = (frame >= begin) & (frame < stop)
            count[span] += 1
            for part in range(len(edges) - 1):
                width = slice(edges[part], edges[part + 1])
                if excerpt[:, frames, width].any():
                    silenced = excerpt.copy()
                    silenced[:, frames, width] = 0
                    value[span, part] += vote - piece_votes(votes_of([silenced], classifier.weights))[row]
    lowest = 0 if is_recording else LOWEST_PITCH
    return Evidence(np.asarray(time, np.float64), lowest + edges, value / np.maximum(count, 1)[:, None])
