"""Smooth tables: classes near each other share what they learn, and after training the tables are plain."""

import numpy as np
import torch

from maestrokit.models.sequences.bases import factor_bases, radial_bases
from maestrokit.models.sequences.smooth import SmoothEmbedding, SmoothLinear
from maestrokit.music.encodings.notes import TIME_EDGES, TIMES


def test_a_class_shares_most_with_its_neighbours_and_nothing_with_those_far_away():
    bases = radial_bases(np.arange(60.0), classes=62)
    alike = bases @ bases.T
    assert np.all(alike[30, 31] > alike[30, 36:59]) and np.all(np.diff(alike[30, 31:59]) < 1e-4)
    assert np.all(bases[60:] == 0)  # the begin and the end are like nothing else


def test_keys_an_octave_apart_share_their_pitch_class():
    bases = factor_bases("pitch", 88)
    assert np.array_equal(bases[0, -12:], bases[48, -12:]) and not np.array_equal(bases[0, -12:], bases[1, -12:])


def test_times_are_near_by_their_ratio():
    bases = torch.from_numpy(factor_bases("time", TIMES + 1))
    near = torch.nn.functional.cosine_similarity(bases[:, None], bases[None], dim=-1)
    first, second = (int(np.searchsorted(TIME_EDGES, steps)) for steps in (5, 10))
    third, fourth = (int(np.searchsorted(TIME_EDGES, steps)) for steps in (100, 105))
    assert near[third, fourth] > 0.9 > near[first, second]


def test_a_table_is_what_the_layer_computes():
    torch.manual_seed(0)
    bases = radial_bases(np.arange(20.0), classes=21)
    embedding, linear = SmoothEmbedding(bases, 8, deviation=0.5), SmoothLinear(8, bases)
    torch.nn.init.normal_(linear.shared)
    torch.nn.init.normal_(linear.bias)
    x = torch.randn(3, 8)
    assert torch.equal(embedding(torch.arange(21)), embedding.table())
    assert torch.allclose(linear(x), x @ linear.table().T + linear.bias, atol=1e-6)


def test_what_is_learned_of_one_class_is_known_of_its_neighbours():
    torch.manual_seed(0)
    layer = SmoothLinear(8, radial_bases(np.arange(40.0), classes=40))
    x, target = torch.ones(4, 8), torch.full((4,), 20)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(layer(x), target).backward()
        optimizer.step()
    score = (x @ layer.table().T).mean(0)
    assert score.argmax() == 20 and score[21] > score[25] > score[39]
