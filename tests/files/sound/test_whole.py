"""What is sound is read to its end, whatever its header says; and what is in doubt is said."""

import io
import os
import struct
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from maestrokit.errors import BadDataError, DataWarning
from maestrokit.files.sound.mp3 import frame_of
from maestrokit.files.sound.ogg import with_serial_number
from maestrokit.files.sound.read import open_sound, read_sound

RATE = 16000
DELAY = 529  # samples of the decoder's delay, which is left out
APE_ITEMS = b"\x02\0\0\0\0\0\0\0Title\0ab"
APE_FOOTER = b"APETAGEX" + struct.pack("<IIII", 2000, len(APE_ITEMS) + 32, 1, 0) + bytes(8)
APE = b"APETAGEX" + struct.pack("<IIII", 2000, len(APE_ITEMS) + 32, 1, 0xA << 28) + bytes(8) + APE_ITEMS
APE += b"APETAGEX" + struct.pack("<IIII", 2000, len(APE_ITEMS) + 32, 1, 0x8 << 28) + bytes(8)
ID3V1 = b"TAG" + bytes(125)
ID3V2 = b"ID3\x03\0\0\0\0\x01\x00" + bytes(128)


def music(seconds: float = 2.0, seed: int = 0, rate: int = RATE) -> np.ndarray:
    """Decaying tones of random pitch, four a second."""
    generator = np.random.default_rng(seed)
    time = np.arange(int(rate * seconds)) / rate
    sound = np.zeros(len(time))
    for start in np.arange(0, seconds, 0.25):
        here = time[time >= start] - start
        tone = np.sin(2 * np.pi * generator.uniform(200, 2000) * here) * np.exp(-8 * here)
        sound[len(sound) - len(here) :] += 0.2 * tone
    return sound.astype(np.float32)


def encoded(samples: np.ndarray, kind: str, rate: int = RATE) -> bytes:
    buffer = io.BytesIO()
    options = {"MP3": {"bitrate_mode": "CONSTANT"}}.get(kind, {})
    soundfile.write(buffer, samples, rate, format=kind, **options)
    return buffer.getvalue()


def frames(mp3: bytes) -> list[bytes]:
    """The frames of an MP3, the first of which has no sound but the number of the others."""
    found = []
    while mp3:
        length, _ = frame_of(mp3[:4]) or (len(mp3), None)
        found.append(mp3[:length])
        mp3 = mp3[length:]
    return found


def without_count(mp3: bytes) -> bytes:
    return b"".join(frames(mp3)[1:])


def of_many_rates(rate: int = RATE) -> bytes:
    """An MP3 without a count of frames whose rate of bits rises: what its first frames foretell is far too short."""
    parts = []
    for seed, level in ((0, 0.0), (1, 0.05), (2, 1.0)):
        buffer = io.BytesIO()
        noise = np.random.default_rng(seed).standard_normal(rate)
        soundfile.write(buffer, level * (music(1.0, seed, rate) + 0.05 * noise), rate, format="MP3",
                        bitrate_mode="VARIABLE", compression_level=0.0)  # fmt: skip
        parts.append(without_count(buffer.getvalue()))
    return b"".join(parts)


def quietly(data: bytes) -> np.ndarray:
    """Read a recording, during which nothing may be said: warnings are errors here."""
    return read_sound(data, name="a").samples


def test_an_mp3_without_a_count_of_its_frames_is_read_whole() -> None:
    mp3 = encoded(music(), "MP3")
    assert len(quietly(without_count(mp3))) == (len(frames(mp3)) - 1) * 576 - DELAY
    varied = of_many_rates()
    assert len({len(frame) for frame in frames(varied)}) > 2
    assert len(quietly(varied)) == len(frames(varied)) * 576 - DELAY > 3 * RATE


@pytest.mark.parametrize(
    "ahead", [np.random.default_rng(1).bytes(300), b"HTTP/1.1 200 OK\r\n\r\n"], ids=["noise", "text"]
)
def test_what_is_ahead_of_an_mp3_and_no_tag_is_passed_over_and_said(ahead: bytes) -> None:
    for mp3 in (encoded(music(), "MP3"), of_many_rates()):
        with pytest.warns(DataWarning, match=f"^'a': {len(ahead)} bytes at its start are no sound, and not read$"):
            found = read_sound(ahead + mp3, name="a").samples
        assert np.array_equal(found, quietly(mp3))


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_frames_are_counted_at_every_rate(rate: int, channels: int) -> None:
    mp3 = encoded(np.stack([music(0.5, rate=rate)] * channels, axis=1), "MP3", rate)
    samples, kind = quietly(mp3), frame_of(mp3[:4])
    assert kind is not None
    count = len(frames(mp3)) - 1
    assert len(quietly(without_count(mp3))) == count * kind[1].samples - DELAY
    assert abs(len(samples) - rate // 2) <= 1


@pytest.mark.parametrize("between", [b"", ID3V2, ID3V1, APE, ID3V1 + ID3V2], ids=str)
def test_joined_mp3s_are_read_one_after_the_other(between: bytes) -> None:
    first, second = encoded(music(1.0, 1), "MP3"), encoded(music(1.5, 2), "MP3")
    joined = quietly(first + between + second)
    assert np.array_equal(joined, np.concatenate([quietly(first), quietly(second)]))


def test_an_mp3_joined_to_one_without_a_count_is_read_too() -> None:
    counted, uncounted = encoded(music(1.0, 1), "MP3"), without_count(encoded(music(1.5, 2), "MP3"))
    assert len(quietly(counted + uncounted)) == len(quietly(counted)) + len(quietly(uncounted))


def test_joined_mp3s_of_two_rates_are_brought_to_the_first_one() -> None:
    joined = encoded(music(1.0), "MP3") + encoded(music(2.0, rate=44100), "MP3", 44100)
    assert len(quietly(joined)) / RATE == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize("kind", ["OGG", "FLAC", "WAV"])
def test_joined_recordings_are_read_one_after_the_other(kind: str) -> None:
    first, second = encoded(music(1.0, 1), kind), encoded(music(1.5, 2), kind)
    if kind == "OGG":
        first, second = with_serial_number(first, 1), with_serial_number(second, 2)
    joined = quietly(first + second)
    assert np.array_equal(joined, np.concatenate([quietly(first), quietly(second)]))


def test_joined_recordings_may_differ_in_their_channels() -> None:
    mono, stereo = encoded(music(1.0), "FLAC"), encoded(np.stack([music(1.0)] * 2, axis=1), "FLAC")
    assert len(quietly(mono + stereo)) == len(quietly(stereo + mono)) == 2 * RATE
    with open_sound(stereo + mono) as stream:
        blocks = list(stream.channel_blocks(sample_rate=RATE))
    assert {block.shape[1] for block in blocks} == {2} and sum(map(len, blocks)) == 2 * RATE


@pytest.mark.parametrize("kind", ["MP3", "FLAC", "OGG", "WAV", "AU", "CAF", "W64"])
@pytest.mark.parametrize("before", [bytes(1000), APE, bytes(70_000), ID3V2, APE + ID3V2])
def test_what_lies_ahead_is_passed_over(kind: str, before: bytes) -> None:
    data = encoded(music(0.5), kind)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = read_sound(before + data, name="a").samples
    assert np.array_equal(found, quietly(data))
    is_in_doubt = before.startswith(b"\0")
    assert [str(warning.message) for warning in said] == ["'a': zero bytes at its start are passed over"] * is_in_doubt


@pytest.mark.parametrize("kind", ["MP3", "FLAC", "OGG", "WAV", "AU", "CAF", "W64"])
@pytest.mark.parametrize("behind", [ID3V1, APE_ITEMS + APE_FOOTER, APE + ID3V1])
def test_tags_at_the_end_are_no_sound(kind: str, behind: bytes) -> None:
    data = encoded(music(0.5), kind)
    assert np.array_equal(quietly(data + behind), quietly(data))


def of_unknown_length(flac: bytes) -> bytes:
    """As an encoder leaves it that writes to a pipe: neither the number of samples nor their digest."""
    changed = bytearray(flac)
    changed[21] &= 0xF0
    changed[22:42] = bytes(20)
    return bytes(changed)


def test_a_flac_of_unknown_length_is_read_whole() -> None:
    for length in (2.0, 10.0):
        flac = encoded(music(length), "FLAC")
        assert np.array_equal(quietly(of_unknown_length(flac)), quietly(flac))
        assert np.array_equal(quietly(of_unknown_length(flac) + ID3V1), quietly(flac))


@pytest.mark.parametrize(("size", "word"), [(0, "0"), (4000, "4000")])
def test_a_wav_whose_recorder_was_cut_off_is_read_to_the_end_of_the_file(size: int, word: str) -> None:
    data = encoded(music(), "WAV")
    wav = bytearray(data)
    wav[4:8], wav[40:44] = struct.pack("<I", size and len(wav) - 8), struct.pack("<I", size)
    with pytest.warns(DataWarning, match=f"'a': its header says {word} bytes of sound, {len(wav) - 44} are there"):
        found = read_sound(bytes(wav), name="a").samples
    assert np.array_equal(found, quietly(data))


def test_chunks_and_padding_behind_the_samples_of_a_wav_are_no_sound() -> None:
    wav = encoded(music(0.5), "WAV")
    listed = b"LIST" + struct.pack("<I", 300) + b"INFO" + bytes(296)
    for behind in (listed, bytes(2000), listed + bytes(500)):
        assert np.array_equal(quietly(wav + behind), quietly(wav))


@pytest.mark.parametrize("tag", [ID3V2, ID3V2 + ID3V1, APE, b"LYRICSBEGIN" + bytes(range(200)) + b"LYRICS200"])
def test_tags_behind_the_samples_of_a_wav_are_no_sound(tag: bytes) -> None:
    wav = encoded(music(0.5), "WAV")
    assert np.array_equal(quietly(wav + tag), quietly(wav))
    assert np.array_equal(quietly(wav + tag + wav), np.tile(quietly(wav), 2))


def test_a_wav_whose_sizes_agree_is_believed() -> None:
    wav = encoded(music(0.5), "WAV")
    noise = np.random.default_rng(0).bytes(5000)
    with pytest.warns(DataWarning, match="^'a': 5000 bytes after its end are no sound, and not read$"):
        assert np.array_equal(read_sound(wav + noise, name="a").samples, quietly(wav))


@pytest.mark.parametrize("rate", [1, 100, 2_000_000_000])
def test_a_rate_that_no_recording_has_is_refused(rate: int) -> None:
    wav = bytearray(encoded(music(0.1), "WAV"))
    wav[24:28] = struct.pack("<I", rate)
    with pytest.raises(BadDataError, match=f"its header says {rate} Hz"):
        read_sound(bytes(wav), sample_rate=RATE)


def cut(data: bytes) -> bytes:
    return data[: int(0.7 * len(data))]


def with_a_hole(data: bytes) -> bytes:
    return data[: int(0.7 * len(data))] + b"\x55" * 700 + data[int(0.7 * len(data)) + 700 :]


MENDED: list[tuple[str, Callable[[bytes], bytes]]] = [
    *((kind, cut) for kind in ("WAV", "AIFF", "FLAC", "OGG", "MP3", "AU", "CAF", "W64")),
    *((kind, with_a_hole) for kind in ("FLAC", "MP3")),
]


def test_an_au_or_caf_of_unknown_length_is_read_whole() -> None:
    au, caf = encoded(music(0.5), "AU"), encoded(music(0.5), "CAF")
    place = caf.index(b"data") + 4
    assert np.array_equal(quietly(au[:8] + b"\xff" * 4 + au[12:]), quietly(au))
    assert np.array_equal(quietly(caf[:place] + b"\xff" * 8 + caf[place + 8 :]), quietly(caf))


def samples_of_whole_pages(ogg: bytes) -> int:
    """The samples up to the end of the last page that is whole: a page has one checksum, so part of one is lost."""
    place = samples = 0
    while len(head := ogg[place : place + 27]) == 27:
        place += 27 + head[26] + sum(ogg[place + 27 : place + 27 + head[26]])
        samples = struct.unpack_from("<q", head, 6)[0] if place <= len(ogg) else samples
    return samples


@pytest.mark.parametrize(("kind", "damage"), MENDED, ids=[f"{kind}-{how.__name__}" for kind, how in MENDED])
def test_repair_reads_what_is_good(kind: str, damage: Callable[[bytes], bytes]) -> None:
    noise = 0.01 * np.random.default_rng(0).standard_normal(8 * RATE).astype(np.float32)
    data = encoded(music(8.0) + noise, kind)
    with pytest.raises(BadDataError, match=r"truncated|damaged") as raised:
        read_sound(damage(data), name="a")
    assert "`repair`" in raised.value.hint
    with pytest.warns(DataWarning, match=r"truncated|damaged"):
        found = read_sound(damage(data), name="a", repair=True).samples
    samples = quietly(data)
    good = samples_of_whole_pages(damage(data)) if kind == "OGG" else int(0.65 * len(samples))
    assert len(found) >= good > len(samples) // 3
    assert np.array_equal(found[:good], samples[:good])


def test_repair_reads_up_to_a_sample_that_is_no_number() -> None:
    wave = music()
    wave[20_000] = np.nan
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, RATE, format="WAV", subtype="FLOAT")
    with pytest.warns(DataWarning, match="the sample at 1.250 s is not a number"):
        assert np.array_equal(read_sound(buffer.getvalue(), repair=True).samples, wave[:20_000])


def test_repair_changes_nothing_in_what_is_whole() -> None:
    for kind in ("WAV", "FLAC", "OGG", "MP3"):
        data = encoded(np.stack([music(5.0, 1), music(5.0, 2)], axis=1), kind)
        assert np.array_equal(read_sound(data, repair=True).samples, quietly(data))


def test_a_named_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    data, pipe = encoded(music(), "FLAC"), tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True)
    writer.start()
    assert np.array_equal(read_sound(pipe).samples, quietly(data))
    writer.join(timeout=10)
    assert not writer.is_alive()


def test_channels_that_cancel_are_said_and_heard() -> None:
    left = music()
    data = encoded(np.stack([left, -left], axis=1), "FLAC")
    with pytest.warns(DataWarning, match=r"'a': left and right are opposite for 2.0 s"):
        assert np.abs(read_sound(data, name="a").samples - left).max() < 1e-3


def test_channels_that_cancel_are_called_left_and_right_only_if_they_are_two() -> None:
    data = encoded(np.stack([music(1.0, 1), -music(1.0, 1), music(1.0, 2)], axis=1), "FLAC")
    with pytest.warns(DataWarning, match=r"'a': some of its 3 channels are opposite for 1.0 s"):
        read_sound(data, name="a")


@pytest.mark.parametrize("share", [0.2, 0.6])
@pytest.mark.parametrize("is_joined", [False, True])
def test_a_cut_flac_is_said_to_be_good_as_far_as_repair_reads_it(tmp_path: Path, share: float, is_joined: bool) -> None:
    noise = (0.3 * np.random.default_rng(0).standard_normal(20 * RATE)).astype(np.float32)
    data = encoded(noise, "FLAC")
    cut = (encoded(noise[:RATE], "FLAC") if is_joined else b"") + data[: int(share * len(data))]
    (tmp_path / "a.flac").write_bytes(cut)
    for source in (cut, tmp_path / "a.flac"):
        with pytest.raises(BadDataError) as error:
            read_sound(source, name="a")
        with pytest.warns(DataWarning) as notes:
            good = len(read_sound(source, name="a", repair=True).samples) / RATE - is_joined
        assert abs(good - 20 * share) < 0.5
        assert f"(good to {good:.1f} s of 20.0 s; " in error.value.fact
        assert str(notes[0].message).endswith(error.value.fact.partition(": ")[2])
