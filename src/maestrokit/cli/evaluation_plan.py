"""From the options of ``evaluate`` to what is compared with what."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from maestrokit.cli import streams
from maestrokit.cli.evaluations import PAIR_SUFFIXES, PairWork, Scores, paired, score_pairs, score_set
from maestrokit.cli.options import Inputs, Running
from maestrokit.errors import UsageError
from maestrokit.files import maestro, walk
from maestrokit.metrics.compare import Tolerance


@dataclass(frozen=True)
class Settings:
    """The command's own options, as given."""

    reference: tuple[str, ...]
    reference_split: str | None
    pairs: bool
    metric: tuple[str, ...]
    onset_tolerance: str
    offset_ratio: float
    offset_min_tolerance: float
    extend_pedal: bool
    seed: int
    repair: bool

    @property
    def compares(self) -> bool:
        """Whether performances are asked about."""
        return bool(self.reference or self.metric or self.pairs)

    @property
    def is_pairs(self) -> bool:
        """Whether each input is compared with a reference of its own."""
        return self.pairs or any(not Path(name).is_dir() for name in self.reference)


def plan_evaluation(
    inputs: Inputs, running: Running, settings: Settings, *, output: str
) -> tuple[str, Callable[[], Scores]]:
    """Return a title, and the work: of pairs if asked or if the reference is a file, else of a set.

    Raises
    ------
    UsageError
        If options contradict each other.
    CannotWriteError
        If the output is one of the files to score or to compare with.
    """
    if settings.pairs and not settings.reference:
        raise UsageError("--pairs needs references", "name their folder with --reference")
    is_pairs = settings.is_pairs
    tolerances = tolerances_of(settings)
    if is_pairs and settings.metric:
        raise UsageError("--metric chooses metrics of a set, and these are pairs", "pairs are scored by all metrics")
    mine, theirs = _inputs_and_references(inputs, settings)
    estimates = streams.gather(mine, running, suffixes=walk.MIDI_SUFFIXES)
    if not settings.reference:
        references = streams.Plan([], [])
    else:
        references = streams.gather(theirs, running, suffixes=PAIR_SUFFIXES if is_pairs else walk.MIDI_SUFFIXES)
    streams.protect_inputs([*estimates.tasks, *references.tasks], output)
    if is_pairs:
        partners = paired(estimates.tasks, references.tasks)
        estimates = replace(estimates, missing=[*estimates.missing, *references.missing])
        work = PairWork(partners, tolerances, settings.extend_pedal, settings.repair)
        title = f"{len(estimates.tasks)} estimates against their references"
        return title, partial(score_pairs, estimates, work, seed=settings.seed, running=running)
    against = f" against {len(references.tasks)}" if settings.reference else ""
    return f"{len(estimates.tasks)} performances{against}", partial(
        score_set, estimates, references, settings.metric or None,
        seed=settings.seed, repair=settings.repair, running=running,
    )  # fmt: skip


def transcribing(model: str) -> Path | None:
    """Return the folder of a model if it is one that transcribes.

    Raises
    ------
    NoInputError
        If there is no such model.
    """
    from maestrokit.files.checkpoint import model_folder, read_config

    folder = model_folder(model)
    return folder if read_config(folder).get("task") == "transcription" else None


def tolerances_of(settings: Settings) -> tuple[Tolerance, ...]:
    """Return the tolerances, one for each onset tolerance.

    Raises
    ------
    UsageError
        If one is not a number, or negative.
    """
    try:
        onsets = [float(text) for text in settings.onset_tolerance.split(",")]
    except ValueError:
        raise UsageError(
            f"'{settings.onset_tolerance}' is no tolerance", "write seconds: 0.05, or 0.03,0.05,0.1"
        ) from None
    return tuple(Tolerance(onset, settings.offset_ratio, settings.offset_min_tolerance) for onset in onsets)


def _inputs_and_references(inputs: Inputs, settings: Settings) -> tuple[Inputs, Inputs]:
    """Return the inputs of both sides; --split and --where are the inputs' if one is a root, else the references'."""
    has_root = any(_is_root(name) for name in inputs.inputs or ())
    references = [*settings.reference]
    if settings.reference_split is not None and not any(map(_is_root, references)):
        raise UsageError("--reference-split needs a MAESTRO root as reference", "name one with --reference")
    split, where = (None, None) if has_root else (inputs.split, inputs.where)
    theirs = Inputs(inputs=references, split=settings.reference_split or split, where=where)
    is_theirs = bool(references) and not has_root
    return (replace(inputs, split=None, where=None) if is_theirs else inputs), theirs


def _is_root(name: str) -> bool:
    return Path(name).is_dir() and maestro.table_path(Path(name)) is not None
