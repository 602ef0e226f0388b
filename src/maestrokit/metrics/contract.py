"""The interface of metrics of a set of pieces, and the rows of all scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from maestrokit.arrays import Floats
from maestrokit.metrics.piece import Piece

SHARE = (0.0, 1.0)
"""The bounds of a share."""
BETTER = ("higher", "lower", "closer")
"""What is better: ``closer`` is closer to the reference."""


@dataclass(frozen=True)
class Metric:
    """A metric of a set of pieces: each piece is summarised once, then the summaries are scored.

    A metric of a piece alone has neither ``expected`` nor ``score``: its summary is its value, shape (1,). A metric of
    a whole set has ``of_set`` in their place.
    """

    unit: str
    better: str
    """One of ``BETTER``."""
    summary: Callable[[Piece], Any] | None
    """Piece to vector; NaN where the metric is undefined for the piece. None where :attr:`embedding` is the summary."""
    expected: Callable[[Any], Any] | None = None
    """Summaries of a corpus, shape (pieces, values), to what :attr:`score` compares with."""
    score: Callable[[Any, Any], Floats] | None = None
    """Summaries of pieces, (pieces, values), and the expectation to values, (pieces,); NaN where there is none."""
    column: int | None = None
    """Where the summary holds several metrics, the index of this one's value."""
    is_distributed: bool = True
    """Whether Euclidean distances between summaries are meaningful, so that overlapped area and KL are."""
    bounds: tuple[float, float] | None = None
    """The least and the greatest possible value, where they exist."""
    of_set: Callable[[Any, Any, Floats], Floats] | None = None
    """Summaries of a set and of a corpus, and how often each piece of the set counts, (resamples, pieces), to the value
    of the set in each resample, (resamples,)."""
    corpus: str = "reference"
    """What ``expected`` and ``of_set`` compare with: the ``reference``, the ``training`` corpus of a model, or nothing
    (empty), where a set has a value without a corpus."""
    is_ragged: bool = False
    """Whether summaries differ in length: those of several pieces are then a list of vectors."""
    embedding: str | None = None
    """The shipped model whose states are the summary, one row a window of the piece: a layer above computes them."""
    is_default: bool = True
    """Whether sets are scored by it where no metrics are named."""

    def __post_init__(self) -> None:
        assert self.better in BETTER, self.better

    @property
    def needs(self) -> str:
        """The corpus without which there is no value; empty where none is needed."""
        return self.corpus if self.score is not None or self.of_set is not None else ""


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
