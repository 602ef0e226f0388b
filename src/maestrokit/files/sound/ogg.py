"""Pages of Ogg streams: where each of several joined streams begins, and a serial number that does not vary.

libsndfile reads the first of joined streams, and of a truncated one what is left, both without a warning.
"""

import struct

from maestrokit.files.sound.layout import Layout, Peek, parts_between

POLYNOMIAL = 0x04C11DB7  # of the checksum of Ogg pages: no reflection, starts from 0 (RFC 3533)
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
    """Return an Ogg stream of one logical stream under another serial number.

    The checksum is linear, so that of a changed page is the old one, changed by the checksum of the difference alone:
    four bytes, and zeros behind them, which multiply it by a power of x. Nothing else needs to be read.

    Parameters
    ----------
    data : bytes
        Whole pages, as an encoder wrote them.
    number : int, 0..2^32 - 1
    """
    changed = bytearray(data)
    position = 0
    while position < len(changed):
        body = position + HEADER + changed[position + SEGMENTS]
        length = body - position + sum(changed[position + HEADER : body])
        serial, _, checksum = struct.unpack_from("<III", changed, position + SERIAL)
        difference = int.from_bytes((serial ^ number).to_bytes(4, "little"), "big")  # the first byte comes first
        zeros = length - SERIAL - 4
        checksum ^= _product(difference, _power_of_x(8 * zeros + 32))
        struct.pack_into("<I", changed, position + SERIAL, number)
        struct.pack_into("<I", changed, position + CHECKSUM, checksum)
        position += length
    return bytes(changed)


def _product(a: int, b: int) -> int:
    """Return the product of two polynomials over GF(2), modulo the polynomial of the checksum."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        b >>= 1
        a = (a << 1) ^ (POLYNOMIAL | 1 << 32 if a >> 31 else 0)
    return product


def _power_of_x(exponent: int) -> int:
    power, square = 1, 2
    while exponent:
        if exponent & 1:
            power = _product(power, square)
        square = _product(square, square)
        exponent >>= 1
    return power
