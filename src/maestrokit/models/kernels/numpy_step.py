"""Autoregressive steps of sequence models in numpy, one position at a time.

One position is so little arithmetic that the overhead of calls dominates: torch spends some ten times as long on its
modules and operators as on the arithmetic, numpy a fraction of that. Each class here repeats one step of a model of
:mod:`maestrokit.models` with its weights and state, and gives its outputs up to rounding. Models without a class of
their own step by ``forward``.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from maestrokit.arrays import Integers, Mask

if TYPE_CHECKING:
    from maestrokit.models import lstm, transformer
    from maestrokit.models._cache import Cache
    from maestrokit.models.contract import EventModel

Logits = NDArray[np.float32]
HALF = np.float32(0.5)
SAFE_SCORE = 60.0  # whose exponential, and the sum of many, single precision holds
FEW = 4  # rows; BLAS multiplies a matrix of so many as slowly as one of eight


class Step(Protocol):
    """One step of a model for several sequences; it holds their state.

    Of a model of events, from the newest event of each row, (rows,), to the logits of the next, (rows, vocabulary); of
    a body, from vectors to vectors, both (rows, width).
    """

    def __call__(self, newest: NDArray[Any], /) -> NDArray[Any]:
        """Return the outputs."""

    def keep(self, rows: Mask) -> None:
        """Drop the rows that are false: they have ended."""


class TorchStep:
    """Steps of any model, by its own ``forward``."""

    def __init__(self, model: "EventModel", state: Any) -> None:
        self.model, self.state = model, state
        self.device = next((weight.device for weight in model.parameters()), torch.device("cpu"))
        self.newest: Integers | None = None
        self.rows = np.empty(0, np.int64)

    def __call__(self, tokens: Integers) -> Logits:
        """Return the logits of the next events."""
        if self.newest is None:
            self.newest, self.rows = tokens.copy(), np.arange(len(tokens))
        self.newest[self.rows] = tokens
        with torch.inference_mode():
            newest = torch.from_numpy(self.newest)[:, None].to(self.device)
            logits, self.state = self.model(newest, self.state)
        return np.asarray(numbers(logits[:, -1])[self.rows])

    def keep(self, rows: Mask) -> None:
        """Drop the other rows from the output; the layout of the state is unknown, so they are still computed."""
        self.rows = self.rows[rows]


class LstmStep:
    """Steps of :class:`maestrokit.models.lstm.Model`."""

    def __init__(self, model: "lstm.Model", state: tuple[torch.Tensor, torch.Tensor]) -> None:
        self.embedding = numbers(model.embedding.weight)
        self.output, self.output_bias = columns(model.embedding.weight), numbers(model.output_bias)
        self.scale = np.float32(model.config.width**0.5)
        self.body = LstmBodyStep(model, state)

    def __call__(self, tokens: Integers) -> Logits:
        """Return the logits of the next events."""
        return np.asarray(self.body(self.embedding[tokens] * self.scale) @ self.output + self.output_bias)

    def keep(self, rows: Mask) -> None:
        """Drop the other rows."""
        self.body.keep(rows)


class LstmBodyStep:
    """Steps of :class:`maestrokit.models.lstm.LstmBody`."""

    def __init__(self, body: "lstm.LstmBody", state: tuple[torch.Tensor, torch.Tensor]) -> None:
        self.hidden, self.cell = (list(numbers(part).copy()) for part in state)  # one a layer, (rows, width)
        self.rows = np.arange(len(self.hidden[0]))  # those that have not ended
        self.newest = np.zeros_like(self.hidden[0])
        self.width = body.config.width
        self.norm = _norm(body.norm)
        self.layers = [self._weights(layer) for layer in body.layers]

    def __call__(self, vectors: NDArray[Any], onset: Integers | None = None) -> NDArray[Any]:
        """Return the outputs of vectors, both (rows, width)."""
        self.newest[self.rows] = vectors
        x = self.newest
        for layer, (norm, weight, bias, output) in enumerate(self.layers):
            gates = np.concatenate((norm(x), self.hidden[layer]), 1) @ weight  # (rows, 4 width)
            gates += bias
            np.tanh(gates, out=gates)
            shares, new = gates[:, : 3 * self.width], gates[:, 3 * self.width :]
            shares *= HALF
            shares += HALF
            cell = shares[:, self.width : 2 * self.width] * self.cell[layer]
            cell += shares[:, : self.width] * new
            self.hidden[layer], self.cell[layer] = shares[:, 2 * self.width :] * np.tanh(cell), cell
            x = x + self.hidden[layer] @ output
        return np.asarray(self.norm(x)[self.rows])

    def _weights(self, layer: Any) -> tuple[Any, ...]:
        """Return the norm, the weights of all gates and their bias, and the output's."""
        named = dict(layer.recurrent.named_parameters())
        gates = self._gates(torch.cat((named["weight_ih_l0"], named["weight_hh_l0"]), 1))
        bias = self._gates(named["bias_ih_l0"] + named["bias_hh_l0"])
        return _norm(layer.norm), gates, bias, columns(layer.output.weight)

    @staticmethod
    def _gates(weight: torch.Tensor) -> NDArray[Any]:
        """Return columns for the input, forget and output gates, then for the candidate.

        The first three are halved, since sigmoid(x) is 0.5 + 0.5 tanh(x / 2): one tanh serves all.
        """
        enter, forget, candidate, output = weight.detach().chunk(4)
        return columns(torch.cat((enter / 2, forget / 2, output / 2, candidate)))

    def keep(self, rows: Mask) -> None:
        """Drop the other rows once at most half are left: products of eight rows are as fast as those of six."""
        self.rows = self.rows[rows]
        if 2 * len(self.rows) <= len(self.newest):
            self.hidden, self.cell = ([part[self.rows] for part in parts] for parts in (self.hidden, self.cell))
            self.rows = np.arange(len(self.rows))
            self.newest = np.zeros_like(self.hidden[0])


class TransformerStep:
    """Steps of :class:`maestrokit.models.transformer.Model`, both variants."""

    def __init__(self, model: "transformer.Model", cache: "Cache") -> None:
        self.embedding, self.output = numbers(model.embedding.weight), columns(model.output.weight)
        self.body = TransformerBodyStep(model, cache)

    def __call__(self, tokens: Integers) -> Logits:
        """Return the logits of the next events."""
        return times(self.body(self.embedding[tokens]), self.output)

    def keep(self, rows: Mask) -> None:
        """Drop the other rows."""
        self.body.keep(rows)


class TransformerBodyStep:
    """Steps of :class:`maestrokit.models.transformer.TransformerBody`, both variants, on the arrays of its cache."""

    def __init__(self, body: "transformer.TransformerBody", cache: "Cache") -> None:
        self.cache, self.is_modern = cache, body.config.variant == "modern"
        cache.keys = [_keys_last(key) for key in cache.keys]
        self.frequency = numbers(body.frequency)
        self.step_frequency = numbers(body.step_frequency) if body.config.encoding == "notes" else None
        self.norm = _norm(body.norm)
        self.layers = [
            _LayerStep(layer, key, value, recent, body.config)
            for layer, key, value, recent in zip(
                body.layers, cache.keys, cache.values,
                zip(cache.recent[::2], cache.recent[1::2], strict=True) if cache.recent else [()] * len(body.layers),
                strict=True,
            )
        ]  # fmt: skip
        together([layer.matrices for layer in self.layers])

    def __call__(self, x: NDArray[Any], onset: Integers | None = None) -> NDArray[Any]:
        """Return the outputs of vectors, both (rows, width); of notes, `onset` has their times, (rows,), in steps."""
        cache = self.cache
        with torch.inference_mode():
            cache.make_room(1)
        angle = np.float32(cache.position) * self.frequency
        if self.step_frequency is not None and onset is not None:
            by_time = (onset[:, None] * self.step_frequency).astype(np.float32)
            angle = np.concatenate((by_time, np.broadcast_to(angle, (len(x), len(angle)))), axis=1)[:, None]
        rope = (np.cos(angle), np.sin(angle)) if self.is_modern else None  # each (dim / 2,), or (rows, 1, dim / 2)
        for layer in self.layers:
            x = layer(x, rope, cache.used)
        cache.advance(1)
        return self.norm(x)

    def keep(self, rows: Mask) -> None:
        """Drop the other rows."""
        self.cache = self.cache.selected(torch.from_numpy(rows))
        self.cache.keys = [_keys_last(key) for key in self.cache.keys]
        for layer, key, value in zip(self.layers, self.cache.keys, self.cache.values, strict=True):
            layer.key, layer.value = numbers(key), numbers(value)
            for part in layer.before:
                part.seen = [seen[rows] for seen in part.seen]


class _LayerStep:
    """A layer of a transformer, for one event a row."""

    def __init__(
        self, layer: Any, key: torch.Tensor, value: torch.Tensor, recent: tuple[torch.Tensor, ...],
        config: "transformer.Config",
    ) -> None:  # fmt: skip
        self.key, self.value = numbers(key), numbers(value)  # (rows, kv_heads, room, dim)
        attention, feed = layer.attention, layer.feed
        self.sizes, self.dim = (config.heads, config.kv_heads), config.width // config.heads
        self.attention_norm, self.feed_norm = _norm(layer.attention_norm), _norm(layer.feed_norm)
        parts = {"project": attention.project, "mix": attention.output, "inner": feed.input, "outer": feed.output}
        self.matrices = {name: columns(part.weight) for name, part in parts.items()}
        self.before = [_ShortConv(part, seen) for part, seen in zip(layer.before, recent, strict=True)]
        self.is_modern, largest = config.variant == "modern", np.inf  # that a score can be
        if self.is_modern:
            both = [numbers(part.weight) for part in (attention.query_norm, attention.key_norm)]
            self.query_and_key_norm = _rms_norm(np.repeat(both, self.sizes, axis=0), attention.query_norm.eps)
            largest = self.dim**0.5 * float(np.prod(np.max(np.abs(both), axis=1)))
        else:
            self.distance, self.inner_bias = numbers(attention.distance), numbers(feed.input.bias)
        self.is_bounded = largest < SAFE_SCORE

    def __call__(self, x: NDArray[Any], rope: tuple[NDArray[Any], NDArray[Any]] | None, used: int) -> NDArray[Any]:
        normed = self.attention_norm(x)
        x = x + self._attention(self.before[0](normed) if self.before else normed, rope, used)
        normed = self.feed_norm(x)
        inner = times(self.before[1](normed) if self.before else normed, self.matrices["inner"])
        if self.is_modern:
            inner = gated(inner[:, : inner.shape[1] // 2], inner[:, inner.shape[1] // 2 :])
        else:
            inner = np.maximum(inner + self.inner_bias, 0)
        return np.asarray(x + times(inner, self.matrices["outer"]))

    def _attention(self, x: NDArray[Any], rope: tuple[NDArray[Any], NDArray[Any]] | None, used: int) -> NDArray[Any]:
        rows, (heads, kv_heads) = len(x), self.sizes
        projected = times(x, self.matrices["project"]).reshape(rows, -1, self.dim)  # (rows, heads of q, k and v, dim)
        query_key = projected[:, : heads + kv_heads]
        if rope is not None:
            query_key = _rotated(self.query_and_key_norm(query_key), *rope)
        self.key[:, :, used], self.value[:, :, used] = query_key[:, heads:], projected[:, heads + kv_heads :]
        query = (query_key[:, :heads] * np.float32(self.dim**-0.5)).reshape(rows, kv_heads, -1, self.dim)
        scores = np.matmul(query, self.key[:, :, : used + 1].swapaxes(2, 3))  # (rows, kv_heads, group, keys)
        if rope is None:
            near = self.distance[:, self.distance.shape[1] - used - 1 :]  # (heads, keys, dim)
            far = np.matmul(query.reshape(rows, heads, 1, self.dim), near.swapaxes(1, 2))
            scores += far.reshape(scores.shape)
        if not self.is_bounded:
            scores -= np.maximum.reduce(scores, -1, keepdims=True)
        weights = np.exp(scores, out=scores)
        attended = np.matmul(weights, self.value[:, :, : used + 1])  # (rows, kv_heads, group, dim)
        attended /= np.add.reduce(weights, -1, keepdims=True)
        return times(attended.reshape(rows, -1), self.matrices["mix"])


class _ShortConv:
    """The short convolution and its last inputs."""

    def __init__(self, part: Any, recent: torch.Tensor) -> None:
        weight = numbers(part.weight).copy()
        weight[-1] += 1  # the event itself, to which the convolution is added
        self.weight = weight
        self.seen = [np.ascontiguousarray(numbers(recent)[:, position]) for position in range(recent.shape[1])]

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        out = x * self.weight[-1]
        for seen, weight in zip(self.seen, self.weight, strict=False):  # each (rows, width)
            out += seen * weight
        self.seen = [*self.seen[1:], x]
        return np.asarray(out)


def _norm(part: Any) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return a normalisation of the last axis: root-mean-square, or layer normalisation."""
    weight = numbers(part.weight)
    if not isinstance(part, torch.nn.LayerNorm):
        return _rms_norm(weight, part.eps)
    bias, floor, size = numbers(part.bias), np.float32(part.eps), np.float32(len(weight))

    def layer_norm(x: NDArray[Any]) -> NDArray[Any]:
        x = x - np.add.reduce(x, -1, keepdims=True) / size
        return np.asarray(x / np.sqrt(np.add.reduce(x * x, -1, keepdims=True) / size + floor) * weight + bias)

    return layer_norm


def _rms_norm(weight: NDArray[Any], epsilon: float | None) -> Callable[[NDArray[Any]], NDArray[Any]]:
    floor = np.float32(torch.finfo(torch.float32).eps if epsilon is None else epsilon)
    size = np.float32(weight.shape[-1])

    def rms_norm(x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(x / np.sqrt(np.add.reduce(x * x, -1, keepdims=True) / size + floor) * weight)

    return rms_norm


def _rotated(x: NDArray[Any], cosine: NDArray[Any], sine: NDArray[Any]) -> NDArray[Any]:
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    return np.concatenate((first * cosine - second * sine, first * sine + second * cosine), -1)


def gated(gate: NDArray[Any], passed: NDArray[Any]) -> NDArray[Any]:
    """Return ``silu(gate) * passed``."""
    low = np.minimum(-gate, SAFE_SCORE)
    np.exp(low, out=low)
    low += 1
    return np.asarray(gate * passed / low)


def times(x: NDArray[Any], weight: NDArray[Any]) -> NDArray[Any]:
    """Return ``x @ weight``."""
    return np.stack([row @ weight for row in x]) if 1 < len(x) <= FEW else np.asarray(x @ weight)


def _keys_last(key: torch.Tensor) -> torch.Tensor:
    """Return keys, (rows, kv_heads, room, dim), with positions contiguous in memory, for faster products."""
    return key.transpose(2, 3).contiguous().transpose(2, 3)


def together(parts: Sequence[dict[str, NDArray[Any]]]) -> None:
    """Move arrays of single precision into one piece of memory, which is read a quarter faster.

    The system gives large pages to pieces above some MiB, and looking up small ones takes longer than reading them.
    """
    arrays = [array for part in parts for array in part.values()]
    block, end = np.concatenate([array.ravel() for array in arrays]), 0
    for part in parts:
        for name, array in part.items():
            end += array.size
            part[name] = block[end - array.size : end].reshape(array.shape)


def numbers(tensor: torch.Tensor) -> NDArray[Any]:
    """Return a tensor as an array that shares its memory."""
    return np.asarray(tensor.detach().cpu().numpy())


def columns(weight: torch.Tensor) -> NDArray[Any]:
    """Return the transposed matrix, contiguous, for fast products with rows."""
    return np.ascontiguousarray(numbers(weight).T)
