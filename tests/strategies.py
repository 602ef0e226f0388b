"""Hypothesis strategies for MIDI files and performances, built byte by byte without the code under test.

``from strategies import midi_bytes, performances`` works in every test.
"""

from hypothesis import strategies as st

from maestrokit.files.midi import parse_midi
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import Performance

Event = tuple[int, bytes]  # delta in ticks; message with its status byte
END_OF_TRACK = b"\xff\x2f\0"
KEY_SIGNATURE, TIME_SIGNATURE = b"\xff\x59\x02\x02\0", b"\xff\x58\x04\x04\x02\x18\x08"


def variable_length(number: int) -> bytes:
    """Return a number in groups of seven bits, the last without the high bit."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))


def track_bytes(events: list[Event], *, running: bool = True, end: Event | None = (0, END_OF_TRACK)) -> bytes:
    """Return a track chunk; running status holds across metas too, as many programs write it."""
    body, status = b"", b""
    for delta, message in [*events, *([end] if end else [])]:
        is_channel = 0x80 <= message[0] < 0xF0
        repeats = running and is_channel and message[:1] == status
        body += variable_length(delta) + (message[1:] if repeats else message)
        status = message[:1] if is_channel else status
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def file_bytes(tracks: list[bytes], *, division: int = 480, midi_format: int = 1) -> bytes:
    """Return a MIDI file of track chunks."""
    header = [midi_format, len(tracks), division & 0xFFFF]
    return b"MThd" + (6).to_bytes(4, "big") + b"".join(n.to_bytes(2, "big") for n in header) + b"".join(tracks)


data_byte = st.integers(0, 127)
small_delta = st.sampled_from([0, 0, 0, 1, 5, 60, 127, 128, 480, 16383, 16384])
any_delta = small_delta | st.integers(0, 0x0FFFFFFF)
key = st.sampled_from([21, 60, 60, 60, 64, 108]) | data_byte
control = st.sampled_from([64, 64, 120, 121, 123]) | data_byte
channel = st.sampled_from([0, 0, 0, 1, 9, 15])
tempo = st.integers(1, 0xFFFFFF).map(lambda n: b"\xff\x51\x03" + n.to_bytes(3, "big"))


@st.composite
def channel_messages(draw: st.DrawFn) -> bytes:
    """Notes most often, on few keys, so that they overlap, double and hang; and every other channel message."""
    kind = draw(st.sampled_from([0x90, 0x90, 0x90, 0x80, 0x80, 0xB0, 0xB0, 0xA0, 0xC0, 0xD0, 0xE0]))
    first = draw({0x80: key, 0x90: key, 0xB0: control}.get(kind, data_byte))
    second = draw(st.sampled_from([0, 0, 64, 100]) | data_byte)
    status = bytes([kind | draw(channel)])
    return status + bytes([first]) + (b"" if kind in (0xC0, 0xD0) else bytes([second]))


@st.composite
def metas(draw: st.DrawFn) -> bytes:
    """Metas known and unknown; some of the length of a tempo, some far longer than one byte can say."""
    kind = draw(st.sampled_from([1, 3, 4, 0x20, 0x21, 0x51, 0x54, 0x58, 0x59, 0x7F, 0x60, 0xFE]))
    payload = draw(st.binary(max_size=6) | st.binary(min_size=120, max_size=140))
    if kind == 0x51 and payload == bytes(3):
        payload = b"\x07\xa1\x20"
    return bytes([0xFF, kind]) + variable_length(len(payload)) + payload


@st.composite
def system_messages(draw: st.DrawFn) -> bytes:
    """Sysex, its continuation, system common and real-time messages."""
    status = draw(st.sampled_from([0xF0, 0xF0, 0xF7, 0xF1, 0xF2, 0xF3, 0xF6, 0xF8, 0xFA, 0xFE]))
    if status in (0xF0, 0xF7):
        payload = draw(st.binary(max_size=8) | st.just(b"\x43\x12\0\xf7"))
        return bytes([status]) + variable_length(len(payload)) + payload
    count = {0xF1: 1, 0xF2: 2, 0xF3: 1}.get(status, 0)
    return bytes([status]) + bytes(draw(st.lists(data_byte, min_size=count, max_size=count)))


def messages() -> st.SearchStrategy[bytes]:
    """Any message that may stand in a track, the end of track excepted."""
    return st.one_of(channel_messages(), channel_messages(), channel_messages(), metas(), system_messages(), tempo)


divisions = st.sampled_from([1, 96, 384, 480, 0x7FFF, -25 << 8 | 40, -29 << 8 | 80])


@st.composite
def midi_bytes(draw: st.DrawFn, *, max_tracks: int = 4, max_events: int = 30) -> bytes:
    """Well-formed files of every type, with everything that a track may hold and odd orders of it."""
    midi_format = draw(st.integers(0, 2))
    count = 1 if midi_format == 0 else draw(st.integers(0, max_tracks))
    event = st.tuples(any_delta if draw(st.booleans()) else small_delta, messages())
    tracks = [
        track_bytes(
            draw(st.lists(event, max_size=max_events)),
            running=draw(st.booleans()),
            end=(draw(small_delta), END_OF_TRACK),
        )
        for _ in range(count)
    ]
    return file_bytes(tracks, division=draw(divisions), midi_format=midi_format)


@st.composite
def piano_tracks(draw: st.DrawFn, *, max_notes: int, low: int, high: int, channels: tuple[int, ...]) -> bytes:
    """A track of whole notes, pedals, tempos and a few events that no verb should touch; notes may overlap."""
    size = draw(st.integers(0, max_notes))
    timed: list[tuple[int, int, bytes]] = []
    for place in range(size):
        onset, length = draw(st.integers(0, 4000)), draw(st.integers(1, 960))
        pitch, velocity = draw(st.integers(low, high)), draw(st.integers(1, 127))
        number = draw(st.sampled_from(channels))
        off = draw(st.sampled_from([bytes([0x90 | number, pitch, 0]), bytes([0x80 | number, pitch, 64])]))
        timed += [(onset, 2 * place, bytes([0x90 | number, pitch, velocity])), (onset + length, 2 * place + 1, off)]
    extra = st.one_of(
        tempo,
        st.sampled_from([KEY_SIGNATURE, TIME_SIGNATURE, b"\xf0\x03\x43\x12\xf7", b"\xff\x01\x05hello"]),
        data_byte.map(lambda value: bytes([0xB0, 64, value])),
    )
    timed += [(draw(st.integers(0, 5000)), 10**6 + place, draw(extra)) for place in range(draw(st.integers(0, 6)))]
    timed.sort()
    deltas = [tick - before for (tick, _, _), before in zip(timed, [0, *(tick for tick, _, _ in timed)], strict=False)]
    return track_bytes([(delta, message) for delta, (_, _, message) in zip(deltas, timed, strict=True)])


@st.composite
def performances(
    draw: st.DrawFn,
    *,
    max_notes: int = 20,
    max_tracks: int = 3,
    low: int = 0,
    high: int = 127,
    channels: tuple[int, ...] = (0, 0, 1, 9),
    midi_formats: tuple[int, ...] = (0, 1),
) -> Performance:
    """Settled performances as verbs meet them: notes within `low`..`high`, pedals, tempos and other events."""
    midi_format = draw(st.sampled_from(midi_formats))
    count = 1 if midi_format == 0 else draw(st.integers(1, max_tracks))
    tracks = [draw(piano_tracks(max_notes=max_notes, low=low, high=high, channels=channels)) for _ in range(count)]
    division = draw(st.sampled_from([96, 384, 480, 1000]))
    return reorder_events(parse_midi(file_bytes(tracks, division=division, midi_format=midi_format), name="generated"))
