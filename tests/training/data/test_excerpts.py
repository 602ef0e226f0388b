"""Excerpts of sequences: all positions are shown, in an order that a seed decides."""

import numpy as np
import pytest

from maestrokit.training.data.excerpts import epoch_excerpts, held_out_excerpts


@pytest.mark.parametrize("seed", range(5))
def test_an_epoch_shows_every_position(seed):
    counts, length = [3, 10, 25, 100], 10
    excerpts = epoch_excerpts(counts, length, np.random.default_rng(seed))
    for piece, count in enumerate(counts):
        starts = excerpts[excerpts[:, 0] == piece, 1]
        shown = {at for start in starts for at in range(start, min(start + length, count))}
        assert shown == set(range(count)) and starts.max() <= max(count - length, 0)
    assert np.array_equal(excerpts, epoch_excerpts(counts, length, np.random.default_rng(seed)))


def test_excerpts_to_validate_on_do_not_overlap_and_are_spread_over_all():
    assert held_out_excerpts([5, 20], 10, most=99).tolist() == [[0, 0], [1, 0], [1, 10]]
    assert held_out_excerpts([5, 20], 10, most=2).tolist() == [[0, 0], [1, 10]]
    assert held_out_excerpts([5, 20], 10, most=0).tolist() == [[0, 0]]
