"""``maestrokit quantize``: note times onto a grid."""

from typing import Annotated

import typer

from maestrokit.bounds import SHARE, Within
from maestrokit.cli.choices import kept_in, one_of
from maestrokit.cli.options import Inputs, Outputs, Reading, Running
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
        "The same, its beats tracked on the notes, those of a whole folder",
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
    running: Running,
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
    ] = None,
    beats: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|track",
            help="Take the beats from FILE, seconds in the first column, one a line, as quarter notes instead of those "
            "of the tempo map; the output has a tempo map that follows them. A {} in FILE stands for the input "
            "without its suffix. With track, beats are heard in the notes.",
        ),
    ] = None,
    durations: Annotated[
        str,
        typer.Option(
            metavar="WAY",
            help="keep the length of notes; round it to multiples of the step (grid); or move the ends of notes to the "
            "grid (offsets). No note gets shorter than one step, unless it was, or its key is struck again.",
            autocompletion=one_of(kept_in("maestrokit.music.quantize:DURATIONS")),
        ),
    ] = "keep",
    strength: Annotated[
        float,
        typer.Option(metavar="SHARE", help="Move by this share of the way, 0..1. Only with 1 is twice once."),
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
            help="Make one note of strokes of one key (pitch and channel) at one time, also where the grid brought "
            "them there: the first, as loud as the loudest, until the end of the last.",
        ),
    ] = True,
    duplicate_window: Annotated[
        str, typer.Option(metavar="TIME", help="Onsets so soon (30ms) after the first are duplicates of it.")
    ] = "0",
    cut_overlaps: Annotated[
        bool,
        typer.Option("--cut-overlaps/--keep-overlaps", help="Cut a note where its own key is struck again."),
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
    pedals first of all; tempos, signatures and markers stay. Quantizing twice is quantizing once. Where more than 5 %
    of the notes are merged into others, or more than 5 % of the onsets move by more than 250 ms, a note says so.
    """
    if step is None and grid is None:
        raise UsageError("nothing says where notes go", "give --step 10ms, --grid 1/16, or --grid none to clean only")
    from maestrokit.cli.commands.quantize.work import Quantizer, run_quantize
    from maestrokit.music.grid import parse_note_values, parse_step, parse_time
    from maestrokit.music.quantize import Quantization

    how = Quantization(
        step=None if step is None else parse_step(step),
        note_values=() if grid in (None, "none") else parse_note_values(str(grid)),
        durations=durations,  # type: ignore[arg-type]  # checked there
        strength=strength,
        swing=swing,
        duplicates=remove_duplicates,
        duplicate_window=float(parse_time(duplicate_window)),
        overlaps=cut_overlaps,
    )
    run_quantize(Quantizer(how, beats, normalize_velocity, reading.repair, running.made_by), inputs, outputs, running)
