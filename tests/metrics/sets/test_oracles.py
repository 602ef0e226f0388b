"""The metrics that others have too, against their numbers and against their formulas spelled out."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.files.midi import read_midi
from maestrokit.metrics import score_sets
from maestrokit.metrics.piece import Piece, notes_in_seconds, piece_of

# onset, pitch, duration in quarter beats of a bar of four beats, which lasts 2 s
NOTES = [(0, 60, 4), (0, 64, 4), (2, 67, 6), (4, 60, 4), (6, 66, 2), (9, 72, 3), (9, 71, 1), (12, 61, 4), (20, 60, 4),
         (21, 63, 2), (28, 60, 4), (30, 48, 2)]  # fmt: skip
MUSPY = {  # muspy 0.5.0 on NOTES, resolution 4
    "pitch_range": 24,
    "pitch_entropy": 2.9182958340544896,
    "pitch_class_entropy": 2.292481250360578,
    "scale_consistency": 0.8333333333333334,
    "polyphony": 1.7391304347826086,
}
MUSPY_PRELUDE = {  # muspy 0.5.0 on the score of BWV 846, prelude, in ASAP
    "pitch_range": 45,
    "pitch_entropy": 4.405801538107886,
    "pitch_class_entropy": 3.039974272321066,
    "scale_consistency": 0.930783242258652,
    "polyphony": 2.698091847526552,
}

pieces = st.lists(
    st.tuples(st.integers(0, 200), st.integers(21, 108), st.integers(1, 20)), min_size=1, max_size=40
).map(lambda notes: on_grid(notes))  # noqa: PLW0108 -- defined below


def on_grid(notes: list[tuple[int, int, int]]) -> Piece:
    onset, pitch, duration = np.array(notes).T
    return notes_in_seconds(onset / 8, (onset + duration) / 8, pitch)


def value(name: str, piece: Piece) -> float:
    return float(score_sets.summarize(piece, score_sets.metrics([name]))[name][0])


@pytest.mark.parametrize(("name", "expected"), MUSPY.items())
def test_muspy_has_the_same_numbers(name: str, expected: float) -> None:
    assert value(name, on_grid(NOTES)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("name", "expected"), MUSPY_PRELUDE.items())
def test_muspy_has_the_same_numbers_on_the_first_prelude(name: str, expected: float, shared_data: Path) -> None:
    score = shared_data / "asap/Bach/Prelude/bwv_846/midi_score.mid"
    assert value(name, piece_of(read_midi(score))) == pytest.approx(expected, abs=2e-3 if name == "polyphony" else 1e-9)


@given(pieces)
@settings(max_examples=40, deadline=None)
def test_grooving_is_the_mean_over_all_pairs_of_bars(piece: Piece) -> None:
    bars = int(piece.onset_bar.max()) + 1
    vectors = np.zeros((bars, 64))
    for onset in piece.onset_bar:
        vectors[int(onset), round(onset % 1 * 64)] = 1
    alike = [1 - np.abs(bar - other_bar).mean() for bar, other_bar in itertools.combinations(vectors, 2)]
    assert value("grooving", piece) == pytest.approx(np.mean(alike) if alike else np.nan, nan_ok=True)


@pytest.mark.parametrize("bars", [1, 4])
@given(piece=pieces)
@settings(max_examples=40, deadline=None)
def test_windowed_entropy_is_the_mean_over_all_windows_with_notes(piece: Piece, bars: int) -> None:
    last = max(0, int(piece.onset_bar.max()) - bars + 1)
    found = []
    for start in range(last + 1):
        inside = (piece.onset_bar >= start) & (piece.onset_bar < start + bars)
        share = np.bincount(piece.pitch[inside] % 12) / max(1, inside.sum())
        if inside.any():
            found.append(-sum(p * np.log2(p) for p in share if p > 0))
    assert value(f"pitch_class_entropy_{bars}_bar" + "s" * (bars > 1), piece) == pytest.approx(np.mean(found))


@given(pieces)
@settings(max_examples=40, deadline=None)
def test_polyphony_and_empty_bars_count_cells_of_the_piano_roll(piece: Piece) -> None:
    roll = np.zeros((256, 128), bool)
    for onset, offset, pitch in zip(piece.onset * 8, piece.offset * 8, piece.pitch, strict=True):
        roll[round(onset) : round(offset), pitch] = True
    keys = roll.sum(axis=1)
    assert value("polyphony", piece) == pytest.approx(keys[keys > 0].mean())
    bars = keys[: int(np.ceil(piece.offset_bar.max())) * 16].reshape(-1, 16)
    assert value("empty_bars", piece) == pytest.approx((bars.sum(axis=1) == 0).mean())


@given(pieces, st.integers(-12, 12))
@settings(max_examples=40, deadline=None)
def test_metrics_without_pitch_height_do_not_hear_transposition(piece: Piece, shift: int) -> None:
    moved = piece.replace(pitch=piece.pitch + shift)
    for name, metric in score_sets.metrics(corpora=()).items():
        if metric.score is None and metric.of_set is None:
            assert value(name, moved) == pytest.approx(value(name, piece), abs=1e-6, nan_ok=True)


@given(pieces)
@settings(max_examples=20, deadline=None)
def test_a_slower_tempo_leaves_rhythmic_entropy_within_rounding_of_its_classes(piece: Piece) -> None:
    steady = on_grid([(4 * step, 60, 2) for step in range(len(piece) + 2)])
    assert value("rhythmic_entropy", steady) == 0
    twice = piece.replace(onset=piece.onset * 2, offset=piece.offset * 2)
    is_short = np.diff(np.unique(piece.onset)).max(initial=0) < 2
    if is_short:
        assert value("rhythmic_entropy", twice) == pytest.approx(value("rhythmic_entropy", piece), nan_ok=True)


def test_a_loop_has_structure_and_pulse_and_correlates_with_itself() -> None:
    generator = np.random.default_rng(3)
    phrase = [(int(t), int(p), 2) for t, p in zip(range(0, 128, 4), generator.integers(48, 84, 32), strict=True)]
    loop = on_grid([(t + 128 * again, p, d) for again in range(6) for t, p, d in phrase])
    shuffled = np.sort(generator.uniform(0, loop.seconds, len(loop)))
    noise = notes_in_seconds(shuffled, shuffled + 0.2, generator.permutation(loop.pitch))
    least_of = {"structure_4s": 0.99, "structure_8s": 0.99, "lag_correlation": 0.9, "pulse_consistency": 0.9}
    for name, least in least_of.items():
        assert value(name, loop) > least > value(name, noise) + 0.3


def test_musdr_has_the_same_numbers_by_hand() -> None:
    """H1, H4 and GS of MusDr on three bars of 2 s, of which the last has one note."""
    piece = on_grid([(0, 60, 4), (4, 64, 4), (8, 67, 4), (12, 72, 4), (16, 62, 4), (24, 62, 4), (32, 65, 4)])
    first = -(2 * 0.25 * np.log2(0.25) + 0.5 * np.log2(0.5))  # C E G C: two of four are C
    assert value("pitch_class_entropy_1_bar", piece) == pytest.approx((first + 0 + 0) / 3)
    share = np.array([2, 1, 1, 2, 1]) / 7  # all three bars are one window of four
    assert value("pitch_class_entropy_4_bars", piece) == pytest.approx(-(share * np.log2(share)).sum())
    # onsets at quarters 0 1 2 3; 0 2; 0: of 64 positions differ 2, 3 and 1
    assert value("grooving", piece) == pytest.approx(1 - np.mean([2, 3, 1]) / 64)
