"""The network of chords in numpy: it is that of training, and the shipped one finds chords that we render."""

import numpy as np
import pytest
import torch

from maestrokit.analysis.chords import network
from maestrokit.analysis.chords.from_audio import chords_of_chroma
from maestrokit.analysis.chords.names import harte_labels
from maestrokit.analysis.chords.network import BLOCK, CELL_FRAMES, ChordNetwork, chord_scores, chords_of_levels
from maestrokit.analysis.chords.spectrum import BINS, network_input, packed_levels, reference_level, unpacked_levels
from maestrokit.analysis.chroma import SAMPLE_RATE, SPECTRUM, salience
from maestrokit.audio.spectra.frames import analyse
from maestrokit.files.pianos.find import default_piano
from maestrokit.inference.chords import load_chord_network
from maestrokit.models.convolutional import chords as torch_network
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.synth.render import render
from small_models import chord_network

CADENCE = {"C:maj": (48, 60, 64, 67), "A:min": (45, 60, 64, 69), "F:maj": (41, 60, 65, 69), "G:maj": (43, 62, 67, 71),
           "C:maj/3": (52, 60, 67, 72)}  # fmt: skip
LASTING = 1.5  # seconds


def arrays(model: torch_network.Model) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy() for name, value in model.state_dict().items()}


def spectrum(frames: int) -> np.ndarray:
    return np.random.default_rng(5).integers(60, 200, (frames, BINS)).astype(np.uint8)


@pytest.mark.parametrize("frames", [1, 7, 2 * CELL_FRAMES * BLOCK + 31])
def test_scores_are_those_of_the_network_in_torch(frames: int) -> None:
    model, packed, reference = chord_network(), spectrum(frames), -10.0
    with torch.no_grad():
        expected = model(torch.from_numpy(network_input(unpacked_levels(packed), reference))[None])
    found = chord_scores(packed, reference, arrays(model))
    for name in ("root", "bass", "quality"):
        logits = getattr(expected, name)[0].log_softmax(dim=-1).numpy()
        assert np.allclose(getattr(found, name), logits, atol=1e-3), name
        assert np.ptp(logits) > 0.1


def test_shapes_of_weights_and_places_of_bins_are_those_of_training() -> None:
    sizes = {"qualities": 4, "channels": 3, "width": 5, "depth": 3}
    state = torch_network.Model(torch_network.Config(**sizes)).state_dict()
    expected = {name: tuple(value.shape) for name, value in state.items() if not name.endswith("num_batches_tracked")}
    assert network.weight_shapes(**sizes) == expected
    for name in ("CELL_FRAMES", "KEYS", "OCTAVES", "STEM", "FIRST_BIN", "BINS", "KEY_LAYERS", "CIRCLE_LAYERS", "HEADS"):
        assert getattr(network, name) == getattr(torch_network, name), name


def rendered(chords: list[tuple[int, ...]]) -> np.ndarray:
    """Return chords one after another on the shipped piano."""
    onset = np.repeat(np.arange(len(chords)) * LASTING * 1000, [len(chord) for chord in chords]).astype(np.int64)
    pitch, none = np.concatenate(chords), np.empty(0, np.int64)
    performance = performance_from_arrays(
        onset, onset + int(1000 * LASTING) - 50, pitch, np.full(len(pitch), 70), pedal_tick=none, pedal_value=none
    )
    return render(performance, default_piano(), sample_rate=SAMPLE_RATE, end=len(chords) * LASTING)


def levels_of(samples: np.ndarray) -> np.ndarray:
    return packed_levels(analyse(samples, SPECTRUM.analysis()))


@pytest.mark.parametrize("gain", [1.0, 0.03])
def test_the_shipped_network_finds_the_chords_of_a_cadence(gain: float) -> None:
    samples = np.float32(gain) * rendered([*CADENCE.values()])
    found = chords_of_levels(levels_of(samples), load_chord_network("network"), length=len(samples) / SAMPLE_RATE)
    assert harte_labels(found) == [*CADENCE]
    assert np.abs(found.start - LASTING * np.arange(len(CADENCE))).max() < 0.1
    assert found.end[-1] == len(CADENCE) * LASTING and (found.end[:-1] == found.start[1:]).all()


def test_silence_has_no_chord_and_nothing_no_span() -> None:
    shipped = load_chord_network("network")
    silent = chords_of_levels(levels_of(np.zeros(3 * SAMPLE_RATE, np.float32)), shipped, length=3.0)
    assert (silent.root.tolist(), silent.start.tolist(), silent.end.tolist()) == ([-1], [0.0], [3.0])
    assert len(chords_of_levels(np.empty((0, BINS), np.uint8), shipped, length=0.0)) == 0


def test_recordings_of_a_moment_have_one_span() -> None:
    untrained = ChordNetwork(arrays(chord_network()), np.array([-5.0, -3.0]))
    found = chords_of_levels(np.full((1, BINS), 150, np.uint8), untrained, length=0.01)
    assert (found.start.tolist(), found.end.tolist()) == ([0.0], [0.01])


def test_chords_of_chroma_as_chords_have_no_bass() -> None:
    samples = rendered([CADENCE["C:maj"], CADENCE["A:min"]])
    triads = chords_of_chroma(salience([samples]), length=len(samples) / SAMPLE_RATE)
    chords = triads.as_chords()
    assert triads.chord.tolist() == [0, 12 + 9] and harte_labels(chords) == ["C:maj", "A:min"]
    assert chords.bass.tolist() == [-1, -1] and chords.start.tolist() == triads.start.tolist()


def test_bytes_are_levels_and_the_input_is_relative_to_loud_frames() -> None:
    magnitudes = np.full((20, BINS), 0.1, np.float32)
    packed = packed_levels(magnitudes)
    assert (unpacked_levels(packed) == -20).all() and reference_level(packed) == -20
    louder = packed_levels(10 * magnitudes)
    inputs = [network_input(unpacked_levels(levels), reference_level(levels)) for levels in (packed, louder)]
    assert (inputs[0] == 1).all() and (inputs[1] == inputs[0]).all()
    assert reference_level(np.empty((0, BINS), np.uint8)) == -100
