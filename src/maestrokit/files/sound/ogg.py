"""Pages of Ogg streams: where each of several joined streams begins, and a serial number that does not vary.

libsndfile reads the first of joined streams, and of a truncated one what is left, both without a warning.
"""

import struct
import zlib

from maestrokit.files.sound.layout import Layout, Peek, parts_between

MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))  # each byte with its bits in reverse
HEADER = 27  # bytes of a page before its table of segments
FLAGS, SERIAL, CHECKSUM, SEGMENTS = 5, 14, 22, 26  # places in the header
FIRST_PAGE, LAST_PAGE = 2, 4  # flags of the pages that begin and end a stream


def ogg_layout(peek: Peek, start: int, stop: int) -> Layout:
    """Return the streams that follow each other in a file from `start` to `stop`; those side by side are one."""
    begins, fault, doubts = list[int](), "", list[str]()
    position, flags = start, LAST_PAGE
    while position < stop:
        length, after = _page_bytes(peek, position), flags
        if not length or position + length > stop:
            following = peek.find(b"OggS", position + 1)
            if following < 0 and not length and flags & LAST_PAGE:
                doubts.append(f"{stop - position} bytes after its end are no sound, and not read")
                stop = position
                break
            fault = fault or (
                "truncated (OGG without its end)" if following < 0 else "damaged (bytes between its pages)"
            )
            position = stop if following < 0 else following
            continue
        flags = peek.at(position + FLAGS, 1)[0]
        if flags & FIRST_PAGE and not (begins and after & FIRST_PAGE):
            if not after & LAST_PAGE:
                fault = fault or "truncated (a stream in it has no end)"
            begins.append(position)
        position += length
    if not flags & LAST_PAGE:
        fault = fault or "truncated (OGG without its end)"
    return Layout(parts_between(begins, stop), doubts, fault)


def _page_bytes(peek: Peek, position: int) -> int:
    """Return the length of the page at a position; 0 if none begins there, too much if its header is cut."""
    head = peek.at(position, HEADER)
    if head[:4] != b"OggS":
        return 0
    if len(head) < HEADER:
        return peek.size
    return HEADER + head[SEGMENTS] + sum(peek.at(position + HEADER, head[SEGMENTS]))


def with_serial_number(data: bytes, number: int) -> bytes:
    """Return an Ogg stream of one logical stream, whole pages as an encoder wrote them, under another serial number."""
    changed = bytearray(data)
    position = 0
    while position < len(changed):
        body = position + HEADER + changed[position + SEGMENTS]
        stop = body + sum(changed[position + HEADER : body])
        struct.pack_into("<I", changed, position + SERIAL, number)
        struct.pack_into("<I", changed, position + CHECKSUM, 0)
        struct.pack_into("<I", changed, position + CHECKSUM, checksum(changed[position:stop]))
        position = stop
    return bytes(changed)


def checksum(page: bytes | bytearray) -> int:
    """Return the checksum of a page without one (RFC 3533): the CRC-32 of zlib, all bits mirrored, from 0 on.

    >>> hex(checksum(b"123456789"))
    '0x89a1897f'
    """
    mirrored = zlib.crc32(page.translate(MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
