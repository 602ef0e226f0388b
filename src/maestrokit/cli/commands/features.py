"""``maestrokit features``: performances described in numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Any

import typer

from maestrokit.cli.options import ASIDE, Inputs, Outputs, Reading, Running
from maestrokit.errors import UsageError

EXAMPLES = (
    ("Describe a performance", "maestrokit features take.mid > take.jsonl"),
    ("Tempo and key of a folder, as a table", "maestrokit features performances -o table.tsv --groups tempo,key"),
    ("Also write the series of frames", "maestrokit features take.mid -o take.jsonl --frames take.npz"),
    (
        "Look at a performance before and after",
        "maestrokit features take.mid reference.mid --plot rolls.png > /dev/null",
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
)

MOST_DRAWN = 8


@dataclass(frozen=True)
class _Asked:
    """What is to be said of each input."""

    groups: tuple[str, ...]
    hop: float
    repair: bool
    made_by: str | None


def run(
    inputs: Inputs,
    outputs: Outputs,
    reading: Reading,
    running: Running,
    groups: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Only these groups of descriptors, comma-separated. Default: all."),
    ] = None,
    without: Annotated[
        str | None, typer.Option(metavar="NAMES", help="All groups but these; chords take about half of the time.")
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="jsonl or tsv. Default: tsv if --output ends so, else jsonl."),
    ] = None,
    frames: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write the series of frames to FILE (.npz or .safetensors); with --directory, to one file an input "
            "under it, of which FILE is only the suffix.",
        ),
        ASIDE,
    ] = None,
    hop: Annotated[float, typer.Option(metavar="SECONDS", help="Time from one frame to the next, in seconds.")] = 0.02,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.png",
            help="Draw the inputs, at most 8, into FILE.png: piano rolls coloured by velocity, the pedal beneath.",
        ),
        ASIDE,
    ] = None,
) -> None:
    """Describe performances: one record a file, in the order of the inputs, on standard output or in one FILE.

    Records say which pitches, which key, how fast, which chords, how loud, how joined, how pedalled, how dense and
    how many at once; maestrokit-formats(5) explains every key. Numbers that do not exist, such as the range of no
    notes, are null in JSON Lines and empty in TSV.
    """
    from maestrokit.cli import batch
    from maestrokit.cli.streams import protect_inputs
    from maestrokit.files.tables import format_of

    names = _chosen(groups, without)
    form = format_ or format_of(outputs.output or "")
    if form not in ("jsonl", "tsv"):
        raise UsageError(f"unknown format '{form}'", "use jsonl or tsv")
    if not 0 < hop < float("inf"):
        raise UsageError(f"--hop {hop:g} makes no frames", "it must be above 0; 0.02 is usual")
    plan = _planned(inputs, outputs, running, frames)
    protect_inputs(plan.tasks, outputs.output, plot)
    if plot is not None and not running.dry_run:
        _draw(plan.tasks, plot, reading.repair)
    if outputs.update and _is_done(plan, outputs.output):
        return
    asked = _Asked(names, hop, reading.repair, running.made_by)
    described = (record for _, record in batch.results("features", _Work(asked), plan, running))
    if running.dry_run:
        list(described)
    else:
        _write(described, form, outputs.output or "-", asked, running.keep_going)


@dataclass(frozen=True)
class _Work:
    """The work on one input; a class, so that other processes can be given it."""

    asked: _Asked

    def __call__(self, task: Any) -> dict[str, Any]:
        """Return the record of an input, and write its frames if it has a target."""
        from maestrokit import features
        from maestrokit.cli.filters import read_performance

        view = features.note_view(read_performance(task.source, repair=self.asked.repair))
        if task.target:
            _write_frames(view, task.target, self.asked)
        return {"file": task.source, **features.describe(view, names=self.asked.groups)}


def _write_frames(view: Any, target: str, asked: _Asked) -> None:
    from maestrokit import features
    from maestrokit.files import streams
    from maestrokit.files.arrays import dump_arrays
    from maestrokit.music.history import commands
    from maestrokit.provenance import extended

    metadata: dict[str, Any] = {"hop": asked.hop, "units": {"time": "s"}}
    for group in asked.groups:
        metadata["units"].update({name: field.unit for name, field in features.frame_fields(group).items()})
    if asked.made_by is not None:
        metadata["provenance"] = extended(commands(view.performance), asked.made_by)
    series = features.frames(view, names=asked.groups, hop=asked.hop)
    suffix = PurePath(target).suffix
    streams.write_bytes(target, dump_arrays(series, suffix=suffix, metadata=metadata, compress=True))


def _draw(tasks: Any, plot: str, repair: bool) -> None:
    """Draw performances; what cannot be read is left to the description, which says so."""
    from maestrokit.cli.filters import read_performance
    from maestrokit.errors import MaestrokitError
    from maestrokit.files import streams
    from maestrokit.files.piano_roll import piano_roll_png
    from maestrokit.music.keys import find_key

    if len(tasks) > MOST_DRAWN or any(task.source == streams.STANDARD for task in tasks):
        raise UsageError(f"--plot draws files, at most {MOST_DRAWN}", "name those to be drawn")
    performances, titles = [], []
    for task in tasks:
        try:
            performance = read_performance(task.source, repair=repair)
            key = f": {find_key(performance).key.name}" if len(performance.notes) else ""
        except MaestrokitError:
            continue
        performances.append(performance)
        titles.append(task.source + key)
    if performances:
        streams.write_bytes(plot, piano_roll_png(performances, titles))


def _chosen(groups: str | None, without: str | None) -> tuple[str, ...]:
    from maestrokit import features

    wanted = features.groups() if groups is None else features.check_groups(_words(groups))
    unwanted = features.check_groups(_words(without or ""))
    chosen = tuple(name for name in wanted if name not in unwanted)
    if not chosen:
        raise UsageError("no group of descriptors is left", "groups: " + " ".join(features.groups()))
    return chosen


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _planned(inputs: Inputs, outputs: Outputs, running: Running, frames: str | None) -> Any:
    """Return the plan: tasks have a target if frames are to be written."""
    from maestrokit.cli import streams
    from maestrokit.files.arrays import check_suffix
    from maestrokit.files.walk import MIDI_SUFFIXES

    if frames is None:
        if outputs.directory is not None:
            raise UsageError("--directory is for the frames, and none are asked for", "add --frames .npz")
        return streams.gather(inputs, running, suffixes=MIDI_SUFFIXES)
    suffix = frames if outputs.directory is not None else PurePath(frames).suffix
    check_suffix(suffix)
    if suffix == ".npy":
        raise UsageError("a .npy file holds one array, and frames are many", "use .npz or .safetensors")
    places = Outputs(output=None if outputs.directory else frames, directory=outputs.directory)
    return streams.convert(inputs, places, running, suffixes=MIDI_SUFFIXES, suffix=suffix)


def _is_done(plan: Any, output: str | None) -> bool:
    from maestrokit.cli.streams import is_newer

    if output is None or plan.missing:
        return False
    targets = [(target, task.source) for task in plan.tasks for target in (output, task.target) if target != ""]
    return all(is_newer(target, source) for target, source in targets)


def _write(records: Iterable[dict[str, Any]], form: str, output: str, asked: _Asked, keep_going: bool) -> None:
    """Write records as they come, or, to a file, all at once; what was done before a failure is written too."""
    from maestrokit import features
    from maestrokit.files import streams
    from maestrokit.files.tables import encoded, record_lines

    lines = record_lines(records, format=form, columns=["file", *features.columns(asked.groups)])
    if output == streams.STANDARD:
        for line in lines:
            streams.write_bytes(output, encoded(line))
        return
    done: list[bytes] = []
    try:
        done.extend(map(encoded, lines))
    except typer.Exit:
        if keep_going and len(done) > (form == "tsv"):
            streams.write_bytes(output, b"".join(done))
        raise
    streams.write_bytes(output, b"".join(done))
