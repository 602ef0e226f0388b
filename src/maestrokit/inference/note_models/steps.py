"""Steps of models of notes, one note at a time, in numpy; see :mod:`maestrokit.models.kernels.numpy_step`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from maestrokit.arrays import Integers, Mask
from maestrokit.models.kernels.numpy_step import columns, gated, numbers, times
from maestrokit.music.encodings.key_state import GROUPS, NEVER, EndGroups, Features
from maestrokit.music.encodings.notes import FACTORS, NoteInputs
from maestrokit.music.piano_range import KEYS

if TYPE_CHECKING:
    from maestrokit.inference.model_kinds import StepwiseModel

Numbers = NDArray[Any]


class NoteStep:
    """Steps of a :class:`maestrokit.models.sequences.notes.NoteModel`.

    Parameters
    ----------
    model : NoteModel or ArrayNoteModel
    body : step of the model's layers
        With the passes of each row one after another.
    condition : array, shape (passes, width)
        The vectors of the conditions of each pass; see :func:`condition_vectors`.
    guidance : float
        Of two passes; see :class:`GuidedHeads`.
    """

    def __init__(self, model: "StepwiseModel", body: Any, condition: Numbers, *, guidance: float = 1.0) -> None:
        self.input, heads = InputStep(model.input), HeadsStep(model.heads)
        self.condition, self.passes, self.body = condition, len(condition), body
        self.heads = heads if self.passes == 1 else GuidedHeads(heads, guidance)

    def __call__(self, inputs: NoteInputs) -> Numbers:
        """Return the states of all factors of the next notes, given the newest notes; see :meth:`HeadsStep.begin`."""
        vectors = self.input(inputs)[:, None] + self.condition  # (rows, passes, width)
        return self.heads.begin(self.body(vectors.reshape(-1, vectors.shape[-1]), inputs.onset.repeat(self.passes)))

    def keep(self, rows: Mask) -> None:
        """Drop the other rows."""
        self.body.keep(rows.repeat(self.passes))


def condition_vectors(model: "StepwiseModel", passes: Sequence[Mapping[str, int]]) -> Numbers:
    """Return the vectors of the codes of each pass, (passes, width)."""
    tables = {name: numbers(weights_of(table)) for name, table in model.conditions.tables.items()}
    if not tables:
        return np.zeros((len(passes), model.config.width), np.float32)
    return np.stack([np.sum([table[codes.get(name, 0)] for name, table in tables.items()], axis=0) for codes in passes])


class InputStep:
    """Steps of :class:`maestrokit.models.sequences.notes.NoteInput`.

    The table of pitches includes pitch class and octave.
    """

    def __init__(self, part: Any) -> None:
        tables = {name: numbers(weights_of(table)).copy() for name, table in part.embeddings.items()}
        key = np.arange(KEYS) + 9
        tables["pitch"][:KEYS] += tables["pitch_class"][key % 12] + tables["octave"][key // 12]
        tables["pitch"][KEYS] += tables["pitch_class"][12] + tables["octave"][8]
        self.tables, self.keys = [tables[name] for name in FACTORS], columns(part.keys.weight)

    def __call__(self, inputs: NoteInputs) -> Numbers:
        """Return the vectors of notes, (rows, width)."""
        x = times(inputs.keys, self.keys)
        for table, name in zip(self.tables, FACTORS, strict=True):
            x = x + table[getattr(inputs, name)]
        return x


class HeadsStep:
    """Steps of :class:`maestrokit.models.sequences.notes.NoteHeads`.

    States of factors not yet known lie side by side.
    """

    def __init__(self, heads: Any) -> None:
        self.state, self.sounding = columns(heads.state.weight), columns(heads.sounding.weight)
        self.known = {name: numbers(weights_of(part)) for name, part in heads.known.items()}
        self.output = {name: (columns(weights_of(part)), numbers(part.bias)) for name, part in heads.output.items()}
        self.group, self.query = (columns(heads.group.weight), numbers(heads.group.bias)), columns(heads.query.weight)
        self.context, self.struck = ContextStep(heads.context), columns(heads.struck.weight)
        self.slot, self.score = numbers(heads.slot), (columns(heads.score.weight)[:, 0], numbers(heads.score.bias))
        self.width = self.output["time"][0].shape[0] * 2  # of one factor's state

    def begin(self, x: Numbers) -> Numbers:
        """Return the states of all factors, side by side, given the body's output, (rows, width)."""
        return times(x, self.state)

    def time(self, states: Numbers) -> Numbers:
        """Return logits of times, the last that of the end."""
        return self._output("time", self._inner(states))

    def after_time(self, states: Numbers, time: Integers, sounding: Mask) -> Numbers:
        """Return the states of pitch, velocity and duration."""
        added = times(sounding.astype(np.float32), self.sounding)
        return np.asarray(states[:, self.width :] + self.known["time"][time] + added)

    def pitch(self, states: Numbers, keys: Features, sounding: Mask) -> tuple[Numbers, Numbers]:
        """Return logits of keys, and the contexts of all keys, (rows, KEYS, CHANNELS)."""
        inner = self._inner(states)
        context = self.context(keys, sounding, inner)
        return self._output("pitch", inner) + context @ self.context.score, context

    def after_pitch(self, states: Numbers, pitch: Integers, context: Numbers) -> Numbers:
        """Return the states of velocity and duration."""
        added = times(context[np.arange(len(pitch)), pitch], self.struck)
        return np.asarray(states[:, self.width :] + self.known["pitch"][pitch] + added)

    def velocity(self, states: Numbers) -> Numbers:
        """Return logits of velocity bins."""
        return self._output("velocity", self._inner(states))

    def duration(self, states: Numbers, velocity: Integers, groups: EndGroups) -> Numbers:
        """Return logits of durations: of groups, -inf of absent ones, then of new ends."""
        inner = self._inner(states[:, self.width :] + self.known["velocity"][velocity])
        weight, bias = self.group
        hidden = groups.features @ weight + bias + self.slot + times(inner, self.query)[:, None]
        pointers = gated(hidden, np.ones_like(hidden)) @ self.score[0] + self.score[1]  # (rows, GROUPS)
        pointers = np.where(groups.offset == NEVER, -np.inf, pointers)
        return np.concatenate((pointers.reshape(-1, GROUPS), self._output("duration", inner)), axis=1)

    def _inner(self, states: Numbers) -> Numbers:
        half = self.width // 2
        return gated(states[:, :half], states[:, half : self.width])

    def _output(self, name: str, inner: Numbers) -> Numbers:
        weight, bias = self.output[name]
        return np.asarray(times(inner, weight) + bias)


class GuidedHeads:
    """Heads of two passes, a conditional and an unconditional one, whose difference is amplified [1].

    Logits are the conditional ones, plus `guidance` - 1 times their difference from the unconditional ones.

    References
    ----------
    .. [1] J. Ho, T. Salimans, "Classifier-Free Diffusion Guidance", 2022.
    """

    def __init__(self, heads: HeadsStep, guidance: float) -> None:
        self.heads, self.guidance = heads, np.float32(guidance)

    def begin(self, x: Numbers) -> Numbers:
        """Return the states of all factors, (rows, 2, ..), given the body's output, (2 rows, width)."""
        return _paired(self.heads.begin(x))

    def time(self, states: Numbers) -> Numbers:
        """Return logits of times."""
        return self._guided(self.heads.time(_flat(states)))

    def after_time(self, states: Numbers, time: Integers, sounding: Mask) -> Numbers:
        """Return the states of pitch, velocity and duration."""
        return _paired(self.heads.after_time(_flat(states), time.repeat(2), sounding.repeat(2, axis=0)))

    def pitch(self, states: Numbers, keys: Features, sounding: Mask) -> tuple[Numbers, Numbers]:
        """Return logits of keys, and the contexts of all keys, (rows, 2, KEYS, CHANNELS)."""
        logits, context = self.heads.pitch(_flat(states), keys.repeat(2, axis=0), sounding.repeat(2, axis=0))
        return self._guided(logits), _paired(context)

    def after_pitch(self, states: Numbers, pitch: Integers, context: Numbers) -> Numbers:
        """Return the states of velocity and duration."""
        return _paired(self.heads.after_pitch(_flat(states), pitch.repeat(2), _flat(context)))

    def velocity(self, states: Numbers) -> Numbers:
        """Return logits of velocity bins."""
        return self._guided(self.heads.velocity(_flat(states)))

    def duration(self, states: Numbers, velocity: Integers, groups: EndGroups) -> Numbers:
        """Return logits of durations."""
        paired = EndGroups(groups.offset.repeat(2, axis=0), groups.features.repeat(2, axis=0))
        return self._guided(self.heads.duration(_flat(states), velocity.repeat(2), paired))

    def _guided(self, logits: Numbers) -> Numbers:
        conditional, unconditional = logits[::2], logits[1::2]
        is_possible, none = np.isfinite(conditional), np.zeros_like(conditional)
        difference = np.subtract(conditional, unconditional, out=none, where=is_possible)
        return np.asarray(conditional + (self.guidance - 1) * difference)


def _paired(rows: Numbers) -> Numbers:
    return rows.reshape(-1, 2, *rows.shape[1:])


def _flat(pairs: Numbers) -> Numbers:
    return pairs.reshape(-1, *pairs.shape[2:])


AnyHeads = HeadsStep | GuidedHeads


class ContextStep:
    """Steps of :class:`maestrokit.models.sequences.key_context.KeyContext`."""

    def __init__(self, part: Any) -> None:
        kernel = numbers(part.kernel)  # (CHANNELS, planes, window)
        self.planes, self.reach = kernel.shape[1], kernel.shape[2] // 2  # semitones
        self.kernel = columns(kernel.reshape(len(kernel), -1))  # (planes * window, CHANNELS)
        self.state, self.score = (columns(part.state.weight), numbers(part.state.bias)), numbers(part.score)

    def __call__(self, keys: Features, sounding: Mask, inner: Numbers) -> Numbers:
        """Return the contexts of all keys, (rows, KEYS, CHANNELS)."""
        planes = np.zeros((len(keys), self.planes, KEYS + 2 * self.reach), np.float32)
        inside = planes[:, :, self.reach : self.reach + KEYS]
        inside[:, :-1], inside[:, -1] = keys.reshape(len(keys), -1, KEYS), sounding
        windows = sliding_window_view(planes, 2 * self.reach + 1, axis=2).swapaxes(1, 2)  # (rows, KEYS, planes, window)
        convolved = (windows.reshape(-1, len(self.kernel)) @ self.kernel).reshape(len(keys), KEYS, -1)
        weight, bias = self.state
        return gated(convolved + (times(inner, weight) + bias)[:, None], np.ones(1, np.float32))


def weights_of(part: Any) -> Any:
    """Return the weights of an embedding or a linear layer, smooth ones computed once for all steps."""
    return part.table() if hasattr(part, "table") else part.weight
