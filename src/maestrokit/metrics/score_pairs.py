"""Scores of an estimate against its reference, such as a transcription against what was played."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from maestrokit import registry
from maestrokit.arrays import Floats
from maestrokit.bounds import DAY, LARGEST_COUNT, Within, check_fields
from maestrokit.metrics import intervals
from maestrokit.metrics.contract import SHARE, Row
from maestrokit.metrics.piece import Piece, piece_of
from maestrokit.music.performance import Performance
from maestrokit.music.sustain import pedal_intervals

FOLDER = "maestrokit.metrics.pairs"


@dataclass(frozen=True)
class NotesAndPedal:
    """What is compared: notes, and when the sustain pedal is down.

    Parameters
    ----------
    notes : Piece
        The notes.
    pedal : float64, shape (intervals, 2), in seconds, or None
        When the sustain pedal is down; None where the source cannot say, as a table of notes.
    """

    notes: Piece
    pedal: Floats | None

    @classmethod
    def of(cls, performance: Performance, *, extends_by_pedal: bool) -> "NotesAndPedal":
        """Return those of a performance; its notes last until their keys are released, or as long as they sound."""
        piece = piece_of(performance)
        notes = piece.replace(offset=piece.sounding_offset) if extends_by_pedal else piece
        return cls(notes, pedal_intervals(performance))

    def until(self, second: float) -> "NotesAndPedal":
        """Return the notes that begin before a moment, and the pedal, as if all ended there."""
        notes = self.notes.select(self.notes.onset < second)
        ends = {name: np.minimum(getattr(notes, name), second) for name in ("offset", "sounding_offset")}
        pedal = None if self.pedal is None else np.minimum(self.pedal[self.pedal[:, 0] < second], second)
        return NotesAndPedal(notes.replace(**ends), pedal)


@dataclass(frozen=True)
class Tolerance:
    """How far an estimate may be off; the defaults are mir_eval's, and MIREX's.

    Parameters
    ----------
    onset : float >= 0, in seconds
        How far onsets may be off.
    offset_ratio : float >= 0
        Offsets may be off by this share of the reference note's duration,
    offset_min : float >= 0, in seconds
        or by this, whichever is more.
    velocity : float >= 0
        Of the reference's range of velocities, after the estimate's are scaled to fit.

    Raises
    ------
    UsageError
        If a tolerance is negative or not a number.
    """

    onset: Annotated[float, Within(0, DAY)] = 0.05
    offset_ratio: Annotated[float, Within(0, LARGEST_COUNT)] = 0.2
    offset_min: Annotated[float, Within(0, DAY)] = 0.05
    velocity: Annotated[float, Within(0, LARGEST_COUNT)] = 0.1

    def __post_init__(self) -> None:
        check_fields(self)


def compare(estimate: NotesAndPedal, reference: NotesAndPedal, *, tolerances: Sequence[Tolerance]) -> dict[str, float]:
    """Return all scores of one pair, 0..1, by name: ``onset_f1``, ``pedal_frame_recall`` ..

    With several tolerances, names include theirs: ``onset_f1@30ms``. Scores that are undefined (of pedals, where a
    side has none) are left out.

    Parameters
    ----------
    estimate, reference : NotesAndPedal
        What was found, and what was played.
    tolerances : sequence of Tolerance
        At least one.

    Returns
    -------
    dict of str to float
        The scores by name.
    """
    scores: dict[str, float] = {}
    for name in registry.names(FOLDER):
        module = registry.load(FOLDER, name)
        for tolerance in tolerances:
            result = module.scores(estimate, reference, tolerance=tolerance)
            mark = f"@{tolerance.onset * 1000:g}ms" if len(tolerances) > 1 and module.USES_TOLERANCE else ""
            scores.update({key + mark: value for key, value in result.items()})
    return scores


def mean_rows(pairs: Sequence[Mapping[str, float]], *, generator: np.random.Generator) -> list[Row]:
    """Return the mean of each score over pairs, with the 95 % interval of resampled pairs."""
    rows = []
    for name in dict.fromkeys(name for scores in pairs for name in scores):
        values = np.array([scores[name] for scores in pairs if name in scores])
        low, high = intervals.mean_interval(values, generator=generator)
        rows.append(Row(name, float(values.mean()), low, high, n=len(values), reference=1.0, bounds=SHARE))
    return rows


def precision_recall_f1(prefix: str, hits: float, estimated: float, referred: float) -> dict[str, float]:
    """Return the three scores, by name; 0 where nothing was estimated, or there was nothing to find, as in mir_eval.

    >>> precision_recall_f1("onset", 1, 2, 4)["onset_recall"]
    0.25
    """
    precision = hits / estimated if estimated and referred else 0.0
    recall = hits / referred if estimated and referred else 0.0
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    return {f"{prefix}_precision": precision, f"{prefix}_recall": recall, f"{prefix}_f1": f1}
