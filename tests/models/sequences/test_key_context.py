"""The context of a key: the same for every key, and of the keys in reach only."""

import torch

from maestrokit.models.sequences.key_context import CHANNELS, PLANES, SEMITONES, KeyContext
from maestrokit.music.encodings.key_state import KEYS


def context(seed=0):
    torch.manual_seed(seed)
    return KeyContext(16)


def planes(seed=1):
    torch.manual_seed(seed)
    return torch.rand(2, PLANES, KEYS)


def split(x):
    return x[:, :-1].flatten(1), x[:, -1]


def test_what_is_moved_by_some_semitones_has_the_context_moved():
    part, x, state = context(), planes(), torch.randn(2, 16)
    x[..., :10] = x[..., -10:] = 0
    near, moved = part(*split(x), state), part(*split(x.roll(5, -1)), state)
    assert near.shape == (2, KEYS, CHANNELS)
    assert torch.allclose(near[:, :-5], moved[:, 5:], atol=1e-5)


def test_keys_out_of_reach_do_not_matter():
    part, x, state = context(), planes(), torch.randn(2, 16)
    other = x.clone()
    other[..., 60] += 1
    changed = (part(*split(x), state) != part(*split(other), state)).any(-1).all(0)
    assert changed[60 - SEMITONES : 60 + SEMITONES + 1].all()
    assert not changed[: 60 - SEMITONES].any() and not changed[60 + SEMITONES + 1 :].any()


def test_the_matrix_is_a_convolution():
    part, x = context(), planes()
    expected = torch.nn.functional.conv1d(x, part.kernel, padding=SEMITONES)  # (2, CHANNELS, KEYS)
    product = (x.flatten(1) @ part.matrix().T).unflatten(-1, (KEYS, CHANNELS))
    assert torch.allclose(product, expected.swapaxes(1, 2), atol=1e-4)
