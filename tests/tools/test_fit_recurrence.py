"""The recurrence that is fitted makes pitches that come again likelier, and leaves alone what never does."""

import numpy as np

from fit_recurrence import PitchEvidence, ScoredPiece, fitted, mean_nats
from maestrokit.inference.recurrence import Recurrence
from maestrokit.music.piano_range import KEYS


def piece(count, period, seed=0):
    key = np.random.default_rng(seed).integers(20, 60, count)[np.arange(count) % period]
    return ScoredPiece(key, np.zeros((count, KEYS), bool), np.full(count, np.log(40.0)))


def test_pieces_that_repeat_themselves_gain_and_others_do_not():
    start = Recurrence(offset=-2.0)
    same, new = [piece(200, 50)], [piece(200, 200)]
    (alone,) = {round(float(np.mean(one.nats)), 6) for one in (*same, *new)}
    best = fitted(same, start)
    gained = mean_nats([PitchEvidence.of(one, best) for one in same], best)
    assert gained < mean_nats([PitchEvidence.of(one, start) for one in same], start) < alone and gained < 0.5 * alone
    careful = fitted(new, start)
    lost = mean_nats([PitchEvidence.of(one, careful) for one in new], careful) - alone
    assert lost < 0.02
