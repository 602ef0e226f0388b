"""From the options of ``maestrokit quantize`` to how performances are quantized."""

from maestrokit.bounds import DAY, Within
from maestrokit.cli.commands.quantize.options import QuantizeOptions
from maestrokit.cli.errors import about
from maestrokit.cli.parse import parse_time
from maestrokit.music.grid import parse_note_values
from maestrokit.music.quantize import Quantization

STEPS = Within(1e-6, DAY)  # seconds: MIDI counts tempo in microseconds


def quantization_of(options: QuantizeOptions) -> Quantization:
    """Return how the options say that performances are quantized."""
    step, grid = options.step, options.grid
    with about("grid"):
        note_values = () if grid in (None, "none") else parse_note_values(str(grid))
    return Quantization(
        step=None if step is None else parse_time(step, parameter="step", within=STEPS, bare=False),
        note_values=note_values,
        durations=options.durations,  # type: ignore[arg-type]  # checked there
        strength=options.strength,
        swing=options.swing,
        duplicates=options.remove_duplicates,
        duplicate_window=float(parse_time(options.duplicate_window, parameter="duplicate_window", bare=False)),
        overlaps=options.cut_overlaps,
    )
