"""``maestrokit quantize``: note times onto a grid."""

from maestrokit.cli.commands.quantize.options import QuantizeOptions, quantization_of
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
    options: QuantizeOptions,
) -> None:
    """Move the notes of performances onto a time grid, and clean them.

    Onsets become t' = round(t / Q) * Q for a quantum Q. The moved onsets make a time map by which all else moves,
    pedals among it; tempos, signatures and markers stay. Quantizing twice gives the same as once, but with
    --beats track, which finds other beats in what has been moved, and with a range of --normalize-velocity. Where more
    than 5 % of the notes are merged into others, more than 5 % of the onsets move by more than 250 ms, or note values
    are of a tempo that is unknown, a note says so.
    """
    if options.step is None and options.grid is None:
        raise UsageError(
            "neither a step nor a grid is given", "give --step 10ms, --grid 1/16, or --grid none to clean only"
        )
    from maestrokit.cli.commands.quantize.work import Quantizer, run_quantize

    how = quantization_of(options)
    work = Quantizer(how, options.beats, options.normalize_velocity, reading.repair, provenance.made_by)
    run_quantize(work, inputs, outputs, running)
