"""A time signature only where the meter is beyond doubt."""

import numpy as np

from maestrokit.analysis.beats.from_notes import Beats
from maestrokit.analysis.beats.meter import bar_scores, sure_meter, with_meter
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.inference.notes_to_performance import transcript
from maestrokit.metrics.piece import tick2bar
from maestrokit.music.note_arrays import TimedNotes


def test_bars_that_fit_score_best() -> None:
    for meter, phase in ((2, 1), (3, 0), (4, 3)):
        chances = np.where((np.arange(40) + phase) % meter == 0, 0.8, 0.15)
        scores = bar_scores(chances)
        assert max(scores, key=lambda bars: scores[bars]) == (meter, phase)
    assert max(bar_scores(np.full(40, 0.5)).values()) < 0.01


def test_uneven_bars_and_flat_playing_are_not_sure() -> None:
    onset = 0.5 * np.arange(24)
    flat = transcript(TimedNotes(onset, onset + 0.4, np.full(24, 60), np.full(24, 64)))
    rows = np.arange(24)
    assert sure_meter(flat, Beats(onset, rows % 4, np.full(24, 4))) is None
    assert sure_meter(flat, Beats(onset, rows % 4, np.where(rows < 12, 4, 3))) is None


def test_bars_begin_where_the_signature_says() -> None:
    onset = np.array([0.2, 1.0, 2.0])
    piece = transcript(TimedNotes(onset, onset + 0.4, np.full(3, 60), np.full(3, 64)))
    back = parse_midi(dump_midi(with_meter(piece, 3, second=1.0)), name="x")
    assert tick2bar(np.array([0, 1000, 2500]), back).tolist() == [0.0, 1.0, 2.0]
