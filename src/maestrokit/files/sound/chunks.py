"""Recordings in chunks: WAV and RF64, AIFF, CAF, W64; and AU, whose header is a chunk of its own.

A header says how many bytes of samples follow. It says nothing, or too little, where a recorder was cut off or wrote to
a pipe; then all that follows is read, under a header with the right size.
"""

import struct
from typing import NamedTuple

from maestrokit.files.sound.layout import Layout, Part, Peek
from maestrokit.files.sound.tags import after_tags, before_tags

LEAST_REST = 64  # bytes behind the samples of a WAV from which they may be samples, too
SIZE_UNKNOWN = 0x7FFFF000  # sizes from here on are written by programs that write to a pipe and cannot know
LARGEST_SIZE = 0xFFFFFFFF  # of four bytes
RF64_SIZE = 28  # where an RF64 has the size of its samples, in eight bytes
AU_SIZE = 8  # where an AU has it


class ChunkForm(NamedTuple):
    """How a container is divided into chunks."""

    magics: tuple[bytes, ...]
    first: int
    """Where the first chunk begins."""
    header: str
    """Of a chunk: its name and its size."""
    counted: int
    """Bytes of the header that count in the size."""
    unit: int
    """What a chunk is rounded up to."""
    samples: bytes
    """Name of the chunk of the samples."""
    ahead: int
    """Bytes of that chunk before the samples."""


FORMS = {
    "WAV": ChunkForm((b"RIFF", b"RF64"), 12, "<4sI", 0, 2, b"data", 0),
    "AIFF": ChunkForm((b"FORM",), 12, ">4sI", 0, 2, b"SSND", 8),
    "CAF": ChunkForm((b"caff",), 8, ">4sq", 0, 1, b"data", 4),
    "W64": ChunkForm((b"riff",), 40, "<4s12xq", 24, 8, b"data", 0),
    "AU": ChunkForm((b".snd",), 0, ">4sI", 0, 1, b".snd", 0),
}


class SampleBytes(NamedTuple):
    """Where the samples of a recording are."""

    start: int
    """Of the recording."""
    first: int
    """Of the samples."""
    size: int | None
    """In bytes, by the header; None if it says that it does not know."""

    @property
    def end(self) -> int:
        """Of the samples, by the header."""
        return self.first + (self.size or 0)


def chunks_layout(peek: Peek, start: int, kind: str) -> Layout:
    """Return the recordings of one kind that follow one another in a file, the first of which begins at `start`."""
    parts = list[Part]()
    while True:
        samples = _samples(peek, start, kind)
        if samples is None or samples.end > peek.size:
            part = Part(start, before_tags(peek)) if samples is None else _with_right_size(peek, kind, samples)
            return Layout([*parts, part], fault=f"truncated ({kind} without its end)")
        end = _end_of_chunks(peek, kind, samples)
        tail = after_tags(peek, end) if samples.size else end  # zeros behind no samples may be samples
        if peek.at(tail, 4) not in FORMS[kind].magics:
            last = _last(peek, kind, samples, end, tail)
            return Layout([*parts, *last.parts], last.doubts)
        parts.append(_part(kind, samples, end))
        start = tail


def _samples(peek: Peek, start: int, kind: str) -> SampleBytes | None:
    """Walk from chunk to chunk up to that of the samples; None if there is none."""
    form = FORMS[kind]
    length = struct.calcsize(form.header)
    position = start + form.first
    while len(head := peek.at(position, length)) == length:
        name, size = struct.unpack(form.header, head)
        if name == form.samples:
            return _measured(peek, start, kind, position + length, size)
        following = position + length - form.counted + size
        if following <= position:
            break
        position = following + (start - following) % form.unit
    return None


def _measured(peek: Peek, start: int, kind: str, content: int, size: int) -> SampleBytes | None:
    """Return where the samples are, by where the content of their chunk begins and by its size (AU: offset)."""
    form = FORMS[kind]
    if kind == "AU":
        content, size = start + size, int.from_bytes(peek.at(start + AU_SIZE, 4))
    is_known = size >= 0 and not (form.header.endswith("I") and size >= SIZE_UNKNOWN)
    if size == LARGEST_SIZE and peek.at(start, 4) == b"RF64":
        size = int.from_bytes(peek.at(start + RF64_SIZE, 8), "little", signed=True)
        is_known = size >= 0
    first = content + form.ahead
    if first > peek.size:
        return None
    return SampleBytes(start, first, max(size - form.counted - form.ahead, 0) if is_known else None)


def _end_of_chunks(peek: Peek, kind: str, samples: SampleBytes) -> int:
    """Return where the chunks behind the samples end, and what follows, if anything, is none."""
    form = FORMS[kind]
    if samples.size is None:
        return before_tags(peek)
    position = samples.end + (samples.start - samples.end) % form.unit
    length = struct.calcsize(form.header)
    while kind != "AU" and len(head := peek.at(position, length)) == length:
        name, size = struct.unpack(form.header, head)
        following = position + length - form.counted + size
        is_name = name not in form.magics and name.isascii() and name.decode("ascii").isprintable()
        if not is_name or not position < following <= peek.size:
            break
        position = following + (samples.start - following) % form.unit
    return min(position, peek.size)


def _last(peek: Peek, kind: str, samples: SampleBytes, end: int, tail: int) -> Layout:
    """Return the layout of the last recording of a file, whose chunks end at `end`, and tags behind them at `tail`.

    More samples than the header gives are accepted where it gives none, and where that of a WAV contradicts itself: one
    whose size of all chunks agrees with that of the samples was written to its end, and what follows is something else.
    """
    stop = before_tags(peek)
    if samples.size is None:
        return Layout([_with_right_size(peek, kind, samples)])
    if tail + LEAST_REST > stop:
        return Layout([_part(kind, samples, end)])
    is_believed = samples.size > 0
    if is_believed and peek.at(samples.start, 4) == b"RIFF":
        written = samples.start + 8 + int.from_bytes(peek.at(samples.start + 4, 4), "little")
        is_believed = samples.end <= written <= end
    if is_believed:
        doubt = f"{stop - tail} bytes after its end are no sound, and not read"
        return Layout([_part(kind, samples, end)], [doubt])
    doubt = f"its header says {samples.size} bytes of sound, {stop - samples.first} are there and read"
    return Layout([_with_right_size(peek, kind, samples)], [doubt])


def _part(kind: str, samples: SampleBytes, end: int) -> Part:
    """Return a recording whose header is right; libsndfile takes all that follows that of a W64 for samples."""
    return Part(samples.start, samples.end if kind == "W64" else end)


def _with_right_size(peek: Peek, kind: str, samples: SampleBytes) -> Part:
    """Return a recording whose samples last to the end of the file, with a header that says so."""
    form, stop = FORMS[kind], max(before_tags(peek), samples.first)
    head = bytearray(peek.at(samples.start, samples.first - samples.start))
    size = stop - samples.first + form.ahead + form.counted
    if kind == "WAV" and head.startswith(b"RF64"):
        struct.pack_into("<Q", head, RF64_SIZE, size)
    else:
        field = form.header[0] + form.header[-1]
        position = AU_SIZE if kind == "AU" else len(head) - form.ahead - struct.calcsize(field)
        struct.pack_into(field, head, position, min(size, LARGEST_SIZE) if field[-1] == "I" else size)
    return Part(samples.first, stop, bytes(head))
