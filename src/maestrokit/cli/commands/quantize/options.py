"""The options of ``maestrokit quantize``."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maestrokit.bounds import DAY, SHARE, Within
from maestrokit.cli.choices import Sets, kept_in, one_of
from maestrokit.cli.declare import TIME, Excludes, flag, not_with, only_with, option

if TYPE_CHECKING:
    from maestrokit.music.quantization.quantize import Quantization

NOT_CLEANING = not_with("`grid` none")


# fmt: off
@dataclass(frozen=True)
class QuantizeOptions:
    """How performances are quantized."""

    step: str | None = option(None, "TIME", "Move onsets to multiples of TIME (10ms, 0.01s) in real time.",
        TIME, Excludes(("grid",), "`step` is a time, `grid` a share of a whole note"))
    grid: str | None = option(None, "VALUES", "Move onsets to multiples of a fraction of a whole note, up to 1 "
        "(1/16; 1/12 is a triplet eighth), of several (1/16,1/12) to the nearest; none only cleans. A beat of the "
        "file is a quarter note.", Sets(lambda: ["note_values"]))
    beats: str | None = option(None, "FILE|track", "Take the beats from FILE, seconds in the first column, one a "
        "line, as quarter notes instead of those of the tempo map; the output has a tempo map that follows them. A "
        "{} in FILE stands for the input without its suffix. With track, beats are tracked in the notes.",
        Excludes(("step",), "beats are divided by `grid`"))
    durations: str = option("keep", "WAY", "keep the length of notes; round it to multiples of the step (grid); or "
        "move the ends of notes to the grid (offsets). No note gets shorter than one step, unless it was, or its key "
        "has another onset sooner.", NOT_CLEANING,
        complete=one_of(kept_in("maestrokit.music.quantization.quantize:DURATIONS")))
    strength: float = option(1.0, "SHARE", "Move by this share of the way. Only with 1 does a second run change "
        "nothing.", SHARE, NOT_CLEANING)
    swing: float = option(0.5, "SHARE", "Delay every second step until this share of two steps: 0.5 is straight, "
        "0.67 is triplet swing.", Within(0.5, 1, below=True), NOT_CLEANING)
    remove_duplicates: bool = flag(True, "Merge notes of one key (pitch and channel) with onsets at one time, also "
        "where the grid moved them there, into one: the onset of the first, the velocity of the loudest, the offset "
        "of the last.", spell="--remove-duplicates/--keep-duplicates")
    duplicate_window: str = option("0", "TIME", "Notes of one key with onsets within TIME (30ms) of the first are "
        "duplicates of it.", TIME, Within(0, DAY), only_with("`remove_duplicates`"))
    cut_overlaps: bool = flag(True, "Cut a note at the next onset of its own key.",
        spell="--cut-overlaps/--keep-overlaps")
    normalize_velocity: str | None = option(None, "RANGE", "Spread velocities from RANGE onto 1..127, V' = (V - min) "
        "/ (max - min): the range of each file, of all inputs (corpus; they are read twice), or MIN,MAX.")
# fmt: on


def quantization_of(options: QuantizeOptions) -> "Quantization":
    """Return how the options say that performances are quantized."""
    from maestrokit.cli.errors import about
    from maestrokit.cli.parse import parse_time, seconds
    from maestrokit.music.quantization.grid import parse_note_values
    from maestrokit.music.quantization.quantize import STEPS, Quantization

    step, grid = options.step, options.grid
    with about("grid"):
        note_values = () if grid in (None, "none") else parse_note_values(str(grid))
    return Quantization(
        step=None if step is None else parse_time(step, parameter="step", within=STEPS),
        note_values=note_values,
        durations=options.durations,  # type: ignore[arg-type]  # checked there
        strength=options.strength,
        swing=options.swing,
        duplicates=options.remove_duplicates,
        duplicate_window=seconds(options.duplicate_window, parameter="duplicate_window"),
        overlaps=options.cut_overlaps,
    )
