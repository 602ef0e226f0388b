"""The options of ``maestrokit generate`` for the performance of a score."""

from dataclasses import dataclass

from maestrokit.bounds import Within
from maestrokit.cli.choices import kept_in, several_of
from maestrokit.cli.declare import Excludes, only_with, option

OF_A_SCORE = only_with("`perform`")
ALONE = ("prompt_seconds", "infill", "condition", "density", "loudness")


# fmt: off
@dataclass(frozen=True)
class Performing:
    """Which score is performed, and how."""

    perform: str | None = option(None, "SCORE", "Play the score in this file, MIDI with time signatures and a tempo "
        "map, or MusicXML if partitura is installed, as a person might: all its notes, and no others; tempo, onsets, "
        "velocities, articulation and sustain pedal are new. Velocities that differ are read as the dynamics of the "
        "score, as programs of notation write them, and two tracks or channels as its staves. - is standard input, of "
        "MIDI.", Excludes(ALONE, "a score is performed as it is"))
    rubato: float = option(1.0, "R", "How much the timing departs from its mean: 1 as sampled, 0 even, 2 the most.",
        Within(0, 2), OF_A_SCORE)
    dynamics: float = option(1.0, "R", "How much velocities depart from their mean: 1 as sampled, 0 all equal.",
        Within(0, 2), OF_A_SCORE)
    like: str | None = option(None, "TAKE", "Take the mean tempo, rubato, mean velocity and range of velocities from "
        "this performance, which may be of other music. --tempo goes before.", OF_A_SCORE)
    keep: str | None = option(None, "PARTS", "Keep these parts of the score's file as they are: timing, velocity, "
        "pedal, or several separated by commas. Of MusicXML, the pedal is that of its pedal marks. Where timing is "
        "kept, --tempo and --rubato are refused, and --dynamics where velocity is.", OF_A_SCORE,
        complete=several_of(kept_in("maestrokit.inference.scores.performer:KEPT")))
    # fmt: on

    @property
    def kept_parts(self) -> tuple[str, ...]:
        """The parts that are kept."""
        return tuple(name.strip() for name in (self.keep or "").split(",") if name.strip())
