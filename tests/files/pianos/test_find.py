"""Pianos from files: the shipped one, folders of samples, soundfonts; and the Ogg streams they lie in."""

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from build_piano import write_compact_piano
from maestrokit.errors import BadDataError, NoInputError
from maestrokit.files.pianos.compact import read_compact_piano
from maestrokit.files.pianos.find import SHIPPED, default_piano, read_piano
from maestrokit.files.pianos.soundfont_chunks import RECORDS, parse_soundfont
from maestrokit.files.pianos.soundfont_modulators import Modulator, moved
from maestrokit.files.sound import ogg
from maestrokit.synth.note_onset import onset_sample
from maestrokit.synth.piano import LOUDNESS, Voices

RATE = 16000


def struck(frequency: float, *, amplitude: float, delay: float) -> np.ndarray:
    """Return a decaying tone with a hammer's knock, after some silence, in two channels."""
    time = np.arange(RATE) / RATE
    knock = np.random.default_rng(1).standard_normal(RATE) * np.exp(-time / 0.004) * 0.1
    sound = (np.sin(2 * np.pi * frequency * time) * np.exp(-4 * time) + knock) * amplitude
    return np.stack([np.concatenate([np.zeros(int(delay * RATE)), sound])] * 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as of the Salamander: two notes in two layers, the louder one later, and a release."""
    for name, frequency in (("A4", 440.0), ("C5", 523.25)):
        for layer, amplitude in ((3, 0.1), (12, 0.6)):
            sound = struck(frequency, amplitude=amplitude, delay=0.01 + layer / 1000)
            soundfile.write(tmp_path / f"{name}v{layer}.wav", sound.T, RATE, subtype="PCM_24")
    soundfile.write(tmp_path / "rel49.wav", np.full((800, 2), 0.1), RATE)
    return tmp_path


def rms(sound: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt((sound[:, : RATE // 2] ** 2).mean())))


def test_a_folder_of_samples_becomes_an_even_piano_on_time(folder: Path) -> None:
    piano = read_piano(folder)
    assert [layer.velocity for layer in piano.keys[69]] == [35.5, 92.5]
    assert sorted(piano.releases) == [69]
    voices = Voices(piano, sample_rate=RATE, channels=2)
    for layer in (0, 1):
        sound = voices.waveform(69, layer)
        assert onset_sample(sound, sample_rate=RATE) <= 0.002 * RATE
        assert rms(sound) == pytest.approx(LOUDNESS, abs=1)
    low, high = voices.waveform(69, 0)[0, :800], voices.waveform(69, 1)[0, :800]
    assert np.corrcoef(low, high)[0, 1] > 0.99  # aligned, so that a crossfade does not cancel


def test_a_compact_piano_comes_back_as_it_was(folder: Path, tmp_path: Path) -> None:
    full = read_piano(folder)
    compact = tmp_path / "compact"
    compact.mkdir()
    write_compact_piano(full, compact, velocities=[35.5], release_keys=range(69, 70))
    again = read_compact_piano(compact)
    assert {layer.velocity for layer in again.keys[60]} == {35.5}
    full_sound, compact_sound = (
        Voices(piano, sample_rate=RATE, channels=1).waveform(69, 0)[0, :4000] for piano in (full, again)
    )
    assert np.corrcoef(full_sound, compact_sound)[0, 1] > 0.99
    assert np.abs(compact_sound).max() == pytest.approx(np.abs(full_sound).max(), rel=0.1)


def test_the_shipped_piano_is_even_on_time_and_small() -> None:
    piano = default_piano()
    assert piano is default_piano()
    assert sum(path.stat().st_size for path in SHIPPED.iterdir() if path.is_file()) < 5.5e6
    recording = piano.recordings[piano.keys[60][1].recording]
    sound = recording.read() * np.float32(piano.keys[60][1].gain)
    assert onset_sample(sound, sample_rate=int(recording.sample_rate)) / recording.sample_rate < 0.005
    assert rms(sound) == pytest.approx(LOUDNESS, abs=2)
    assert np.abs(sound[:, -10:]).max() < 1e-3
    assert len(piano.releases) == 128


@pytest.mark.parametrize("note", [33, 60, 93])
def test_the_shipped_piano_is_in_tune(note: int) -> None:
    sound = Voices(default_piano(), sample_rate=RATE, channels=1).waveform(note, 1)[0, : 2 * RATE]
    expected = 440 * 2 ** ((note - 69) / 12)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 19))
    frequency = np.fft.rfftfreq(1 << 19, 1 / RATE)
    near = (frequency > expected / 1.03) & (frequency < expected * 1.03)
    cents = 1200 * np.log2(frequency[near][np.argmax(spectrum[near])] / expected)
    assert abs(cents) < 20  # pianos are stretched


def test_what_is_no_piano_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoInputError):
        read_piano(tmp_path / "nothing")
    with pytest.raises(BadDataError, match="no files named"):
        read_piano(tmp_path)
    (tmp_path / "A4v1.ogg").write_bytes(b"OggS not really")
    with pytest.raises(BadDataError):
        read_piano(tmp_path)
    (tmp_path / "piano.json").write_text("{}")
    with pytest.raises(BadDataError, match=r"piano\.json"):
        read_piano(tmp_path)


def chunk(name: str, data: bytes) -> bytes:
    return name.encode() + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def table(name: str, *rows: tuple[object, ...]) -> bytes:
    return chunk(name, np.array(list(rows), RECORDS[name]).tobytes())


def soundfont(*, loops: int = 1, cutoff: int = 13500, modulators: Sequence[tuple[int, ...]] = ()) -> bytes:
    """Return a soundfont of one preset: a looped tone of 100 Hz, an octave up from its root on the left."""
    tone = (np.sin(2 * np.pi * 100 * np.arange(RATE // 10) / RATE) * 16000).astype("<i2")
    generators = [(43, 0 | 127 << 8), (17, -500), (54, loops), (36, 3600), (37, 1000), (8, cutoff), (53, 0)]
    tables = [
        table("phdr", (b"Other", 5, 0, 0, b""), (b"Piano", 0, 0, 0, b""), (b"EOP", 0, 0, 1, b"")),
        table("pbag", (0, 0), (1, 0)),
        chunk("pmod", b""),
        table("pgen", (41, 0), (0, 0)),
        table("inst", (b"Piano", 0), (b"EOI", 1)),
        table("ibag", (0, 0), (len(generators), len(modulators))),
        table("imod", *modulators, (0, 0, 0, 0, 0)),
        table("igen", *generators, (0, 0)),
        table("shdr", (b"tone", 0, len(tone), 160, 1600, RATE, 43, -35, 0, 1), (b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    ]
    body = chunk("LIST", b"sdta" + chunk("smpl", tone.tobytes())) + chunk("LIST", b"pdta" + b"".join(tables))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"sfbk" + body


def test_a_soundfont_is_looped_tuned_panned_and_decays(tmp_path: Path) -> None:
    path = tmp_path / "one.sf2"
    path.write_bytes(soundfont())
    sound = Voices(read_piano(path), sample_rate=RATE, channels=2).waveform(55, 0)
    left, right = np.abs(sound).max(axis=1)
    assert right < 1e-3 * left
    spectrum = np.abs(np.fft.rfft(sound[0, :RATE] * np.hanning(RATE)))
    # root 43 (98.0 Hz) recorded at 100 Hz and corrected by -35 cents: an octave up it is 196.0 Hz
    assert np.argmax(spectrum) == pytest.approx(196, abs=1)
    first, later = (np.sqrt((sound[0, begin : begin + 1600] ** 2).mean()) for begin in (0, RATE))
    assert 20 * np.log10(first / later) == pytest.approx(100 / 8, abs=1)  # 100 dB in 2^(3600 / 1200) seconds


def test_a_soundfont_without_loops_ends_with_its_sample(tmp_path: Path) -> None:
    path = tmp_path / "one.sf2"
    path.write_bytes(soundfont(loops=0))
    sound = Voices(read_piano(path), sample_rate=RATE, channels=1).waveform(43, 0)
    assert sound.shape[1] == pytest.approx(1600, rel=0.1)


def test_velocity_opens_the_filter_of_a_soundfont(tmp_path: Path) -> None:
    """A tone of 100 Hz through a filter at 66 Hz is soft; a modulator brings the filter three octaves up at 127."""
    path = tmp_path / "one.sf2"
    path.write_bytes(soundfont(cutoff=3600, modulators=[(0x002, 8, 3600, 0, 0)]))
    piano = read_piano(path)
    layers = piano.keys[55]
    velocities = [layer.velocity for layer in layers]
    assert velocities == sorted(velocities) and np.diff(velocities).max() <= 16
    levels = [np.abs(piano.recordings[layer.recording].read()).max() for layer in layers]
    assert levels == sorted(levels) and levels[-1] > 3 * levels[0]


@pytest.mark.parametrize(
    ("source", "velocity", "wanted"),
    [
        (0x002, 127, 1.0),  # velocity, upwards
        (0x102, 127, 0.0),  # downwards
        (0x502, 64, 400 / 960 * np.log10(127 / 64)),  # concave downwards, as for loudness: 40 log10(127 / v) dB of 96
        (0x802, 0, 0.0),  # convex
        (0xC02, 63, 0.0),  # a switch in the middle
        (0xC02, 64, 1.0),
        (0x203, 64, 2 * 60 / 127 - 1),  # key, both ways
        (0x0DB, 64, 0.0),  # a controller at rest
    ],
)
def test_sources_of_modulators_follow_the_specification(source: int, velocity: float, wanted: float) -> None:
    found = moved([Modulator(source, 8, 1000, 0)], 8, key=60, velocity=velocity)
    assert found == pytest.approx(1000 * wanted, abs=0.5)


def test_the_first_preset_is_by_number_and_not_by_place() -> None:
    zones = parse_soundfont(np.frombuffer(soundfont(), np.uint8)).zones
    assert [zone.sample.root for zone in zones] == [43]  # the preset that comes first in the file has none


def test_damaged_soundfonts_give_one_error(tmp_path: Path) -> None:
    good = soundfont()
    generator = np.random.default_rng(0)
    path = tmp_path / "bad.sf2"
    refused = 0
    for _ in range(60):
        data = bytearray(good)
        for place in generator.integers(0, len(data), 4):
            data[place] = generator.integers(256)
        path.write_bytes(bytes(data[: generator.integers(1, len(data))]) if generator.random() < 0.3 else bytes(data))
        try:
            parse_soundfont(np.fromfile(path, np.uint8))
        except ValueError:
            refused += 1
    assert 0 < refused < 60


def test_a_serial_number_can_be_changed_and_checksums_follow() -> None:
    buffer = io.BytesIO()
    sound = np.random.default_rng(0).standard_normal((30000, 2)) * 0.1
    soundfile.write(buffer, sound, 22050, format="OGG", subtype="VORBIS")
    original = buffer.getvalue()
    numbered = ogg.with_serial_number(original, 7)
    assert ogg.with_serial_number(numbered, struct.unpack_from("<I", original, 14)[0]) == original
    np.testing.assert_array_equal(soundfile.read(io.BytesIO(numbered))[0], soundfile.read(io.BytesIO(original))[0])
    assert checksum(numbered[: page_length(numbered)]) == struct.unpack_from("<I", numbered, 22)[0]


def page_length(data: bytes) -> int:
    return 27 + data[26] + sum(data[27 : 27 + data[26]])


def checksum(page: bytes) -> int:
    """Return the checksum of a page bit by bit, as RFC 3533 defines it."""
    remainder = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        remainder ^= byte << 24
        for _ in range(8):
            remainder = (remainder << 1) ^ (0x104C11DB7 if remainder & 0x80000000 else 0)
    return remainder
