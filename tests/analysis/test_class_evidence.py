"""Where the probability of a class comes from: what changes it when notes are left out."""

from dataclasses import replace

import numpy as np
import pytest

from maestrokit.analysis.class_evidence import RANGE, SPAN, class_evidence
from maestrokit.analysis.class_spectrum import BANDS, mel_spectrum
from maestrokit.analysis.classes import Classifier, excerpt_votes
from maestrokit.analysis.convolution import log_softmax
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH
from maestrokit.music.rolls.excerpts import HOP

NAMES = ("low", "high")


def register_network() -> Classifier:
    """Return a network that calls high what has loud notes in the upper half of the piano, by where onsets are."""
    stem = np.zeros((1, 2, 7, 13), np.float32)
    stem[0, 0] = 1.0
    offset = np.where(np.arange(44) < 22, -1e6, 0.0).astype(np.float32)[None, None]
    identity = {f"norm.{part}": np.full(1, value, np.float32)
                for part, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1))}  # fmt: skip
    head = np.array([[0.0, 0.0], [100.0, 0.0]], np.float32)
    body = {"stem.weight": stem, "key_offset": offset, **identity}
    member = {f"members.0.{name}": value for name, value in body.items()}
    return Classifier(NAMES, {**member, "heads.0.weight": head, "heads.0.bias": np.array([1.0, 0.0], np.float32)})


def notes(*onset_and_pitch: tuple[float, int]) -> TimedNotes:
    onset, pitch = (np.array(column) for column in zip(*onset_and_pitch, strict=True))
    return TimedNotes(onset.astype(float), onset + 0.3, pitch.astype(np.int64), np.full(len(onset), 100))


def test_only_the_notes_that_speak_for_a_class_have_evidence() -> None:
    performance, classifier = notes((0.5, 30), (6.0, 100), (9.0, 30)), register_network()
    evidence = class_evidence(performance, classifier, "high", end=10)
    assert evidence.time[0] == 0.5 and np.allclose(np.diff(evidence.time), SPAN) and evidence.time[-1] >= 10
    assert evidence.edge.tolist() == list(range(LOWEST_PITCH, LOWEST_PITCH + KEYS + 1, RANGE))
    rows, columns = np.nonzero(np.abs(evidence.value) > 1e-6)
    assert evidence.time[rows].tolist() == pytest.approx([0.5 + SPAN * int((6.0 - 0.5) / SPAN)])
    assert (evidence.edge[columns] <= 100).all() and (evidence.edge[columns + 1] > 100).all()
    assert evidence.value.max() > 0
    against = class_evidence(performance, classifier, "low", end=10)
    assert against.value.min() < 0 and (against.value <= 1e-9).all()


def test_evidence_is_the_loss_of_log_probability_without_the_notes() -> None:
    with_note, without, classifier = notes((0.5, 30), (6.0, 100)), notes((0.5, 30)), register_network()
    votes = [excerpt_votes(played, np.array([0.5]), classifier.weights)[0, 0] for played in (with_note, without)]
    full, reduced = (log_softmax(vote)[1] for vote in votes)
    evidence = class_evidence(with_note, classifier, "high", end=7)
    assert evidence.value.sum() == pytest.approx(full - reduced, abs=1e-5)


def band_network(band: int) -> Classifier:
    """Return a network that calls high what sounds in one pair of bands, by how strongly at its loudest."""
    stem = np.zeros((1, 1, 7, 13), np.float32)
    stem[0, 0, 3, 6] = 1.0
    offset = np.where(np.arange(BANDS // 2) == band // 2, 0.0, -1e6).astype(np.float32)[None, None]
    head = np.array([[0.0, 0.0], [0.0, 1.0]], np.float32)
    changed = {"members.0.stem.weight": stem, "members.0.key_offset": offset, "heads.0.weight": head}
    return replace(register_network(), weights=register_network().weights | changed, input="mel")


@pytest.mark.parametrize("seconds", [3.0, 30.0])
def test_only_the_bands_that_speak_for_a_class_have_evidence_in_short_recordings_too(seconds: float) -> None:
    levels = np.full((int(seconds / HOP), BANDS), 100, np.uint8)
    levels[:, 40] = 140  # everywhere, but louder
    levels[30:34, 40] = 180  # at 1.5 s
    evidence = class_evidence(mel_spectrum(levels), band_network(40), "high", end=seconds)
    assert evidence.edge.tolist() == list(range(0, BANDS + 1, RANGE))
    [[span, part]] = np.argwhere(np.abs(evidence.value) > 1e-6)
    assert evidence.time[span] <= 1.5 < evidence.time[span + 1]
    assert evidence.edge[part] <= 40 < evidence.edge[part + 1] and evidence.value[span, part] > 0


def test_no_notes_have_none() -> None:
    nothing = notes((0.0, 60)).select(np.zeros(1, bool))
    assert not class_evidence(nothing, register_network(), "low", end=5).value.any()
