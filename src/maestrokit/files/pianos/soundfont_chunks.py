"""The bytes of a SoundFont 2 file as zones: which part of which sample sounds on which keys at which velocities.

References: SoundFont Technical Specification 2.04, E-mu Systems 2006, chapters 7 (chunks) and 8 (generators). In .sf3
files the samples are OGG Vorbis streams.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from maestrokit.files.pianos.soundfont_modulators import RECORD, Modulator, replaced

COMPRESSED = 0x10  # bit of a sample's type: .sf3
INSTRUMENT, SAMPLE = 41, 53  # generators that end a zone
KEY_RANGE, VELOCITY_RANGE = 43, 44
WHOLE_RANGE = (0, 127)
SUBSTITUTING = frozenset({0, 1, 2, 3, 4, 12, 45, 46, 47, 50, 54, 57, 58})  # a preset cannot add to these
BAG = np.dtype([("generator", "<u2"), ("modulator", "<u2")])
GENERATOR = np.dtype([("kind", "<u2"), ("amount", "<i2")])
SAMPLE_POSITIONS = [(name, "<u4") for name in ("start", "end", "loop_start", "loop_end", "sample_rate")]
RECORDS = {
    "phdr": np.dtype([("name", "S20"), ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("unused", "V12")]),
    "inst": np.dtype([("name", "S20"), ("bag", "<u2")]),
    **{"pbag": BAG, "ibag": BAG, "pgen": GENERATOR, "igen": GENERATOR, "pmod": RECORD, "imod": RECORD},
    "shdr": np.dtype(
        [("name", "S20"), *SAMPLE_POSITIONS, ("root", "u1"), ("correction", "i1"), ("link", "<u2"), ("kind", "<u2")]
    ),
}

PARTS = {"phdr": ("pbag", "pgen", "pmod"), "inst": ("ibag", "igen", "imod")}

Generators = Mapping[int, int]
NumberRange = tuple[int, int]


@dataclass(frozen=True)
class SampleHeader:
    """Where a sample lies in the data, in samples (bytes where compressed), and how it was recorded."""

    start: int
    end: int
    loop_start: int
    loop_end: int
    sample_rate: int
    root: int
    correction: int
    """Cents."""
    is_compressed: bool


@dataclass(frozen=True)
class Zone:
    """One sample on a rectangle of keys and velocities."""

    keys: NumberRange
    velocities: NumberRange
    sample: SampleHeader
    generators: Generators
    modulators: tuple[Modulator, ...] = ()


@dataclass(frozen=True, eq=False)
class SoundFont:
    """The zones of one preset, and the data of all samples."""

    zones: tuple[Zone, ...]
    data: NDArray[np.uint8]


def parse_soundfont(data: NDArray[np.uint8]) -> SoundFont:
    """Return the first preset of a soundfont, in the order of banks: in General MIDI the grand piano.

    The data, of shape (bytes,), may be mapped into memory. ValueError says that it is none, or contradicts itself.
    """
    if bytes(data[:4]) != b"RIFF" or bytes(data[8:12]) != b"sfbk":
        raise ValueError("not a soundfont (RIFF sfbk not found)")
    chunks = dict(_chunks(data, 12, len(data)))
    if missing := {*RECORDS, "smpl"} - set(chunks):
        raise ValueError(f"no {min(missing)} chunk")
    tables = {name: _table(chunks[name], kind) for name, kind in RECORDS.items()}
    presets = tables["phdr"]
    order = np.lexsort((presets["preset"][:-1], presets["bank"][:-1]))
    if not len(order):
        raise ValueError("no presets")
    zones = tuple(_preset_zones(tables, int(order[0])))
    size = len(chunks["smpl"])
    for zone in zones:
        width = 1 if zone.sample.is_compressed else 2
        if not 0 <= zone.sample.start < zone.sample.end <= size // width or zone.sample.sample_rate == 0:
            raise ValueError("a sample lies outside the data")
    if not zones:
        raise ValueError("the first preset has no zones")
    return SoundFont(zones, chunks["smpl"])


def _chunks(data: NDArray[np.uint8], first: int, last: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield names and contents of chunks; lists are entered."""
    while first + 8 <= last:
        name = bytes(data[first : first + 4])
        (size,) = struct.unpack("<I", bytes(data[first + 4 : first + 8]))
        begin, end = first + 8, first + 8 + size
        if end > last:
            raise ValueError(f"truncated in its {name.decode('latin-1')!r} chunk")
        if name == b"LIST":
            yield from _chunks(data, begin + 4, end)
        else:
            yield name.decode("latin-1"), data[begin:end]
        is_padded = size % 2 == 1 and end < last and data[end] == 0  # as RIFF requires; not all .sf3 files are
        first = end + is_padded


def _table(chunk: NDArray[np.uint8], kind: np.dtype[np.void]) -> NDArray[np.void]:
    stop = len(chunk) // kind.itemsize * kind.itemsize
    return np.frombuffer(bytes(chunk[:stop]), kind)


def _preset_zones(tables: Mapping[str, NDArray[np.void]], preset: int) -> Iterator[Zone]:
    for generators, modulators in _bags(tables, "phdr", preset, last=INSTRUMENT):
        for inner, own in _bags(tables, "inst", generators[INSTRUMENT], last=SAMPLE):
            keys = _common(_range(generators, KEY_RANGE), _range(inner, KEY_RANGE))
            velocities = _common(_range(generators, VELOCITY_RANGE), _range(inner, VELOCITY_RANGE))
            if keys[0] <= keys[1] and velocities[0] <= velocities[1]:
                sample = _sample(tables["shdr"], inner[SAMPLE])
                yield Zone(keys, velocities, sample, _sum(generators, inner), modulators + own)


def _bags(
    tables: Mapping[str, NDArray[np.void]], kind: str, row: int, *, last: int
) -> Iterator[tuple[dict[int, int], tuple[Modulator, ...]]]:
    """Yield generators and modulators of each zone of a preset or instrument, completed by those of its global zone."""
    heads, bags, generators, modulators = (tables[name] for name in (kind, *PARTS[kind]))
    if not 0 <= row < len(heads) - 1:
        raise ValueError("an instrument is missing")
    shared: dict[int, int] = {}
    moving: tuple[Modulator, ...] = ()
    bounds = range(int(heads["bag"][row]), int(heads["bag"][row + 1]) + 1)
    if bounds.stop > len(bags):
        raise ValueError("a zone is missing")
    for number, (bag, after) in enumerate(pairwise(bounds)):
        rows = generators[int(bags["generator"][bag]) : int(bags["generator"][after])]
        own = {int(kind): int(amount) for kind, amount in zip(rows["kind"], rows["amount"], strict=True)}
        table = modulators[int(bags["modulator"][bag]) : int(bags["modulator"][after])]
        added = [Modulator(*(int(row[name]) for name in Modulator._fields)) for row in table]
        if last in own:
            yield {**shared, **own}, replaced(moving, added)
        elif number == 0:
            shared, moving = own, tuple(added)


def _range(generators: Generators, kind: int) -> NumberRange:
    if kind not in generators:
        return WHOLE_RANGE
    return generators[kind] & 0xFF, (generators[kind] >> 8) & 0xFF


def _common(first: NumberRange, second: NumberRange) -> NumberRange:
    return max(first[0], second[0]), min(first[1], second[1], 127)


def _sum(preset: Generators, instrument: Generators) -> Generators:
    """Return the generators of an instrument, with those of the preset added where they may be."""
    return dict(instrument) | {
        kind: amount + instrument.get(kind, 0)
        for kind, amount in preset.items()
        if kind not in SUBSTITUTING and kind not in (INSTRUMENT, SAMPLE, KEY_RANGE, VELOCITY_RANGE)
    }


def _sample(headers: NDArray[np.void], row: int) -> SampleHeader:
    if not 0 <= row < len(headers):
        raise ValueError("a sample is missing")
    header = headers[row]
    numbers = {field: int(header[field]) for field in SampleHeader.__dataclass_fields__ if field in header.dtype.names}
    return SampleHeader(**numbers, is_compressed=bool(header["kind"] & COMPRESSED))
