"""Autoregressive steps of sequence models in numpy, one position at a time.

One position is so little arithmetic that the overhead of calls dominates: torch spends some ten times as long on its
modules and operators as on the arithmetic, numpy a fraction of that. Each class here repeats one step of a model of
:mod:`maestrokit.models` with its weights and state, and gives its outputs up to rounding. Models without a class of
their own step by ``forward``. A model is a network of torch, or a tree of arrays of the same names
(:class:`maestrokit.models.kernels.weight_tree.Branch`): torch is not needed for that, and importing it takes a second.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Integers, Mask

if TYPE_CHECKING:
    import torch

    from maestrokit.models import lstm
    from maestrokit.models.contract import EventModel

Logits = NDArray[np.float32]
HALF = np.float32(0.5)
SAFE_SCORE = 60.0  # whose exponential, and the sum of many, single precision holds
LAYER_EPSILON = 1e-5  # of layer normalisation, as torch has it
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
        import torch

        self.model, self.state = model, state
        self.device = next((weight.device for weight in model.parameters()), torch.device("cpu"))
        self.newest: Integers | None = None
        self.rows = np.empty(0, np.int64)

    def __call__(self, tokens: Integers) -> Logits:
        """Return the logits of the next events."""
        if self.newest is None:
            self.newest, self.rows = tokens.copy(), np.arange(len(tokens))
        self.newest[self.rows] = tokens
        import torch

        with torch.inference_mode():
            newest = torch.from_numpy(self.newest)[:, None].to(self.device)
            logits, self.state = self.model(newest, self.state)
        return np.asarray(numbers(logits[:, -1])[self.rows])

    def keep(self, rows: Mask) -> None:
        """Drop the other rows from the output; the layout of the state is unknown, so they are still computed."""
        self.rows = self.rows[rows]


class LstmStep:
    """Steps of :class:`maestrokit.models.lstm.Model`."""

    def __init__(self, model: "lstm.Model", state: Any) -> None:
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
    """Steps of :class:`maestrokit.models.lstm.LstmBody`.

    Parameters
    ----------
    body : LstmBody, or a tree of its weights
    state : two arrays or tensors, shape (layers, rows, width)
        Outputs and cells; they are copied.
    """

    def __init__(self, body: Any, state: Any) -> None:
        self.hidden, self.cell = (list(numbers(part).copy()) for part in state)  # one a layer, (rows, width)
        self.rows = np.arange(len(self.hidden[0]))  # those that have not ended
        self.newest = np.zeros_like(self.hidden[0])
        self.width = self.hidden[0].shape[-1]
        self.norm = norm_of(body.norm)
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
        part = layer.recurrent
        gates = self._gates(np.concatenate((numbers(part.weight_ih_l0), numbers(part.weight_hh_l0)), axis=1))
        bias = self._gates(numbers(part.bias_ih_l0) + numbers(part.bias_hh_l0))
        return norm_of(layer.norm), gates, bias, columns(layer.output.weight)

    @staticmethod
    def _gates(weight: NDArray[Any]) -> NDArray[Any]:
        """Return columns for the input, forget and output gates, then for the candidate.

        The first three are halved, since sigmoid(x) is 0.5 + 0.5 tanh(x / 2): one tanh serves all.
        """
        enter, forget, candidate, output = np.split(weight, 4)
        return columns(np.concatenate((enter / 2, forget / 2, output / 2, candidate)))

    def keep(self, rows: Mask | Integers) -> None:
        """Drop the other rows; or go on with rows of these numbers, which may repeat.

        They are dropped once at most half are left: products of eight rows are as fast as those of six.
        """
        self.rows = self.rows[rows]
        if 2 * len(self.rows) <= len(self.newest) or rows.dtype != bool:
            self.hidden, self.cell = ([part[self.rows] for part in parts] for parts in (self.hidden, self.cell))
            self.rows = np.arange(len(self.rows))
            self.newest = np.zeros_like(self.hidden[0])


def norm_of(part: Any) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return a normalisation of the last axis: root-mean-square, or layer normalisation."""
    weight = numbers(part.weight)
    if not hasattr(part, "bias"):
        return rms_norm(weight, epsilon_of(part))
    bias, floor, size = numbers(part.bias), np.float32(getattr(part, "eps", LAYER_EPSILON)), np.float32(len(weight))

    def layer_norm(x: NDArray[Any]) -> NDArray[Any]:
        x = x - np.add.reduce(x, -1, keepdims=True) / size
        return np.asarray(x / np.sqrt(np.add.reduce(x * x, -1, keepdims=True) / size + floor) * weight + bias)

    return layer_norm


def epsilon_of(part: Any) -> np.float32:
    """Return what a root-mean-square norm adds to the mean square."""
    epsilon = getattr(part, "eps", None)
    return np.finfo(np.float32).eps if epsilon is None else np.float32(epsilon)


def rms_norm(weight: NDArray[Any], floor: np.float32) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return root-mean-square normalisation of the last axis."""
    size = np.float32(weight.shape[-1])

    def normalized(x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(x / np.sqrt(np.add.reduce(x * x, -1, keepdims=True) / size + floor) * weight)

    return normalized


def gated(gate: NDArray[Any], passed: NDArray[Any]) -> NDArray[Any]:
    """Return ``silu(gate) * passed``."""
    low = np.minimum(-gate, SAFE_SCORE)
    np.exp(low, out=low)
    low += 1
    return np.asarray(gate * passed / low)


def times(x: NDArray[Any], weight: NDArray[Any]) -> NDArray[Any]:
    """Return ``x @ weight``."""
    return np.stack([row @ weight for row in x]) if 1 < len(x) <= FEW else np.asarray(x @ weight)


def numbers(part: "NDArray[Any] | torch.Tensor") -> NDArray[Any]:
    """Return a tensor as an array that shares its memory, or an array as it is."""
    return part if isinstance(part, np.ndarray) else np.asarray(part.detach().cpu().numpy())


def columns(weight: "NDArray[Any] | torch.Tensor") -> NDArray[Any]:
    """Return the transposed matrix, contiguous, for fast products with rows."""
    return np.ascontiguousarray(numbers(weight).T)
