"""The sweep of ``evaluate``: several values of a threshold of a model that transcribes."""

from dataclasses import dataclass, fields, replace

import numpy as np

from maestrokit.errors import UsageError, choices_hint
from maestrokit.inference.transcription.note_decoding import Decoding
from maestrokit.inference.transcription.transcriber import Transcriber

DECODING = tuple(field.name for field in fields(Decoding))
GATE = ("min_confidence", "silence_threshold")
SWEPT = (*DECODING, *GATE, "pedal_down", "pedal_up")
POINTS = 9  # of a sweep that names no step
MOST_POINTS = 1000


@dataclass(frozen=True)
class Sweep:
    """Values of one threshold, each of which is scored; none scores the model's own."""

    name: str = ""
    values: tuple[float, ...] = ()

    @property
    def marks(self) -> tuple[str, ...]:
        """What stands behind the names of scores, one for each value."""
        return tuple(f"@{self.name}={value:g}" for value in self.values) or ("",)

    def transcribers(self, transcriber: Transcriber) -> dict[str, Transcriber]:
        """Return a transcriber for each value, by the mark of its scores."""
        if not self.values:
            return {"": transcriber}
        return {mark: self._with(transcriber, value) for mark, value in zip(self.marks, self.values, strict=True)}

    def _with(self, transcriber: Transcriber, value: float) -> Transcriber:
        if self.name in DECODING:
            return replace(transcriber, decoding=replace(transcriber.decoding, **{self.name: value}))
        if self.name in GATE:
            return replace(transcriber, gate=replace(transcriber.gate, **{self.name: value}))
        name = self.name.removeprefix("pedal_")
        return replace(transcriber, pedal_decoding=replace(transcriber.pedal_decoding, **{name: value}))


def parse_sweep(text: str | None) -> Sweep:
    """Return the values of a threshold written as NAME=VALUES.

    Raises
    ------
    UsageError
        If it names no threshold, or no values.

    >>> parse_sweep("onset_threshold=0.2..0.6/0.2").values
    (0.2, 0.4, 0.6)
    >>> parse_sweep("min_note=0.05,0.1")
    Sweep(name='min_note', values=(0.05, 0.1))
    """
    if text is None:
        return Sweep()
    name, _, values = text.partition("=")
    if name not in SWEPT:
        raise UsageError(f"no threshold '{name}' to sweep", choices_hint(name, SWEPT), parameter="sweep")
    try:
        if ".." not in values:
            return Sweep(name, tuple(float(value) for value in values.split(",")))
        span, _, step = values.partition("/")
        first, last = (float(end) for end in span.split(".."))
        count = POINTS if not step else round((last - first) / float(step)) + 1
        if not 2 <= count <= MOST_POINTS or not first < last:
            raise ValueError
    except (ValueError, ZeroDivisionError, OverflowError):
        raise UsageError(
            f"cannot sweep '{text}'",
            "write onset_threshold=0.2..0.6, with a step 0.2..0.6/0.1, or 0.2,0.3,0.5",
            parameter="sweep",
        ) from None
    return Sweep(name, tuple(round(float(value), 6) for value in np.linspace(first, last, count)))
