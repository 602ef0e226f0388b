"""The settings of an evaluation, from the options of ``evaluate``."""

from dataclasses import dataclass
from pathlib import Path

from maestrokit.errors import UsageError
from maestrokit.metrics.score_pairs import Tolerance


@dataclass(frozen=True)
class Settings:
    """The command's own options, as given."""

    reference: tuple[str, ...]
    reference_split: str | None
    pairs: bool | None
    """Whether each input is compared with a reference of its own; None where the files decide."""
    metric: tuple[str, ...]
    onset_tolerance: str
    offset_ratio: float
    offset_min_tolerance: float
    extend_pedal: bool
    seed: int
    repair: bool

    @property
    def compares(self) -> bool:
        """Whether any of these options compares performances."""
        return bool(self.reference or self.metric or self.pairs is not None)


def tolerances_of(settings: Settings) -> tuple[Tolerance, ...]:
    """Return the tolerances, one for each onset tolerance.

    Raises
    ------
    UsageError
        If one is not a number, or negative.
    """
    try:
        onsets = [float(text) for text in settings.onset_tolerance.split(",")]
    except ValueError:
        raise UsageError(
            f"'{settings.onset_tolerance}' is no tolerance",
            "write seconds: 0.05, or 0.03,0.05,0.1",
            parameter="onset_tolerance",
        ) from None
    return tuple(Tolerance(onset, settings.offset_ratio, settings.offset_min_tolerance) for onset in onsets)


def transcribing(model: str) -> Path | None:
    """Return the folder of a model if it is one that transcribes.

    Raises
    ------
    NoInputError
        If there is no such model.
    """
    from maestrokit.files.checkpoint import model_folder, read_config

    folder = model_folder(model)
    return folder if read_config(folder).get("task") == "transcription" else None
