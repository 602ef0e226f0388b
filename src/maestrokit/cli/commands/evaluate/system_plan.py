"""From the options of ``evaluate --system`` to sets of performances, some of which are generated first."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from maestrokit import provenance
from maestrokit.cli import batch, planning, report
from maestrokit.cli.commands.evaluate.corpora import (
    FORCED,
    check_corpora,
    is_model,
    others_than,
    performances_among,
    references_in,
    training_in,
)
from maestrokit.cli.commands.evaluate.evaluation import Evaluation, Scores
from maestrokit.cli.commands.evaluate.limits import check_metric
from maestrokit.cli.commands.evaluate.options import GENERATED, SYSTEM, Settings
from maestrokit.cli.commands.evaluate.sets import names_in_sets
from maestrokit.cli.commands.evaluate.stretches import SystemPlans
from maestrokit.cli.commands.evaluate.systems import score_plans
from maestrokit.cli.declare import state
from maestrokit.cli.errors import is_typed
from maestrokit.cli.options import Batch, Inputs
from maestrokit.cli.performances import write_performance
from maestrokit.errors import UsageError
from maestrokit.files import checkpoint, walk
from maestrokit.metrics.score_systems import CEILING, FLOOR

USUAL_COUNT, USUAL_SECONDS = 50, 30.0  # pieces that a model makes
AT_ONCE = 50  # pieces that are generated together, which bounds memory


@dataclass(frozen=True)
class Sources:
    """Where the systems come from: performances that are there, and models that make some."""

    paths: Mapping[str, planning.Plan]
    models: Mapping[str, str]
    order: Sequence[str]


def plan_systems(settings: Settings) -> Evaluation:
    """Return the evaluation of several systems.

    Raises
    ------
    UsageError
        If options contradict each other, or a system is not written as NAME=PATH|MODEL.
    NoInputError
        If a path or a model is not there.
    CannotWriteError
        If the output is one of the files to score or to compare with.
    """
    inputs, options, running = settings.inputs, settings.options, settings.running
    _check(settings)
    for name in options.metric or ():
        check_metric(name, names_in_sets(), parameter="metric")
    sources = sources_of(settings.systems.system or (), inputs, running, suffixes=walk.MIDI_SUFFIXES)
    state(SYSTEM, GENERATED if sources.models else None)
    names = options.reference or []
    reference_inputs = Inputs(inputs=names, split=options.reference_split or _split(inputs, names))
    scored = [task for plan in sources.paths.values() for task in plan.tasks]
    references = performances_among(references_in(reference_inputs, running))
    training = training_in(options, running, models=sources.models.values(), sets=sources.paths.values())
    check_corpora(options, training)
    reference = others_than(scored, references, running, pieces=settings.systems.pieces)
    planning.protect_inputs([*scored, *reference, *training], options.output)
    corpora = planning.Plan(reference, []), planning.Plan(training, [])
    title = f"Systems: {', '.join(sources.order)}"
    return Evaluation(title, partial(_score, sources, *corpora, settings), ())


def _check(settings: Settings) -> None:
    inputs = settings.inputs
    if inputs.inputs or inputs.files_from or inputs.files0_from:
        fact = "`system` names what is scored, and there are inputs, too"
        raise UsageError(fact, "write NAME=PATH for each set", parameter="system")
    if is_typed("pairs"):
        raise UsageError("`system` compares sets, and no pairs", "leave out `pairs` and `sets`", parameter="pairs")
    if not settings.options.reference:
        fact = "`system` needs a reference, of which a part is the ceiling"
        raise UsageError(fact, "name a corpus with `reference`", parameter="system")


def sources_of(texts: Sequence[str], inputs: Inputs, running: Batch, *, suffixes: Sequence[str]) -> Sources:
    """Return where systems come from.

    Raises
    ------
    UsageError
        If one is not written as NAME=PATH|MODEL.
    NoInputError
        If a path or a model is not there.
    """
    paths: dict[str, planning.Plan] = {}
    models: dict[str, str] = {}
    for text in texts:
        name, equals, origin = text.partition("=")
        if not (name.isprintable() and name and equals and origin) or name in (CEILING, FLOOR, *paths, *models):
            hint = f"each NAME once, of printed characters, and neither {CEILING} nor {FLOOR}"
            raise UsageError(f"`system` must be NAME=PATH or NAME=MODEL, not '{text}'", hint, parameter="system")
        if is_model(origin):
            models[name] = origin.removeprefix(FORCED)
            checkpoint.model_folder(models[name])
            continue
        system_inputs = Inputs(
            inputs=[origin], split=_split(inputs, [origin]), where=inputs.where if walk.is_root(origin) else None
        )
        paths[name] = planning.gather(system_inputs, running, suffixes=suffixes)
        for error in paths[name].missing:
            raise error
    return Sources(paths, models, [text.partition("=")[0] for text in texts])


def _split(inputs: Inputs, names: Sequence[str]) -> str | None:
    return inputs.split if any(map(walk.is_root, names)) else None


def _score(sources: Sources, reference: planning.Plan, training: planning.Plan, settings: Settings) -> Scores:
    running, scoring = settings.running, settings.systems
    if running.dry_run:
        tasks = [task for plan in (*sources.paths.values(), reference, training) for task in plan.tasks]
        batch.print_plan((origin, "") for origin in (*sources.models.values(), *(task.source for task in tasks)))
        return Scores([], [], 0)
    sizes = [len(plan.tasks) for plan in sources.paths.values()]
    count = scoring.pieces or min([*(sizes or [USUAL_COUNT]), max(len(reference.tasks) // 2, 1)])
    seconds = scoring.seconds or USUAL_SECONDS
    with tempfile.TemporaryDirectory() as scratch:
        of_models = {
            name: generated(name, model, Path(scratch), settings, count=count, seconds=seconds)
            for name, model in sources.models.items()
        }
        every = {**sources.paths, **of_models}
        plans = SystemPlans({name: every[name] for name in sources.order}, reference, training)
        return score_plans(plans, settings)


def generated(name: str, model: str, scratch: Path, settings: Settings, *, count: int, seconds: float) -> planning.Plan:
    """Return new performances by a model; their targets are what tables call them."""
    from maestrokit.inference.generation.events import GenerationConfig, perform
    from maestrokit.inference.sequence_model import load_generating_model

    line = provenance.command_line("generate", {"--model": Path(model).name})
    tasks: list[planning.Task] = []
    starts = range(0, count, AT_ONCE)
    config = [GenerationConfig(seconds, min(AT_ONCE, count - start), settings.seed + start) for start in starts]
    network, encoding, fitted = load_generating_model(model, device=settings.scoring.device)
    parts = (perform(network, encoding, part.with_sampling(fitted, {})) for part in config)
    for part in report.with_progress(
        parts, names=[model] * len(config), label="generate", quiet=settings.running.quiet
    ):
        for performance in part:
            relative = f"{len(tasks) + 1}.mid"
            path = str(scratch / f"{len(tasks) + 1}-{name.encode().hex()}.mid")
            write_performance(performance, path, made_by=line)
            tasks.append(planning.Task(path, f"{name}/{relative}", relative))
    return planning.Plan(tasks, [])
