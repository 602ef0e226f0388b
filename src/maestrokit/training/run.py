"""A training from beginning to end: settings, data, model, run folder, loop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints
from warnings import catch_warnings

import torch
from torch import Tensor

from maestrokit import __version__
from maestrokit.bounds import check_values
from maestrokit.errors import (
    BadDataError,
    CannotWriteError,
    DataWarning,
    MaestrokitError,
    UsageError,
    check_choice,
    choices_hint,
)
from maestrokit.files import checkpoint
from maestrokit.models import contract, families
from maestrokit.training.device import DistributedContext
from maestrokit.training.loop import RecordCallback, StepCallback, Training, TrainingOutcome
from maestrokit.training.settings import TrainingSettings
from maestrokit.training.task import Prepared, find_corpus, load_task

IS_RUN = checkpoint.has_config, checkpoint.has_resume, checkpoint.has_search
ENDS = {"steps", "time_limit", "patience"}
"""Settings that say when a training ends, which a resumed one may change without a note."""
READS = {"encoding": "events", "input": "rolls"}
"""Settings of models that say what they read, and what models without the setting do."""


@dataclass(frozen=True)
class TrainingSpec:
    """A training: family, task, data, run folder and settings."""

    family: str
    task: str
    """Empty for the family's first."""
    data: Sequence[str]
    """Files, folders, MAESTRO roots."""
    folder: Path
    settings: Mapping[str, str]
    """Text by name of field: of :class:`TrainingSettings`, the task's ``Options`` and the family's ``Config``."""
    init: Path | None
    """Folder of a checkpoint whose weights to begin with."""
    cache: Path
    jobs: int = 1


def train(
    spec: TrainingSpec,
    *,
    context: DistributedContext,
    warn: Callable[[str], None],
    reject: Callable[[MaestrokitError], None] = lambda error: None,
    report: RecordCallback = lambda record: None,
    tick: StepCallback = lambda done, shown: None,
    announce: Callable[[str], None] = lambda sentence: None,
) -> TrainingOutcome:
    """Train a model, or resume an earlier training in the same folder.

    `warn` is called with a sentence about each part of the corpus that is missing, and about each fault that a
    validation shows, `reject` with the error of each file that cannot be used; training continues without it unless it
    raises; `announce` with a sentence when a validation begins. UsageError says that a setting is unknown or invalid,
    or that the folder holds a training with other settings; LockedError that another process trains there.
    """
    check_folder(spec.folder, spec.family)
    spec = _resumed(spec)
    family, task = modules(spec)
    settings, options, model_settings = settings_of_parts(spec)
    with checkpoint.locked(spec.folder) if context.is_first else nullcontext():
        if checkpoint.has_search(spec.folder):
            raise UsageError(f"'{spec.folder}' holds a search of settings", "choose another folder, or give `tune`")
        if checkpoint.has_weights(spec.folder) and not checkpoint.has_resume(spec.folder):
            fact = f"'{spec.folder}' holds a trained model without its resume.safetensors, so it cannot be resumed"
            raise UsageError(fact, "choose another folder; `init` begins with its weights", parameter="output")
        quiet = nullcontext() if context.is_first else catch_warnings(action="ignore", category=DataWarning)
        with context.first_alone(), quiet:  # warnings about files are left to the first process
            seed, jobs = settings.seed, spec.jobs
            corpus = find_corpus(spec.data, task, cache=spec.cache, seed=seed, jobs=jobs, reject=reject)
            for sentence in corpus.missing if context.is_first else ():
                warn(sentence)
            prepared = task.prepare(corpus, options, family=spec.family)
            for sentence in prepared.notes if context.is_first else ():
                warn(sentence)
        model, config = _build_model(spec, family, model_settings, prepared, settings)
        config |= {"data": dict(prepared.counts), "files": checkpoint.digest_of_names(corpus.paths)}
        config["training"] = {**contract.settings_of(settings), **chosen(task.Options, spec.settings)}
        training = Training(
            model, prepared.data, settings, folder=spec.folder, context=context, report=report, tick=tick,
            announce=announce, warn=warn,
        )  # fmt: skip
        if checkpoint.has_resume(spec.folder):
            old = _check_same(spec.folder, config)
            for sentence in _differences(spec.folder, old, config) if context.is_first else ():
                warn(sentence)
            config = {name: old[name] for name in old.keys() & {"init"}} | config
            training.resume()
        if context.is_first:
            checkpoint.write_config(spec.folder, config)
        return training.run()


def check_folder(folder: Path, family: str) -> None:
    """Refuse a run folder of another family, and a folder of other files.

    Raises
    ------
    UsageError
        If it holds a model of another family.
    CannotWriteError
        If it holds files, and is no run folder.
    """
    if checkpoint.has_config(folder) and (held := checkpoint.read_config(folder)["family"]) != family:
        raise UsageError(
            f"'{folder}' holds {checkpoint.family_with_article({'family': held})}",
            "choose another folder",
            parameter="output",
        )
    if not folder.is_dir() or any(has(folder) for has in IS_RUN):
        return
    if any(path.name not in ("lock", "log.jsonl") for path in folder.iterdir()):
        hint = "choose another folder"
        raise CannotWriteError(f"'{folder}' is not empty, and no run folder", hint, path=str(folder))


def _resumed(spec: TrainingSpec) -> TrainingSpec:
    """Return a training with the settings of the run that it resumes, where it gives none of its own.

    Of steps and time limit, the old ones count only where neither is given.
    """
    if not (checkpoint.has_resume(spec.folder) and checkpoint.has_config(spec.folder)):
        return spec
    old = checkpoint.read_config(spec.folder)
    if not (isinstance(old.get("model"), dict) and isinstance(old.get("training", {}), dict)):
        fact = f"cannot resume '{spec.folder}': the settings in its config.json are missing or damaged"
        raise BadDataError(fact, "choose another folder, or remove it", path=str(spec.folder))
    family, task = modules(replace(spec, task=spec.task or old.get("task", "")))
    training = {f.name for kind in (TrainingSettings, task.Options) for f in fields(kind)}
    model = {f.name for f in fields(family.Config)} - training
    if {"steps", "time_limit"} & spec.settings.keys():
        training -= {"steps", "time_limit"}
    texts = {
        name: str(value)
        for part, names in (("model", model), ("training", training))
        for name, value in old.get(part, {}).items()
        if name in names and value is not None
    }
    return replace(spec, task=spec.task or old.get("task", ""), settings={**texts, **spec.settings})


def modules(spec: TrainingSpec) -> tuple[Any, Any]:
    """Return the modules of the network and of the task; UsageError if the family is unknown, or cannot do the task."""
    check_choice("model family", spec.family, families(), parameter="family")
    family = contract.family(spec.family)
    name = spec.task or family.TASKS[0]
    if name not in family.TASKS:
        fact = f"'{spec.family}' cannot be trained for '{name}'"
        raise UsageError(fact, choices_hint(name, family.TASKS), parameter="task")
    return contract.network(family, name), load_task(name)


def setting_kinds(spec: TrainingSpec) -> tuple[type[TrainingSettings], type[Any], type[Any]]:
    """Return the dataclasses whose fields are the settings of a training, of which each setting must be one."""
    family, task = modules(spec)
    kinds = (TrainingSettings, task.Options, family.Config)
    known = sorted({f.name for kind in kinds for f in fields(kind)})
    for name in spec.settings:
        check_choice("setting", name, known, parameter="settings")
    return kinds


def settings_of_parts(spec: TrainingSpec) -> tuple[TrainingSettings, Any, dict[str, Any]]:
    """Return the settings of the training, the options of the task, and what is set of the family's ``Config``."""
    kind, options, config = setting_kinds(spec)
    settings = chosen(kind, spec.settings), chosen(options, spec.settings), chosen(config, spec.settings)
    return kind(**settings[0]), options(**settings[1]), settings[2]


def _build_model(
    spec: TrainingSpec, family: Any, model_settings: Mapping[str, Any], prepared: Prepared, settings: TrainingSettings
) -> tuple[contract.TrainedModel, dict[str, Any]]:
    """Return the model, new or with the initial weights, and the start of its ``config.json``."""
    names = {f.name for f in fields(family.Config)}
    model_config = {name: value for name, value in prepared.model.items() if name in names}
    for name in model_config.keys() & model_settings.keys():
        if model_settings[name] != model_config[name]:
            fact = f"`{name}` is {model_config[name]} by the data, and cannot be {model_settings[name]}"
            raise UsageError(fact, "leave it out", parameter=name)
    config = {"family": spec.family, "task": spec.task or family.TASKS[0], "version": __version__, **prepared.config}
    if spec.init is not None:
        initial = checkpoint.read_config(spec.init)
        origins = getattr(family, "BEGINS_WITH", {}) | {spec.family: config["task"]}
        if initial["family"] not in origins:
            raise UsageError(
                f"'{spec.init}' holds {checkpoint.family_with_article(initial)}, not a {' or '.join(sorted(origins))}"
            )
        task = origins[initial["family"]]
        if initial.get("task", task) != task:
            raise UsageError(f"'{spec.init}' was trained for {initial['task']}, not {task}")
        for name, default in READS.items():
            kind, needed = (values.get(name, default) for values in (initial["model"], prepared.model))
            if kind != needed:
                hint = f"`{name}` must be {kind}, with data to match"
                raise UsageError(f"'{spec.init}' reads {kind}, not {needed}", hint)
        new_parts = list(prepared.new_parts(initial))
        model_config = {**initial["model"], **(model_config if new_parts else {}), **model_settings}
        new_parts += [settings.train_only] if settings.train_only else []
        config |= prepared.inherit({**initial, "model": model_config})
        weights = checkpoint.read_weights(spec.init)
        if model_settings or new_parts or initial["family"] != spec.family:
            new = _new(family, model_config, settings.seed)
            weights = _partly_inherited(new.inherited(weights), new, new_parts)
        model = contract.built(spec.family, model_config, weights, origin=str(spec.init), task=config["task"])
        return model, config | {"model": contract.settings_of(model.config), "init": spec.init.name}
    if settings.train_only and not checkpoint.has_resume(spec.folder):
        fact = f"no model around the part '{settings.train_only}' that is to learn alone"
        raise UsageError(fact, "give one by `init`")
    model = _new(family, {**model_config, **model_settings}, settings.seed)
    return model, config | {"model": contract.settings_of(model.config)}


def _new(family: Any, model_config: Mapping[str, Any], seed: int) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return contract.new_model(family, family.Config(**model_config))


def _partly_inherited(
    weights: Mapping[str, Tensor], new: contract.TrainedModel, parts: Sequence[str]
) -> dict[str, Tensor]:
    """Return weights with those of some parts, and those that are missing, as a new model has them."""
    initial, prefixes = new.state_dict(), tuple(f"{part}." for part in parts)
    for part, prefix in zip(parts, prefixes, strict=True):
        if not any(name.startswith(prefix) for name in initial):
            known = "parts: " + ", ".join(name for name, _ in new.named_children())
            raise UsageError(f"the model has no part '{part}'", known)
    return initial | {name: value for name, value in weights.items() if not name.startswith(prefixes)}


def chosen(kind: type, settings: Mapping[str, str]) -> dict[str, Any]:
    """Return those settings that are fields of a dataclass, as values of the fields' types.

    UsageError says that a text is no value of its type, or that a number is outside its interval.
    """
    hints = get_type_hints(kind)
    values = {name: _value(name, settings[name], hint) for name, hint in hints.items() if name in settings}
    check_values(kind, values)  # before any file is read
    return values


STATEFUL = {"optimizer", "train_only"}  # settings that say what the state of the optimizers is of
BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
READERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    bool: (lambda text: BOOLEANS[text.lower()], "true or false"),
    int: (int, "a whole number"),
    float: (float, "a number"),
    str: (str, "a text"),
}
"""By the type of a setting: what makes a value of a text, and what such a value is called."""


def _value(name: str, text: str, hint: Any) -> Any:
    read, kind_name = next(READERS[kind] for kind in (hint, *get_args(hint)) if kind in READERS)
    try:
        return read(text)
    except (ValueError, KeyError):
        raise UsageError(f"`{name}` must be {kind_name}, not '{text}'", parameter=name) from None


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return in which settings a resumed training differs from before, but for those that say when it ends.

    >>> _changes({"batch": 16, "steps": 10}, {"batch": 8, "steps": 20})
    'batch 8, not 16'
    """
    names = (old.keys() & new.keys()) - ENDS
    return ", ".join(f"{name} {new[name]}, not {old[name]}" for name in sorted(names) if new[name] != old[name])


def _differences(folder: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence on settings, and one on files, that are not those of the run that is resumed."""
    if changes := _changes(old.get("training", {}), new["training"]):
        yield f"'{folder}' is resumed with {changes}"
    if old.get("files", new["files"]) != new["files"]:
        yield f"'{folder}' is resumed on other files than before, so its losses do not compare"


def _check_same(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config.json of a run; raise an error if it was trained with another model or other data."""
    try:
        old = checkpoint.read_config(folder)
    except MaestrokitError as error:
        raise UsageError(f"'{folder}' holds a training without its config.json", "choose another folder") from error
    for name in ("family", "task", "model", "encoding", "key_normalized"):
        if (old.get(name) or None) != (config.get(name) or None):  # older runs do not say that a key is as it was
            difference = (_changes(config["model"], old["model"]) if name == "model" else "") or f"another {name}"
            raise UsageError(f"'{folder}' holds a training with {difference}", "choose another folder, or remove it")
    trainings = old.get("training", {}), config["training"]
    was, now = ({name: part[name] for name in STATEFUL & part.keys()} for part in trainings)
    if changes := _changes(now, was):
        hint = "choose another folder; `init` begins with its weights"
        raise UsageError(f"'{folder}' holds a training with {changes}", hint)
    return old
