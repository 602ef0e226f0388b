"""Sampled pianos: nearest recordings, and waveforms in tune at any rate."""

import numpy as np
import pytest

from maestrokit.synth.note_onset import onset_sample
from maestrokit.synth.piano import Piano, RecordedNote, Voices, nearest_keys, soft_pedalled


def sine(frequency: float, rate: int, channels: int = 2) -> np.ndarray:
    time = np.arange(2 * rate) / rate
    return np.stack([np.sin(2 * np.pi * frequency * time)] * channels).astype(np.float32) * 0.5


PIANO = Piano(
    (
        RecordedNote(57, 22050, lambda: sine(220, 22050)),
        RecordedNote(69.1, 22050, lambda: sine(440 * 2 ** (1 / 120), 22050)),
    ),
    nearest_keys({(60.0, 57): (0, 1.0), (60.0, 69): (1, 0.5)}),
)


@pytest.mark.parametrize(("key", "recording"), [(21, 0), (57, 0), (62, 0), (63, 0), (64, 1), (108, 1)])
def test_keys_play_the_nearest_recording(key: int, recording: int) -> None:
    assert PIANO.keys[key][0].recording == recording


@pytest.mark.parametrize("key", [50, 57, 60, 66, 69, 75])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_waveforms_are_in_tune(key: int, rate: int) -> None:
    sound = Voices(PIANO, sample_rate=rate, channels=1).waveform(key, 0)[0]
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size))
    cents = 1200 * np.log2(np.argmax(spectrum) * rate / size / (440 * 2 ** ((key - 69) / 12)))
    assert abs(cents) < 1


def test_resampling_adds_no_aliases() -> None:
    sound = Voices(PIANO, sample_rate=8000, channels=1).waveform(69, 0)[0]
    middle = sound[4000:12000] * np.blackman(8000)
    spectrum = np.abs(np.fft.rfft(middle)) / np.abs(np.fft.rfft(middle)).max()
    spectrum[435:446] = 0
    assert 20 * np.log10(spectrum.max()) < -80


def test_channels_are_as_asked_and_gains_apply() -> None:
    mono, stereo = (Voices(PIANO, sample_rate=16000, channels=channels) for channels in (1, 2))
    assert mono.waveform(57, 0).shape[0] == 1
    assert stereo.waveform(57, 0).shape[0] == 2
    assert np.abs(mono.waveform(69, 0)).max() == pytest.approx(0.25, abs=0.01)
    assert mono.waveform(57, 0) is mono.waveform(57, 0)
    assert mono.release(57) is None


def test_the_soft_pedal_takes_treble_away() -> None:
    low, high = (soft_pedalled(sine(f, 16000), 16000)[:, 4000:20000].std() for f in (500, 4800))
    assert low == pytest.approx(0.5 * 0.8 / 2**0.5, rel=0.01)
    assert 20 * np.log10(high / low) == pytest.approx(-8, abs=0.3)  # two octaves above the cut-off


@pytest.mark.parametrize("frequency", [30.0, 440.0, 3000.0])
@pytest.mark.parametrize("delay", [0, 100, 700])
def test_onsets_of_recordings_are_found(frequency: float, delay: int) -> None:
    rate = 22050
    time = np.arange(rate) / rate
    noise = np.random.default_rng(0).standard_normal(rate + delay) * 1e-4
    hammer = np.random.default_rng(1).standard_normal(rate) * np.exp(-time / 0.005) * 0.1
    noise[delay:] += np.sin(2 * np.pi * frequency * time) * np.exp(-time) + hammer
    assert onset_sample(noise[None].astype(np.float32), sample_rate=rate) == pytest.approx(delay, abs=0.001 * rate)
