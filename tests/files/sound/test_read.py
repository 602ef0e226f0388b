"""Recordings in and out, and every way in which one can be broken."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import BadDataError, MaestrokitError, NoInputError, UsageError
from maestrokit.files.sound.read import dump_sound, open_sound, read_sound, write_sound

FORMATS = [
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "FLOAT"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("MP3", "MPEG_LAYER_III"),
    ("AIFF", "PCM_16"),
]


def tone(sample_rate: int, seconds: float = 1.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(int(sample_rate * seconds)) / sample_rate)).astype(np.float32)


def encoded(samples: np.ndarray, sample_rate: int, kind: str, subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, sample_rate, format=kind, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize(("kind", "subtype"), FORMATS)
@pytest.mark.parametrize("sample_rate", [16000, 44100, 48000])
def test_every_format_and_rate_is_read(kind: str, subtype: str, sample_rate: int) -> None:
    stereo = np.stack([tone(sample_rate), np.zeros(sample_rate)], axis=1)
    sound = read_sound(encoded(stereo, sample_rate, kind, subtype), sample_rate=16000)
    assert sound.sample_rate == 16000
    assert len(sound.samples) == pytest.approx(16000, abs=1)
    assert np.abs(sound.samples - tone(16000)[: len(sound.samples)] / 2)[2000:-2000].max() < 0.02


def test_path_and_bytes_give_the_same_samples(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_bytes(encoded(tone(44100, 4), 44100, "FLAC"))
    from_path = read_sound(tmp_path / "a.flac", sample_rate=22050)
    from_bytes = read_sound((tmp_path / "a.flac").read_bytes(), sample_rate=22050)
    assert np.array_equal(from_path.samples, from_bytes.samples)


def test_the_content_decides_and_not_the_suffix(tmp_path: Path) -> None:
    (tmp_path / "really_wav.mp3").write_bytes(encoded(tone(8000), 8000, "WAV"))
    assert read_sound(tmp_path / "really_wav.mp3").sample_rate == 8000


def test_blocks_join_to_the_recording() -> None:
    data = encoded(tone(44100, 20), 44100, "FLAC")
    with open_sound(data) as stream:
        blocks = list(stream.blocks(sample_rate=44100))
    assert (stream.sample_rate, stream.channels, stream.frames, len(blocks)) == (44100, 1, 882000, 14)
    assert np.array_equal(np.concatenate(blocks), read_sound(data).samples)


@pytest.mark.parametrize("between", [b"", b"\0" * 3])
def test_a_joined_flac_is_found_right_behind_the_least_length_of_the_first(between: bytes) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, 3 * 4096).astype(np.float32)  # frames of about equal length
    flac = dump_sound(noise, sample_rate=16000, suffix=".flac")
    assert len(read_sound(flac + between + flac).samples) == 2 * len(noise)


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
@pytest.mark.parametrize("bits", [16, 24])
@given(samples=st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50))
@settings(max_examples=20, deadline=None)
def test_what_is_written_is_read(suffix: str, bits: int, samples: list[float]) -> None:
    wave = np.array(samples, np.float32)
    data = dump_sound(wave, sample_rate=44100, suffix=suffix, bits=bits)
    assert data == dump_sound(wave, sample_rate=44100, suffix=suffix, bits=bits)
    assert np.abs(read_sound(data).samples - wave).max() < 1.6 / 2 ** (bits - 1)


def test_stereo_is_written_to_a_file(tmp_path: Path) -> None:
    stereo = np.stack([tone(8000), -tone(8000)], axis=1)
    write_sound(tmp_path / "a.flac", stereo, sample_rate=8000)
    assert np.abs(soundfile.read(tmp_path / "a.flac")[0] - stereo).max() < 1e-4
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.flac"]


@pytest.mark.parametrize(
    ("suffix", "bits", "loudest"),
    [(".mp3", 16, 0.5), (".flac", 32, 0.5), (".wav", 16, 1.1), (".wav", 16, np.nan), (".wav", 8, 0.5)],
)
def test_what_cannot_be_written_faithfully_is_refused(suffix: str, bits: int, loudest: float) -> None:
    with pytest.raises(UsageError):
        dump_sound(np.full(10, loudest, np.float32), sample_rate=8000, suffix=suffix, bits=bits)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoInputError, match="no such file"):
        read_sound(tmp_path / "none.flac")
    with pytest.raises(NoInputError, match="directory"):
        read_sound(tmp_path)


def with_sample(value: float) -> bytes:
    wave = tone(8000)
    wave[4000] = value
    return encoded(wave, 8000, "WAV", "FLOAT")


def with_unknown_codec() -> bytes:
    data = bytearray(encoded(tone(8000), 8000, "WAV"))
    data[20:22] = b"\x55\x12"
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b"", "it is empty"),
        (b"once upon a time there was a text file", "not a recording"),
        (b"MThd\0\0\0\6", "a MIDI file, not a recording"),
        (b"\x89PNG\r\n", "a picture, not a recording"),
        (encoded(tone(8000)[:0], 8000, "WAV"), "holds no samples"),
        (with_sample(np.nan), "the sample at 0.500 s is not a number"),
        (with_sample(-np.inf), "the sample at 0.500 s is -inf"),
        (with_sample(1e30), "the sample at 0.500 s is 1e"),
        (with_unknown_codec(), "unknown codec"),
        (encoded(tone(16000, 3), 16000, "MP3", "MPEG_LAYER_III")[:60], "it ends too soon"),
    ],
)
def test_bad_data_is_named(data: bytes, fact: str) -> None:
    with pytest.raises(BadDataError, match=fact) as raised:
        read_sound(data, name="a.wav")
    assert str(raised.value).startswith("cannot read 'a.wav': ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("kind", "subtype"), FORMATS)
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9])
def test_truncated_recordings_are_refused(kind: str, subtype: str, share: float) -> None:
    data = encoded(tone(16000, 10) + np.random.default_rng(0).normal(0, 0.01, 160_000), 16000, kind, subtype)
    with pytest.raises(BadDataError, match=r"truncated|damaged"):
        read_sound(data[: int(len(data) * share)], name="a")


def test_a_wav_that_came_through_a_pipe_has_no_known_length_and_is_read() -> None:
    data = bytearray(encoded(tone(8000), 8000, "WAV"))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    assert len(read_sound(bytes(data)).samples) == 8000


@pytest.mark.filterwarnings("ignore::maestrokit.errors.DataWarning")
@pytest.mark.parametrize(("kind", "subtype"), FORMATS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_garbled_recordings_are_read_or_refused_in_one_line(kind: str, subtype: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    data = bytearray(encoded(tone(8000, 0.5), 8000, kind, subtype))
    for place in generator.integers(0, len(data), generator.integers(1, 30)):
        data[place] = generator.integers(256)
    try:
        assert np.isfinite(read_sound(bytes(data), name="a").samples).all()
    except MaestrokitError as error:
        assert "\n" not in str(error)


def test_the_decoder_of_mp3_says_nothing_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(encoded(tone(16000, 3), 16000, "MP3"))
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(300)
    with pytest.raises(BadDataError):
        read_sound(bytes(data[:-100]))
    assert capfd.readouterr().err == ""
