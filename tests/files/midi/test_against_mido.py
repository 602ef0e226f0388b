"""What is read is what mido reads, wherever mido keeps everything."""

import io
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.performance import Performance
from strategies import Event, channel_messages, file_bytes, small_delta, tempo, track_bytes


def by_mido(data: bytes) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(data))


def check(data: bytes, name: str) -> None:
    """Reading as mido reads, message for message both ways."""
    performance, expected = parse_midi(data, name=name), by_mido(data)
    assert performance.to_mido().tracks == expected.tracks, name
    assert Performance.from_mido(expected) == performance, name


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(small_delta, channel_messages() | tempo)), min_size=1, max_size=3), st.booleans())
def test_generated_files(tracks: list[list[Event]], running: bool) -> None:
    data = file_bytes([track_bytes(events, running=running) for events in tracks])
    check(data, "generated")
    assert by_mido(dump_midi(parse_midi(data, name="generated"))).tracks == by_mido(data).tracks


@pytest.mark.parametrize("corpus", ["maestro-v3.0.0", "asap", "pop909"])
def test_a_small_real_file(shared_data: Path, corpus: str) -> None:
    found = (path for path in (shared_data / corpus).rglob("*") if path.suffix in (".mid", ".midi"))
    data = min(found, key=lambda path: (path.stat().st_size, path)).read_bytes()
    check(data, corpus)


@pytest.mark.slow
@pytest.mark.parametrize("corpus", ["maestro-v3.0.0", "asap", "pop909"])
def test_every_real_file(shared_data: Path, corpus: str) -> None:
    paths = sorted(path for path in (shared_data / corpus).rglob("*") if path.suffix in (".mid", ".midi"))
    assert len(paths) >= 100
    for path in paths:
        data = path.read_bytes()
        check(data, str(path))
        performance = parse_midi(data, name=str(path))
        assert parse_midi(dump_midi(performance), name=str(path)) == performance, path
