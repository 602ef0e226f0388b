"""Embeddings: windows of 20 s, each read by itself, and none for what the model itself made."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maestrokit.analysis.classes import excerpt_vectors, excerpt_votes, members_of
from maestrokit.inference.classes import load_classifier
from maestrokit.inference.embedding import embedded, embeddings
from maestrokit.metrics import score_sets
from maestrokit.metrics.piece import Piece, notes_in_seconds, piece_of
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.performance import Performance
from maestrokit.music.provenance_events import with_command
from maestrokit.music.rolls.excerpts import roll_of
from scenes import scene


def piece(seconds: float, seed: int = 0) -> Piece:
    generator = np.random.default_rng(seed)
    onset = np.arange(0, seconds, 0.5)
    return notes_in_seconds(onset, onset + 0.4, generator.integers(50, 80, len(onset)))


@pytest.mark.parametrize(("seconds", "windows"), [(4, 1), (29, 1), (31, 2), (60, 3), (200, 3)])
def test_windows_are_20_seconds_and_three_at_most(seconds: float, windows: int) -> None:
    assert embedded(piece(seconds), model="composers").shape == (windows, 64)


@pytest.mark.parametrize("model", ["composers", "lstm"])
def test_a_window_is_read_by_itself_wherever_it_is_in_the_piece(model: str) -> None:
    first, second = piece(20), piece(20, seed=1)
    later = second.replace(
        onset=second.onset + 20, offset=second.offset + 20, sounding_offset=second.sounding_offset + 20
    )
    together = embedded(Piece.concatenate([first, later]), model=model)
    alone = np.concatenate([embedded(part, model=model) for part in (first, second)])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert np.abs(alone[0] - alone[1]).max() > 0.01


def test_what_the_model_itself_made_has_no_embedding() -> None:
    chosen = score_sets.metrics(["frechet_lstm", "pitch_range"])
    performance: Performance = scene([(0.0, 1.0, 60, 64), (0.5, 2.0, 64, 70)])
    for line, windows in (("generate --seed 1", 1), ("generate --model lstm --seed 1", 0), ("transpose --to C", 1)):
        origin = with_command(performance, f"maestrokit 0.1.0: {line}")
        vectors = embeddings(piece_of(performance), chosen, origin=origin)
        assert {name: len(rows) for name, rows in vectors.items()} == {"frechet_lstm": windows}
    assert embedded(piece(4).select(slice(0)), model="lstm").shape == (0, 64)


def test_the_network_of_composers_is_read_without_torch() -> None:
    script = (
        "import sys; from maestrokit.inference.embedding import embedded; from test_embedding import piece; "
        "embedded(piece(4), model='composers'); assert 'torch' not in sys.modules"
    )
    paths = os.pathsep.join(str(Path(__file__).parents[part]) for part in (0, 1))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([paths, *sys.path])}
    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 0


def test_the_vectors_of_composers_are_the_input_of_its_last_layer() -> None:
    single = piece(20)
    weights = load_classifier("composers").weights
    notes = TimedNotes(single.onset, single.sounding_offset, single.pitch, single.velocity)
    votes = excerpt_votes(notes, np.zeros(1), weights)[0]
    vectors = excerpt_vectors(roll_of(notes, 0.0)[None], weights)
    member = members_of(weights)[0]
    size = member["head.weight"].shape[1]
    assert vectors.shape == (1, size * len(members_of(weights)))
    expected = vectors[:, :size] @ member["head.weight"].T + member["head.bias"]
    np.testing.assert_allclose(votes, expected, atol=1e-4)
