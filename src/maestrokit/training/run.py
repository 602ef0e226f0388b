"""A training from beginning to end: settings, data, model, run folder, loop."""

import hashlib
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

import torch
from torch import Tensor

from maestrokit import __version__
from maestrokit.bounds import check_values
from maestrokit.errors import DataWarning, MaestrokitError, UsageError, choices_hint
from maestrokit.files import checkpoint
from maestrokit.models import contract, families
from maestrokit.training.device import DistributedContext
from maestrokit.training.loop import Report, Tick, Training, TrainingOutcome
from maestrokit.training.settings import TrainingSettings
from maestrokit.training.task import Corpus, Prepared, find_corpus, load_task, stem

ENDS = {"steps", "time_limit", "patience"}
"""Settings that say when a training ends, which a resumed one may change without a note."""


@dataclass(frozen=True)
class TrainingSpec:
    """A training: family, task, data, run folder and settings.

    Parameters
    ----------
    family, task : str
        Task empty for the family's first.
    data : sequence of str
        Files, folders, MAESTRO roots.
    folder : Path
        The run folder.
    settings : mapping of str to str
        Text by name of field: of :class:`TrainingSettings`, the task's ``Options`` and the family's ``Config``.
    init : Path or None
        Folder of a checkpoint whose weights to begin with.
    cache : Path
    jobs : int
    """

    family: str
    task: str
    data: Sequence[str]
    folder: Path
    settings: Mapping[str, str]
    init: Path | None
    cache: Path
    jobs: int = 1


def train(
    spec: TrainingSpec,
    *,
    context: DistributedContext,
    warn: Callable[[str], None],
    reject: Callable[[MaestrokitError], None] = lambda error: None,
    report: Report = lambda record: None,
    tick: Tick = lambda done, shown: None,
) -> TrainingOutcome:
    """Train a model, or resume an earlier training in the same folder.

    Parameters
    ----------
    warn : callable
        Called with a sentence about each part of the corpus that is missing.
    reject : callable
        Called with the error of each file that cannot be used; training continues without it unless it raises.

    Raises
    ------
    UsageError
        If a setting is unknown or invalid, or the folder holds a training with other settings.
    LockedError
        If another process trains in this folder.
    """
    family, task = modules(spec)
    settings, options, model_settings = settings_of_parts(spec)
    with checkpoint.locked(spec.folder) if context.is_first else nullcontext():
        if checkpoint.has_search(spec.folder):
            raise UsageError(f"'{spec.folder}' holds a search of settings", "choose another folder, or give `tune`")
        with context.first_alone(), nullcontext() if context.is_first else _without_warnings():
            corpus = corpus_of(spec, task, seed=settings.seed, reject=reject)
            for sentence in corpus.missing if context.is_first else ():
                warn(sentence)
            prepared = task.prepare(corpus, options, family=spec.family)
        model, config = _build_model(spec, family, model_settings, prepared, settings)
        config |= {
            "data": dict(prepared.counts),
            "files": _digest(corpus.paths),
            "training": {**contract.settings_of(settings), **chosen(task.Options, spec.settings)},
        }
        training = Training(
            model, prepared.data, settings, folder=spec.folder, context=context, report=report, tick=tick
        )
        if checkpoint.has_resume(spec.folder):
            old = _check_same(spec.folder, config)
            if context.is_first and (changes := _changes(old.get("training", {}), config["training"])):
                warn(f"'{spec.folder}' is resumed with {changes}")
            if context.is_first and old.get("files", config["files"]) != config["files"]:
                warn(f"'{spec.folder}' is resumed on other files than before, so its losses do not compare")
            training.resume()
        if context.is_first:
            checkpoint.write_config(spec.folder, config)
        return training.run()


def _digest(paths: Iterable[str]) -> str:
    """Return a digest of the names of files, wherever they lie and in whatever order.

    >>> _digest(["a/one.mid", "two.mid"]) == _digest(["two.mid", "b/one.mid"]) != _digest(["one.mid"])
    True
    """
    names = sorted(Path(path).name for path in paths)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def _without_warnings() -> AbstractContextManager[Any]:
    """Leave warnings about files to the first process."""
    return warnings.catch_warnings(action="ignore", category=DataWarning)


def corpus_of(
    spec: TrainingSpec, task: Any, *, seed: int = 0, reject: Callable[[MaestrokitError], None] = lambda error: None
) -> Corpus:
    """Return the files of a training."""
    return find_corpus(
        spec.data,
        suffixes=task.SUFFIXES,
        cache=spec.cache,
        seed=seed,
        jobs=spec.jobs,
        piece=getattr(task, "piece", stem),
        reject=reject,
    )


def modules(spec: TrainingSpec) -> tuple[Any, Any]:
    """Return the modules of the family and of the task.

    Raises
    ------
    UsageError
        If there is no such family, or it cannot do that task.
    """
    if spec.family not in families():
        raise UsageError(f"no model family '{spec.family}'", choices_hint(spec.family, families()), parameter="family")
    family = contract.family(spec.family)
    name = spec.task or family.TASKS[0]
    if name not in family.TASKS:
        raise UsageError(
            f"'{spec.family}' cannot be trained for '{name}'", choices_hint(name, family.TASKS), parameter="task"
        )
    return family, load_task(name)


def settings_of_parts(spec: TrainingSpec) -> tuple[TrainingSettings, Any, dict[str, Any]]:
    """Return the settings of the training, the options of the task, and what is set of the family's ``Config``.

    Raises
    ------
    UsageError
        If one is unknown or invalid.
    """
    family, task = modules(spec)
    kinds = (TrainingSettings, task.Options, family.Config)
    refuse_unknown(spec.settings, kinds)
    settings, options, config = (chosen(kind, spec.settings) for kind in kinds)
    return TrainingSettings(**settings), task.Options(**options), config


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
        given = checkpoint.read_config(spec.init)
        if given["family"] != spec.family:
            raise UsageError(f"'{spec.init}' holds a {given['family']}, not a {spec.family}")
        kind, needed = (values.get("encoding", "events") for values in (given["model"], prepared.model))
        if kind != needed:
            raise UsageError(f"'{spec.init}' reads {kind}, not {needed}", f"set `encoding` to {kind}")
        model_config = {**given["model"], **model_settings}
        config |= prepared.inherit({**given, "model": model_config})
        weights = checkpoint.read_weights(spec.init)
        if model_settings or settings.train_only:
            new = _new(family, model_config, settings.seed)
            weights = _grafted(new.inherited(weights), new, settings.train_only)
        model = contract.built(spec.family, model_config, weights, origin=str(spec.init))
        return model, config | {"model": model_config, "init": spec.init.name}
    if settings.train_only:
        raise UsageError(
            f"no model around the part '{settings.train_only}' that is to learn alone", "give one by `init`"
        )
    model = _new(family, {**model_config, **model_settings}, settings.seed)
    return model, config | {"model": contract.settings_of(model.config)}


def _new(family: Any, model_config: Mapping[str, Any], seed: int) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return contract.new_model(family, family.Config(**model_config))


def _grafted(weights: Mapping[str, Tensor], new: contract.TrainedModel, part: str) -> dict[str, Tensor]:
    """Return weights with those of one part, and those that are missing, as a new model has them."""
    initial = new.state_dict()
    fresh = {name: value for name, value in initial.items() if part and name.startswith(f"{part}.")}
    if part and not fresh:
        raise UsageError(f"the model has no part '{part}'", "parts: " + ", ".join(n for n, _ in new.named_children()))
    retained = {name: value for name, value in weights.items() if not (part and name.startswith(f"{part}."))}
    return {name: value for name, value in initial.items() if name not in retained} | retained | fresh


def chosen(kind: type, settings: Mapping[str, str]) -> dict[str, Any]:
    """Return those settings that are fields of a dataclass, as values of the fields' types.

    Raises
    ------
    UsageError
        If a text is no value of its type, or a number is outside its interval.
    """
    values = {
        name: _value(
            name, settings[name], getattr(hint, "__name__", str(hint)) if isinstance(hint, type) else str(hint)
        )
        for name, hint in get_type_hints(kind).items()
        if name in settings
    }
    check_values(kind, values)  # before any file is read
    return values


def _value(name: str, text: str, kind: str) -> Any:
    try:
        if kind.startswith("int"):
            return int(text)
        if kind.startswith("float"):
            return float(text)
        if kind == "bool":
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
    except (ValueError, KeyError):
        raise UsageError(f"`{name}` must be of type {kind}, not '{text}'", parameter=name) from None
    return text


def refuse_unknown(settings: Mapping[str, str], kinds: Sequence[type]) -> None:
    """Raise an error for settings that are fields of none of the dataclasses.

    Raises
    ------
    UsageError
        If one is.
    """
    known = [f.name for kind in kinds for f in fields(kind)]
    for name in settings:
        if name not in known:
            raise UsageError(f"no setting '{name}'", choices_hint(name, sorted(set(known))), parameter="settings")


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return in which settings a resumed training differs from before, but for those that say when it ends.

    >>> _changes({"batch": 16, "steps": 10}, {"batch": 8, "steps": 20})
    'batch 8, not 16'
    """
    names = (old.keys() & new.keys()) - ENDS
    return ", ".join(f"{name} {new[name]}, not {old[name]}" for name in sorted(names) if new[name] != old[name])


def _check_same(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config.json of a run; raise an error if it was trained with another model or other data."""
    try:
        old = checkpoint.read_config(folder)
    except MaestrokitError as error:
        raise UsageError(f"'{folder}' holds a training without its config.json", "choose another folder") from error
    for name in ("family", "task", "model", "encoding", "key_normalized"):
        if (old.get(name) or None) != (config.get(name) or None):  # older runs do not say that a key is as it was
            raise UsageError(f"'{folder}' holds a training with another {name}", "choose another folder, or remove it")
    return old
