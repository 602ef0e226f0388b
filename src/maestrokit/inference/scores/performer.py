"""Scores played by a trained model: the model of a folder, and what is asked of a performance."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np

from maestrokit.analysis.beats.from_notes import performed_beats
from maestrokit.bounds import COUNT, SEED, SHARE, Within, check, check_fields
from maestrokit.errors import BadDataError, UsageError, choices_hint
from maestrokit.files import checkpoint
from maestrokit.inference.conditions import class_code
from maestrokit.inference.device import find_device
from maestrokit.inference.generation.sampling import SamplingConfig
from maestrokit.inference.scores.sampling import sampled_parameters
from maestrokit.music.performance import Performance
from maestrokit.music.scores.performance_codes import CONDITIONS, FACTORS, condition_code, measured_conditions
from maestrokit.music.scores.performance_parameters import (
    PerformanceParameters,
    at_mean_tempo,
    beat_times,
    parameters_of,
    rendition_of,
    with_expression,
    written_rendition,
)
from maestrokit.music.scores.performed_score import performed_score
from maestrokit.music.scores.score import Score, has_tempo, mean_seconds_per_quarter, score_of

if TYPE_CHECKING:
    from maestrokit.models.sequences.performance import PerformanceModel

TASK = "performance"
KEPT = {"timing": ("tempo", "deviation", "articulation"), "velocity": ("velocity",), "pedal": ("pedal",)}
"""Factors of the parts of a score that can be kept as they are."""
OF_VELOCITY = ("loudness", "dynamics")
"""Conditions that a performance has even if they are not asked for, so that it does not drift."""
EXPRESSION = Within(0, 2)
LONGEST_HOLD = 9.0  # seconds beyond the notated length: people hold one note of 10,000 for longer
TEMPOS = Within(10, 400)  # quarters a minute
UNKNOWN_TEMPO = "the score gives no tempo: 120 quarters a minute are assumed"


class Performer(NamedTuple):
    """A model of performances, with what its folder says of it.

    Parameters
    ----------
    model : PerformanceModel
        The network.
    composers : list of str
        What the codes of composers mean, from 1 on.
    sampling : dict of SamplingConfig
        How it samples each factor where nothing else is chosen.
    meter : bool
        Whether it sees the meter of a score.
    typical : dict
        Values of conditions that are usual, by name.
    expectation : float, 0 to 1
        How far sampled curves of tempo and velocity are drawn to those that the score leads one to expect.
    """

    model: "PerformanceModel"
    composers: list[str]
    sampling: dict[str, SamplingConfig]
    meter: bool
    typical: dict[str, float]
    expectation: float

    def conditions(self, targets: Mapping[str, float]) -> dict[str, int]:
        """Return the codes of conditions, given those that are asked for; velocities are usual unless they are."""
        usual = {name: value for name, value in self.typical.items() if name in OF_VELOCITY}
        return {name: condition_code(name, value) for name, value in {**usual, **targets}.items() if name in CONDITIONS}


@dataclass(frozen=True)
class PerformConfig:
    """What is asked of performances."""

    tempo: Annotated[float | None, TEMPOS] = None
    """Mean tempo, in quarters a minute; None is that of the score."""
    rubato: Annotated[float, EXPRESSION] = 1.0
    """How much timing departs from its mean: 1 as sampled, 0 not at all."""
    dynamics: Annotated[float, EXPRESSION] = 1.0
    """How much velocities depart from theirs."""
    composer: str | None = None
    """In whose manner."""
    keep: tuple[str, ...] = ()
    """Parts that stay as the score's file has them: timing, without `tempo` and `rubato`; velocity, without `dynamics`;
    pedal."""
    count: Annotated[int, COUNT] = 1
    seed: Annotated[int, SEED] = 0

    def __post_init__(self) -> None:
        check_fields(self)
        for name in self.keep:
            if name not in KEPT:
                raise UsageError(f"`keep` cannot be '{name}'", choices_hint(name, KEPT), parameter="keep")
        changes = {
            "tempo": ("timing", self.tempo is not None),
            "rubato": ("timing", self.rubato != 1.0),
            "dynamics": ("velocity", self.dynamics != 1.0),
        }
        for name, (part, is_changed) in changes.items():
            if is_changed and part in self.keep:
                hint = f"leave out `{name}`, or {part} in `keep`"
                raise UsageError(f"`{name}` has no effect where {part} is kept", hint, parameter=name)


def load_performer(name: str, *, device: str = "cpu") -> Performer:
    """Return a model that performs scores, to be used for several.

    Parameters
    ----------
    name : str
        Name of a shipped model, or path of a run folder.
    device : str
        ``cpu``, ``cuda``, or ``auto``, a GPU if there is one.

    Returns
    -------
    Performer
        Can be given to :func:`perform`.

    Raises
    ------
    NoInputError
        If there is no such model.
    BadDataError
        If it is damaged, or does something else.
    """
    from maestrokit.models.contract import built
    from maestrokit.models.sequences.performance import PerformanceModel

    on, folder = find_device(device), checkpoint.model_folder(name, "performance")
    config = checkpoint.read_config(folder)
    if config.get("task") != TASK or not isinstance(config.get("model"), dict):
        fact = f"cannot use '{name}': a model of the family {config['family']} that does not perform scores"
        raise BadDataError(fact, f"train one by 'maestrokit train transformer' for the task {TASK}", path=name)
    model = built(config["family"], config["model"], checkpoint.read_weights(folder), origin=name, task=TASK)
    composers = config.get("classes", {}).get("composer")
    try:
        sampling = {factor: SamplingConfig(**config.get("sampling", {}).get(factor, {})) for factor in FACTORS}
        typical = {name: float(value) for name, value in config.get("typical", {}).items() if name in CONDITIONS}
        expectation = float(config.get("expectation", 0.0))
        check("expectation", expectation, SHARE)
    except (AttributeError, TypeError, ValueError, UsageError) as error:
        raise BadDataError(f"cannot use '{name}': its settings are not valid ({error})", path=name) from None
    if not isinstance(model, PerformanceModel) or not isinstance(composers, list):
        raise BadDataError(f"cannot use '{name}': its model and its settings do not fit", path=name)
    meter = bool(config.get("meter", True))
    return Performer(
        model.eval().to(on), [str(composer) for composer in composers], sampling, meter, typical, expectation
    )


def perform_score(
    performer: Performer,
    performance: Performance,
    config: PerformConfig,
    *,
    like: Performance | None = None,
    sampling: Mapping[str, Any] | None = None,
) -> tuple[list[Performance], list[str]]:
    """Return performances of a score, and sentences on what was assumed.

    Parameters
    ----------
    performance : Performance
        The score, with a tempo map and time signatures.
    like : Performance, optional
        Whose mean tempo, rubato, mean velocity and dynamics are taken.
    sampling : mapping, optional
        Settings of :class:`SamplingConfig` by name that replace those of the model, for all factors.
    """
    score = score_of(performance)
    written = parameters_of(score, written_rendition(performance, score))
    keeps_time = "timing" in config.keep
    base = 60 / config.tempo if config.tempo is not None else mean_seconds_per_quarter(performance)
    fixed = {factor: written for part in config.keep for factor in KEPT[part]}
    targets = {} if like is None else measures_of(like, near=base)
    if keeps_time:
        base = written.base
    elif config.tempo is None and "base" in targets:
        base = targets["base"]
    conditions = performer.conditions(targets)
    if config.composer is not None:
        conditions["composer"] = class_code("composer", config.composer, performer.composers)
    sampled = sampled_parameters(
        performer.model,
        score,
        base=base,
        conditions=conditions,
        sampling={
            name: replace(factor_sampling, **(sampling or {})) for name, factor_sampling in performer.sampling.items()
        },
        generators=[np.random.default_rng([config.seed, number]) for number in range(config.count)],
        fixed=fixed,
        meter=performer.meter,
        expectation=performer.expectation,
    )
    notes = [] if keeps_time or has_tempo(performance) or config.tempo or "base" in targets else [UNKNOWN_TEMPO]
    return [
        _performed(performance, score, replace(parameters, start=written.start * keeps_time), config, targets)
        for parameters in sampled
    ], notes


def measures_of(performance: Performance, *, near: float) -> dict[str, float]:
    """Return the mean length of a quarter, rubato, mean velocity and dynamics of any performance, by tracked beats.

    A beat is taken for that note value that brings the quarter nearest to `near`, in seconds; where there are too few
    beats there is no tempo.
    """
    velocity = performance.notes.velocity
    if not len(velocity):
        raise BadDataError("it has no notes to take after")
    measures = {"loudness": float(velocity.mean()), "dynamics": float(velocity.std())}
    length = np.diff(performed_beats(performance).time)
    if len(length) > 1:
        mean = float(length.mean())
        measures["base"] = mean * 2.0 ** round(float(np.log2(near / mean)))
        measures["rubato"] = float(np.log(length).std())
    return measures


def _performed(
    performance: Performance,
    score: Score,
    parameters: PerformanceParameters,
    config: PerformConfig,
    targets: Mapping[str, float],
) -> Performance:
    """Return a sampled performance with the means and ranges that are asked for."""
    keep, own = config.keep, measured_conditions(score, parameters)
    ratio = {
        name: min(targets[name] / own[name], EXPRESSION.high) if name in targets and own[name] > 0 else 1.0
        for name in ("rubato", "dynamics")
    }
    if "timing" not in keep:
        parameters = with_expression(parameters, rubato=config.rubato * ratio["rubato"])
    if "velocity" not in keep:
        dynamics = config.dynamics * ratio["dynamics"]
        parameters = with_expression(parameters, dynamics=dynamics, loudness=targets.get("loudness"))
    if "timing" not in keep:
        parameters = at_mean_tempo(score, parameters)
    rendition = rendition_of(score, parameters, longest_hold=LONGEST_HOLD)
    if "timing" in keep:
        own_times = written_rendition(performance, score)
        rendition = rendition._replace(onset=own_times.onset, offset=own_times.offset)
    return performed_score(
        performance,
        score,
        rendition,
        beat_times(score, parameters),
        replace_pedal="pedal" not in keep or "timing" not in keep,
    )
