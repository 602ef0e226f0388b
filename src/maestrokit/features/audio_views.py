"""What groups of descriptors use of a recording, each part computed once, when it is first needed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maestrokit.analysis import chroma, f0, onsets
from maestrokit.analysis.beats.from_audio import recorded_beats
from maestrokit.analysis.beats.from_notes import Beats
from maestrokit.analysis.chords.from_audio import chords_of_chroma
from maestrokit.analysis.chords.from_notes import Chords
from maestrokit.analysis.chords.network import ChordNetwork, chords_of_levels
from maestrokit.analysis.chords.spectrum import BINS, packed_levels
from maestrokit.analysis.crepe import Weights, track_pitch_by_network
from maestrokit.analysis.f0 import Pitches
from maestrokit.arrays import Floats
from maestrokit.audio import loudness
from maestrokit.audio.spectra.frames import Samples, analyse_stream
from maestrokit.features.note_views import TimeBase

Blocks = Callable[[int], Iterable[Samples]]
"""From a sample rate in Hz to a recording at that rate, in blocks."""


@dataclass(frozen=True, eq=False)
class AudioView:
    """A recording and its analyses; see :func:`maestrokit.features.audio_view`.

    Samples are read in blocks, again for each part, and never stored.
    """

    blocks: Blocks
    channels: Blocks
    length: float
    """In seconds."""
    f0: str
    weights: Weights | None = None
    chord_network: ChordNetwork | None = None

    kind: ClassVar[str] = "audio"

    @cached_property
    def levels(self) -> loudness.Levels:
        """Power over time, plain and K-weighted."""
        return loudness.levels(self.channels(loudness.SAMPLE_RATE))

    @cached_property
    def onset_features(self) -> onsets.OnsetFeatures:
        """Rises and levels of the spectrum over time."""
        return onsets.onset_features(self.blocks(onsets.SAMPLE_RATE))

    @cached_property
    def onsets(self) -> onsets.Onsets:
        """Onsets in seconds and their strengths."""
        return onsets.find_onsets(self.onset_features)

    @cached_property
    def salience(self) -> NDArray[np.float32]:
        """How strongly each key seems to sound over time."""
        if self.chord_network is None:
            return chroma.salience(self.blocks(chroma.SAMPLE_RATE))
        return self._salience_and_levels[0]

    @cached_property
    def _salience_and_levels(self) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """The salience, and the levels of the spectrum that both are made of."""
        saliences, levels = [np.empty((0, chroma.KEYS), np.float32)], [np.empty((0, BINS), np.uint8)]
        for part in analyse_stream(self.blocks(chroma.SAMPLE_RATE), chroma.SPECTRUM.analysis()):
            saliences.append(chroma.key_saliences(part))
            levels.append(packed_levels(part))
        return np.concatenate(saliences), np.concatenate(levels)

    @cached_property
    def chords(self) -> Chords:
        """The chords, by the network if there is one, else by the chroma: then only triads, without their basses."""
        if self.chord_network is None:
            return chords_of_chroma(self.salience, length=self.length).as_chords()
        return chords_of_levels(self._salience_and_levels[1], self.chord_network, length=self.length)

    @cached_property
    def chroma(self) -> Floats:
        """How strongly each pitch class sounds over time, shape (frames, 12)."""
        return chroma.chroma(self.salience)

    @cached_property
    def beats(self) -> Beats:
        """Beats in seconds, with their positions in bars."""
        return recorded_beats(self.onset_features, self.salience)

    @cached_property
    def pitches(self) -> Pitches:
        """Fundamental frequency over time."""
        blocks = self.blocks(f0.SAMPLE_RATE)
        if self.weights is not None:
            return track_pitch_by_network(blocks, self.weights)
        return f0.track_pitch(blocks, method=self.f0)


def in_middles(values: NDArray[Any], time_base: TimeBase, *, frame_rate: float) -> NDArray[np.float32]:
    """Return, for each frame of a time base, that of the centred rows of values which is nearest to its middle."""
    middle = (time_base.times + time_base.hop / 2) * frame_rate
    return values[np.clip(np.rint(middle).astype(np.int64), 0, max(len(values) - 1, 0))].astype(np.float32)


def mean_between(values: ArrayLike, time_base: TimeBase, *, frame_rate: float) -> Floats:
    """Return the mean of values over each frame of a time base; value i lasts from i to i + 1 over the rate.

    >>> mean_between([1.0, 3.0, 5.0], TimeBase(0.2, 2), frame_rate=10.0).tolist()
    [2.0, 5.0]
    """
    array = np.asarray(values, np.float64)
    total = np.concatenate([[0.0], np.cumsum(array)])
    edges = np.minimum(np.append(time_base.times, time_base.count * time_base.hop) * frame_rate, len(array))
    at = np.interp(edges, np.arange(len(total)), total)
    span = np.diff(edges)
    here = array[np.clip(edges[:-1].astype(np.int64), 0, max(len(array) - 1, 0))] if len(array) else np.zeros(len(span))
    return np.asarray(np.divide(np.diff(at), span, out=here.copy(), where=span > 1e-6), np.float64)
