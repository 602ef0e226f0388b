"""Files that appear whole or not at all."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from maestrokit.errors import CannotWriteError, reason

WITHOUT_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS)
"""What storage answers that has no hard links."""


def write_bytes(path: Path | str, data: bytes) -> None:
    """Write a file whole or not at all: without a name where the system can, to the disk, then named and renamed.

    A reader never meets half a file, and a process that is killed leaves the old one or the new one. The mode bits are
    those that plain opening gives: of the file that was there, else by the umask. A link is followed. What is no
    ordinary file (a device, a named pipe) cannot be replaced and is written to directly. The folder is made if there is
    none. CannotWriteError says that there is no permission, no space, or a folder of that name.
    """
    with replacing(path) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[BinaryIO]:
    """Open a file to write piece by piece, which appears at the end of the block; see :func:`write_bytes`."""
    named, target = Path(path), Path(os.path.realpath(path))
    try:
        if named.exists() and not named.is_file() and not named.is_dir():
            with named.open("wb") as file:  # by its given name: a pipe behind /dev/fd has no real one
                yield file
        else:
            with _replacement(target) as replacement:
                yield replacement
    except OSError as error:
        raise CannotWriteError(f"cannot write '{path}': {reason(error)}", path=str(path)) from error


def write_new(path: Path | str, data: bytes) -> None:
    """Write a file that was not there, whole or not at all, for its owner only (mode 600).

    Raises
    ------
    CannotWriteError
        If there is one of the name, which stays as it is, or it cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name[:50]}.tmp-{os.urandom(4).hex()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _name_new(temporary, target)
    except OSError as error:
        raise CannotWriteError(f"cannot write '{path}': {reason(error)}", path=str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _name_new(temporary: Path, target: Path) -> None:
    """Give a whole file a name that no other one has.

    Linking, as renaming does not, fails where there is one. Storage without hard links (exFAT, some network folders) is
    asked first instead: it is whole or not at all there, too, and only another program that writes the same name at the
    same moment is not noticed.
    """
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in WITHOUT_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        temporary.rename(target)


def write_folder(path: Path | str, files: Mapping[str, bytes]) -> None:
    """Write a folder that was not there, with files by their names in it, whole or not at all.

    Raises
    ------
    CannotWriteError
        If there is something of the name, which stays as it is, or it cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name[:50]}.tmp-{os.urandom(4).hex()}")
    try:
        if target.exists() or target.is_symlink():
            raise FileExistsError(errno.EEXIST, "it is there already")
        for name, data in files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            with (temporary / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        temporary.rename(target)
    except OSError as error:
        raise CannotWriteError(f"cannot write '{path}': {reason(error)}", path=str(path)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def _replacement(target: Path) -> Iterator[BinaryIO]:
    if target.is_dir():
        raise IsADirectoryError(0, "is a directory")
    with contextlib.suppress(FileExistsError):  # a file of the folder's name: opening gives the better error
        target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name[:50]}.tmp-{os.urandom(4).hex()}")
    descriptor = _nameless(target.parent)
    is_nameless = descriptor is not None
    if descriptor is None:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if target.exists():
                if not os.access(target, os.W_OK):
                    raise PermissionError(0, "permission denied")
                os.fchmod(descriptor, target.stat().st_mode & 0o7777)
            yield file
            file.flush()
            os.fsync(descriptor)
            if is_nameless:
                # Only with src_dir_fd, which an absolute path makes meaningless, does Python follow the link.
                os.link(f"/proc/self/fd/{descriptor}", temporary, src_dir_fd=descriptor, follow_symlinks=True)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _nameless(folder: Path) -> int | None:
    """Open a file that has no name yet, and so leaves nothing behind if we are killed; None where there are none."""
    if not hasattr(os, "O_TMPFILE") or not Path("/proc/self/fd").exists():
        return None
    try:
        return os.open(folder, os.O_WRONLY | os.O_TMPFILE, 0o666)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):  # the file system has no such files
            return None
        raise
