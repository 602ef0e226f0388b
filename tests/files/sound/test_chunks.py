"""Recordings in chunks: what is sound is read whatever their sizes say, and what is not is said."""

import io
import struct

import numpy as np
import pytest
import soundfile

from maestrokit.errors import BadDataError, DataWarning
from maestrokit.files.sound.read import read_sound

RATE = 16000
KINDS = ["WAV", "RF64", "AIFF", "CAF", "W64", "AU"]
ID3V1 = b"TAG" + bytes(125)


def music(seconds: float = 0.5, seed: int = 0) -> np.ndarray:
    """Noise that dies away, in two channels."""
    shape = (int(RATE * seconds), 2)
    noise = np.random.default_rng(seed).standard_normal(shape).clip(-3, 3)
    return (0.2 * noise * np.linspace(1, 0.1, shape[0])[:, None]).astype(np.float32)


def encoded(samples: np.ndarray, kind: str, subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format=kind, subtype=subtype)
    return buffer.getvalue()


def size_field(data: bytes, kind: str) -> tuple[int, str, int]:
    """Where a header has the size of the samples, how, and that of none."""
    if kind == "RF64":
        return data.index(b"ds64") + 16, "<q", 0
    if kind == "AU":
        return 8, ">i", 0
    chunk = data.index(b"SSND" if kind == "AIFF" else b"data")
    return {"WAV": (chunk + 4, "<i", 0), "AIFF": (chunk + 4, ">i", 8), "CAF": (chunk + 4, ">q", 4),
            "W64": (chunk + 16, "<q", 24)}[kind]  # fmt: skip


def with_size(data: bytes, kind: str, size: int | None) -> bytes:
    """A recording whose header gives another size, that of no samples by default; and none in all."""
    position, form, empty = size_field(data, kind)
    changed = bytearray(data)
    struct.pack_into(form, changed, position, empty if size is None else size)
    if kind in ("WAV", "AIFF", "RF64"):
        changed[4:8] = bytes(4)
    return bytes(changed)


def quietly(data: bytes) -> np.ndarray:
    """Read a recording, during which nothing may be said: warnings are errors here."""
    return read_sound(data, name="a").samples


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT", "ULAW"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_recorder_that_was_cut_off_leaves_all_its_samples(kind: str, subtype: str) -> None:
    data = encoded(music(), kind, subtype)
    with pytest.warns(DataWarning, match="^'a': its header says 0 bytes of sound, [0-9]+ are there and read$"):
        found = read_sound(with_size(data, kind, None) + ID3V1, name="a").samples
    assert np.array_equal(found, quietly(data))


@pytest.mark.parametrize("kind", KINDS)
def test_a_size_that_nobody_knew_is_that_of_the_rest(kind: str) -> None:
    data = encoded(music(), kind)
    assert np.array_equal(quietly(with_size(data, kind, -1)), quietly(data))
    assert np.array_equal(quietly(with_size(data, kind, -1) + ID3V1), quietly(data))


@pytest.mark.parametrize("kind", KINDS)
def test_joined_recordings_are_read_one_after_the_other(kind: str) -> None:
    first, second = encoded(music(), kind), encoded(music(seed=1), kind)
    assert np.array_equal(quietly(first + second), np.concatenate([quietly(first), quietly(second)]))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "WAV"])
def test_what_follows_the_end_is_no_sound_and_said(kind: str) -> None:
    data = encoded(music(), kind)
    behind = np.random.default_rng(2).bytes(500)
    with pytest.warns(DataWarning, match="^'a': 500 bytes after its end are no sound, and not read$"):
        assert np.array_equal(read_sound(data + behind, name="a").samples, quietly(data))


def test_a_truncated_rf64_is_not_read_as_a_whole_one() -> None:
    data = encoded(music(), "RF64")
    cut = data[: 2 * len(data) // 3]
    with pytest.raises(BadDataError, match="truncated"):
        read_sound(cut, name="a")
    with pytest.warns(DataWarning, match="truncated"):
        found = read_sound(cut, name="a", repair=True).samples
    assert len(found) > RATE // 4 and np.array_equal(found, quietly(data)[: len(found)])


def test_thousands_of_joined_recordings_are_one() -> None:
    wav = encoded(music(0.001), "WAV")
    assert np.array_equal(quietly(3000 * wav), np.tile(quietly(wav), 3000))
