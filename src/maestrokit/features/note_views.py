"""The view of a performance that groups of descriptors use: notes in seconds, and the time base of their frames."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from maestrokit.analysis.beats.from_notes import Beats, performed_beats
from maestrokit.arrays import Floats, Integers
from maestrokit.bounds import DAY, Within, check
from maestrokit.errors import BadDataError
from maestrokit.music.note_arrays import chord_rows, note_arrays
from maestrokit.music.performance import DRUM_CHANNEL, Notes, Performance
from maestrokit.music.rolls.frames import frame_count, frame_times
from maestrokit.music.timing import TempoMap, tempo_map, tick2second

LONGEST = 100_000  # seconds
LONGEST_SILENCE = 10.0  # seconds at the end that may still be part of the music
MOST_FRAMES = 1_000_000  # five and a half hours at 20 ms; all series of so many take some 300 MB


@dataclass(frozen=True, eq=False)
class NoteView:
    """The notes of a performance in seconds, drums left out, sorted by (onset, pitch).

    Parameters
    ----------
    performance : Performance
        Where the notes come from.
    tempo : TempoMap
        Its tempo map.
    notes : Notes
        The rows that the following arrays stand for.
    onset, offset : float64, shape (notes,), in seconds
        When the key goes down, and up; not after the length.
    sounding_offset : float64, shape (notes,), in seconds
        When the sound ends, the sustain pedal included (:mod:`maestrokit.music.sustain`); not after the length.
    length : float, in seconds
        From 0 to the end of the longest track, or to the end of the last sound where more than ``LONGEST_SILENCE``
        follow it, for a file may end hours after its music. What ends only with the track, by the pedal or for lack of
        a note-off, sounds no longer than a string can (:mod:`maestrokit.music.note_arrays`).
    """

    performance: Performance
    tempo: TempoMap
    notes: Notes
    onset: Floats
    offset: Floats
    sounding_offset: Floats
    length: float

    kind: ClassVar[str] = "notes"

    @classmethod
    def of(cls, performance: Performance) -> Self:
        """Return the view of a performance."""
        tempo, notes = tempo_map(performance), note_arrays(performance, with_drums=True)
        end = float(tick2second(performance.last_tick, tempo))
        last_sound = float(notes.sounding_offset.max(initial=0.0))
        length = end if end - last_sound <= LONGEST_SILENCE else last_sound
        check_length(length)
        notes = notes.select(notes.channel != DRUM_CHANNEL)
        offset, sounding = np.minimum(notes.offset, length), np.minimum(notes.sounding_offset, length)
        return cls(performance, tempo, performance.notes.select(notes.row), notes.onset, offset, sounding, length)

    @property
    def pitch(self) -> Integers:
        """MIDI numbers, shape (notes,)."""
        return self.notes.pitch

    @property
    def velocity(self) -> Integers:
        """1..127, shape (notes,)."""
        return self.notes.velocity

    @cached_property
    def beats(self) -> Beats:
        """Beats tracked on the notes."""
        return performed_beats(self.performance)

    @cached_property
    def group_first(self) -> Integers:
        """Row of the first note of each group that is struck together (:func:`chord_rows`), shape (groups,)."""
        return chord_rows(self.onset)

    @cached_property
    def onset_group(self) -> Integers:
        """Number of the onset group that each note belongs to, shape (notes,)."""
        return np.repeat(np.arange(len(self.group_first)), np.diff(self.group_first, append=len(self.onset)))

    @cached_property
    def group_onset(self) -> Floats:
        """Onset of each onset group, shape (groups,)."""
        return self.onset[self.group_first]


def check_length(seconds: float) -> None:
    """Raise BadDataError for what lasts longer than ``LONGEST``: curves over such a time would fill the memory."""
    if seconds > LONGEST:
        raise BadDataError(f"it lasts {seconds:.0f} s, too long to describe", f"the limit is {LONGEST} s")


@dataclass(frozen=True)
class TimeBase:
    """A time base: frame i covers the time from i * hop to (i + 1) * hop, in seconds."""

    hop: float
    count: int

    @classmethod
    def over(cls, length: float, *, hop: float) -> Self:
        """Return the time base that covers a length, both in seconds; see :func:`maestrokit.features.frames`."""
        check("hop", hop, Within(0, DAY, above=True), "0.02 is usual", unit=" s")
        if length / hop > MOST_FRAMES:
            raise BadDataError(f"{length:.0f} s make more than {MOST_FRAMES} frames of {hop} s", "take a longer `hop`")
        return cls(hop, frame_count(length, hop=hop))

    @property
    def times(self) -> Floats:
        """Start of each frame, shape (frames,)."""
        return frame_times(self.count, hop=self.hop)

    @property
    def starts(self) -> Floats:
        """These, so little later that what begins with a frame is not missed by rounding."""
        return self.times + 1e-6 * self.hop
