"""Turing tests: exact intervals, and who can tell."""

import numpy as np
import pytest

from maestrokit.metrics.ratings.turing import exact_share, success_rate


def test_exact_interval_of_clopper_and_pearson() -> None:
    # scipy.stats.binomtest(7, 20).proportion_ci(method="exact")
    assert exact_share(7, 20) == pytest.approx((0.35, 0.15391, 0.59219, 20), abs=1e-5)
    assert exact_share(0, 10)[1:3] == pytest.approx((0.0, 1 - 0.025**0.1))
    assert exact_share(10, 10)[1:3] == pytest.approx((0.025**0.1, 1.0))
    assert np.isnan(exact_share(0, 0).value)


def test_a_listener_can_tell_from_twelve_of_sixteen_answers_on() -> None:
    # The chance of 12 or more of 16 by tossing coins is .038, of 11 or more .105.
    human = np.ones((2, 8))
    machine = np.zeros((2, 8))
    machine[0, :4], machine[1, :5] = 1, 1
    assert success_rate(machine, human) == exact_share(1, 2)


def test_who_always_says_machine_cannot_tell_however_many_machines_there_are() -> None:
    assert success_rate(np.zeros((1, 24)), np.zeros((1, 8))).value == 1.0


def test_listeners_without_answers_are_left_out() -> None:
    assert success_rate(np.full((3, 4), np.nan), np.ones((3, 4))).n == 0


@pytest.mark.parametrize(("clips", "tested"), [(1, 0), (2, 0), (3, 5)])
def test_so_few_answers_that_nobody_could_tell_are_no_success(clips: int, tested: int) -> None:
    # All of 4 answers are right by chance with .0625, all of 6 with .016.
    share = success_rate(np.zeros((5, clips)), np.ones((5, clips)))
    assert share.n == tested
    assert np.isnan(share.value) if tested == 0 else share.value == 0
