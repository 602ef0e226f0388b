"""New performances, event by event, from a model of events."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from threadpoolctl import threadpool_limits

from maestrokit.arrays import Integers
from maestrokit.bounds import COUNT, DAY, Within, check
from maestrokit.errors import DataWarning, UsageError, check_choice
from maestrokit.files import progress
from maestrokit.inference.conditions import condition_codes
from maestrokit.inference.critic import check_ranking, ranking
from maestrokit.inference.generation.grammar import Grammar
from maestrokit.inference.generation.notes import NoteRequest, NotesCallback, best_rows, generate_notes, no_report
from maestrokit.inference.generation.sampling import NoteSampling, SamplingConfig, probabilities, sample
from maestrokit.inference.model_kinds import AnyModel, GeneratingModel, is_of_notes
from maestrokit.inference.notes_to_performance import GENERATED_PEDALS, Span, performance_of
from maestrokit.models.kernels.numpy_step import TorchStep
from maestrokit.music.edits.continuation import Prompt, continued, is_piano, joined_performance, last_control, prompt_of
from maestrokit.music.edits.infill import Gap, gap_of
from maestrokit.music.encodings.events import Encoding, Tokens, decode, encode_notes
from maestrokit.music.encodings.notes import note_sequence
from maestrokit.music.encodings.step_notes import NO_NOTES, StepNotes, joined
from maestrokit.music.performance import Performance
from maestrokit.music.timing import tempo_map

if TYPE_CHECKING:
    import torch

    from maestrokit.models.contract import EventModel

EVENT_SAMPLING = SamplingConfig(temperature=0.95, top_p=0.98)  # default of models of events
DURATIONS = Within(0, DAY, above=True)  # seconds
PEDAL_CLEARANCE = 0.15  # seconds: before the end of a gap, where the pedal of what follows goes down
COARSEST = 0.05  # seconds of a tick: where they are longer, rounding moves ends of notes into the next pedal


@dataclass(frozen=True)
class GenerationConfig:
    """What to generate."""

    duration: float = 30.0
    """Seconds of new music; with a prompt, after its end."""
    count: int = 1
    """Performances, generated as one batch."""
    seed: int = 0
    event_sampling: SamplingConfig = SamplingConfig()  # noqa: RUF009  (frozen)
    """Sampling of models of events."""
    note_sampling: NoteSampling = NoteSampling()  # noqa: RUF009  (frozen)
    """Sampling of models of notes."""
    events_per_second: int = 200
    """Upper limit on average, at which a performance ends: a model that never waits would never end."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """What the music is conditioned on, by name, as text: a composer, a density, a loudness."""
    guidance: float = 1.0
    """How much conditions count: 1 as learned, above 1 more."""
    best_of: int = 1
    """Candidates for each performance, of which the best is kept."""
    rank_by: str = "likelihood"
    """What the best is: that with the fewest nats a note, or by a critic's name that which is most like a person's."""
    pedal: str = "cc64"
    """How long notes sound: by the sustain pedal where that is likely, or ``extend``, by their keys alone."""

    def with_sampling(self, note_sampling: NoteSampling, chosen: Mapping[str, float | None]) -> "GenerationConfig":
        """Return the same with the sampling of a model, changed by the values of `chosen` that are not None."""
        changes: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
        return replace(
            self, event_sampling=replace(EVENT_SAMPLING, **changes), note_sampling=note_sampling.changed(**changes)
        )

    def __post_init__(self) -> None:
        check("duration", self.duration, DURATIONS, unit=" s")
        check_ranking(self.rank_by)
        check("guidance", self.guidance, Within(0, 100))
        check("best_of", self.best_of, COUNT)
        check("count", self.count, COUNT)
        check_choice("way of writing the pedal", self.pedal, GENERATED_PEDALS, parameter="pedal")


def generate(
    model: AnyModel, encoding: Encoding, config: GenerationConfig, *, prompt: Tokens | None = None
) -> list[Tokens]:
    """Return new performances as events, each valid: see :class:`Grammar`, and for notes :class:`Keyboard`.

    The same model, configuration and prompt give the same events on the same machine. The first of several
    performances need not be the one of ``count=1``: sums are rounded differently in a batch.

    Parameters
    ----------
    prompt : uint16, shape (tokens,)
        Events to continue, from ``begin`` on; they are part of the result. Default is none.
    """
    if is_of_notes(model):
        before = NO_NOTES if prompt is None else note_sequence(prompt, encoding)
        return [encode_notes(joined(before, new), encoding) for new in _notes(model, encoding, config, before)]
    of_events = cast("EventModel", model)
    condition_codes(model, config.conditions)  # of which a model of events has none
    if config.best_of > 1:
        many = generate(model, encoding, replace(config, count=config.count * config.best_of, best_of=1), prompt=prompt)
        return _best(of_events, encoding, many, config, prompt)
    start = np.array([encoding.begin]) if prompt is None else np.asarray(prompt, np.int64)
    start = start[start != encoding.end]
    grammar = Grammar(config.count, encoding)
    for token in start:
        grammar.update(np.full(config.count, token))
    generators = [np.random.default_rng([config.seed, row]) for row in range(config.count)]
    rows = _continued(of_events, grammar, config, start, generators)
    return [_joined(start, row, encoding, trim=prompt is None) for row in rows]


def perform(
    model: AnyModel,
    encoding: Encoding,
    config: GenerationConfig,
    *,
    prompt: Performance | None = None,
    seconds: float | None = None,
    report: NotesCallback = no_report,
) -> list[Performance]:
    """Return new performances; with a prompt, each begins with all of its events, unchanged.

    Parameters
    ----------
    prompt : Performance
        Performance to continue; see :func:`maestrokit.music.edits.continuation.prompt_of`. Default is none.
    seconds : float
        Length of the prompt to use, from its start. Default is all.
    report : callable
        Called with new notes as they are made, by a model of notes.
    """
    beginning = None if prompt is None else prompt_of(prompt, encoding, seconds=seconds, rings_on=is_of_notes(model))
    if beginning is not None and not is_piano(beginning.performance.notes).any():
        fact = "the prompt" if seconds is None else f"the first {seconds:g} s of the prompt"
        warnings.warn(f"{fact} has no notes of a piano; music is made as without one", DataWarning, stacklevel=2)
    performances = _performances(model, encoding, config, beginning, report)
    count = 0 if beginning is None else len(beginning.performance.notes)
    _warn_of_silence([len(performance.notes) - count for performance in performances], f"{config.duration:g} s")
    return performances


def _performances(
    model: AnyModel, encoding: Encoding, config: GenerationConfig, prompt: Prompt | None, report: NotesCallback
) -> list[Performance]:
    """Return new performances, or such as go on from a prompt."""
    if is_of_notes(model) and prompt is None:
        new = _notes(model, encoding, config, NO_NOTES, report=report)
        return [performance_of(notes, encoding, pedal=config.pedal) for notes in new]
    if prompt is None:
        return [decode(tokens, encoding) for tokens in generate(model, encoding, config)]
    if is_of_notes(model):
        before = note_sequence(prompt.tokens, encoding)
        last_onset = float(before.onset.max(initial=0)) * encoding.step
        span = max(last_onset, last_control(prompt.performance)), math.inf
        new = _notes(model, encoding, config, before, report=report)
        return [_with_new_notes(prompt.performance, notes, encoding, config, before=before, span=span) for notes in new]
    generated = generate(model, encoding, config, prompt=prompt.tokens)
    return [continued(prompt, tokens[len(prompt.tokens) : -1], encoding) for tokens in generated]


def infilling_model(model: AnyModel) -> GeneratingModel:
    """Return a model that has learned to fill gaps; UsageError if it has not."""
    if not is_of_notes(model) or not getattr(model.config, "infill", False):
        hint = "the shipped transformer does, and what train transformer or lstm makes with the setting infill=true"
        raise UsageError("the model has not learned to fill gaps", hint, parameter="infill")
    return model


def infill(
    model: AnyModel,
    encoding: Encoding,
    config: GenerationConfig,
    performance: Performance,
    *,
    start: float,
    stop: float,
    report: NotesCallback = no_report,
) -> list[Performance]:
    """Return a performance with new notes in place of those of a span, and all else as it was.

    New notes take the place of piano notes whose onsets lie in the span, and of the pedals there.

    Parameters
    ----------
    start, stop : float, in seconds
        The span; the end itself is outside.
    report : callable
        Called with new notes as they are made.

    Raises
    ------
    UsageError
        If the model has not learned to fill gaps, or the span is too short, or begins after the performance.
    """
    filling = infilling_model(model)
    gap = gap_of(performance, encoding, start, stop)
    new = _notes(filling, encoding, config, gap.before, gap, report=report)
    _warn_of_silence([len(notes.pitch) for notes in new], f"span from {start:g} to {stop:g} s")
    span = start, stop - PEDAL_CLEARANCE
    return [_with_new_notes(gap.performance, notes, encoding, config, before=gap.before, span=span) for notes in new]


def _with_new_notes(
    performance: Performance,
    notes: StepNotes,
    encoding: Encoding,
    config: GenerationConfig,
    *,
    before: StepNotes,
    span: Span,
) -> Performance:
    """Return a performance with new notes, whose pedal is down in a span of seconds only."""
    pedal = config.pedal if tempo_map(performance).seconds_per_tick.max() <= COARSEST else "extend"
    new = performance_of(notes, encoding, pedal=pedal, earlier=before, span=span)
    return joined_performance(performance, new)


def _warn_of_silence(counts: Sequence[int], where: str) -> None:
    """Warn if a model has put no note where it should."""
    if not all(counts):
        which = f" of {counts.count(0)} of {len(counts)} pieces" if len(counts) > 1 else ""
        fact = f"the model has put no note into the {where}{which}"
        warnings.warn(f"{fact}; another seed or more time may give some", DataWarning, stacklevel=3)


def _notes(
    model: GeneratingModel,
    encoding: Encoding,
    config: GenerationConfig,
    before: StepNotes,
    gap: Gap | None = None,
    *,
    report: NotesCallback = no_report,
) -> list[StepNotes]:
    """Return the new notes of each performance."""
    steps = round(config.duration / encoding.step) if gap is None else gap.stop - gap.start
    request = NoteRequest(steps, before, gap, condition_codes(model, config.conditions), config.guidance)
    return generate_notes(
        model,
        encoding,
        request,
        sampling=config.note_sampling,
        count=config.count,
        seed=config.seed,
        best_of=config.best_of,
        ranking=ranking(config.rank_by, encoding) if config.best_of > 1 else None,
        report=report,
    )


def _best(
    model: "EventModel", encoding: Encoding, rows: Sequence[Tokens], config: GenerationConfig, prompt: Tokens | None
) -> list[Tokens]:
    """Return the best of each so many sequences: by their nats a note, or by what a critic says of their new notes."""
    critic = ranking(config.rank_by, encoding)
    if critic is not None:
        prompt_notes = 0 if prompt is None else len(note_sequence(prompt, encoding).pitch)
        scores = critic([note_sequence(row, encoding).select(slice(prompt_notes, None)) for row in rows])
    else:
        from maestrokit.inference.perplexity import surprisals

        by_row = surprisals(model, rows, encoding)
        scores = np.array([-surprisal.nats_per_note if surprisal.notes else -math.inf for surprisal in by_row])
    return [rows[row] for row in best_rows(scores, config.best_of)]


def _continued(
    model: "EventModel",
    grammar: Grammar,
    config: GenerationConfig,
    start: Integers,
    generators: Sequence[np.random.Generator],
) -> list[Integers]:
    """Return the new events of each row, until its time is up."""
    import torch

    from maestrokit.inference.device import device_of

    encoding = grammar.encoding
    steps, limit = round(config.duration / encoding.step), math.ceil(config.duration * config.events_per_second)
    generated = np.full((config.count, limit), encoding.end)
    is_silent, ends_at = np.full(config.count, len(start) == 1), grammar.step + steps
    with torch.inference_mode(), threadpool_limits(1, user_api="blas"):  # matrices too small to be shared
        primed, state = _primed(model, start, config.count, length=len(start) + limit)
        is_on_processor = device_of(model).type == "cpu"
        step = model.stepper(state) if is_on_processor else TorchStep(model, state)
        logits, active = primed.cpu().numpy().copy(), np.arange(config.count)
        for position in range(limit):
            allowed = grammar.allowed()
            allowed[:, encoding.end] = grammar.ended
            permitted = grammar.permitted(logits.astype(np.float64), allowed)
            events = sample(probabilities(permitted, allowed, config.event_sampling), generators)
            generated[:, position] = events
            grammar.update(events)
            is_silent &= events >= encoding.first_off
            ends_at = np.where(is_silent, grammar.step + steps, ends_at)  # time counts from the first onset
            grammar.ended |= grammar.step >= ends_at
            if grammar.ended.all():
                break
            progress.report(config.duration - float((ends_at - grammar.step).max()) * encoding.step, config.duration)
            if grammar.ended[active].any():
                step.keep(~grammar.ended[active])
                active = active[~grammar.ended[active]]
            logits[active] = step(events[active])
    return [row[row != encoding.end] for row in generated]


def _primed(model: "EventModel", start: Integers, rows: int, *, length: int) -> "tuple[torch.Tensor, object]":
    """Return the logits after the prompt, (rows, vocabulary), and the state there."""
    import torch

    from maestrokit.inference.device import device_of

    state = model.initial_state(rows, length=length)
    room = getattr(getattr(model, "config", None), "length", len(start))
    tokens = torch.from_numpy(start[-room:]).expand(rows, -1).to(device_of(model))
    logits, state = model(tokens, state)
    return logits[:, -1], state


def _joined(start: Integers, row: Integers, encoding: Encoding, *, trim: bool) -> Tokens:
    """Return prompt and continuation as one sequence, without the leading silence if `trim`."""
    if trim:
        is_shift = (row >= encoding.first_shift) & (row < encoding.first_velocity)
        row = row[~is_shift | (np.cumsum(row < encoding.first_off) > 0)]
    return np.concatenate([start, row, [encoding.end]]).astype(np.uint16)
