"""Transcription as a stream: no seams, whatever the windows and the blocks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maestrokit.audio.spectra.transcription_input import SETTINGS
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import checkpoint
from maestrokit.inference.transcription import transcriber as transcription
from maestrokit.inference.transcription.note_decoding import Decoding
from maestrokit.inference.transcription.pedal_decoding import PedalDecoding
from maestrokit.inference.transcription.transcriber import Transcriber, posteriors, read_transcriber, transcribed
from maestrokit.models.cnn import Config
from maestrokit.models.contract import settings_of
from small_models import experienced


def transcriber(*, states: int = 0) -> Transcriber:
    model = experienced(Config(channels=4, states=states), seed=3)
    return Transcriber(model.eval(), Decoding(), PedalDecoding(), SETTINGS.analysis())


SOUND = np.random.default_rng(0).normal(0, 0.1, 16000 * 2).astype(np.float32)


ANSWERS = 4 * 88 + 1


def heard(blocks: list[np.ndarray], maker: Transcriber) -> np.ndarray:
    """Return all that is said, shape (answers, frames): four a key, and the pedal."""
    said = list(posteriors(blocks, maker))
    pedal = np.concatenate([part.pedal for part in said])
    keys = np.concatenate([part.keys for part in said], axis=1)
    return np.concatenate([keys.transpose(0, 2, 1).reshape(-1, len(pedal)), pedal[None]])


def test_there_is_a_frame_every_20_ms() -> None:
    assert heard([SOUND], transcriber()).shape == (ANSWERS, 101)
    assert heard([SOUND[:160]], transcriber()).shape == (ANSWERS, 1)


@pytest.mark.parametrize("states", [0, 6])
def test_windows_leave_no_seams(monkeypatch: pytest.MonkeyPatch, states: int) -> None:
    maker = transcriber(states=states)
    whole = heard([SOUND], maker)
    monkeypatch.setattr(transcription, "WINDOW", 17)
    assert np.allclose(heard([SOUND], maker), whole, atol=1e-5)


@pytest.mark.parametrize("frames", [-1, -0.5, 0, 1])
def test_a_recording_may_end_at_the_edge_of_a_window(monkeypatch: pytest.MonkeyPatch, frames: float) -> None:
    """A window gives some frames and sees others after them: the edge is that of the former, or of the latter."""
    maker, window = transcriber(), 17
    for edge in (2 * window, window + maker.model.reach):
        cut, found = SOUND[: round((edge + frames) * 320)], []
        for length in (window, 1000):
            monkeypatch.setattr(transcription, "WINDOW", length)
            found.append(heard([cut], maker))
        assert found[0].shape == found[1].shape and np.allclose(*found, atol=1e-5)


def test_blocks_do_not_matter() -> None:
    maker = transcriber()
    assert np.array_equal(heard([SOUND], maker), heard(np.array_split(SOUND, 7), maker))


def test_a_later_start_hears_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    maker = transcriber()
    reach = maker.model.reach + 2048 // 320 + 1  # of the network, and of the longest filter
    later = heard([SOUND[320 * 20 :]], maker)
    assert np.allclose(heard([SOUND], maker)[:, 20 + reach :], later[:, reach:], atol=1e-4)


def run_folder(folder: Path, **changes: object) -> Path:
    folder.mkdir()
    network = transcriber().model
    config = {
        "family": "cnn",
        "task": "transcription",
        "model": settings_of(network.config),
        "spectrum": SETTINGS.described(),
        "decoding": {"latency": 0.01},
    }
    checkpoint.write_config(folder, config | changes)
    checkpoint.write_weights(
        folder,
        {name: value.half() if value.is_floating_point() else value for name, value in network.state_dict().items()},
    )
    return folder


def test_a_run_folder_gives_its_model_and_thresholds(tmp_path: Path) -> None:
    read = read_transcriber(run_folder(tmp_path / "run"))
    assert read.decoding == Decoding(latency=0.01)
    assert np.allclose(heard([SOUND], read), heard([SOUND], transcriber()), atol=0.02)  # half precision


def test_other_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not transcribe"):
        read_transcriber(run_folder(tmp_path / "a", family="lstm"))
    with pytest.raises(BadDataError, match="another spectrum"):
        read_transcriber(run_folder(tmp_path / "b", spectrum={}))
    with pytest.raises(BadDataError, match="setting"):
        read_transcriber(run_folder(tmp_path / "c", decoding={"loudness": 3}))


def test_a_model_without_a_pedal_tells_of_none() -> None:
    maker = replace(transcriber(), model=experienced(Config(channels=4, pedal=False)).eval())
    assert transcribed([SOUND], maker).pedal.shape == (0, 2)


def test_notes_of_a_recording_are_sorted_and_valid() -> None:
    notes, pedal = transcribed([SOUND], transcriber(), Decoding(onset_threshold=0.02, restrike_threshold=0.02))
    assert pedal.shape[1] == 2 and (np.diff(pedal.ravel()) > 0).all()
    assert (np.diff(notes.onset) >= 0).all() and (notes.offset > notes.onset).all()
