"""Tags around recordings, and other bytes that hold no sound: ID3, APE, Lyrics3, zeros."""

import struct

from maestrokit.files.sound.layout import Peek

ID3_HEADER, ID3_FOOTER_FLAG = 10, 0x10
ID3V1_BYTES = 128
APE_BYTES = 32  # of a header or footer
APE_HAS_HEADER, APE_IS_HEADER = 1 << 31, 1 << 29
LYRICS_END_BYTES = 15  # six digits of size, LYRICS200


def after_id3(peek: Peek, position: int) -> int:
    """Return the end of an ID3v2 tag that begins at a position; the position itself if none does."""
    head = peek.at(position, ID3_HEADER)
    if not head.startswith(b"ID3") or len(head) < ID3_HEADER or max(head[6:10]) > 0x7F:
        return position
    size = sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    return min(position + ID3_HEADER * (2 if head[5] & ID3_FOOTER_FLAG else 1) + size, peek.size)


def after_tags(peek: Peek, position: int) -> int:
    """Return the first position from one on that belongs to no tag and is no zero byte."""
    while True:
        before = position
        position = peek.end_of_zeros(after_id3(peek, position))
        head = peek.at(position, APE_BYTES)
        if head.startswith(b"APETAGEX") and len(head) == APE_BYTES:
            size, _, flags = struct.unpack_from("<III", head, 12)
            position += APE_BYTES + (size if flags & APE_IS_HEADER else 0)
        elif head.startswith(b"TAG"):
            position += ID3V1_BYTES
        elif head.startswith(b"LYRICSBEGIN"):
            end = peek.find(b"LYRICS200", position)
            position = position if end < 0 else end + 9
        position = min(position, peek.size)
        if position == before:
            return position


def before_tags(peek: Peek) -> int:
    """Return where a file ends without the tags at its end."""
    stop = peek.size
    while True:
        before = stop
        if peek.at(stop - ID3V1_BYTES, 3) == b"TAG":
            stop -= ID3V1_BYTES
        foot = peek.at(stop - APE_BYTES, APE_BYTES)
        if foot.startswith(b"APETAGEX"):
            size, _, flags = struct.unpack_from("<III", foot, 12)
            stop -= size + (APE_BYTES if flags & APE_HAS_HEADER else 0)
        foot = peek.at(stop - LYRICS_END_BYTES, LYRICS_END_BYTES)
        if foot.endswith(b"LYRICS200") and foot[:6].isdigit():
            stop -= int(foot[:6]) + LYRICS_END_BYTES
        if stop == before or stop < 0:
            return max(stop, 0)
