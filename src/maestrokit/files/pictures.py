"""Pictures as PNG: the few things that all of them share."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from maestrokit.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PROVENANCE = "provenance"  # keyword of a PNG's text: the chain of commands, one a line


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


def png_bytes(figure: "Figure", *, provenance: Sequence[str] = ()) -> bytes:
    """Return a figure as PNG, the same bytes each time; the commands that made it stand in a text of its head."""
    made_by = {PROVENANCE: "\n".join(provenance)} if provenance else {}
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None, **made_by})
    return buffer.getvalue()


def bare(axes: Any) -> None:
    """Take from axes the frame that says nothing."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
