"""The context of each key: a convolution along the keyboard over the states of the keys around it.

Chords, octaves and runs are shapes that can lie anywhere on the keyboard. One kernel learns them for all keys at once,
where a matrix from all keys to all keys would learn them for each key. Transposing a piece transposes its contexts.

References
----------
.. [1] R. Bittner et al., "Deep Salience Representations for F0 Estimation in Polyphonic Music", ISMIR 2017 (a
   convolution along pitch, there of a spectrum).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.kernels.linear import Linear, linear
from maestrokit.music.encodings.key_state import FEATURES
from maestrokit.music.piano_range import KEYS

PLANES = FEATURES + 1  # the features of each key at the newest note, and whether it sounds at the next onset
SEMITONES = 24  # that a context reaches below and above its key
CHANNELS = 24


class KeyContext(nn.Module):
    """Contexts of all keys [1], given the features of the keys and the inner vector of the pitch factor.

    Shape
    -----
    keys : (.., FEATURES * KEYS); sounding : (.., KEYS); state : (.., width)
    result : (.., KEYS, CHANNELS)
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(CHANNELS, PLANES, 2 * SEMITONES + 1))
        self._constant: Tensor | None = None
        self.state = Linear(width, CHANNELS)
        self.score = nn.Parameter(torch.zeros(CHANNELS))
        nn.init.normal_(self.kernel, std=0.05)
        nn.init.zeros_(self.state.bias)
        distance = np.arange(KEYS) - np.arange(KEYS)[:, None] + SEMITONES  # (KEYS to, KEYS from)
        near = distance.clip(0, 2 * SEMITONES)
        self.distance: Tensor
        self.is_near: Tensor
        self.register_buffer("distance", torch.from_numpy(near), persistent=False)
        self.register_buffer("is_near", torch.from_numpy(near == distance), persistent=False)

    def matrix(self) -> Tensor:
        """Return the convolution as a matrix, (KEYS * CHANNELS, PLANES * KEYS): its product is faster."""
        weight = self.kernel[:, :, self.distance] * self.is_near  # (CHANNELS, PLANES, KEYS to, KEYS from)
        return weight.permute(2, 0, 1, 3).reshape(KEYS * CHANNELS, PLANES * KEYS)

    @contextmanager
    def constant(self) -> Iterator[None]:
        """Make the matrix once for the block, in which the weights do not change and have no gradient."""
        self._constant = self.matrix()
        try:
            yield
        finally:
            self._constant = None

    def forward(self, keys: Tensor, sounding: Tensor, state: Tensor) -> Tensor:
        planes = torch.cat((keys, sounding), dim=-1)  # (.., PLANES * KEYS)
        convolved = linear(planes, self.matrix() if self._constant is None else self._constant)  # (.., KEYS * CHANNELS)
        return F.silu(convolved.view(*convolved.shape[:-1], KEYS, CHANNELS) + self.state(state)[..., None, :])
