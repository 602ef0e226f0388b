"""Broken files end in a performance or in one clear line, whatever is broken."""

import random
import tracemalloc
from functools import cache
from pathlib import Path

import pytest

from maestrokit.errors import BadDataError
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from mutations import generated_file, mutated
from strategies import END_OF_TRACK, file_bytes, track_bytes

MEBIBYTE = 1 << 20


@cache
def real_files(folder: Path) -> tuple[bytes, ...]:
    """The heads of a few real performances, closed properly."""
    heads = []
    for path in sorted((folder / "maestro-v3.0.0").rglob("*.midi"))[:3]:
        start = path.read_bytes()
        second = start.index(b"MTrk", start.index(b"MTrk") + 4)
        track = bytes.fromhex("00903c40") + b"\x10\x3c\x00\0" + END_OF_TRACK
        heads.append(start[:second] + b"MTrk" + len(track).to_bytes(4, "big") + track)
    return tuple(heads)


def survives(data: bytes, *, repair: bool) -> bool:
    """Whether the bytes are read; if so, what is written is read as the same."""
    try:
        performance = parse_midi(data, name="broken.mid", repair=repair)
    except BadDataError as error:
        assert error.fact.startswith("cannot read 'broken.mid': ")
        assert "\n" not in error.fact
        return False
    assert parse_midi(dump_midi(performance), name="again") == performance
    return True


def check(seeds: range, originals: list[bytes]) -> None:
    read = repaired = 0
    for seed in seeds:
        dice = random.Random(seed)
        data = mutated(dice.choice(originals), dice)
        read += survives(data, repair=False)
        repaired += survives(data, repair=True)
    assert 0 < read < repaired <= len(seeds)


@pytest.mark.parametrize("first_seed", range(0, 500, 100))
def test_500_mutations_are_read_or_refused(first_seed: int) -> None:
    check(range(first_seed, first_seed + 100), [generated_file(seed) for seed in range(12)])


@pytest.mark.slow
def test_5000_mutations_are_read_or_refused() -> None:
    check(range(1000, 6000), [generated_file(seed) for seed in range(100, 200)])


@pytest.mark.slow
def test_5000_mutations_of_real_files_are_read_or_refused(shared_data: Path) -> None:
    check(range(5000), list(real_files(shared_data)))


@pytest.mark.parametrize(
    "data",
    [
        file_bytes([track_bytes([(0x0FFFFFFF, b"\x90\x3c\x40")])]),
        file_bytes([b"MTrk\xff\xff\xff\xff\0"]),
        file_bytes([track_bytes([(0, b"\xff\x01\xff\xff\xff\x7f")])]),
        file_bytes([track_bytes([(0, b"\xf0\xff\xff\xff\x7f")])]),
        b"MThd\0\0\0\6\0\1\xff\xff\1\xe0" + b"MTrk\0\0\0\4\0\xff\x2f\0",
        b"MThd\xff\xff\xff\xff\0\1\0\1\1\xe0",
        b"RIFF\xff\xff\xff\xffRMIDdata\xff\xff\xff\xffMThd",
    ],
    ids=["huge delta", "track length", "text length", "sysex length", "65,535 tracks", "header length", "RIFF length"],
)
@pytest.mark.parametrize("repair", [False, True])
def test_tiny_files_take_little_memory(data: bytes, repair: bool) -> None:
    tracemalloc.start()
    try:
        survives(data, repair=repair)
        assert tracemalloc.get_traced_memory()[1] < MEBIBYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("tracks", [5000, pytest.param(0xFFFF, marks=pytest.mark.slow)])
def test_thousands_of_empty_tracks_are_read(tracks: int) -> None:
    assert survives(file_bytes([track_bytes([])] * tracks), repair=False)
