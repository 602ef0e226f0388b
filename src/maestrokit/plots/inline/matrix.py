"""Matrices as small pictures: one hue that covers the page the more, the greater the value."""

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.plots.inline.svg import Tick, figure

LEVELS = 16  # of opacity: half a byte a cell
HUES = {"": (42, 93, 176), "ink": (125, 120, 112)}  # readable on light and on dark pages


def picture(values: Floats, *, hue: str = "") -> str:
    """Return a matrix of values in 0..1 as the address of a PNG within the page; the first row is at the top."""
    cells = np.rint(np.clip(np.nan_to_num(values), 0, 1) * (LEVELS - 1)).astype(np.uint8)
    rows, columns = cells.shape
    padded = np.pad(cells, ((0, 0), (0, columns % 2)))
    packed = (padded[:, ::2] << 4) | padded[:, 1::2]  # two cells a byte
    scanlines = np.pad(packed, ((0, 0), (1, 0)))  # no filter
    opacity = bytes(round(255 * level / (LEVELS - 1)) for level in range(LEVELS))
    data = b"\x89PNG\r\n\x1a\n" + b"".join([
        _chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 4, 3, 0, 0, 0)),
        _chunk(b"PLTE", bytes(HUES[hue]) * LEVELS), _chunk(b"tRNS", opacity),
        _chunk(b"IDAT", zlib.compress(scanlines.tobytes(), 9)), _chunk(b"IEND", b""),
    ])  # fmt: skip
    return "data:image/png;base64," + base64.b64encode(data).decode()


def _chunk(name: bytes, content: bytes) -> bytes:
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def image(values: Floats, *, width: float, height: float, hue: str = "") -> str:
    """Return a matrix as an element that fills a frame."""
    size = f'width="{width:g}" height="{height:g}" preserveAspectRatio="none"'
    return f'<image {size} href="{picture(values, hue=hue)}"/>'


def heat_map(
    values: Floats, *, rows: Sequence[str], columns: Sequence[str], label: str, kind: str = "cells"
) -> str:  # fmt: skip
    """Return a matrix of values in 0..1 with the names of its rows and columns."""
    return figure(
        image(values, width=100, height=100), width=100, height=100, label=label, kind=kind, x=_centred(columns),
        y=[Tick(1 - tick.share, tick.text) for tick in _centred(rows)],
    )  # fmt: skip


def _centred(names: Sequence[str]) -> list[Tick]:
    return [Tick((number + 0.5) / len(names), name) for number, name in enumerate(names)]
