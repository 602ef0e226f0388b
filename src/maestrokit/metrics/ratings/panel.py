"""What a panel of listeners said, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask

HUMAN_OR_MACHINE = "human"
"""The scale that asks whether a clip is of a human (1) or a machine (0)."""


@dataclass(frozen=True)
class Measure:
    """One question, and the whole numbers that answer it."""

    name: str
    low: int
    high: int

    @property
    def is_binary(self) -> bool:
        """Whether there are two answers only."""
        return self.high - self.low == 1


@dataclass(frozen=True)
class Panel:
    """Answers by listeners to the same questions on the same clips.

    Parameters
    ----------
    measures, systems, listeners : sequence of str
        Names; those of the measures come with their bounds.
    ratings : float64, shape (measures, systems, listeners, clips)
        NaN where a listener did not rate a clip. Each system has clips of its own.
    again : float64, shape (measures, systems, listeners, clips)
        The second rating of a clip that was played twice, else NaN.
    preferences : float64, shape (measures, systems, systems, listeners, clips)
        1 where the first system was preferred over the second, 0 where it was not, NaN where they did not meet.
    attention : float64, shape (listeners, items)
        1 where an attention item was answered rightly, 0 where wrongly, NaN where not at all.
    is_finished : bool, shape (listeners,)
        Whether every question was answered.
    human : str or None
        The system whose clips are of humans.
    """

    measures: Sequence[Measure]
    systems: Sequence[str]
    listeners: Sequence[str]
    ratings: Floats
    again: Floats
    preferences: Floats
    attention: Floats
    is_finished: Mask
    human: str | None = None

    def select(self, rows: Mask | Integers) -> "Panel":
        """Return the panel of some listeners."""
        return replace(
            self,
            listeners=np.asarray(self.listeners, object)[rows].tolist(),
            ratings=self.ratings[:, :, rows],
            again=self.again[:, :, rows],
            preferences=self.preferences[:, :, :, rows],
            attention=self.attention[rows],
            is_finished=self.is_finished[rows],
        )
