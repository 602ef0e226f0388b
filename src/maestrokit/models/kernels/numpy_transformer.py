"""Autoregressive steps of transformers in numpy; see :mod:`maestrokit.models.kernels.numpy_step`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Integers, Mask
from maestrokit.models.kernels.numpy_step import (
    SAFE_SCORE,
    Logits,
    columns,
    epsilon_of,
    gated,
    norm_of,
    numbers,
    rms_norm,
    times,
)

if TYPE_CHECKING:
    from maestrokit.models import transformer
    from maestrokit.models.attention.cache import Cache


class TransformerStep:
    """Steps of :class:`maestrokit.models.transformer.Model`, both variants."""

    def __init__(self, model: "transformer.Model", cache: "Cache") -> None:
        self.embedding, self.output = numbers(model.embedding.weight), columns(model.output.weight)
        self.body = TransformerBodyStep(model, StepCache.of(cache), model.config)

    def __call__(self, tokens: Integers) -> Logits:
        """Return the logits of the next events."""
        return times(self.body(self.embedding[tokens]), self.output)

    def keep(self, rows: Mask) -> None:
        """Drop the other rows."""
        self.body.keep(rows)


class TransformerBodyStep:
    """Steps of :class:`maestrokit.models.transformer.TransformerBody`, both variants.

    Parameters
    ----------
    body : TransformerBody, or a tree of its weights
    cache : StepCache
        What it has seen; it is written to.
    config : transformer.Config, or the same as plain values
    """

    def __init__(self, body: Any, cache: "StepCache", config: Any) -> None:
        self.cache, self.is_modern = cache, config.variant == "modern"
        self.frequency = numbers(body.frequency)
        self.step_frequency = numbers(body.step_frequency) if config.encoding != "events" else None
        self.norm = norm_of(body.norm)
        self.layers = [
            _LayerStep(layer, key, value, recent, config)
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
        cache.make_room()
        angle = np.float32(cache.position) * self.frequency
        if self.step_frequency is not None and onset is not None:
            by_time = (onset[:, None] * self.step_frequency).astype(np.float32)
            angle = np.concatenate((by_time, np.broadcast_to(angle, (len(x), len(angle)))), axis=1)[:, None]
        rope = (np.cos(angle), np.sin(angle)) if self.is_modern else None  # each (dim / 2,), or (rows, 1, dim / 2)
        for layer in self.layers:
            x = layer(x, rope, cache.used)
        cache.used, cache.position = cache.used + 1, cache.position + 1
        return self.norm(x)

    def keep(self, rows: Mask | Integers) -> None:
        """Drop the other rows; or go on with rows of these numbers, which may repeat."""
        self.cache.keep(rows)
        for layer, key, value in zip(self.layers, self.cache.keys, self.cache.values, strict=True):
            layer.key, layer.value = key, value
            for part in layer.before:
                part.seen = [seen[rows] for seen in part.seen]


@dataclass
class StepCache:
    """What attention and convolutions need of the positions so far.

    It is what :class:`maestrokit.models.attention.cache.Cache` is in torch.

    Parameters
    ----------
    keys, values : list of arrays, shape (rows, kv_heads, room, dim)
        One a layer; of keys, positions are contiguous in memory.
    recent : list of arrays, shape (rows, REACH, width)
        The last inputs of the short convolutions, two a layer; none if there are no convolutions.
    used, position, pinned : int
        How many of `room` are filled, positions seen in all, and how many of the oldest are never forgotten.
    """

    keys: list[NDArray[Any]]
    values: list[NDArray[Any]]
    recent: list[NDArray[Any]]
    used: int = 0
    position: int = 0
    pinned: int = 0

    @classmethod
    def of(cls, cache: "Cache") -> "StepCache":
        """Return the cache of a network of torch as arrays."""
        keys = [_keys_last(numbers(key)) for key in cache.keys]
        values, recent = ([numbers(part) for part in store] for store in (cache.values, cache.recent))
        return cls(keys, values, recent, cache.used, cache.position, cache.pinned)

    def make_room(self) -> None:
        """Forget the oldest positions where the room is full, an eighth of it at once."""
        room = self.keys[0].shape[2]
        if self.used == room:
            keep, pinned = room - max(1, room // 8), self.pinned
            for store in (*self.keys, *self.values):
                store[:, :, pinned:keep] = store[:, :, self.used - keep + pinned : self.used].copy()
            self.used = keep

    @classmethod
    def empty(cls, rows: int, room: int, body: Any, config: Any, *, pinned: int = 0) -> "StepCache":
        """Return a cache with room for some positions."""
        shape = (rows, config.kv_heads, config.width // config.heads, room)
        keys = [np.zeros(shape, np.float32).swapaxes(2, 3) for _ in body.layers]
        values = [np.zeros((*shape[:2], room, shape[2]), np.float32) for _ in body.layers]
        recent = [
            np.zeros((rows, len(numbers(part.weight)) - 1, config.width), np.float32)
            for layer in body.layers
            for part in layer.before
        ]
        return cls(keys, values, recent, pinned=pinned)

    def keep(self, rows: Mask | Integers) -> None:
        """Drop the other rows; or go on with rows of these numbers, which may repeat."""
        self.keys, self.values = [_keys_last(key[rows]) for key in self.keys], [value[rows] for value in self.values]


class _LayerStep:
    """A layer of a transformer, for one event a row."""

    def __init__(
        self, layer: Any, key: NDArray[Any], value: NDArray[Any], recent: tuple[NDArray[Any], ...], config: Any
    ) -> None:
        self.key, self.value = key, value  # (rows, kv_heads, room, dim)
        attention, feed = layer.attention, layer.feed
        self.sizes, self.dim = (config.heads, config.kv_heads), config.width // config.heads
        self.attention_norm, self.feed_norm = norm_of(layer.attention_norm), norm_of(layer.feed_norm)
        parts = {"project": attention.project, "mix": attention.output, "inner": feed.input, "outer": feed.output}
        self.matrices = {name: columns(part.weight) for name, part in parts.items()}
        self.before = [_ShortConv(part, seen) for part, seen in zip(layer.before, recent, strict=True)]
        self.is_modern, largest = config.variant == "modern", np.inf  # that a score can be
        if self.is_modern:
            norms = [numbers(part.weight) for part in (attention.query_norm, attention.key_norm)]
            self.query_and_key_norm = rms_norm(np.repeat(norms, self.sizes, axis=0), epsilon_of(attention.query_norm))
            largest = self.dim**0.5 * float(np.prod(np.max(np.abs(norms), axis=1)))
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

    def __init__(self, part: Any, recent: NDArray[Any]) -> None:
        weight = numbers(part.weight).copy()
        weight[-1] += 1  # the event itself, to which the convolution is added
        self.weight = weight
        self.seen = [np.ascontiguousarray(recent[:, position]) for position in range(recent.shape[1])]

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        out = x * self.weight[-1]
        for seen, weight in zip(self.seen, self.weight, strict=False):  # each (rows, width)
            out += seen * weight
        self.seen = [*self.seen[1:], x]
        return np.asarray(out)


def _rotated(x: NDArray[Any], cosine: NDArray[Any], sine: NDArray[Any]) -> NDArray[Any]:
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    return np.concatenate((first * cosine - second * sine, first * sine + second * cosine), -1)


def _keys_last(key: NDArray[Any]) -> NDArray[Any]:
    """Return keys, (rows, kv_heads, room, dim), with positions contiguous in memory, for faster products."""
    return np.ascontiguousarray(key.swapaxes(2, 3)).swapaxes(2, 3)


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
