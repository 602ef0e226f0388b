"""What the keys around a key say of it, the same for every key: a convolution along the keyboard.

Chords, octaves, runs and hands are shapes that move along the keyboard, so one kernel learns them for all keys at once,
where a matrix from all keys to all keys learns them key by key. A piece moved by a semitone has the same context.

References
----------
.. [1] R. Bittner et al., "Deep Salience Representations for F0 Estimation in Polyphonic Music", ISMIR 2017 (the
   convolution along pitch); H. Lim et al., "Chord Generation from Symbolic Melody Using BLSTM Networks", ISMIR 2017.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.kernels.linear import Linear, linear
from maestrokit.music.key_state import FEATURES
from maestrokit.music.piano_range import KEYS

PLANES = FEATURES + 1  # the features of all keys at the newest note, and which of them sound at the next onset
SEMITONES = 24  # below and above that a key's context reaches
CHANNELS = 24


class KeyContext(nn.Module):
    """Vectors of all keys, given what the keys do and the state of the pitch factor.

    Shape
    -----
    keys : (.., FEATURES * KEYS); sounding : (.., KEYS); state : (.., width)
    result : (.., KEYS, CHANNELS)
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(CHANNELS, PLANES, 2 * SEMITONES + 1))
        self.state = Linear(width, CHANNELS)
        self.score = nn.Parameter(torch.zeros(CHANNELS))
        nn.init.normal_(self.kernel, std=0.05)
        nn.init.zeros_(self.state.bias)
        distance = torch.arange(KEYS) - torch.arange(KEYS)[:, None] + SEMITONES  # of keys from the key, one a column
        self.distance: Tensor
        self.is_near: Tensor
        self.register_buffer("distance", distance.clamp(0, 2 * SEMITONES), persistent=False)
        self.register_buffer("is_near", (distance >= 0) & (distance <= 2 * SEMITONES), persistent=False)

    def matrix(self) -> Tensor:
        """Return the convolution as one matrix, (KEYS * CHANNELS, PLANES * KEYS); as a product it is quicker."""
        by_key = self.kernel[:, :, self.distance] * self.is_near  # (CHANNELS, PLANES, KEYS to, KEYS from)
        return by_key.permute(2, 0, 1, 3).reshape(KEYS * CHANNELS, PLANES * KEYS)

    def forward(self, keys: Tensor, sounding: Tensor, state: Tensor) -> Tensor:
        planes = torch.cat((keys, sounding), dim=-1)  # (.., PLANES * KEYS)
        near = linear(planes, self.matrix())  # (.., KEYS * CHANNELS)
        return F.silu(near.view(*near.shape[:-1], KEYS, CHANNELS) + self.state(state)[..., None, :])
