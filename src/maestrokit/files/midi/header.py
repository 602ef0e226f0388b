"""The frame of a MIDI file: its header and the spans of its tracks, with every fault of the frame named.

References
----------
The Complete MIDI 1.0 Detailed Specification, RP-001: Standard MIDI Files 1.0. RP-029: RIFF-wrapped files (RMID).
"""

from dataclasses import dataclass

from maestrokit.errors import BadDataError, unreadable

CHUNK_HEADER = 8  # bytes: four letters and a length
MOST_TRACKS = 0xFFFF
SMPTE_RATES = (24, 25, 29, 30)  # frames a second; 29 stands for 29.97
REPAIRED_DIVISION = 480  # ticks a beat, where the header has nothing usable


@dataclass(frozen=True)
class Frame:
    """The fields of the header, and the bytes of each track."""

    format: int
    division: int
    spans: tuple[tuple[int, int], ...]
    """Of each track the first byte of its events, and the byte after its last."""


def bad_midi(name: str, fact: str, *, curable: bool = True) -> BadDataError:
    """Return the error that says why a file cannot be read, and whether ``repair`` would."""
    return unreadable(name, fact, "try `repair`, which keeps what can be salvaged" if curable else None)


def read_frame(data: bytes, *, name: str, repair: bool) -> Frame:
    """Return the frame of a Standard MIDI File, bare or wrapped in RIFF; chunks of unknown type are passed over.

    BadDataError says that this is no MIDI file or, without `repair`, that header, chunk lengths and bytes do not agree.
    """
    start, stop = _midi_bytes(data, name=name, repair=repair)
    if stop - start < CHUNK_HEADER + 6:
        raise bad_midi(name, f"the header is cut off at byte {stop}", curable=False)
    header_length = _number(data, start + 4, 4)
    if header_length < 6 or header_length > stop - start - CHUNK_HEADER:
        if not repair:
            raise bad_midi(name, f"the header claims a length of {header_length} bytes")
        header_length = 6
    file_format, promised, division = (_number(data, start + field, 2) for field in (8, 10, 12))
    first = start + CHUNK_HEADER + header_length
    spans = _repaired_spans(data, first, stop) if repair else _spans(data, first, stop, promised, name)
    file_format = _checked_format(file_format, len(spans), name=name, repair=repair)
    return Frame(file_format, _checked_division(division, name=name, repair=repair), tuple(spans))


def _number(data: bytes, start: int, length: int) -> int:
    return int.from_bytes(data[start : start + length], "big")


def _midi_bytes(data: bytes, *, name: str, repair: bool) -> tuple[int, int]:
    """Return where the Standard MIDI File begins and ends in the data."""
    if not data:
        raise bad_midi(name, "the file is empty", curable=False)
    if data[:4] == b"MThd":
        return 0, len(data)
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        offset = 12
        while offset + CHUNK_HEADER <= len(data):
            length = int.from_bytes(data[offset + 4 : offset + 8], "little")
            first = offset + CHUNK_HEADER
            if data[offset : offset + 4] == b"data" and data[first : first + 4] == b"MThd":
                return first, min(first + length, len(data))
            offset = first + length + length % 2
    start_of_file = data.find(b"MThd") if repair else -1
    if start_of_file < 0:
        from maestrokit.files.sound.containers import is_recording  # of no use where all is well

        if is_recording(data):
            raise unreadable(name, "a recording, not a MIDI file", "'maestrokit transcribe' writes its notes as MIDI")
        raise bad_midi(name, "not a MIDI file (MThd not found)", curable=b"MThd" in data)
    return start_of_file, len(data)


def _spans(data: bytes, first: int, stop: int, promised: int, name: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    offset = first
    while offset < stop:
        length, begin = _number(data, offset + 4, 4), offset + CHUNK_HEADER
        if not _is_chunk(data, offset, stop) or (len(spans) >= promised and begin + length > stop):
            if len(spans) >= promised:
                raise bad_midi(name, f"{stop - offset} bytes of garbage after the last chunk, at byte {offset}")
            raise bad_midi(name, f"no track where track {len(spans) + 1} should begin, at byte {offset}")
        if begin + length > stop:
            fact = f"track {len(spans) + 1} is cut off at byte {stop}, {begin + length - stop} bytes before its end"
            raise bad_midi(name, fact)
        if data[offset : offset + 4] == b"MTrk":
            spans.append((begin, begin + length))
        offset = begin + length
    if len(spans) != promised:
        tracks = f"{promised} track{'s' * (promised != 1)}"
        raise bad_midi(name, f"the header promises {tracks}, but the file has {len(spans)}")
    return spans


def _is_chunk(data: bytes, offset: int, stop: int) -> bool:
    """Whether a chunk header begins here: four printable characters, the first a letter."""
    kind = data[offset : offset + 4].decode("latin-1")
    return offset + CHUNK_HEADER <= stop and kind.isascii() and kind[:1].isalpha() and kind.isprintable()


def _repaired_spans(data: bytes, first: int, stop: int) -> list[tuple[int, int]]:
    """Return the tracks that can be found; a length is trusted where it leads to another chunk, or to the end."""
    spans: list[tuple[int, int]] = []
    offset = data.find(b"MTrk", first, stop)
    while 0 <= offset <= stop - CHUNK_HEADER and len(spans) < MOST_TRACKS:
        begin = offset + CHUNK_HEADER
        end = begin + _number(data, offset + 4, 4)
        if end != stop and not (end < stop and _is_chunk(data, end, stop)):
            following = data.find(b"MTrk", begin, stop)
            end = following if following >= 0 else stop
        spans.append((begin, end))
        offset = data.find(b"MTrk", end, stop)
    return spans


def _checked_format(file_format: int, tracks: int, *, name: str, repair: bool) -> int:
    if repair:
        return file_format if file_format in (1, 2) or (file_format == 0 and tracks <= 1) else 1
    if file_format > 2:
        raise bad_midi(name, f"MIDI file type {file_format} is unknown, at byte 8")
    if file_format == 0 and tracks > 1:
        raise bad_midi(name, f"a file of type 0 has one track, this one {tracks}")
    return file_format


def _checked_division(division: int, *, name: str, repair: bool) -> int:
    signed = division - 0x10000 if division >= 0x8000 else division
    is_smpte = signed < 0 and -(signed >> 8) in SMPTE_RATES and signed & 0xFF
    if signed > 0 or is_smpte:
        return signed
    if repair:
        return REPAIRED_DIVISION
    if signed == 0:
        raise bad_midi(name, "the header claims 0 ticks a beat, at byte 12")
    raise bad_midi(name, f"the header claims {-(signed >> 8)} frames a second of {signed & 0xFF} ticks, at byte 12")
