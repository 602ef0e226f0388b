"""The layers of convolutional networks in numpy: what torch computes, without loading it."""

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from maestrokit.arrays import Floats

Weights = Mapping[str, NDArray[np.float32]]
NORM_PARTS = ("weight", "bias", "running_mean", "running_var")
NORM_EPSILON = 1e-5


def convolved(
    x: NDArray[np.float32],
    kernel: NDArray[np.float32],
    *,
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    padding: tuple[int, int] | None = None,
) -> NDArray[np.float32]:
    """Return the convolution of (inputs, rows, columns) by (outputs, inputs, height, width).

    Zeros are put around the input, by default as many as keep its size.
    """
    outputs, inputs, height, width = kernel.shape
    rows, columns = padding or (height // 2 * dilation[0], width // 2 * dilation[1])
    padded = np.pad(x, ((0, 0), (rows, rows), (columns, columns))) if rows or columns else x
    reach = ((height - 1) * dilation[0] + 1, (width - 1) * dilation[1] + 1)
    views = sliding_window_view(padded, reach, axis=(1, 2))[:, :: stride[0], :: stride[1]]
    views = views[..., :: dilation[0], :: dilation[1]]
    shape = views.shape[1:3]
    patches = views.transpose(0, 3, 4, 1, 2).reshape(inputs * height * width, -1)
    return np.asarray((kernel.reshape(outputs, -1) @ patches).reshape(outputs, *shape))


def norm_relu(x: NDArray[np.float32], weights: Weights, name: str) -> NDArray[np.float32]:
    """Return what a batch norm, as trained, makes of (channels, rows, columns), and 0 where that is negative."""
    scale, shift, mean, variance = (weights[f"{name}.{part}"] for part in NORM_PARTS)
    factor = scale / np.sqrt(variance + NORM_EPSILON)
    return np.asarray(np.maximum(x * factor[:, None, None] + (shift - mean * factor)[:, None, None], np.float32(0)))


def norm_shapes(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the weights of a batch norm."""
    return {f"{name}.{part}": (channels,) for part in NORM_PARTS}


def log_softmax(logits: Floats | NDArray[np.float32]) -> Floats:
    """Return log-probabilities over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), np.float64)
