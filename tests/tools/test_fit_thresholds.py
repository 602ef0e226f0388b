"""Fitting of thresholds: what was made wrong on purpose is found again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fit_thresholds
from fit_thresholds import (
    EvaluatedRecording,
    Thresholds,
    fitted,
    in_folds,
    objective,
    scores,
    verified_spans,
    with_reference_spread,
)
from maestrokit.inference.notes_to_performance import transcript
from maestrokit.inference.transcription.note_decoding import Decoding
from maestrokit.inference.transcription.pedal_decoding import PedalDecoding
from maestrokit.inference.transcription.transcriber import FramePosteriors
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.rolls.transcription_targets import note_targets

ONSET = np.arange(1, 7) * 0.4
PLAYED = TimedNotes(ONSET, ONSET + 0.2, 60 + np.arange(6), np.full(6, 64))
GHOSTS = TimedNotes(ONSET, ONSET + 0.2, 80 + np.arange(6), np.full(6, 64))


def recording(*, late: float = 0.0) -> EvaluatedRecording:
    """Notes at .8 of their height and ghosts at .45."""
    moved = PLAYED._replace(onset=PLAYED.onset + late, offset=PLAYED.offset + late)
    posteriors = sum(
        height * note_targets(notes, start=0.0, frames=150, frame_seconds=0.02)
        for notes, height in ((moved, 0.8), (GHOSTS, 0.45))
    )
    reference = NotesAndPedal(notes_in_seconds(PLAYED.onset, PLAYED.offset, PLAYED.pitch, PLAYED.velocity), None)
    return EvaluatedRecording(FramePosteriors(np.asarray(posteriors, np.float32), np.zeros(150, np.float32)), reference)


def thresholds(**values: float) -> Thresholds:
    return Thresholds(Decoding(**values), PedalDecoding())


def test_perfect_notes_are_worth_the_most() -> None:
    perfect = thresholds(onset_threshold=0.6, frame_threshold=0.6, offset_threshold=0.6, latency=0.0)
    assert objective([recording()], perfect) == 2.0


def test_ghosts_and_latency_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        fit_thresholds, "CHOICES", {"onset_threshold": np.array([0.3, 0.6]), "latency": np.array([0.0, 0.012])}
    )
    monkeypatch.setattr(fit_thresholds, "PEDAL_CHOICES", {})
    monkeypatch.setattr(fit_thresholds, "ROUNDS", 1)
    start = thresholds(
        onset_threshold=0.3, restrike_threshold=0.3, frame_threshold=0.5, offset_threshold=0.5, latency=0.0
    )
    result, value = fitted([recording(late=0.035)], start)
    assert (result.notes.onset_threshold, result.notes.latency) == (0.6, 0.012)
    assert value > objective([recording(late=0.035)], start)


def test_velocities_are_spread_as_far_as_they_were_played() -> None:
    example, played = recording(), np.array([34, 44, 54, 74, 84, 94])
    estimated = PLAYED._replace(velocity=64 + (played - 64) // 2)
    posteriors = np.asarray(note_targets(estimated, start=0.0, frames=150, frame_seconds=0.02), np.float32)
    reference = NotesAndPedal(notes_in_seconds(PLAYED.onset, PLAYED.offset, PLAYED.pitch, played), None)
    result = with_reference_spread(
        [EvaluatedRecording(example.posteriors._replace(keys=posteriors), reference)], Decoding(latency=0.0)
    )
    assert result.velocity_spread == pytest.approx(2.0, abs=0.1) and result.velocity_middle == pytest.approx(64, abs=1)
    assert with_reference_spread([], Decoding(velocity_spread=3.0)) == Decoding()


def test_the_pedal_is_fitted_where_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_thresholds, "CHOICES", {})
    down = np.zeros(150, np.float32)
    down[68:118], down[118:148] = 0.5, 0.3
    example, reference = (
        recording(),
        NotesAndPedal.of(transcript(PLAYED, np.array([[1.36, 2.36]])), extends_by_pedal=True),
    )
    posteriors = example.posteriors._replace(pedal=down)
    unknown = EvaluatedRecording(posteriors, NotesAndPedal(reference.notes, None))
    known = EvaluatedRecording(posteriors, reference)
    start = thresholds(onset_threshold=0.6, frame_threshold=0.6, offset_threshold=0.6, latency=0.0)
    for recordings in ([known], [unknown], [known, unknown]):
        result, value = fitted(recordings, start)
        assert value > objective(recordings, start) and 0.3 < result.pedal.up <= result.pedal.down <= 0.5


def test_in_folds_a_piece_is_scored_by_what_others_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_thresholds, "CHOICES", {"latency": np.array([0.0, 0.04, -0.04])})
    monkeypatch.setattr(fit_thresholds, "PEDAL_CHOICES", {})
    start = thresholds(onset_threshold=0.6, frame_threshold=0.6, offset_threshold=0.6, latency=0.0)
    late, early = (
        [EvaluatedRecording(recording(late=late).posteriors, recording().reference, name) for name in names]
        for late, names in ((0.04, ("a", "a")), (-0.04, ("b",)))
    )
    assert in_folds([*late, *early], start)["onset_f1"] < 0.5  # each is decided by the other, which is wrong for it
    assert in_folds([*late, *late], start) == {}


def test_of_aligned_recordings_onsets_count_inside_the_verified_spans_alone(tmp_path: Path) -> None:
    rows = ["file\tverified_spans_s", "a.flac\t0-1 1.5-9", "b.flac\t0-2"]
    (tmp_path / "aligned.tsv").write_text("\n".join(rows), encoding="utf-8")
    spans = verified_spans(tmp_path / "a.flac", 3.0)
    assert spans is not None and spans.tolist() == [[0, 1], [1.5, 3]]
    assert verified_spans(tmp_path / "c.flac", 3.0) is None and verified_spans(tmp_path.parent / "a.flac", 3.0) is None
    start = thresholds(onset_threshold=0.6, frame_threshold=0.6, offset_threshold=0.6, latency=0.0)
    shifted = TimedNotes(
        ONSET + np.where(np.abs(ONSET - 1.2) < 0.01, 0.1, 0.0), ONSET + 0.3, PLAYED.pitch, np.full(6, 20)
    )
    reference = NotesAndPedal(notes_in_seconds(*shifted), None)
    example = EvaluatedRecording(recording().posteriors, reference, spans=spans)
    assert scores(example, start) == {"onset_f1": 1.0}
    everywhere = scores(replace(example, spans=None), start)
    assert everywhere["onset_f1"] < 1 and everywhere["onset_offset_f1"] < 1
    assert in_folds([replace(example, piece="a"), replace(example, piece="b")], start) == {"onset_f1": 1.0}
    assert with_reference_spread([example], start.notes) == replace(start.notes, velocity_spread=1.0)
