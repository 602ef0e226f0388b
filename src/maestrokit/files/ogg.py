"""The serial number of an Ogg stream, which encoders draw at random, made the same for the same sound."""

import struct

POLYNOMIAL = 0x04C11DB7  # of the checksum of Ogg pages: no reflection, starts from 0 (RFC 3533)
HEADER = 27  # bytes of a page before its table of segments
SERIAL, CHECKSUM, SEGMENTS = 14, 22, 26  # places in the header


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
    place = 0
    while place < len(changed):
        body = place + HEADER + changed[place + SEGMENTS]
        length = body - place + sum(changed[place + HEADER : body])
        serial, _, checksum = struct.unpack_from("<III", changed, place + SERIAL)
        difference = int.from_bytes((serial ^ number).to_bytes(4, "little"), "big")  # the first byte comes first
        zeros = length - SERIAL - 4
        checksum ^= _product(difference, _power_of_x(8 * zeros + 32))
        struct.pack_into("<I", changed, place + SERIAL, number)
        struct.pack_into("<I", changed, place + CHECKSUM, checksum)
        place += length
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
