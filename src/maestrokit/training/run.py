"""A training from beginning to end: settings, data, model, run folder, loop."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from maestrokit import __version__
from maestrokit.errors import MaestrokitError, UsageError
from maestrokit.files import checkpoint
from maestrokit.models import contract
from maestrokit.training.device import Place
from maestrokit.training.loop import Outcome, Report, Tick, Training
from maestrokit.training.settings import Settings
from maestrokit.training.task import Corpus, Prepared, find_corpus, load_task, stem


@dataclass(frozen=True)
class Order:
    """What is to be trained.

    Parameters
    ----------
    family, task : str
        Task empty for the family's first.
    data : sequence of str
        Files, folders, MAESTRO roots.
    folder : Path
        The run folder.
    settings : mapping of str to str
        By name, values as text: fields of :class:`Settings`, of the task's ``Options``, of the family's ``Config``.
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
    order: Order,
    *,
    place: Place,
    warn: Callable[[str], None],
    report: Report = lambda record: None,
    tick: Tick = lambda done, shown: None,
) -> Outcome:
    """Train a model, or go on where an earlier training in the same folder stopped.

    Raises
    ------
    UsageError
        If a setting is unknown or senseless, or the folder holds a training with other settings.
    LockedError
        If another process trains in this folder.
    """
    family, task = modules(order)
    settings, options, wanted = (chosen(kind, order.settings) for kind in (Settings, task.Options, family.Config))
    refuse_unknown(order.settings, (Settings, task.Options, family.Config))
    training_settings = Settings(**settings)
    with checkpoint.locked(order.folder) if place.is_first else nullcontext():
        if checkpoint.has_search(order.folder):
            raise UsageError(f"'{order.folder}' holds a search of settings", "choose another folder, or give --tune")
        with place.first_alone():
            corpus, prepared = _prepared(order, task, task.Options(**options), seed=training_settings.seed)
        for sentence in (*corpus.missing, *(str(error) for error in prepared.skipped)) if place.is_first else ():
            warn(sentence)
        model, config = _made(order, family, wanted, prepared, training_settings)
        config |= {
            "data": {name: len(getattr(corpus, name)) for name in ("train", "validation")},
            "training": {**contract.settings_of(training_settings), **options},
        }
        training = Training(
            model, prepared.data, training_settings, folder=order.folder, place=place, report=report, tick=tick
        )
        if checkpoint.has_resume(order.folder):
            _check_same(order.folder, config)
            training.resume()
        if place.is_first:
            checkpoint.write_config(order.folder, config)
        return training.run()


def _prepared(order: Order, task: Any, options: Any, *, seed: int) -> tuple[Corpus, Prepared]:
    corpus = find_corpus(
        order.data,
        suffixes=task.SUFFIXES,
        cache=order.cache,
        seed=seed,
        jobs=order.jobs,
        piece=getattr(task, "piece", stem),
    )
    return corpus, task.prepare(corpus, options, family=order.family)


def modules(order: Order) -> tuple[Any, Any]:
    """Return the modules of the family and of the task.

    Raises
    ------
    UsageError
        If there is no such family, or it cannot do that task.
    """
    if order.family not in contract.families():
        raise UsageError(f"no model family '{order.family}'", "families: " + ", ".join(contract.families()))
    family = contract.family(order.family)
    name = order.task or family.TASKS[0]
    if name not in family.TASKS:
        raise UsageError(f"'{order.family}' cannot be trained for '{name}'", "its tasks: " + ", ".join(family.TASKS))
    return family, load_task(name)


def _made(
    order: Order, family: Any, wanted: Mapping[str, Any], prepared: Prepared, settings: Settings
) -> tuple[contract.TrainedModel, dict[str, Any]]:
    """Return the model, new or with the weights to begin with, and the start of its ``config.json``."""
    names = {f.name for f in fields(family.Config)}
    about = {name: value for name, value in prepared.model.items() if name in names}
    config = {"family": order.family, "task": order.task or family.TASKS[0], "version": __version__, **prepared.config}
    if order.init is not None:
        given = checkpoint.read_config(order.init)
        if given["family"] != order.family:
            raise UsageError(f"'{order.init}' holds a {given['family']}, not a {order.family}")
        kind, needed = (values.get("encoding", "events") for values in (given["model"], prepared.model))
        if kind != needed:
            raise UsageError(f"'{order.init}' reads {kind}, not {needed}", f"give --set encoding={kind}")
        about = {**given["model"], **wanted}
        weights = checkpoint.read_weights(order.init)
        if wanted or settings.only:
            new = _new(family, about, settings.seed)
            weights = _grafted(new.inherited(weights), new, settings.only)
        model = contract.built(order.family, about, weights, origin=str(order.init))
        return model, config | {"model": about, "init": order.init.name}
    if settings.only:
        raise UsageError(f"no model around the part '{settings.only}' that is to learn alone", "give one by --init")
    made = _new(family, {**about, **wanted}, settings.seed)
    return made, config | {"model": contract.settings_of(made.config)}


def _new(family: Any, about: Mapping[str, Any], seed: int) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return contract.new_model(family, family.Config(**about))


def _grafted(weights: Mapping[str, Tensor], new: contract.TrainedModel, part: str) -> dict[str, Tensor]:
    """Return weights with those of one part, and those that are missing, as a new model has them."""
    begun = new.state_dict()
    fresh = {name: value for name, value in begun.items() if part and name.startswith(f"{part}.")}
    if part and not fresh:
        raise UsageError(f"the model has no part '{part}'", "parts: " + ", ".join(n for n, _ in new.named_children()))
    kept = {name: value for name, value in weights.items() if not (part and name.startswith(f"{part}."))}
    return {name: value for name, value in begun.items() if name not in kept} | kept | fresh


def chosen(kind: type, settings: Mapping[str, str]) -> dict[str, Any]:
    """Return those settings that are fields of a dataclass, as values of the fields' types.

    Raises
    ------
    UsageError
        If a text is no value of its type.
    """
    values: dict[str, Any] = {}
    for f in fields(kind):
        if f.name in settings:
            values[f.name] = _value(
                f.name,
                settings[f.name],
                str(f.type if isinstance(f.type, str) else getattr(f.type, "__name__", f.type)),
            )
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
        raise UsageError(f"setting '{name}' is '{text}', and must be of type {kind}") from None
    return text


def refuse_unknown(settings: Mapping[str, str], kinds: Sequence[type]) -> None:
    """Refuse settings that are fields of none of the dataclasses.

    Raises
    ------
    UsageError
        If one is.
    """
    known = [f.name for kind in kinds for f in fields(kind)]
    for name in settings:
        if name not in known:
            raise UsageError(f"no setting '{name}'", "settings: " + ", ".join(sorted(set(known))))


def _check_same(folder: Path, config: Mapping[str, Any]) -> None:
    """Refuse to go on with another model or other data than those a run was made with."""
    try:
        old = checkpoint.read_config(folder)
    except MaestrokitError as error:
        raise UsageError(f"'{folder}' holds a training without its config.json", "choose another folder") from error
    for name in ("family", "task", "model", "encoding", "key_normalized"):
        if (old.get(name) or None) != (config.get(name) or None):  # older runs do not say that a key is as it was
            raise UsageError(f"'{folder}' holds a training with another {name}", "choose another folder, or remove it")
