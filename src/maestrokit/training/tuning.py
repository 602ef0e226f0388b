"""The search for good settings: trial trainings, each with settings chosen from how well those before did.

Settings are chosen by the tree-structured Parzen estimator [1], and a trial is ended early once it is worse than the
median of the others at the same share of the way, by Optuna [2]. Its storage may be shared, and then several machines
work on one search. Everything that a search knows is in the storage and in the folders of the trials: it resumes after
it was stopped or killed, and an interrupted trial resumes exactly.

References
----------
.. [1] J. Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011.
.. [2] T. Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from maestrokit.errors import CannotWriteError, MaestrokitError, UsageError
from maestrokit.files import checkpoint
from maestrokit.training.device import DistributedContext
from maestrokit.training.loop import TENTHS, DivergedError, RecordCallback, StepCallback, TrainingOutcome
from maestrokit.training.run import TrainingSpec, chosen, setting_kinds, train
from maestrokit.training.search_space import RANGES, Range, Space, is_space, parse_space
from maestrokit.training.validation import watched_loss

TRIALS = "trials"  # the folder of their folders


@dataclass(frozen=True)
class Search:
    """Number of trials, and their storage."""

    trials: int
    """In all, including those of other machines and of earlier runs."""
    storage: str = ""
    """URL for Optuna; empty is an SQLite file in the run folder."""


@dataclass(frozen=True)
class TrialCallbacks:
    """Callbacks of a trial."""

    report: RecordCallback = lambda record: None
    tick: StepCallback = lambda done, shown: None
    announce: Callable[[str], None] = lambda sentence: None


@dataclass(frozen=True)
class SearchResult:
    """The result of a search so far."""

    best: Mapping[str, Any] | None
    """The entry of the best trial, as ``tune.json`` has it; None if none was completed."""
    tried: int
    """Trials that were completed or pruned."""
    signal_number: int = 0
    """Signal that stopped the search, otherwise 0."""


class PrunedError(Exception):
    """A trial was pruned."""


def tune(
    spec: TrainingSpec,
    search: Search,
    *,
    context: DistributedContext,
    watch: Callable[[int], TrialCallbacks],
    warn: Callable[[str], None],
    reject: Callable[[MaestrokitError], None] = lambda error: None,
) -> SearchResult:
    """Train with many settings, and leave the weights of the best ones as those of the run folder.

    Settings with several values are searched (:mod:`~maestrokit.training.search_space`), as are those of ``RANGES``
    that are not given. `watch` returns the callbacks of a trial, given its number; `warn` and `reject` are those of
    :func:`~maestrokit.training.run.train`, in each trial. CannotWriteError says that the storage cannot be used.
    """
    fixed, space = spaces(spec)
    _check(spec, search, context, fixed)
    with checkpoint.locked(spec.folder):
        if checkpoint.has_resume(spec.folder):
            raise UsageError(f"'{spec.folder}' holds a training, not a search", "choose another folder")
        study = _study(spec, search, fixed, space)
        _check_same(spec.folder, study)
        _write(spec.folder, study, fixed)
        for trial in _trials(study, spec.folder, search.trials, seed=int(fixed.get("seed", "0"))):
            suggested = {name: _suggested(trial, name, part) for name, part in space.items()}
            trial_spec = replace(spec, folder=_folder(spec.folder, trial.number), settings={**fixed, **suggested})
            callbacks = watch(trial.number)
            train_once = partial(
                train,
                trial_spec,
                context=context,
                warn=warn,
                reject=reject,
                tick=callbacks.tick,
                announce=callbacks.announce,
            )
            outcome = _run_trial(study, trial, trial_spec, train_once, callbacks)
            if outcome is not None and outcome.reason == "signal":
                return _search_result(study, outcome.signal_number)
            _write(spec.folder, study, fixed)
        return _search_result(study)


def spaces(spec: TrainingSpec) -> tuple[dict[str, str], Space]:
    """Return the settings that are the same in all trials, and what the others are chosen from.

    UsageError says that a setting is unknown, that a range is none, or that a value or an end of a range is none that
    the setting may have.
    """
    kinds = setting_kinds(spec)
    known = {f.name for kind in kinds for f in fields(kind)}
    texts = {name: text for name, text in RANGES.items() if name in known} | dict(spec.settings)
    space = {name: parse_space(name, text) for name, text in texts.items() if is_space(text)}
    fixed = {name: text for name, text in texts.items() if not is_space(text)}
    for kind in kinds:
        chosen(kind, fixed)
        for name, part in space.items():
            for value in part.values:
                chosen(kind, {name: value})
    fixed.setdefault("validation_share", "0")  # the scores on the way are what bad trials are ended by
    if "steps" in fixed or "time_limit" in fixed:
        fixed.setdefault("validate_every", "0")
    return fixed, space


def _check(spec: TrainingSpec, search: Search, context: DistributedContext, fixed: Mapping[str, str]) -> None:
    if search.trials < 1:
        raise UsageError(f"`tune` must be at least 1, not {search.trials}", parameter="tune")
    if context.processes > 1:
        raise UsageError("tuning does not run under torchrun", "start several with one `tune_storage`")
    if not {"steps", "time_limit"} & set(fixed) and int(fixed.get("patience", "0")) == 0:
        raise UsageError("a trial needs an end", "give `steps`, `time_limit` or `patience`")
    if spec.init is not None and spec.init.resolve() == spec.folder.resolve():
        raise UsageError("a search cannot begin with weights that it replaces", "choose another folder")


def _study(spec: TrainingSpec, search: Search, fixed: Mapping[str, str], space: Space) -> Any:
    """Return the study of this order in the storage, made if it is not there yet."""
    try:
        import optuna
    except ImportError:
        raise UsageError("`tune` needs Optuna", "pip install 'maestrokit[tune]'") from None
    from sqlalchemy.exc import SQLAlchemyError

    optuna.logging.set_verbosity(optuna.logging.ERROR)  # the command reports instead
    identity = [dict(fixed), {name: repr(part) for name, part in space.items()}]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:8]
    storage = search.storage or f"sqlite:///{(spec.folder / 'tune.db').resolve()}"
    try:
        return optuna.create_study(
            study_name=f"maestrokit-{spec.family}-{spec.task or 'default'}-{digest}",
            storage=storage,
            direction="minimize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=2),
        )
    except (SQLAlchemyError, ImportError, ValueError, OSError) as error:
        fact = f"cannot use the storage '{storage}': {str(error).splitlines()[0]}"
        raise CannotWriteError(fact, "`tune_storage` is a URL for Optuna", path=storage) from None


def _check_same(folder: Path, study: Any) -> None:
    """Raise an error if the folder holds another search."""
    old = checkpoint.read_search(folder)
    if old and old.get("study") != study.study_name:
        raise UsageError(f"'{folder}' holds a search with other settings", "choose another folder, or remove it")
    if len(study.get_trials(deepcopy=False)) < len(old.get("trials", ())):
        raise UsageError(f"the storage does not know the search of '{folder}'", "give the same `tune_storage` again")


def _trials(study: Any, folder: Path, count: int, *, seed: int) -> Iterator[Any]:
    """Yield first the trials that were interrupted here, then new ones, until there are enough in all."""
    from optuna.samplers import TPESampler
    from optuna.trial import Trial, TrialState

    for cut in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if _folder(folder, cut.number).exists():
            yield Trial(study, cut._trial_id)
    counted = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
    while len(study.get_trials(deepcopy=False, states=counted)) < count:
        trial = study.ask()
        _folder(folder, trial.number).mkdir(parents=True, exist_ok=True)
        # A sampler for each trial: what it chooses depends on the trials before, not on when the search was stopped.
        study.sampler = TPESampler(seed=(seed * 1_000_003 + trial.number) % 2**32)
        yield trial


def _suggested(trial: Any, name: str, part: Any) -> str:
    if not isinstance(part, Range):
        return str(trial.suggest_categorical(name, part.values))
    if part.is_whole:
        return str(trial.suggest_int(name, int(part.low), int(part.high), step=part.step))
    return repr(trial.suggest_float(name, part.low, part.high, log=part.is_logarithmic))


def _run_trial(
    study: Any, trial: Any, spec: TrainingSpec, train_once: Callable[..., TrainingOutcome], callbacks: TrialCallbacks
) -> TrainingOutcome | None:
    """Train once, and report the outcome to the study; None if the trial was pruned."""
    from optuna.trial import TrialState

    reported: set[int] = set(study.get_trials(deepcopy=False)[trial.number].intermediate_values)
    validations = max(reported, default=0)

    def report(record: dict[str, Any]) -> None:
        nonlocal validations
        callbacks.report(record)
        if record["part"] != "validation":
            return
        validations += 1
        share = math.floor(TENTHS * record["done"]) if record["done"] else validations
        if share not in reported:
            reported.add(share)
            trial.report(float(watched_loss(record, spec.settings.get("watch", "loss"))), share)
            if record["done"] < 1 and trial.should_prune():
                raise PrunedError

    try:
        outcome = train_once(report=report)
    except (PrunedError, DivergedError):
        study.tell(trial, state=TrialState.PRUNED)
        return None
    except Exception:
        study.tell(trial, state=TrialState.FAIL)
        raise
    if outcome.reason != "signal":
        study.tell(trial, outcome.progress.best)
    return outcome


def _folder(folder: Path, number: int) -> Path:
    return folder / TRIALS / str(number)


def _entries(study: Any) -> list[dict[str, Any]]:
    return [
        {
            "trial": past_trial.number,
            "state": past_trial.state.name.lower(),
            "score": past_trial.value,
            "settings": past_trial.params,
        }
        for past_trial in study.get_trials(deepcopy=False)
    ]


def _best(entries: list[dict[str, Any]]) -> dict[str, Any] | None:
    ended = [entry for entry in entries if entry["state"] == "complete" and math.isfinite(entry["score"])]
    return min(ended, key=lambda entry: entry["score"], default=None)


def _search_result(study: Any, signal_number: int = 0) -> SearchResult:
    entries = _entries(study)
    return SearchResult(_best(entries), sum(e["state"] in ("complete", "pruned") for e in entries), signal_number)


def _write(folder: Path, study: Any, fixed: Mapping[str, str]) -> None:
    """Write what is known to ``tune.json``; make the best trial of this folder the run's own."""
    entries = _entries(study)
    here = _best([entry for entry in entries if checkpoint.has_resume(_folder(folder, entry["trial"]))])
    if here is not None:
        checkpoint.adopt(folder, _folder(folder, here["trial"]))
    summary = {"study": study.study_name, "fixed": dict(fixed), "best": _best(entries), "trials": entries}
    checkpoint.write_search(folder, summary | {"weights_of": None if here is None else here["trial"]})
