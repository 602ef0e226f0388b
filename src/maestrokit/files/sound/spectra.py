"""Spectra on disk, written while they are computed; the bytes are those of :func:`maestrokit.files.arrays.dump_arrays`.

Frames go to a temporary file until their number is known, then the arrays are put together from it. Memory does not
grow with the recording.
"""

import io
import json
import math
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from maestrokit.errors import CannotWriteError, UsageError, reason
from maestrokit.files import atomic, streams
from maestrokit.files.arrays import METADATA, NEVER, Arrays, check_suffix, metadata_text, npy_bytes

COPY_BYTES = 1 << 20
SPECTRUM, FREQUENCY, TIME = "spectrum", "frequency", "time"
SAFETENSORS_TYPES = {"float64": "F64", "float32": "F32", "complex64": "C64"}


@dataclass(frozen=True)
class Spool:
    """The values of a spectrum in a temporary file."""

    file: IO[bytes]
    shape: tuple[int, int]
    dtype: np.dtype[Any]

    @property
    def npy_header(self) -> bytes:
        """What an .npy file has before these values."""
        buffer = io.BytesIO()
        description = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": self.shape}
        np.lib.format.write_array_header_1_0(buffer, description)
        return buffer.getvalue()

    def copy_to(self, file: IO[bytes]) -> None:
        """Write the values to another file."""
        self.file.seek(0)
        shutil.copyfileobj(self.file, file, COPY_BYTES)


def write_spectrum(
    target: str,
    blocks: Iterable[NDArray[Any]],
    *,
    suffix: str,
    frequency: NDArray[np.float64],
    frames_per_second: float,
    metadata: Mapping[str, Any],
) -> int:
    """Write the frames of a spectrum as they come; a file appears whole or not at all. Return the number of frames.

    Blocks, at least one, are float32 or complex64 of shape (frames, bins). A ``.npy`` holds the spectrum alone; the
    others hold ``frequency`` in Hz and ``time`` in seconds, too. The target may be ``-``, standard output.
    """
    check_suffix(suffix)
    with tempfile.TemporaryFile() as temporary:
        frames, dtype = _spooled(blocks, temporary)
        spool = Spool(temporary, (frames, len(frequency)), dtype)
        arrays = {FREQUENCY: frequency, TIME: np.arange(frames) / frames_per_second}
        assemble = {".npy": _assemble_npy, ".npz": _assemble_npz, ".safetensors": _assemble_safetensors}[suffix]
        _deliver(target, lambda file: assemble(file, spool, arrays, metadata_text(metadata)))
    return frames


def _spooled(blocks: Iterable[NDArray[Any]], file: IO[bytes]) -> tuple[int, np.dtype[Any]]:
    """Write blocks one after the other; return the number of frames and the type of their values."""
    frames, dtype = 0, np.dtype(np.float32)
    for block in blocks:
        frames, dtype = frames + len(block), block.dtype
        try:
            file.write(np.ascontiguousarray(block).data)
        except OSError as error:
            fact = f"cannot write a temporary file: {reason(error)}"
            raise CannotWriteError(fact, "TMPDIR names another folder") from error
    return frames, dtype


def _deliver(target: str, assemble: Callable[[BinaryIO], None]) -> None:
    """Let a file be put together at its place, or, for standard output, elsewhere first: a zip needs to seek."""
    if target != streams.STANDARD:
        with atomic.replacing(target) as file:
            assemble(file)
        return
    with tempfile.TemporaryFile() as file:
        assemble(file)
        file.seek(0)
        while part := file.read(COPY_BYTES):
            streams.write_bytes(streams.STANDARD, part)


def _assemble_npy(file: BinaryIO, spool: Spool, arrays: Arrays, text: str) -> None:
    file.write(spool.npy_header)
    spool.copy_to(file)


def _assemble_npz(file: BinaryIO, spool: Spool, arrays: Arrays, text: str) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name in [*sorted([*arrays, SPECTRUM]), METADATA]:
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=NEVER)
            if name == SPECTRUM:
                entry.file_size = len(spool.npy_header) + math.prod(spool.shape) * spool.dtype.itemsize
                with archive.open(entry, "w") as member:
                    member.write(spool.npy_header)
                    spool.copy_to(member)
            else:
                archive.writestr(entry, npy_bytes(np.array(text) if name == METADATA else arrays[name]))


def _assemble_safetensors(file: BinaryIO, spool: Spool, arrays: Arrays, text: str) -> None:
    """Write the header and data of https://github.com/huggingface/safetensors: numbers in the order of their types."""
    if spool.dtype.name not in SAFETENSORS_TYPES:
        raise UsageError(f"safetensors cannot hold {spool.dtype}", "use .npz")
    header: dict[str, Any] = {"__metadata__": {METADATA: text}}
    small = dict(sorted(arrays.items()))  # all of float64, which the library puts before complex64 and float32
    parts: dict[str, NDArray[Any] | Spool] = {**small, SPECTRUM: spool}
    start = 0
    for name, array in parts.items():
        end = start + math.prod(array.shape) * array.dtype.itemsize
        kind = SAFETENSORS_TYPES[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, end]}
        start = end
    encoded = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    encoded += b" " * (-len(encoded) % 8)
    file.write(len(encoded).to_bytes(8, "little") + encoded + b"".join(array.tobytes() for array in small.values()))
    spool.copy_to(file)
