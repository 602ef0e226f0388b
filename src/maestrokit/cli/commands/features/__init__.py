"""``maestrokit features``: performances and recordings described in numbers."""

from collections.abc import Iterable, Iterator
from typing import Any

from maestrokit.cli import report
from maestrokit.cli.commands.features.options import DescriptionOptions, RecordOutputs
from maestrokit.cli.declare import only_with
from maestrokit.cli.options import Batch, Inputs, Provenance, Reading

EXAMPLES = (
    ("Describe a performance", "maestrokit features take.mid > take.jsonl"),
    ("Describe a performance with its recording, in one record", "maestrokit features take.mid take.flac > take.jsonl"),
    ("Tempo and key of a folder, as a table", "maestrokit features performances -o table.tsv --groups tempo,key"),
    ("Also write the time series of frames", "maestrokit features take.mid -o take.jsonl --frames take.npz"),
    (
        "A picture of two performances, one above the other",
        "maestrokit features take.mid reference.mid --plot rolls.png > /dev/null",
    ),
    (
        "The composer that a performance is most like, and what in it says so",
        "maestrokit features take.mid --groups classes --classes composers --plot take.png",
    ),
    ("One array file a performance", "maestrokit features performances -o all.jsonl --frames .npz -d frames"),
)
REFERENCES = (
    "Dong et al., MusPy: a toolkit for symbolic music generation, ISMIR 2020 (pitch entropy, scale consistency, "
    "polyphony)",
    "Yang and Lerch, On the evaluation of generative models in music, Neural Computing and Applications 32 (2020)",
    "Bresin and Battel, Articulation strategies in expressive piano performance, Journal of New Music Research 29 "
    "(2000)",
    "Dixon, Automatic extraction of tempo and beat from expressive performances, Journal of New Music Research 30 "
    "(2001)",
    "Krebs, Boeck and Widmer, An efficient state-space model for joint tempo and meter tracking, ISMIR 2015",
    "de Cheveigne and Kawahara, YIN, a fundamental frequency estimator for speech and music, JASA 111 (2002)",
    "Kim, Salamon, Li and Bello, CREPE, a convolutional representation for pitch estimation, ICASSP 2018",
    "Kim et al., Deep Composer Classification Using Symbolic Representation, ISMIR 2020 late-breaking demo",
    "McFee and Bello, Structured training for large-vocabulary chord recognition, ISMIR 2017",
    "ITU-R BS.1770-4, Algorithms to measure audio programme loudness and true-peak audio level (2015)",
)
CASES = {
    "directory": only_with(
        "`frames`", hint="all records go to one file, -o FILE; add `frames` .npz for files of frames"
    ),
    "update": only_with("`output`"), "provenance": only_with("`frames`", "`plot`"),
}  # fmt: skip


def run(
    inputs: Inputs,
    outputs: RecordOutputs,
    reading: Reading,
    running: Batch,
    provenance: Provenance,
    options: DescriptionOptions,
) -> None:
    """Describe performances and recordings: one record each, in the order of the inputs, on standard output or in FILE.

    Records describe pitch, key, tempo, chords, dynamics, articulation, pedal, density and polyphony;
    maestrokit-formats(5) explains every key. Groups that begin with audio_ describe sound. A
    performance and a recording of one name in one folder (take.mid, take.flac) get one record that holds both. Numbers
    that do not exist, such as the range of no notes, are null in JSON Lines and empty in TSV.
    """
    from maestrokit import features
    from maestrokit.cli import batch
    from maestrokit.cli.commands.features import checks
    from maestrokit.cli.commands.features.plot import draw
    from maestrokit.cli.commands.features.work import Describing, Partners
    from maestrokit.cli.commands.features.write import write_as_they_come
    from maestrokit.cli.planning import check_standard_output, protect_files
    from maestrokit.files.formats import PICTURE, RECORDS, chosen_format, format_by_name

    checks.group_names(options, [])
    checks.check_f0(options.f0)
    checks.check_chords(options.chords)
    classifier = checks.check_classes(options.classes)
    form = chosen_format(options.format_, outputs.output, RECORDS, default="jsonl")
    format_by_name(options.plot, PICTURE)
    check_standard_output({"output": outputs.output or "-", "frames": options.frames, "plot": options.plot})
    partners = Partners()
    plan = checks.planned(inputs, outputs, running, options.frames, partners)
    recordings = partners.recording_of
    names = checks.group_names(options, [*(task.source for task in plan.tasks), *recordings.values()])
    if not running.quiet:
        checks.note_unread(classifier, [task.source for task in plan.tasks], recordings)
    work = Describing(options, names, reading.repair, provenance.made_by, recordings)
    read = [*(task.source for task in plan.tasks), *recordings.values(), inputs.files_from, inputs.files0_from]
    protect_files(read, outputs.output, options.plot)
    if options.plot is not None and not running.dry_run:
        draw(plan.tasks, options.plot, work)
    if outputs.update and checks.is_done(plan, outputs.output, form, recordings, running):
        return
    records = _records(batch.results("features", work, plan, running), running)
    columns = ["file", *(["recording"] if recordings else []), *features.columns(names)]
    if running.dry_run:
        list(records)
    else:
        write_as_they_come(records, form, outputs.output or "-", columns, running.keep_going)


def _records(results: Iterable[tuple[Any, dict[str, Any]]], running: Batch) -> Iterator[dict[str, Any]]:
    """Yield the record of each input, and print with ``-v`` which groups it has."""
    for task, record in results:
        if running.verbose:
            report.say(f"{task.source}: {' '.join(name for name in record if name not in ('file', 'recording'))}")
        yield record
