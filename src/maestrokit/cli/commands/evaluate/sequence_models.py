"""The work of ``evaluate --model``: how well a model predicts the events of performances."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.cli import planning, report
from maestrokit.cli.commands.evaluate.evaluation import Evaluation, Scores, all_results, with_learning
from maestrokit.cli.commands.evaluate.options import SEQUENCES, WINDOWS, Settings
from maestrokit.cli.declare import state
from maestrokit.cli.options import Batch
from maestrokit.cli.performances import read_performance
from maestrokit.cli.report import counted
from maestrokit.files import walk
from maestrokit.files.checkpoint import model_folder
from maestrokit.metrics.contract import SHARE, Row
from maestrokit.metrics.intervals import interval, resampled_counts
from maestrokit.music.encodings.events import Encoding, Tokens, encode
from maestrokit.music.encodings.notes import FACTORS

if TYPE_CHECKING:
    from maestrokit.models.contract import EventModel
    from maestrokit.models.sequences.notes import NoteModel

ORDER = 5  # of the n-grams that a model has to beat


def plan_model(settings: Settings) -> Evaluation:
    """Return the evaluation of a model of events or notes.

    Raises
    ------
    UsageError
        If options that compare performances are given.
    CannotWriteError
        If the output is one of the inputs.
    """
    from maestrokit.inference.sequence_model import load_event_model

    scoring = settings.scoring
    model, encoding, _ = load_event_model(scoring.model or "", device=scoring.device)
    state(SEQUENCES, WINDOWS if getattr(model.config, "length", None) else None)
    plan = planning.gather(settings.inputs, settings.running, suffixes=walk.MIDI_SUFFIXES)
    planning.protect_inputs(plan.tasks, settings.options.output)
    plan = limited(plan, scoring.limit)
    score = partial(score_model, plan, settings, model, encoding)
    names = names_of_models(has_baseline=scoring.baseline is not None)
    return Evaluation(f"{scoring.model} on {counted(len(plan.tasks), 'performance')}", score, names)


def names_of_models(*, has_baseline: bool) -> list[str]:
    """Return the names of the scores of a model of events or notes; only those of notes have factors."""
    units = ("token", "note", "second")
    names = [*(f"nats_per_{unit}" for unit in units), "perplexity", "accuracy"]
    names += [f"nats_per_note_{factor}" for factor in FACTORS]
    return names + [f"ngram_nats_per_{unit}" for unit in units if has_baseline]


def limited(plan: planning.Plan, limit: int | None) -> planning.Plan:
    """Return a plan of a number of tasks, spread evenly over all."""
    if limit is None:
        return plan
    from maestrokit.metrics.comparable import spread

    return planning.Plan(spread(plan.tasks, limit), plan.missing)


def score_model(plan: planning.Plan, settings: Settings, model: "EventModel | NoteModel", encoding: Encoding) -> Scores:
    """Return the scores of a model on each performance and on all, and those of n-grams if there is a baseline."""
    from maestrokit.inference.perplexity import surprisals
    from maestrokit.models.sequences.notes import NoteModel

    scoring, running = settings.scoring, settings.running
    read, status = all_results(partial(_events, encoding=encoding, repair=settings.repair), plan, running)
    sequences = [tokens for _, tokens in read]
    names = [task.source for task, _ in read]
    scored = surprisals(model, sequences, encoding, stride=scoring.stride)
    sums = [
        {
            "nats": surprisal.nats,
            "token": surprisal.tokens,
            "note": surprisal.notes,
            "second": surprisal.seconds,
            "hits": surprisal.hits,
        }
        | dict(zip(FACTORS, surprisal.factors, strict=False))
        for surprisal in report.with_progress(scored, names=names, label="evaluate", quiet=running.quiet)
    ]
    if scoring.baseline is not None:
        baseline = _baseline(scoring.baseline, sequences, encoding, running)
        for counts, nats, tokens in zip(sums, baseline, sequences, strict=True):
            counts |= {"ngram": nats, "event": max(len(tokens) - 1, 0)}
    generator = np.random.default_rng(settings.seed)
    kind = "notes" if isinstance(model, NoteModel) else "events"
    rows_of_files = [
        (task.source, _rows([counts], kind, generator)) for (task, _), counts in zip(read, sums, strict=True)
    ]
    scores = Scores(rows_of_files, _rows(sums, kind, generator) if sums else [], status)
    return with_learning(scores, model_folder(scoring.model or "")) if settings.has_figures else scores


def _events(task: planning.Task, *, encoding: Encoding, repair: bool) -> Tokens:
    return encode(read_performance(task.source, repair=repair), encoding)


def _baseline(path: str, sequences: Sequence[Tokens], encoding: Encoding, running: Batch) -> list[float]:
    """Return the nats of each sequence by n-grams of the performances at a path."""
    from maestrokit.files.cache import default_cache
    from maestrokit.files.cache.tokens import token_shard
    from maestrokit.inference.perplexity import ngram_surprisals
    from maestrokit.metrics.ngrams import counted

    inputs = walk.walk([path], suffixes=walk.MIDI_SUFFIXES, split="train" if walk.is_root(path) else None)
    if inputs.missing:
        raise inputs.missing[0]
    paths = [source.path for source in inputs.sources]
    shard = token_shard(paths, encoding=encoding, cache=default_cache(), jobs=running.workers)
    failures = list(shard.failures.values())
    if len(failures) == len(paths):
        raise failures[0]
    for error in failures if not running.quiet else ():
        report.say(f"note: {error}")
    ngrams = counted(np.asarray(shard.tokens), order=ORDER, vocabulary=encoding.size)
    return [surprisal.nats for surprisal in ngram_surprisals(ngrams, sequences, encoding)]


def _ratio(above: Floats, below: Floats) -> Floats:
    """Return quotients, NaN where nothing is divided by: performances without a note have no nats a note."""
    return np.asarray(above / np.where(below > 0, below, np.nan))


def _rows(sums: Sequence[dict[str, float]], encoding: str, generator: np.random.Generator) -> list[Row]:
    """Return the scores of some performances together, with 95 % intervals where there are several.

    Units name the encoding, ``events`` or ``notes``: a token is one of these.
    """
    columns = {name: np.array([counts[name] for counts in sums]) for name in sums[0]}
    draws = resampled_counts(len(sums), generator=generator) if len(sums) > 1 else np.empty((0, len(sums)))

    def row(metric: str, above: str, below: str, unit: str, better: str = "lower", exponential: bool = False) -> Row:
        shape = np.exp if exponential else np.asarray
        value = shape(_ratio(columns[above].sum(keepdims=True), columns[below].sum(keepdims=True)))[0]
        low, high = interval(shape(_ratio(draws @ columns[above], draws @ columns[below])))
        return Row(metric, float(value), low, high, unit, len(sums), better=better)

    units = {unit: f"nats per {unit} ({encoding})" for unit in ("token", "note", "second")}
    rows = [row(f"nats_per_{unit}", "nats", unit, shown) for unit, shown in units.items()]
    rows.append(row("perplexity", "nats", "token", "", exponential=True))
    rows.append(replace(row("accuracy", "hits", "token", "", better="higher"), bounds=SHARE))
    rows += [row(f"nats_per_note_{name}", name, "note", units["note"]) for name in FACTORS if name in columns]
    if "ngram" in columns:
        rows += [
            row(f"ngram_nats_per_{unit}", "ngram", below, f"nats per {unit} (events)")
            for unit, below in {"token": "event", "note": "note", "second": "second"}.items()
        ]
    return rows
