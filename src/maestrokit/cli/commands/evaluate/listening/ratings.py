"""The work of ``evaluate --ratings``: the answers of listeners, unblinded by the key of their kit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import typer

from maestrokit.cli import planning, report
from maestrokit.cli.commands.evaluate.evaluation import all_results
from maestrokit.cli.commands.evaluate.listening.tables import rating_text
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.declare import state
from maestrokit.cli.errors import failed
from maestrokit.cli.report import counted
from maestrokit.errors import BadDataError, NoInputError, UsageError
from maestrokit.files import streams
from maestrokit.files.formats import SCORES, chosen_format
from maestrokit.files.tables import FORMATS, encoded
from maestrokit.listening.answers import (
    LARGEST,
    Answers,
    KitKey,
    add_answers,
    check_answers,
    panel_of,
    parse_answers,
    parse_key,
)
from maestrokit.metrics.ratings.exclusion import RULES
from maestrokit.metrics.ratings.score import score

SUFFIXES = (".json",)


def print_ratings(settings: Settings, *, made_by: str | None) -> None:
    """Print what the answers say of each system.

    Raises
    ------
    UsageError
        If there is no key.
    NoInputError
        If there are no answers that can be read.
    """
    options = settings.options
    format = chosen_format(options.format_, options.output, SCORES, default="tsv")
    if format not in ("table", "html", *FORMATS):
        raise UsageError(f"ratings are written as table, html, {', '.join(FORMATS)}", parameter="format")
    state()
    answers, key, status = read_ratings(settings)
    if settings.running.dry_run:
        return
    panel = panel_of([listener_answers for _, listener_answers in answers], key)
    scores = score(panel, generator=np.random.default_rng(settings.seed))
    names = [name for name, _ in answers] if options.per_file else []
    text = rating_text(scores, panel, names, format=format, made_by=made_by)
    streams.write_bytes(options.output, encoded(text))
    if status:
        raise typer.Exit(status)


def read_ratings(settings: Settings) -> tuple[list[tuple[str, Answers]], KitKey, int]:
    """Return the answers by the names of their files, the key, and the status of files that could not be read.

    Raises
    ------
    UsageError
        If there is no key.
    NoInputError
        If there are no answers that can be read.
    """
    listening, running = settings.listening, settings.running
    if listening.key is None:
        hint = "name the file that was written beside the kit with `key`"
        raise UsageError("`ratings` needs the key of the kit", hint, parameter="key")
    key = parse_key(streams.read_bytes(listening.key), name=listening.key)
    if key.rules != RULES and not running.quiet:
        report.say(f"note: '{listening.key}' states other rules of exclusion than those that are applied")
    inputs = replace(settings.inputs, inputs=[*(listening.ratings or []), *(settings.inputs.inputs or [])])
    plan = planning.gather(inputs, running, suffixes=SUFFIXES)
    planning.protect_inputs([*plan.tasks, planning.Task(listening.key, "", "")], settings.options.output)
    read, status = all_results(AnswersOf(key), plan, running)
    answers: dict[str, tuple[str, Answers]] = {}
    for task, listener_answers in read:
        try:
            earlier = add_answers(answers, listener_answers, name=task.source)
        except BadDataError as error:
            failure = int(failed("evaluate", error, running))
            status = status or failure
            continue
        if earlier is not None and not running.quiet:
            report.say(f"note: '{task.source}' is the same as '{earlier}', and counts once")
    if not answers and not running.dry_run:
        if status:  # each has been said
            raise typer.Exit(status)
        raise NoInputError("no answers that can be read", f"{counted(len(plan.tasks), 'file')} given")
    return list(answers.values()), key, status


class AnswersOf:
    """Reads the answers in one file, which are to the kit of a key."""

    def __init__(self, key: KitKey) -> None:
        self._key = key

    def __call__(self, task: planning.Task) -> Answers:
        """Return the answers.

        Raises
        ------
        BadDataError, NoInputError
            If there are none that can be.
        """
        if task.source != streams.STANDARD and (size := _size(task.source)) > LARGEST:
            fact = f"cannot read '{task.source}': it has {size} bytes, and answers have at most {LARGEST}"
            raise BadDataError(fact, path=task.source)
        answers = parse_answers(streams.read_bytes(task.source), name=task.source)
        check_answers(answers, self._key, name=task.source)
        return answers


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0
