"""The recurrence that is fitted makes notes that come again likelier, and leaves alone what never does."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from fit_recurrence import ComparedPiece, fitted, mean_nats
from maestrokit.inference.note_models.recurrence import FactorRecurrence, Recurrence

_spec = importlib.util.spec_from_file_location(
    "recurrences", Path(__file__).parents[1] / "inference" / "note_models" / "test_recurrence.py"
)
recurrences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(recurrences)


@pytest.mark.parametrize("name", ["time", "pitch", "velocity", "duration"])
def test_pieces_that_repeat_themselves_gain_and_others_do_not(name):
    same, new = (
        [ComparedPiece.of(recurrences.piece(150, period=period), Recurrence(newest=3))] for period in (50, 150)
    )
    start = FactorRecurrence(log_odds=-2.0)
    alone, before = (mean_nats(same, name, settings) for settings in (None, start))
    gained = mean_nats(same, name, fitted(same, name, start, trials=60))
    assert gained < before < alone and gained < 0.85 * alone
    lost = mean_nats(new, name, fitted(new, name, start, trials=60)) - mean_nats(new, name, None)
    assert lost < 0.02 and np.isfinite(lost)
