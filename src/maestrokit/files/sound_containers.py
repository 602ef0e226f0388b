"""What the containers of recordings say about themselves: their kind, and whether they are whole.

libsndfile reads the remains of a truncated WAV, AIFF or OGG file without a word, so this is looked at here.
"""

import struct
from typing import BinaryIO

from maestrokit.errors import BadDataError

KINDS = {
    b"fLaC": "FLAC", b"RIFF": "WAV", b"RF64": "WAV", b"OggS": "OGG", b"FORM": "AIFF", b"ID3": "MP3",
    b"\xff\xfb": "MP3", b"\xff\xf3": "MP3", b"\xff\xf2": "MP3", b"\xff\xfa": "MP3",
    b".snd": "AU", b"riff": "W64", b"caff": "CAF",
}  # fmt: skip
NO_SOUND_IN_RIFF = (b"RMID", b"sfbk")  # MIDI and soundfonts
OTHERS = {
    b"MThd": "a MIDI file", b"\x89PNG": "a picture", b"PK\x03\x04": "a zip archive",
    b"%PDF": "a PDF", b"\x1f\x8b": "a gzip file",
}  # fmt: skip
SIZE_UNKNOWN = 0x7FFFF000  # sizes from here on are written by programs that write to a pipe and cannot know
OGG_LAST_PAGE = 4  # flag of the last page of a stream
LONGEST_OGG_PAGE = 65307  # bytes


def sound_kind(head: bytes, name: str) -> str:
    """Return the kind of a recording by its first bytes, '' if they are none that is known.

    Raises
    ------
    BadDataError
        If there are no bytes, or they begin something that is certainly no recording.

    >>> sound_kind(b"fLaC....", "a.flac")
    'FLAC'
    """
    if not head:
        raise BadDataError(f"cannot read '{name}': it is empty")
    for magic, what in OTHERS.items():
        if head.startswith(magic):
            hint = "make sound of it with 'maestrokit render'" if magic == b"MThd" else ""
            raise BadDataError(f"cannot read '{name}': {what}, not a recording", hint)
    return next((kind for magic, kind in KINDS.items() if head.startswith(magic)), "")


def begins_sound(head: bytes) -> bool:
    """Return whether the first bytes of a file are those of a recording.

    >>> begins_sound(b"FORM...."), begins_sound(b"MThd...."), begins_sound(b"RIFF....RMID")
    (True, False, False)
    """
    return head.startswith(tuple(KINDS)) and head[8:12] not in NO_SOUND_IN_RIFF


def check_whole(file: BinaryIO, kind: str, name: str) -> None:
    """Raise BadDataError if a WAV, AIFF or OGG file ends before it says it does; leave the file at its start."""
    try:
        whole = {"WAV": _is_riff_whole, "AIFF": _is_aiff_whole, "OGG": _is_ogg_whole}.get(kind, lambda _: True)(file)
    except struct.error:
        whole = False
    file.seek(0)
    if not whole:
        raise BadDataError(f"cannot read '{name}': truncated ({kind} without its end)", "copy or record it again")


def _is_riff_whole(file: BinaryIO) -> bool:
    return _are_chunks_whole(file, "<", b"data")


def _is_aiff_whole(file: BinaryIO) -> bool:
    return _are_chunks_whole(file, ">", b"SSND")


def _are_chunks_whole(file: BinaryIO, byte_order: str, samples_chunk: bytes) -> bool:
    """Walk from chunk to chunk up to that of the samples."""
    end = file.seek(0, 2)
    place = 12
    while place + 8 <= end:
        file.seek(place)
        name, size = struct.unpack(f"{byte_order}4sI", file.read(8))
        if name == samples_chunk:
            return bool(size >= SIZE_UNKNOWN or place + 8 + size <= end)
        place += 8 + size + size % 2
    return False


def _is_ogg_whole(file: BinaryIO) -> bool:
    """Find the last page and see that it is marked as the last, and complete."""
    end = file.seek(0, 2)
    file.seek(max(0, end - LONGEST_OGG_PAGE))
    tail = file.read()
    start = tail.rfind(b"OggS")
    if start < 0:
        return False
    page = tail[start:]
    flags, segments = struct.unpack_from("B", page, 5)[0], struct.unpack_from("B", page, 26)[0]
    return bool(flags & OGG_LAST_PAGE and len(page) >= 27 + segments + sum(page[27 : 27 + segments]))
