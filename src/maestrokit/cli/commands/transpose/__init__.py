"""``maestrokit transpose``: performances into other keys."""

from typing import TYPE_CHECKING, Annotated

import typer

from maestrokit.bounds import Within
from maestrokit.cli.choices import ASIDE, kept_in, one_of
from maestrokit.cli.errors import about
from maestrokit.cli.options import Batch, Inputs, Outputs, Provenance, Reading
from maestrokit.errors import UsageError

if TYPE_CHECKING:
    from maestrokit.music.keys import Key

EXAMPLES = (
    ("Bring a piece to C major, or to A minor if it is minor", "maestrokit transpose take.mid -o take-in-C.mid"),
    (
        "Move it up by five semitones, and what would lie above the piano an octave down",
        "maestrokit transpose take.mid --semitones 5 --out-of-range fold -o higher.mid",
    ),
    (
        "Write seven versions for training, and a table of keys",
        "maestrokit transpose take.mid --to C --augment -3..3 --out-of-range fold --report keys.tsv -d augmented",
    ),
)
REFERENCES = (
    "Albrecht and Shanahan, The use of large corpora to train a new type of key-finding algorithm, "
    "Music Perception 31 (2013)",
)


def run(
    inputs: Inputs,
    outputs: Outputs,
    reading: Reading,
    running: Batch,
    provenance: Provenance,
    semitones: Annotated[
        int | None, typer.Option(metavar="K", help="Move by K semitones, -127..127."), Within(-127, 127)
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Move into KEY (C, Eb, f#, 'A minor') by the smallest shift, -6..5 semitones, or by the same an "
            "octave up or down where only that keeps every note in the range. A piece of the other mode goes to the "
            "relative of KEY. Default: C, so that minor pieces go to A minor.",
        ),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The key the inputs are in. Default: found from the notes.")
    ] = None,
    profile: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Key profile: albrecht-shanahan, krumhansl-kessler or kostka-payne.",
            autocompletion=one_of(kept_in("maestrokit.music.keys:PROFILES")),
        ),
    ] = "albrecht-shanahan",
    out_of_range: Annotated[
        str,
        typer.Option(
            metavar="WAY",
            help="Where notes would leave the range: keep writes and counts them, error refuses the input, fold moves "
            "them by octaves, drop leaves them out. MIDI has no pitch outside 0..127: there keep refuses the input.",
            autocompletion=one_of(kept_in("maestrokit.music.transpose:OUT_OF_RANGE")),
        ),
    ] = "keep",
    range_: Annotated[
        str, typer.Option("--range", metavar="LOW..HIGH", help="The range, MIDI numbers. Default is the piano's.")
    ] = "21..108",
    augment: Annotated[
        str | None,
        typer.Option(
            metavar="LOW..HIGH",
            help="Write an output for each shift from LOW to HIGH, named as take.+2.mid. Shifts count from where "
            "--to or --semitones leads, else from the input as it is.",
        ),
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write a record an input to FILE: key, confidence, shift, counts, the score of each key. TSV, CSV, "
            "JSON Lines or JSON by the suffix, else JSON Lines.",
        ),
        ASIDE,
    ] = None,
) -> None:
    """Move performances into another key: P' = P + K.

    The key is the one whose profile fits best how long each pitch class is held; -v prints how each of the 24 fits.
    The drum channel stays as it is, key signatures follow. A line on standard error says how many notes are outside
    the range, and how many are dropped if these are more than 5 %.
    """
    from maestrokit.cli import plan as streams
    from maestrokit.cli.commands.transpose.work import Transposition, parse_span, run_transpose
    from maestrokit.files import walk
    from maestrokit.files.formats import PERFORMANCE, RECORDS, format_by_name

    if to is not None and semitones is not None:
        raise UsageError("`to` and `semitones` exclude each other", "`to` finds the number of semitones itself")
    lowest, highest = parse_span(range_, parameter="range")
    if augment is not None and to is None and semitones is None:
        semitones = 0
    work = Transposition(
        semitones=semitones,
        target=_key(to, parameter="to"),
        key=_key(key, parameter="key"),
        profile=profile,
        out_of_range=out_of_range,
        lowest=lowest,
        highest=highest,
        augment=parse_span(augment, parameter="augment") if augment is not None else None,
        finds_key=report is not None or running.verbose > 0,
        repair=reading.repair,
        made_by=provenance.made_by,
    )
    format_by_name(outputs.output, PERFORMANCE)
    report_format = format_by_name(report, RECORDS) or "jsonl"
    plan = streams.convert(inputs, outputs, running, suffixes=walk.MIDI_SUFFIXES, targets=work.targets)
    streams.protect_inputs(plan.tasks, report)
    for task in plan.tasks[:1]:
        if augment is not None and task.target == "-":
            fact = "`augment` writes several outputs"
            raise UsageError(fact, "name a folder with -d DIR, or a file with -o FILE", parameter="augment")
        streams.refuse_terminal(task.target, "MIDI")
    run_transpose(work, plan, running, report=report, report_format=report_format)


def _key(text: str | None, *, parameter: str) -> "Key | None":
    from maestrokit.music.keys import parse_key

    with about(parameter):
        return None if text is None else parse_key(text)
