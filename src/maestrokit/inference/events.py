"""New performances, event by event, from a model of events."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from maestrokit.arrays import Integers
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import checkpoint
from maestrokit.inference.grammar import Grammar
from maestrokit.inference.notes import NoteSampling, generate_notes
from maestrokit.inference.numpy_step import stepper
from maestrokit.inference.sampling import SamplingConfig, drawn, probabilities
from maestrokit.models._notes import NoteModel
from maestrokit.models.contract import EventModel, built
from maestrokit.music.continuation import continued, continued_by_notes, prompt_of
from maestrokit.music.note_codes import note_sequence
from maestrokit.music.performance import Performance
from maestrokit.music.step_notes import StepNotes
from maestrokit.music.tokens import Encoding, Tokens, decode, encode_notes

EVENT_SAMPLING = SamplingConfig(temperature=0.95, top_p=0.98)  # of models of events, where nothing else is wished
LONGEST = 24 * 3600.0  # seconds


@dataclass(frozen=True)
class GenerationConfig:
    """What to play."""

    duration: float = 30.0
    """Seconds of new music; with a prompt, after its end."""
    count: int = 1
    """Performances, made side by side."""
    seed: int = 0
    taste: SamplingConfig = SamplingConfig()  # noqa: RUF009  (frozen)
    """Of models of events."""
    note_sampling: NoteSampling = NoteSampling()  # noqa: RUF009  (frozen)
    """Of models of notes."""
    events_per_second: int = 200
    """More than this on average, and the performance ends there: a model that never waits would never end."""

    def drawn_by(self, note_sampling: NoteSampling, chosen: Mapping[str, float | None]) -> "GenerationConfig":
        """Return the same with the sampling of a model, but for what is chosen and not None."""
        given: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
        return replace(self, taste=replace(EVENT_SAMPLING, **given), note_sampling=note_sampling.changed(**given))

    def __post_init__(self) -> None:
        if not 0 < self.duration <= LONGEST:
            raise UsageError(f"duration is {self.duration} seconds, not above 0 and up to a day", "change --duration")
        if self.count < 1:
            raise UsageError(f"count is {self.count}, and at least 1 is needed", "change --count")


class SequenceModel(NamedTuple):
    """A model of events, or of notes, and what its folder says about it.

    Parameters
    ----------
    model : EventModel or NoteModel
        The network.
    encoding : Encoding
        The vocabulary that it reads.
    sampling : NoteSampling
        How it samples where nothing else is chosen, if it is a model of notes.
    """

    model: EventModel | NoteModel
    encoding: Encoding
    sampling: NoteSampling


def load_event_model(name: str) -> SequenceModel:
    """Return the model of events or notes of a run folder or of a shipped model, and its encoding.

    Parameters
    ----------
    name : str
        Name of a shipped model, or path of a run folder.

    Returns
    -------
    SequenceModel
        For :func:`generate` and :func:`evaluate_model`.

    Raises
    ------
    NoInputError
        If there is no such model.
    BadDataError
        If it is damaged, or no model of events.
    """
    folder = checkpoint.model_folder(name)
    config = checkpoint.read_config(folder)
    values = config.get("encoding")
    if not isinstance(values, dict) or not isinstance(config.get("model"), dict):
        raise BadDataError(
            f"cannot use '{name}': a {config['family']} that is no model of events",
            "train one with 'maestrokit train transformer' or lstm",
        )
    try:
        encoding = Encoding(**values)
    except (TypeError, UsageError) as error:
        raise BadDataError(f"cannot use '{name}': its encoding makes no sense ({error})") from None
    model = built(config["family"], config["model"], checkpoint.read_weights(folder), origin=name)
    sampling = NoteSampling.from_config(config.get("sampling", {}), name=name)
    fits = config["model"].get("vocabulary") == encoding.size
    if isinstance(model, NoteModel):
        fits = model.config.velocity_bins == encoding.velocity_bins and not encoding.pedal_events
    if not isinstance(model, EventModel | NoteModel) or not fits:
        raise BadDataError(f"cannot use '{name}': its model and its encoding do not fit")
    return SequenceModel(model.eval(), encoding, sampling)


def generate(
    model: EventModel | NoteModel, encoding: Encoding, wish: GenerationConfig, *, prompt: Tokens | None = None
) -> list[Tokens]:
    """Return new performances as events, each valid: see :class:`Grammar`, and for notes :class:`Keyboard`.

    The same model, wish and prompt give the same events, on the same machine. The first of several performances need
    not be the one that ``count=1`` gives: sums are rounded otherwise in a batch.

    Parameters
    ----------
    prompt : uint16, shape (tokens,)
        What was played before, from ``begin``; it is part of the result. Default is nothing.
    """
    if isinstance(model, NoteModel):
        start_notes = None if prompt is None else note_sequence(prompt, encoding)
        return [encode_notes(notes, encoding) for notes in _notes(model, encoding, wish, start_notes)]
    start = np.array([encoding.begin]) if prompt is None else np.asarray(prompt, np.int64)
    start = start[start != encoding.end]
    grammar = Grammar(wish.count, encoding)
    for token in start:
        grammar.take(np.full(wish.count, token))
    generators = [np.random.default_rng([wish.seed, row]) for row in range(wish.count)]
    rows = _continued(model, grammar, wish, start, generators)
    return [_whole(start, row, encoding, trim=prompt is None) for row in rows]


def perform(
    model: EventModel | NoteModel,
    encoding: Encoding,
    wish: GenerationConfig,
    *,
    prompt: Performance | None = None,
    seconds: float | None = None,
) -> list[Performance]:
    """Return new performances; with a prompt, each begins with all of its events as they were.

    Parameters
    ----------
    prompt : Performance
        What is played before; see :func:`maestrokit.music.continuation.prompt_of`. Default is nothing.
    seconds : float
        So much of the prompt, from its start. Default is all.
    """
    if prompt is None:
        return [decode(tokens, encoding) for tokens in generate(model, encoding, wish)]
    given = prompt_of(prompt, encoding, seconds=seconds, rings_on=isinstance(model, NoteModel))
    if isinstance(model, NoteModel):
        start = note_sequence(given.tokens, encoding)
        new = (notes.take(slice(len(start.pitch), None)) for notes in _notes(model, encoding, wish, start))
        return [continued_by_notes(given, notes, encoding) for notes in new]
    made = generate(model, encoding, wish, prompt=given.tokens)
    return [continued(given, tokens[len(given.tokens) : -1], encoding) for tokens in made]


def _notes(model: NoteModel, encoding: Encoding, wish: GenerationConfig, prompt: StepNotes | None) -> list[StepNotes]:
    return generate_notes(
        model,
        encoding,
        sampling=wish.note_sampling,
        duration=wish.duration,
        count=wish.count,
        seed=wish.seed,
        prompt=prompt,
    )


def _continued(
    model: EventModel,
    grammar: Grammar,
    wish: GenerationConfig,
    start: Integers,
    generators: Sequence[np.random.Generator],
) -> list[Integers]:
    """Return the new events of each row, until its time is up."""
    encoding = grammar.encoding
    steps, limit = round(wish.duration / encoding.step), math.ceil(wish.duration * wish.events_per_second)
    made = np.full((wish.count, limit), encoding.end)
    is_silent, ends_at = np.full(wish.count, len(start) == 1), grammar.step + steps
    with torch.inference_mode(), threadpool_limits(1, user_api="blas"):  # matrices too small to be shared
        primed, state = _primed(model, start, wish.count, length=len(start) + limit)
        logits, step, going = primed.numpy().copy(), stepper(model, state), np.arange(wish.count)
        for place in range(limit):
            allowed = grammar.allowed()
            allowed[:, encoding.end] = grammar.ended
            wanted = grammar.permitted(logits.astype(np.float64), allowed)
            events = drawn(probabilities(wanted, allowed, wish.taste), generators)
            made[:, place] = events
            grammar.take(events)
            is_silent &= events >= encoding.first_off
            ends_at = np.where(is_silent, grammar.step + steps, ends_at)  # time counts from the first stroke
            grammar.ended |= grammar.step >= ends_at
            if grammar.ended.all():
                break
            if grammar.ended[going].any():
                step.keep(~grammar.ended[going])
                going = going[~grammar.ended[going]]
            logits[going] = step(events[going])
    return [row[row != encoding.end] for row in made]


def _primed(model: EventModel, start: Integers, rows: int, *, length: int) -> tuple[torch.Tensor, object]:
    """Return the logits after the prompt, (rows, vocabulary), and the state there."""
    state = model.initial_state(rows, length=length)
    room = getattr(getattr(model, "config", None), "length", len(start))
    tokens = torch.from_numpy(start[-room:]).expand(rows, -1)
    logits, state = model(tokens, state)
    return logits[:, -1], state


def _whole(start: Integers, row: Integers, encoding: Encoding, *, trim: bool) -> Tokens:
    """Return prompt and continuation as one sequence, without the silence that recordings begin with."""
    if trim:
        is_shift = (row >= encoding.first_shift) & (row < encoding.first_velocity)
        row = row[~is_shift | (np.cumsum(row < encoding.first_off) > 0)]
    return np.concatenate([start, row, [encoding.end]]).astype(np.uint16)
