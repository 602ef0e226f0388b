"""``maestrokit quantize``: note times onto a grid."""

from typing import Annotated

import typer

from maestrokit.bounds import SHARE, Within
from maestrokit.cli.choices import kept_in, one_of
from maestrokit.cli.errors import about
from maestrokit.cli.marks import Sets
from maestrokit.cli.options import Batch, Inputs, Outputs, Provenance, Reading
from maestrokit.errors import UsageError

EXAMPLES = (
    ("Round onsets to 10 milliseconds", "maestrokit quantize take.mid --step 10ms -o take-10ms.mid"),
    (
        "Bring onsets and ends of notes to the nearest sixteenth or triplet eighth of the file's own tempo",
        "maestrokit quantize take.mid --grid 1/16,1/12 --durations offsets -o take-on-the-grid.mid",
    ),
    (
        "Swing the eighths, half of the way",
        "maestrokit quantize take.mid --grid 1/8 --swing 0.67 --strength 0.5 -o take-swung.mid",
    ),
    (
        "Write an expressive performance as a score whose tempo map follows the given beats",
        "maestrokit quantize take.mid --beats beats.txt --grid 1/16,1/12 -o take-score.mid",
    ),
    (
        "The same with beats tracked in the notes, for a whole folder",
        "maestrokit quantize performances --beats track --grid 1/16,1/12 -d scores",
    ),
    (
        "Only clean a folder of performances, and spread the velocities of all of them onto 1..127",
        "maestrokit quantize performances --grid none --normalize-velocity corpus -d cleaned",
    ),
)
REFERENCES = (
    "Desain and Honing, The quantization of musical time: a connectionist approach, Computer Music Journal 13 (1989)",
    "Krebs, Boeck and Widmer, An efficient state-space model for joint tempo and meter tracking, ISMIR 2015",
    "Cemgil, Desain and Kappen, Rhythm quantization for transcription, Computer Music Journal 24 (2000)",
)


def run(
    inputs: Inputs,
    outputs: Outputs,
    reading: Reading,
    running: Batch,
    provenance: Provenance,
    step: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Move onsets to multiples of TIME (10ms, 0.01s) in real time."),
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(
            metavar="VALUES",
            help="Move onsets to multiples of a fraction of a whole note, up to 1 (1/16; 1/12 is a triplet eighth), of "
            "several (1/16,1/12) to the nearest; none only cleans. A beat of the file is a quarter note.",
        ),
        Sets(lambda: ["note_values"]),
    ] = None,
    beats: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|track",
            help="Take the beats from FILE, seconds in the first column, one a line, as quarter notes instead of those "
            "of the tempo map; the output has a tempo map that follows them. A {} in FILE stands for the input "
            "without its suffix. With track, beats are tracked in the notes.",
        ),
    ] = None,
    durations: Annotated[
        str,
        typer.Option(
            metavar="WAY",
            help="keep the length of notes; round it to multiples of the step (grid); or move the ends of notes to the "
            "grid (offsets). No note gets shorter than one step, unless it was, or its key has another onset sooner.",
            autocompletion=one_of(kept_in("maestrokit.music.quantize:DURATIONS")),
        ),
    ] = "keep",
    strength: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Move by this share of the way. Only with 1 does a second run change nothing."
        ),
        SHARE,
    ] = 1.0,
    swing: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Delay every second step until this share of two steps: 0.5 is straight, 0.67 is triplet swing.",
        ),
        Within(0.5, 1, below=True),
    ] = 0.5,
    remove_duplicates: Annotated[
        bool,
        typer.Option(
            "--remove-duplicates/--keep-duplicates",
            help="Merge notes of one key (pitch and channel) with onsets at one time, also where the grid moved them "
            "there, into one: the onset of the first, the velocity of the loudest, the offset of the last.",
        ),
    ] = True,
    duplicate_window: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Notes of one key with onsets within TIME (30ms) of the first are duplicates of it."
        ),
    ] = "0",
    cut_overlaps: Annotated[
        bool,
        typer.Option("--cut-overlaps/--keep-overlaps", help="Cut a note at the next onset of its own key."),
    ] = True,
    normalize_velocity: Annotated[
        str | None,
        typer.Option(
            metavar="RANGE",
            help="Spread velocities from RANGE onto 1..127, V' = (V - min) / (max - min): the range of each file, of "
            "all inputs (corpus; they are read twice), or MIN,MAX.",
        ),
    ] = None,
) -> None:
    """Move the notes of performances onto a time grid, and clean them.

    Onsets become t' = round(t / Q) * Q for a quantum Q. The moved onsets make a time map by which all else moves,
    pedals among it; tempos, signatures and markers stay. Quantizing twice gives the same as once. Where more than 5 %
    of the notes are merged into others, or more than 5 % of the onsets move by more than 250 ms, a note says so.
    """
    if step is None and grid is None:
        raise UsageError(
            "neither a step nor a grid is given", "give --step 10ms, --grid 1/16, or --grid none to clean only"
        )
    from maestrokit.cli.commands.quantize.work import Quantizer, run_quantize
    from maestrokit.music.grid import parse_note_values, parse_step, parse_time
    from maestrokit.music.quantize import Quantization

    with about("duplicate_window"):
        window = float(parse_time(duplicate_window))
    with about("step"):
        quantum = None if step is None else parse_step(step)
    with about("grid"):
        note_values = () if grid in (None, "none") else parse_note_values(str(grid))
    how = Quantization(
        step=quantum,
        note_values=note_values,
        durations=durations,  # type: ignore[arg-type]  # checked there
        strength=strength,
        swing=swing,
        duplicates=remove_duplicates,
        duplicate_window=window,
        overlaps=cut_overlaps,
    )
    work = Quantizer(how, beats, normalize_velocity, reading.repair, provenance.made_by)
    run_quantize(work, inputs, outputs, running)
