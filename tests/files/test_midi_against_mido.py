"""What is read is what mido reads, wherever mido keeps everything."""

import io
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.files.midi import dump_midi, parse_midi
from maestrokit.music.performance import NOT_RELEASED, NOTE_ON_ENDS_IT, Performance
from strategies import channel_messages, file_bytes, small_delta, tempo, track_bytes

Event = tuple[int, bytes]  # absolute tick, message


def events_of(performance: Performance) -> list[list[Event]]:
    """Every event of every track in running order, ends of tracks included."""
    tracks: list[list[tuple[int, int, bytes]]] = [[] for _ in performance.track_end_tick]
    notes, controls, tempos, others = performance.notes, performance.controls, performance.tempos, performance.others
    for onset, offset, pitch, velocity, release, channel, track, on, off in zip(*vars(notes).values(), strict=True):
        tracks[track].append((on, onset, bytes([0x90 | channel, pitch, velocity])))
        if release == NOT_RELEASED:
            continue
        status, velocity_off = (0x90, 0) if release == NOTE_ON_ENDS_IT else (0x80, release)
        tracks[track].append((off, offset, bytes([status | channel, pitch, velocity_off])))
    for tick, number, value, channel, track, order in zip(*vars(controls).values(), strict=True):
        tracks[track].append((order, tick, bytes([0xB0 | channel, number, value])))
    for tick, microseconds, track, order in zip(*vars(tempos).values(), strict=True):
        tracks[track].append((order, tick, b"\xff\x51\x03" + int(microseconds).to_bytes(3, "big")))
    for tick, _, message, track, order in zip(*vars(others).values(), strict=True):
        tracks[track].append((order, tick, message))
    ends = performance.track_end_tick.tolist()
    return [
        [*((int(tick), message) for _, tick, message in sorted(track)), (end, b"\xff\x2f\0")]
        for track, end in zip(tracks, ends, strict=True)
    ]


def events_by_mido(data: bytes) -> list[list[Event]]:
    tracks = []
    for track in mido.MidiFile(file=io.BytesIO(data)).tracks:
        tick, events = 0, []
        for message in track:
            tick += message.time
            events.append((tick, bytes(message.bytes())))
        tracks.append(events)
    return tracks


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(small_delta, channel_messages() | tempo)), min_size=1, max_size=3), st.booleans())
def test_generated_files(tracks: list[list[Event]], running: bool) -> None:
    data = file_bytes([track_bytes(events, running=running) for events in tracks])
    performance = parse_midi(data, name="generated")
    assert events_of(performance) == events_by_mido(data)
    assert events_by_mido(dump_midi(performance)) == events_by_mido(data)


@pytest.mark.parametrize("corpus", ["maestro-v3.0.0", "asap", "pop909"])
def test_a_small_real_file(shared_data: Path, corpus: str) -> None:
    found = (path for path in (shared_data / corpus).rglob("*") if path.suffix in (".mid", ".midi"))
    data = min(found, key=lambda path: (path.stat().st_size, path)).read_bytes()
    assert events_of(parse_midi(data, name=corpus)) == events_by_mido(data)


@pytest.mark.slow
@pytest.mark.parametrize("corpus", ["maestro-v3.0.0", "asap", "pop909"])
def test_every_real_file(shared_data: Path, corpus: str) -> None:
    paths = sorted(path for path in (shared_data / corpus).rglob("*") if path.suffix in (".mid", ".midi"))
    assert len(paths) >= 100
    for path in paths:
        data = path.read_bytes()
        performance = parse_midi(data, name=str(path))
        assert events_of(performance) == events_by_mido(data), path
        assert parse_midi(dump_midi(performance), name=str(path)) == performance, path
