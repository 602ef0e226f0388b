"""The interface of metrics of a set of pieces, and the rows of all scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from maestrokit.arrays import Floats
from maestrokit.metrics.piece import Piece

SHARE = (0.0, 1.0)
"""The bounds of a share."""


@dataclass(frozen=True)
class Metric:
    """A metric of a set of pieces: each piece is summarised once, then the summaries are scored.

    A metric of a piece alone has neither ``expected`` nor ``score``: its summary is its value, shape (1,).
    """

    unit: str
    better: str
    """``higher``, ``lower``, or ``closer``: the closer to the reference, the better."""
    summary: Callable[[Piece], Floats]
    """Piece to vector, always of the same shape; NaN where the metric is undefined for the piece."""
    expected: Callable[[Floats], Any] | None = None
    """Summaries of a reference corpus, shape (pieces, values), to what :attr:`score` compares with."""
    score: Callable[[Floats, Any], float] | None = None
    """A summary and the expectation to the value of a piece; NaN where there is none."""
    column: int | None = None
    """Where the summary holds several metrics, the index of this one's value."""
    is_distributed: bool = True
    """Whether Euclidean distances between summaries are meaningful, so that overlapped area and KL are."""
    bounds: tuple[float, float] | None = None
    """The least and the greatest possible value, where they exist."""


@dataclass(frozen=True)
class Row:
    """One score: a line of every table and report.

    Parameters
    ----------
    metric : str
        Name of the metric.
    value : float
        The score.
    low, high : float
        Ends of the 95 % interval; NaN for a single file.
    unit : str
        Unit of the value; empty for a pure number.
    n : int
        Pieces (set mode) or pairs behind the value.
    reference : float
        The same metric of the reference corpus itself: what a perfect imitation would reach.
    better : {'higher', 'lower', 'closer'}
        Which values are better; closer: to the reference.
    bounds : (float, float), optional
        The least and the greatest value that there can be; reports draw all scores of equal bounds on one scale.
    """

    metric: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    unit: str = ""
    n: int = 1
    reference: float = float("nan")
    better: str = "higher"
    bounds: tuple[float, float] | None = None
