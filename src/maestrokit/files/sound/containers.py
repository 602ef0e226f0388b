"""The containers of recordings: their kind, their parts, and whether they are whole.

libsndfile reads the first of several joined recordings and the remains of a truncated one without a warning, and
refuses some that are whole, so all this is checked here.
"""

from typing import BinaryIO

from maestrokit.errors import unreadable
from maestrokit.files.sound.chunks import chunks_layout
from maestrokit.files.sound.layout import Layout, Part, Peek, SeekableBytes, parts_between
from maestrokit.files.sound.mp3 import hidden_mp3, is_mp3, mp3_layout
from maestrokit.files.sound.ogg import ogg_layout
from maestrokit.files.sound.tags import after_id3, after_tags, before_tags

KINDS = {
    b"fLaC": "FLAC", b"RIFF": "WAV", b"RF64": "WAV", b"OggS": "OGG", b"FORM": "AIFF", b"ID3": "MP3",
    b"\xff\xfb": "MP3", b"\xff\xf3": "MP3", b"\xff\xf2": "MP3", b"\xff\xfa": "MP3",
    b".snd": "AU", b"riff": "W64", b"caff": "CAF",
}  # fmt: skip
OTHERS = {
    b"MThd": "a MIDI file", b"\x89PNG": "a picture", b"PK\x03\x04": "a zip archive",
    b"%PDF": "a PDF", b"\x1f\x8b": "a gzip file",
}  # fmt: skip
HEAD_BYTES = 1 << 18  # of a file, among which those of a recording begin if it is one
FLAC_HEAD_BYTES = 26  # up to the number of samples
FLAC_STARTS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")  # with the header of the block that comes first


def sound_kind(head: bytes, name: str) -> str:
    """Return the kind of a recording by its first bytes, '' if they are none that is known.

    BadDataError says that there are no bytes, or that they begin something that is certainly no recording.

    >>> sound_kind(b"fLaC....", "a.flac")
    'FLAC'
    """
    if not head:
        raise unreadable(name, "it is empty")
    for magic, content in OTHERS.items():
        if head.startswith(magic):
            hint = "make sound of it with 'maestrokit render'" if magic == b"MThd" else None
            raise unreadable(name, f"{content}, not a recording", hint)
    return next((kind for magic, kind in KINDS.items() if head.startswith(magic)), "")


def is_recording(data: bytes) -> bool:
    """Return whether a file is a recording, whatever its name and the tags ahead, by its first ``HEAD_BYTES``.

    >>> is_recording(b"FORM...."), is_recording(b"MThd...."), is_recording(b"RIFF....RMID")
    (True, False, False)
    """
    peek = Peek(SeekableBytes(data[:HEAD_BYTES]))
    start = after_tags(peek, 0)
    head = peek.at(start, 16) or peek.at(0, 16)
    if head.startswith((b"RIFF", b"RF64")):
        return head[8:12] == b"WAVE"  # others hold MIDI, soundfonts or films
    return head.startswith(tuple(KINDS)) or is_mp3(peek, start)


def sound_layout(file: BinaryIO, name: str) -> tuple[str, Layout]:
    """Return the kind of a recording and its parts; raises as :func:`sound_kind`."""
    peek = Peek(file)
    start = after_tags(peek, 0)
    kind = sound_kind(peek.at(start, 16) or peek.at(0, 16), name)
    has_zeros = peek.at(0, 1) == b"\0" and (kind or is_mp3(peek, start))
    doubts = ["zero bytes at its start are passed over"] if has_zeros else []
    first = 0 if after_id3(peek, 0) == start else start  # libsndfile reads the texts of a tag that is there alone
    if kind == "MP3" or (not kind and is_mp3(peek, start)):
        kind, layout = "MP3", mp3_layout(peek, first)
    elif kind == "OGG":
        layout = ogg_layout(peek, start, before_tags(peek))
    elif kind == "FLAC":
        layout = _flac_layout(peek, first, start, before_tags(peek))
    elif kind:
        layout = chunks_layout(peek, start, kind)
    elif (frame := hidden_mp3(peek, start)) is not None:
        kind, layout = "MP3", mp3_layout(peek, frame)
        doubts.append(f"{frame - start} bytes at its start are no sound, and not read")
    else:
        layout = Layout([Part(0, peek.size)])
    return kind, Layout(layout.parts or [Part(first, peek.size)], [*doubts, *layout.doubts], layout.fault)


def _flac_layout(peek: Peek, first: int, start: int, stop: int) -> Layout:
    """Return the streams in a file: none says how many bytes it has, so the beginning of another one is looked for."""
    begins, position = [first], start + _least_flac_bytes(peek.at(start, FLAC_HEAD_BYTES))
    while (position := peek.find(b"fLaC", position)) >= 0:
        is_start = peek.at(position, 8) in FLAC_STARTS
        if is_start:
            begins.append(position)
        position += _least_flac_bytes(peek.at(position, FLAC_HEAD_BYTES)) if is_start else 1
    return Layout(parts_between(begins, stop))


def _least_flac_bytes(head: bytes) -> int:
    """Return how many bytes a stream has at least, by its header: so many frames of at least so many bytes.

    The header is that of RFC 9639, section 8.2; where it does not give a number, that is 0.

    >>> info = (4096).to_bytes(2) * 2 + (11).to_bytes(3) + (3388).to_bytes(3) + (960000).to_bytes(8)
    >>> _least_flac_bytes(b"fLaC" + bytes([0, 0, 0, 34]) + info)
    2593
    """
    longest, least = int.from_bytes(head[10:12]), int.from_bytes(head[12:15])
    samples = int.from_bytes(head[18:26]) & ((1 << 36) - 1)
    return 8 + -(-samples // max(longest, 1)) * least
