"""``maestrokit quantize``: time onto a grid."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from maestrokit.cli.options import Inputs, Outputs, Reading, Running

if TYPE_CHECKING:
    from maestrokit.music.performance import Performance

EXAMPLES = (("Round onsets to 10 milliseconds", "maestrokit quantize take.mid --step 10ms -o take-10ms.mid"),)
REFERENCES: tuple[str, ...] = ()


def run(
    inputs: Inputs,
    outputs: Outputs,
    reading: Reading,
    running: Running,
    step: Annotated[str | None, typer.Option(metavar="TIME", help="Time quantum: 10ms, 0.01s.")] = None,
) -> None:
    """Move the notes of performances onto a time grid, and clean them.

    Onsets become t' = round(t / Q) * Q for a quantum Q.
    """
    from maestrokit.cli.filters import run_midi_filter

    run_midi_filter("quantize", partial(_quantized, step=step), inputs, outputs, reading, running)


def _quantized(performance: "Performance", *, step: str | None) -> "tuple[Performance, list[str]]":
    return performance, ["nothing yet"]
