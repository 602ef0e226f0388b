"""``maestrokit transpose``: performances into other keys."""

from dataclasses import replace

from maestrokit.cli.commands.transpose.options import TransposeOptions
from maestrokit.cli.options import Batch, Inputs, Outputs, Provenance, Reading
from maestrokit.errors import UsageError

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
    options: TransposeOptions,
) -> None:
    """Move performances into another key: P' = P + K.

    The key is the one whose profile fits best how long each pitch class is held; -v prints how each of the 24 fits.
    The drum channel stays as it is, key signatures follow. A line on standard error says how many notes are outside
    the range, and how many are dropped if these are more than 5 %.
    """
    from maestrokit.cli import planning
    from maestrokit.cli.commands.transpose.settings import transposition_of
    from maestrokit.cli.commands.transpose.work import run_transpose
    from maestrokit.files import walk
    from maestrokit.files.formats import PERFORMANCE, RECORDS, format_by_name

    work = transposition_of(options, is_verbose=running.verbose > 0, repair=reading.repair, made_by=provenance.made_by)
    format_by_name(outputs.output, PERFORMANCE)
    report_format = format_by_name(options.report, RECORDS) or "jsonl"
    output = None if outputs.directory else outputs.output or "-"
    planning.check_standard_output({"output": output, "report": options.report})
    with_report = outputs.update and options.report is not None  # which has all inputs, or is up to date as a whole
    plan = planning.convert(
        inputs, replace(outputs, update=outputs.update and not with_report), running, suffixes=walk.MIDI_SUFFIXES,
        targets=work.targets,
    )  # fmt: skip
    planning.protect_inputs(plan.tasks, options.report)
    files = [(task.source, path) for task in plan.tasks for path in (*work.targets(task.target), options.report or "-")]
    if with_report and not plan.missing and all(planning.is_newer(path, source) for source, path in files):
        planning.say_up_to_date(len(plan.tasks), len(plan.tasks), running)
        return
    if options.augment is not None and "-" in plan.targets:
        fact = "`augment` writes several outputs"
        raise UsageError(fact, "name a folder with -d DIR, or a file with -o FILE", parameter="augment")
    planning.refuse_terminal(plan.targets, "MIDI")
    run_transpose(work, plan, running, report=options.report, report_format=report_format)
