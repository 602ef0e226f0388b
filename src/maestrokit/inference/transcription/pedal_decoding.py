"""From the pedal posterior of a transcription model to intervals of the sustain pedal, as a stream."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.bounds import Within, check_fields
from maestrokit.errors import UsageError
from maestrokit.inference.transcription.note_decoding import THRESHOLD
from maestrokit.music.sustain import interval_union

LATENCY = Within(-0.1, 0.1, above=True, below=True)  # seconds


@dataclass(frozen=True)
class PedalDecoding:
    """Thresholds of the pedal: two, so that uncertain frames do not make it flutter."""

    down: Annotated[float, THRESHOLD] = 0.6
    """Posterior from which on the pedal goes down."""
    up: Annotated[float, THRESHOLD] = 0.4
    """Posterior below which the pedal comes up, no higher than that from which on it goes down."""
    shortest: Annotated[float, Within(0, 60)] = 0.1
    """Seconds; shorter intervals, and shorter gaps between two, are ignored."""
    down_latency: Annotated[float, LATENCY] = 0.0
    """Mean delay of the model where the pedal goes down, in seconds."""
    up_latency: Annotated[float, LATENCY] = 0.0
    """Mean delay of the model where the pedal comes up, in seconds: less than 0 where dampers end the sound only after
    the pedal has begun to rise."""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.up > self.down:
            fact = f"`up` is {self.up}, above `down`, which is {self.down}"
            raise UsageError(fact, "the pedal comes up below where it goes down", parameter="up")


class PedalDecoder:
    """Intervals of a pedal from its posterior in parts; the result does not depend on the parts."""

    def __init__(self, decoding: PedalDecoding, *, frame_seconds: float) -> None:
        self.decoding, self.frame_seconds = decoding, frame_seconds
        self._frame = 0
        self._is_down = False
        self._moves: list[float] = []

    def feed(self, posterior: NDArray[np.float32]) -> None:
        """Decode the next frames, shape (frames,), 0..1."""
        states = np.where(posterior >= self.decoding.down, 1, np.where(posterior < self.decoding.up, 0, -1))
        known = np.flatnonzero(states >= 0)
        changed = known[np.diff(states[known], prepend=int(self._is_down)) != 0]
        self._moves.extend((self._frame + changed) * self.frame_seconds)
        if len(known):
            self._is_down = bool(states[known[-1]])
        self._frame += len(posterior)

    def finish(self) -> Floats:
        """Return when the pedal was down, in seconds, shape (intervals, 2)."""
        moves = [*self._moves, self._frame * self.frame_seconds] if self._is_down else self._moves
        spans = np.array(moves, np.float64).reshape(-1, 2)
        if len(spans) > 1:
            is_lifted = spans[1:, 0] - spans[:-1, 1] >= self.decoding.shortest
            spans = np.stack([spans[np.append(True, is_lifted), 0], spans[np.append(is_lifted, True), 1]], axis=1)
        return self._without_latency(spans[spans[:, 1] - spans[:, 0] >= self.decoding.shortest])

    def _without_latency(self, spans: Floats) -> Floats:
        """Return intervals within the recording, each moved; those that touch then are one."""
        end = self._frame * self.frame_seconds
        moved = np.clip(spans - (self.decoding.down_latency, self.decoding.up_latency), 0, end)
        return interval_union(moved)
