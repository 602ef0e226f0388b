"""Pictures as PNG, SVG or PDF: the few things that all of them share."""

import io
import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from maestrokit.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Characters that no font shows, but for the line feed."""
CLOCKLESS: dict[str, dict[str, Any]] = {
    "png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None},
}  # fmt: skip
"""Metadata by format: what matplotlib would write of the time of drawing is left out."""
PROVENANCE = {"png": "provenance", "svg": "Description", "pdf": "Subject"}
"""Where the chain of commands stands, one a line."""


def new_figure(*, width: float, height: float) -> "Figure":
    """Return an empty figure of the given size in inches.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("pictures need matplotlib", "pip install 'maestrokit[plot]'") from None
    return Figure(figsize=(width, height), dpi=150, layout="constrained")


def picture_bytes(figure: "Figure", *, format: str, provenance: Sequence[str] = ()) -> bytes:
    """Return a figure as png, svg or pdf, the same bytes each time: without the clock and, in SVG, random names.

    The commands that made it, its provenance, stand in its metadata.
    """
    from matplotlib import rc_context
    from matplotlib.text import Text

    for text in figure.findobj(Text):  # names of files may hold what XML forbids
        text.set_text(CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.get_text()))
    made_by = {PROVENANCE[format]: "\n".join(provenance)} if provenance else {}
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "maestrokit"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure.savefig(buffer, format=format, metadata=CLOCKLESS[format] | made_by)
    return buffer.getvalue()


def bare(axes: Any) -> None:
    """Remove the upper and right lines of the frame of axes."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
