"""Continuations that a model of notes makes while it is trained: many at once, with its cache, without gradients.

They are samples of the model as it is, at temperature 1; :mod:`maestrokit.inference.generation.notes` has what makes
single performances better. A straight-through estimator then gives the model a gradient at each sampled note.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.arrays import Integers
from maestrokit.models.contract import TensorBatch
from maestrokit.models.sequences.conditions import PREFIX
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.key_state import GROUPS, NEVER, KeyStates, end_groups
from maestrokit.music.encodings.notes import (
    DURATION_EDGES,
    END,
    TIME_EDGES,
    classes,
    inputs_at,
    joinable_at,
    sounding_and_blocked,
)
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.piano_range import LOWEST_PITCH

STATE = "state_"  # before the names of what a batch has of the keys where its prompts end
LONGEST = 3000  # steps from an onset to the next, and of a note


@torch.no_grad()
def continuation(
    model: NoteModel, prompt: TensorBatch, states: KeyStates, notes: int, encoding: Encoding
) -> dict[str, Tensor]:
    """Return so many new notes after prompts: inputs at each, and targets that lead to each, (rows, notes, ..).

    ``group_duration``, (rows, notes, GROUPS), has the class of the duration that each pointer would give.

    Parameters
    ----------
    model : NoteModel
        Its dropout is off while it samples.
    prompt : mapping of tensors
        Inputs of all positions of the prompts, none of which is padded, and codes of the conditions.
    states : KeyStates
        The keys after the last note of each.
    """
    was_training = model.training
    model.eval()
    with torch.autocast(prompt["pitch"].device.type, enabled=False), model.heads.context.constant():
        sampled = list(_sampled_notes(model, prompt, states, notes, encoding))
    model.train(was_training)
    return {name: torch.cat([part[name] for part in sampled], dim=1) for name in sampled[0]}


def _sampled_notes(
    model: NoteModel, prompt: TensorBatch, states: KeyStates, notes: int, encoding: Encoding
) -> Iterator[dict[str, Tensor]]:
    """Yield one note after another of all rows."""
    rows, length = prompt["pitch"].shape
    codes = {name: part for name, part in prompt.items() if name.startswith(PREFIX)}
    cache = model.body.initial_state(rows, length=length + notes)
    out, cache = model.body.hidden_states(model.vectors(prompt), cache, onset=prompt["onset"])
    x, keys = out[:, -1:], prompt["keys"][:, -1:]
    last, key = (prompt[name][:, -1].cpu().numpy() for name in ("onset", "pitch"))
    first = states.number.max(axis=1) + 1
    for number in range(notes):
        targets, new = _next_notes(model, x, keys, states, last, key, encoding)
        states.note(np.arange(rows), first + number, new, step=encoding.step)
        inputs = inputs_at(states, new, new.onset - last, encoding)
        last, key = new.onset, inputs.pitch
        part = {name: _column(values, x.device) for name, values in inputs._asdict().items()}
        x, cache = model.body.hidden_states(model.vectors(part | codes), cache, onset=part["onset"])
        keys = part["keys"]
        yield part | targets


def _next_notes(
    model: NoteModel, x: Tensor, keys: Tensor, states: KeyStates, last: Integers, key: Integers, encoding: Encoding
) -> tuple[dict[str, Tensor], StepNotes]:
    """Return the targets of the next note of each row, (rows, 1, ..), and the notes."""
    heads, tensor = model.heads, partial(_column, device=x.device)
    joinable, factors = joinable_at(states, key, last), heads.states(x)
    logits = heads.time(factors[0], tensor(joinable))
    logits[..., END] = -torch.inf  # the number of notes is given
    time = _sampled(logits)
    delta = np.minimum(_within(time, TIME_EDGES), LONGEST)
    now = np.maximum(last + delta, states.offset.min(axis=1))
    time, delta = classes(now - last, TIME_EDGES), now - last
    sounding, blocked = sounding_and_blocked(states, key, delta, now)
    groups = end_groups(states, now, step=encoding.step)
    targets = {"time": tensor(time), "joinable": tensor(joinable), "sounding": tensor(sounding)}
    targets |= {
        "blocked": tensor(blocked),
        "groups": tensor(groups.features),
        "present": tensor(groups.offset != NEVER),
    }
    factors = heads.after_time(factors, targets["time"], targets["sounding"].to(x.dtype))
    logits, context = heads.pitch(factors[0], keys, targets["sounding"].to(x.dtype), targets["blocked"])
    pitch = _sampled(logits)
    factors = heads.after_pitch(factors, tensor(pitch), context)
    velocity = _sampled(heads.velocity(factors[0]))
    code = _sampled(heads.duration(factors[1], tensor(velocity), targets["groups"], targets["present"]))
    fresh = now + np.minimum(_within(np.maximum(code - GROUPS, 0), DURATION_EDGES), LONGEST)
    pointed = groups.offset[np.arange(len(code)), np.minimum(code, GROUPS - 1)]
    targets |= {"pitch": tensor(pitch), "velocity": tensor(velocity), "duration": tensor(code)}
    group_duration = classes(np.maximum(groups.offset - now[:, None], 1), DURATION_EDGES)
    new = StepNotes(now, np.where(code < GROUPS, pointed, fresh), pitch + LOWEST_PITCH, velocity)
    return {f"next_{name}": part for name, part in targets.items()} | {"group_duration": tensor(group_duration)}, new


def _column(values: Any, device: torch.device) -> Tensor:
    """Return what each row has at one position, (rows, ..), as (rows, 1, ..)."""
    return torch.from_numpy(np.ascontiguousarray(values))[:, None].to(device)


def straight_through(logits: Tensor, chosen: Tensor, *, temperature: float) -> Tensor:
    """Return one-hot vectors of chosen classes, with the gradient of a softmax.

    The softmax is of logits and Gumbel noise over a temperature, the noise being drawn from those under which the
    chosen class is the largest [1], so that the value is the sample and the gradient fits it. Classes that are
    impossible, with a logit of -inf, stay so.

    Shape
    -----
    logits : (.., classes); chosen : (..); result : (.., classes)

    References
    ----------
    .. [1] M. Paulus, C. Maddison, A. Krause, "Rao-Blackwellizing the Straight-Through Gumbel-Softmax Gradient
       Estimator", ICLR 2021.
    """
    hard = F.one_hot(chosen, logits.shape[-1]).to(logits.dtype)
    with torch.no_grad():
        waits = torch.empty_like(logits).exponential_().log()
        top = logits.logsumexp(dim=-1, keepdim=True) - waits.gather(-1, chosen[..., None])
        below = -torch.logaddexp(waits - logits, -top)
        noise = torch.where(hard > 0, top, below) - logits
        noise = torch.where(logits.isfinite(), noise, 0.0)
    soft = ((logits + noise) / temperature).softmax(dim=-1)
    return hard + soft - soft.detach()


def whole_durations(weights: Tensor, group_duration: Tensor) -> Tensor:
    """Return the weights of all classes of durations, (.., DURATIONS), given those of pointers and of new ends.

    Shape
    -----
    weights : (.., GROUPS + DURATIONS); group_duration : (.., GROUPS)
    """
    return weights[..., GROUPS:].scatter_add(-1, group_duration, weights[..., :GROUPS])


def states_of(batch: TensorBatch) -> KeyStates:
    """Return the keys where the prompts of a batch end."""
    return KeyStates(*(batch[STATE + name].cpu().numpy().copy() for name in KeyStates._fields))


def state_tensors(states: KeyStates) -> dict[str, Tensor]:
    """Return the keys where prompts end as tensors of a batch; see :func:`states_of`."""
    return {STATE + name: torch.from_numpy(np.ascontiguousarray(part)) for name, part in states._asdict().items()}


def _sampled(logits: Tensor) -> Integers:
    """Return a class for each row, (rows,), of logits of shape (rows, 1, classes)."""
    return torch.multinomial(logits[:, 0].float().softmax(dim=-1), 1)[:, 0].cpu().numpy()


def _within(codes: Integers, edges: Integers) -> Integers:
    """Return a value of each class, uniformly distributed."""
    share = torch.rand(len(codes), dtype=torch.float64).numpy()
    return np.asarray(edges[codes] + np.floor(share * np.maximum(edges[codes + 1] - edges[codes], 1)), np.int64)
