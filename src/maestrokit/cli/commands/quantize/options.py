"""The options of ``maestrokit quantize``."""

from typing import Annotated

import typer

from maestrokit.bounds import SHARE, Within
from maestrokit.cli.choices import Sets, kept_in, one_of

Step = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Move onsets to multiples of TIME (10ms, 0.01s) in real time."),
]
Grid = Annotated[
    str | None,
    typer.Option(
        metavar="VALUES",
        help="Move onsets to multiples of a fraction of a whole note, up to 1 (1/16; 1/12 is a triplet eighth), of "
        "several (1/16,1/12) to the nearest; none only cleans. A beat of the file is a quarter note.",
    ),
    Sets(lambda: ["note_values"]),
]
Beats = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|track",
        help="Take the beats from FILE, seconds in the first column, one a line, as quarter notes instead of those "
        "of the tempo map; the output has a tempo map that follows them. A {} in FILE stands for the input "
        "without its suffix. With track, beats are tracked in the notes.",
    ),
]
Durations = Annotated[
    str,
    typer.Option(
        metavar="WAY",
        help="keep the length of notes; round it to multiples of the step (grid); or move the ends of notes to the "
        "grid (offsets). No note gets shorter than one step, unless it was, or its key has another onset sooner.",
        autocompletion=one_of(kept_in("maestrokit.music.quantize:DURATIONS")),
    ),
]
Strength = Annotated[
    float,
    typer.Option(metavar="SHARE", help="Move by this share of the way. Only with 1 does a second run change nothing."),
    SHARE,
]
Swing = Annotated[
    float,
    typer.Option(
        metavar="SHARE",
        help="Delay every second step until this share of two steps: 0.5 is straight, 0.67 is triplet swing.",
    ),
    Within(0.5, 1, below=True),
]
RemoveDuplicates = Annotated[
    bool,
    typer.Option(
        "--remove-duplicates/--keep-duplicates",
        help="Merge notes of one key (pitch and channel) with onsets at one time, also where the grid moved them "
        "there, into one: the onset of the first, the velocity of the loudest, the offset of the last.",
    ),
]
DuplicateWindow = Annotated[
    str,
    typer.Option(
        metavar="TIME", help="Notes of one key with onsets within TIME (30ms) of the first are duplicates of it."
    ),
]
CutOverlaps = Annotated[
    bool,
    typer.Option("--cut-overlaps/--keep-overlaps", help="Cut a note at the next onset of its own key."),
]
NormalizeVelocity = Annotated[
    str | None,
    typer.Option(
        metavar="RANGE",
        help="Spread velocities from RANGE onto 1..127, V' = (V - min) / (max - min): the range of each file, of "
        "all inputs (corpus; they are read twice), or MIN,MAX.",
    ),
]
