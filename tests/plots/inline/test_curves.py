"""Curves and histograms inside a page."""

import numpy as np

from maestrokit.plots.inline.curves import histogram, learning_curves, time_curve


def test_a_histogram_has_bars_and_the_outline_of_the_reference() -> None:
    svg = histogram(np.array([0.5, 0.25]), names=[], label="x", top=0.5, reference=np.array([0.25, 0.5]))
    assert 'class="bar" d="M0.1 100V0h.8V100zM1.1 100V50h.8V100z"' in svg
    assert 'class="reference" d="M0 100V50H1V0H2V100"' in svg
    assert ">50 %<" in svg


def test_a_curve_goes_over_the_whole_width() -> None:
    svg = time_curve(np.array([0.0, 10.0]), np.array([0.0, 100.0]), seconds=10.0, low=0.0, high=100.0, label="x")
    assert 'd="M0 100L1000 0"' in svg and ">10 s<" in svg


def test_learning_curves_have_both_losses_and_leave_out_what_is_no_loss() -> None:
    log = [
        {"step": 10, "part": "train", "loss": 9.0},
        {"step": 20, "part": "validation", "loss": 4.0},
        {"step": 40, "part": "validation", "loss": 2.0},
        {"step": 30, "part": "validation", "loss": "nan"},
        {"part": "train", "loss": 1.0},
    ]
    svg = learning_curves(log)
    assert 'class="validation" d="M500 9.1L1000 100"' in svg
    assert 'class="train" d="M250 0"' in svg  # steep beginnings are cut off
    assert 'aria-label="Loss over 40 steps; the least of the validation is 2"' in svg
    assert learning_curves([]) == ""
