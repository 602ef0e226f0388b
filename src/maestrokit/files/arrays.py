"""Arrays on disk, by suffix: ``.npz``, ``.npy`` and ``.safetensors``.

The same arrays and metadata give the same bytes: names are sorted, nothing is dated, and the metadata are one JSON
string with sorted keys (safetensors with several metadata keys writes them in an order that changes from run to run).
Nothing is ever unpickled. A ``.npy`` holds exactly one array and no metadata.
"""

import io
import json
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.errors import UsageError, unreadable
from maestrokit.files import atomic, streams

Arrays = dict[str, NDArray[Any]]
Metadata = dict[str, Any]

METADATA = "metadata"  # the name, in .npz and .safetensors, of the JSON string
ONLY = "array"  # the name that the one array of a .npy is given
DAMAGE = (
    ValueError, EOFError, OSError, KeyError, zipfile.BadZipFile, zlib.error, struct.error, MemoryError, RuntimeError,
    tokenize.TokenError, SyntaxError,  # from headers, in which numpy looks for what Python 2 wrote
)  # fmt: skip
NEVER = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip member can have, given to all


def dump_arrays(
    arrays: Mapping[str, NDArray[Any]],
    *,
    suffix: str,
    metadata: Mapping[str, Any] | None = None,
    compress: bool = False,
) -> bytes:
    """Return arrays of numbers or booleans, and metadata that JSON can hold, as the bytes of a file.

    To deflate the members of a ``.npz`` is worth it for piano rolls (some 50 times smaller), not for spectrograms.
    UsageError says what a file of that suffix cannot hold.
    """
    check_suffix(suffix)
    if METADATA in arrays:
        raise UsageError(f"an array cannot be called '{METADATA}'")
    contiguous = {name: np.ascontiguousarray(arrays[name]).reshape(np.shape(arrays[name])) for name in sorted(arrays)}
    for name, array in contiguous.items():
        if array.dtype.kind not in "biufc":
            raise UsageError(f"array '{name}' holds {array.dtype}, not numbers")
    if suffix == ".npy":
        if len(arrays) != 1:
            raise UsageError(f"a .npy file holds one array, not {len(arrays)}", "use .npz or .safetensors")
        return npy_bytes(*contiguous.values())
    text = metadata_text(metadata or {})
    return _npz(contiguous, text, compress) if suffix == ".npz" else _safetensors(contiguous, text)


def metadata_text(metadata: Mapping[str, Any]) -> str:
    """Return metadata as the JSON string that files hold."""
    return json.dumps(dict(metadata), sort_keys=True, ensure_ascii=True, allow_nan=False)


def load_arrays(data: bytes, *, suffix: str, name: str) -> tuple[Arrays, Metadata]:
    """Return the arrays and metadata in the bytes of a file; the inverse of :func:`dump_arrays`.

    The metadata of a ``.npy``, and of a file that others wrote without any, are empty. BadDataError, which calls the
    file by ``name``, says that the bytes are not such a file, or hold pickled objects.
    """
    check_suffix(suffix)
    read = {".npy": _read_npy, ".npz": _read_npz, ".safetensors": _read_safetensors}[suffix]
    try:
        arrays, metadata = read(data)
    except DAMAGE as error:
        fact = (str(error).splitlines() or [type(error).__name__])[0]
        raise unreadable(name, f"not a sound {suffix} file ({fact})") from error
    if not isinstance(metadata, dict):
        raise unreadable(name, "its metadata are no JSON object")
    return arrays, metadata


def check_suffix(suffix: str) -> None:
    """Raise UsageError unless arrays can be kept under this suffix."""
    if suffix not in (".npz", ".npy", ".safetensors"):
        raise UsageError(f"cannot keep arrays in '{suffix}' files", "use .npz, .npy or .safetensors")


def write_arrays(
    path: str | Path,
    arrays: Mapping[str, NDArray[Any]],
    *,
    metadata: Mapping[str, Any] | None = None,
    compress: bool = False,
) -> None:
    """Write arrays and metadata to a file, whole or not at all. See :func:`dump_arrays`.

    Parameters
    ----------
    path : str or Path
        The file; its suffix is the format: ``.npz``, ``.npy`` (one array), ``.safetensors``.
    arrays : mapping of str to array
        The arrays by name.
    metadata : mapping, optional
        Anything that JSON can hold. Default is none.
    compress : bool
        Whether an ``.npz`` is compressed. Default is not.

    Raises
    ------
    CannotWriteError
        If the file cannot be written.
    """
    atomic.write_bytes(path, dump_arrays(arrays, suffix=Path(path).suffix, metadata=metadata, compress=compress))


def read_arrays(path: str | Path) -> tuple[Arrays, Metadata]:
    """Return the arrays and metadata of a file. See :func:`load_arrays`.

    Parameters
    ----------
    path : str or Path
        The file (``.npz``, ``.npy``, ``.safetensors``).

    Returns
    -------
    arrays : dict of str to array
        The arrays by name.
    metadata : dict
        What is known of them.

    Raises
    ------
    NoInputError
        If the file does not exist or cannot be opened.
    """
    return load_arrays(streams.read_bytes(Path(path)), suffix=Path(path).suffix, name=str(path))


def npy_bytes(array: NDArray[Any]) -> bytes:
    """Return an array as the bytes of an .npy file."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _npz(arrays: Arrays, text: str, compress: bool) -> bytes:
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in {**arrays, METADATA: np.array(text)}.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", date_time=NEVER), npy_bytes(array), method, 6)
    return buffer.getvalue()


def _safetensors(arrays: Arrays, text: str) -> bytes:
    from safetensors.numpy import save

    try:
        data: bytes = save(arrays, metadata={METADATA: text})
    except (KeyError, ValueError) as error:
        raise UsageError(f"safetensors cannot hold such an array: {error}", "use .npz") from error
    return data


def _read_npy(data: bytes) -> tuple[Arrays, Metadata]:
    return {ONLY: np.asarray(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False))}, {}


def _read_npz(data: bytes) -> tuple[Arrays, Metadata]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        arrays = {name.removesuffix(".npy"): _read_npy(archive.read(name))[0][ONLY] for name in archive.namelist()}
    text = arrays.pop(METADATA, np.array("{}"))
    return arrays, json.loads(str(text[()]))


def _read_safetensors(data: bytes) -> tuple[Arrays, Metadata]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays: Arrays = load(data)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    return arrays, json.loads(header.get("__metadata__", {}).get(METADATA, "{}"))
