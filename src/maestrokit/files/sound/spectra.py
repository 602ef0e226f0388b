"""Spectra on disk, written while they are computed; the bytes are those of :func:`maestrokit.files.arrays.dump_arrays`.

Frames go to a temporary file until their number is known, then the arrays are put together from it. Memory does not
grow with the recording.
"""

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from maestrokit.errors import CannotWriteError, UsageError
from maestrokit.files import atomic, streams
from maestrokit.files.arrays import METADATA, NEVER, check_suffix, npy_bytes

COPY_BYTES = 1 << 20
SPECTRUM, FREQUENCY, TIME = "spectrum", "frequency", "time"
SAFETENSORS_TYPES = {"float64": "F64", "float32": "F32", "complex64": "C64"}

Spool = BinaryIO


def write_spectrum(
    target: str,
    blocks: Iterable[NDArray[Any]],
    *,
    suffix: str,
    frequency: NDArray[np.float64],
    frames_per_second: float,
    metadata: Mapping[str, Any],
) -> int:
    """Write the frames of a spectrum as they come; a file appears whole or not at all.

    Parameters
    ----------
    target : str
        Path, or ``-`` for standard output.
    blocks : iterable of arrays, shape (frames, bins)
        At least one; float32 or complex64.
    suffix : {'.npz', '.npy', '.safetensors'}
        A ``.npy`` holds the spectrum alone; the others also ``frequency`` in Hz and ``time`` in seconds.

    Returns
    -------
    int
        The number of frames.

    Raises
    ------
    UsageError
        If the suffix is none of the three, or safetensors cannot hold the spectrum.
    CannotWriteError
        If there is no permission or no space.
    """
    check_suffix(suffix)
    with tempfile.TemporaryFile() as spool:
        frames, dtype = _spooled(blocks, spool)
        arrays = {FREQUENCY: frequency, TIME: np.arange(frames) / frames_per_second}
        shape = (frames, len(frequency))
        text = json.dumps(dict(metadata), sort_keys=True, ensure_ascii=True, allow_nan=False)
        assemble = {".npy": _assemble_npy, ".npz": _assemble_npz, ".safetensors": _assemble_safetensors}[suffix]
        _deliver(target, lambda file: assemble(file, spool, arrays, shape, dtype, text))
    return frames


def _spooled(blocks: Iterable[NDArray[Any]], spool: Spool) -> tuple[int, np.dtype[Any]]:
    """Write blocks one after the other; return the number of frames and the type of their values."""
    frames, dtype = 0, np.dtype(np.float32)
    for block in blocks:
        frames, dtype = frames + len(block), block.dtype
        try:
            spool.write(np.ascontiguousarray(block).data)
        except OSError as error:
            raise CannotWriteError(
                f"cannot write a temporary file: {(error.strerror or str(error)).lower()}",
                "TMPDIR names another folder",
            ) from error
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


def _assemble_npy(
    file: BinaryIO, spool: Spool, arrays: Mapping[str, NDArray[Any]], shape: tuple[int, int], dtype: Any, text: str
) -> None:
    file.write(_npy_header(shape, dtype))
    _copy(spool, file)


def _assemble_npz(
    file: BinaryIO, spool: Spool, arrays: Mapping[str, NDArray[Any]], shape: tuple[int, int], dtype: Any, text: str
) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name in [*sorted([*arrays, SPECTRUM]), METADATA]:
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=NEVER)
            entry.external_attr = 0o600 << 16  # as writestr sets it
            small = np.array(text) if name == METADATA else arrays.get(name)
            header = _npy_header(shape, dtype) if small is None else npy_bytes(small)
            entry.file_size = len(header) + (shape[0] * shape[1] * dtype.itemsize if small is None else 0)
            with archive.open(entry, "w") as member:
                member.write(header)
                if small is None:
                    _copy(spool, member)


def _assemble_safetensors(
    file: BinaryIO, spool: Spool, arrays: Mapping[str, NDArray[Any]], shape: tuple[int, int], dtype: Any, text: str
) -> None:
    """Write the header and data of https://github.com/huggingface/safetensors: numbers in the order of their types."""
    if dtype.name not in SAFETENSORS_TYPES:
        raise UsageError(f"safetensors cannot hold {dtype}", "use .npz")
    header: dict[str, Any] = {"__metadata__": {METADATA: text}}
    shapes = {name: (np.dtype(np.float64), array.shape) for name, array in sorted(arrays.items())}
    shapes[SPECTRUM] = (dtype, shape)
    order = [*sorted(arrays), SPECTRUM]  # the library puts float64 before complex64 and float32
    start = 0
    for name in order:
        kind, size = shapes[name]
        end = start + int(np.prod(size)) * kind.itemsize
        header[name] = {"dtype": SAFETENSORS_TYPES[kind.name], "shape": list(size), "data_offsets": [start, end]}
        start = end
    encoded = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    encoded += b" " * (-len(encoded) % 8)
    file.write(len(encoded).to_bytes(8, "little") + encoded)
    for name in order:
        if name == SPECTRUM:
            _copy(spool, file)
        else:
            file.write(np.ascontiguousarray(arrays[name]).data)


def _npy_header(shape: tuple[int, int], dtype: Any) -> bytes:
    buffer = io.BytesIO()
    description = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, description)
    return buffer.getvalue()


def _copy(spool: Spool, file: Any) -> None:
    spool.seek(0)
    shutil.copyfileobj(spool, file, COPY_BYTES)
