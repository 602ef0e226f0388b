"""Recordings are transcribed in one call, as the command transcribes them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import maestrokit
from command_line import CommandLine
from maestrokit import Performance, Sound, UsageError
from small_models import saved_transcriber


@pytest.fixture(scope="module")
def recording(demo_folder: Path) -> Sound:
    """Three seconds of a piano."""
    sound = maestrokit.read_sound(demo_folder / "petzold-opening.ogg")
    return Sound(sound.samples[: 3 * sound.sample_rate], sound.sample_rate)


@pytest.fixture(scope="module")
def model() -> maestrokit.Transcriber:
    """The shipped model, read once."""
    return maestrokit.load_transcriber()


def columns(performance: Performance) -> list[list[int]]:
    """Return what makes two performances the same music."""
    notes, controls = performance.notes, performance.controls
    return [
        column.tolist() for column in (notes.onset_tick, notes.offset_tick, notes.pitch, notes.velocity, controls.value)
    ]


def test_files_bytes_and_samples_give_what_the_command_writes(
    recording: Sound, model: maestrokit.Transcriber, maestrokit: CommandLine, tmp_path: Path
) -> None:
    import maestrokit as library

    path = tmp_path / "take.wav"
    library.write(recording, path)
    assert maestrokit("transcribe", str(path), "-o", str(tmp_path / "take.mid")).status == 0
    expected = columns(library.read_midi(tmp_path / "take.mid"))
    assert len(expected[0]) > 5
    for source in (path, path.read_bytes(), library.read_sound(path)):
        assert columns(library.transcribe(source, model=model)) == expected


def test_tempo_moves_no_note(recording: Sound, model: maestrokit.Transcriber) -> None:
    onsets = []
    for tempo in (None, 90, "track"):
        performance = maestrokit.transcribe(recording, model=model, tempo=tempo)
        onsets.append(maestrokit.timed_notes(performance, pedal_extends=False).onset)
    assert np.allclose(onsets[0], onsets[1], atol=2e-3) and np.allclose(onsets[0], onsets[2], atol=2e-3)


def test_pedal_is_written_or_left_out(recording: Sound, tmp_path: Path) -> None:
    model = maestrokit.load_transcriber(str(saved_transcriber(tmp_path / "run", pedal=True)))
    written, none = (maestrokit.transcribe(recording, model=model, pedal=pedal) for pedal in ("cc64", "none"))
    assert set(written.controls.number) == {64} and len(none.controls) == 0


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"pedal": "cc46"}, "pedal cannot be 'cc46'"),
        ({"tempo": -1.0}, "tempo must be in 4..1000, not -1"),
        ({"tempo": "fast"}, "tempo must be a number in 4..1000, not 'fast'"),
        ({"onset_threshold": 1.5}, "onset_threshold must be above 0 and below 1, not 1.5"),
        ({"model": "transformer"}, "does not transcribe"),
    ],
    ids=str,
)
def test_arguments_outside_their_range_are_refused(
    recording: Sound, argument: dict[str, str | float], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        maestrokit.transcribe(recording, **argument)  # type: ignore[arg-type]


@pytest.mark.parametrize("samples", [np.zeros((1000, 2)), np.full(1000, np.nan)], ids=["stereo", "not finite"])
def test_sounds_of_several_channels_or_without_numbers_are_refused(
    samples: NDArray[np.float64], model: maestrokit.Transcriber
) -> None:
    sound = Sound(samples.astype(np.float32), 16000)
    with pytest.raises(UsageError, match="one channel of finite numbers"):
        maestrokit.transcribe(sound, model=model)


def test_bare_samples_need_a_rate(model: maestrokit.Transcriber) -> None:
    with pytest.raises(UsageError, match="samples need their sample rate"):
        maestrokit.transcribe(np.zeros(1000), model=model)  # type: ignore[arg-type]
