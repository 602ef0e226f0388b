"""A file appears whole or not at all, and otherwise as if it had just been opened and written."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from maestrokit.errors import CannotWriteError
from maestrokit.files.atomic import write_bytes, write_folder, write_new


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_new_file_has_the_bytes_and_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"x")
    write_bytes(tmp_path / "new", b"data")
    assert (tmp_path / "new").read_bytes() == b"data"
    assert mode(tmp_path / "new") == mode(tmp_path / "plain")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "plain"]


def test_overwritten_file_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "old"
    target.write_bytes(b"long old data")
    target.chmod(0o640)
    write_bytes(target, b"new")
    assert (target.read_bytes(), mode(target)) == (b"new", 0o640)


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    write_bytes(tmp_path / "link", b"data")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"data"


def test_the_longest_names_are_possible(tmp_path: Path) -> None:
    write_bytes(tmp_path / ("é" * 127), b"data")
    assert (tmp_path / ("é" * 127)).read_bytes() == b"data"


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_bytes(tmp_path / "new" / "newer" / "a", b"data")
    assert (tmp_path / "new" / "newer" / "a").read_bytes() == b"data"


@pytest.mark.parametrize(("name", "words"), [("file/a.mid", "not a directory"), ("folder", "is a directory")])
def test_impossible_targets_are_named(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(CannotWriteError) as caught:
        write_bytes(tmp_path / name, b"data")
    assert caught.value.fact == f"cannot write '{tmp_path / name}': {words}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_device_is_named() -> None:
    with pytest.raises(CannotWriteError, match="cannot write '/dev/full': no space left on device"):
        write_bytes("/dev/full", b"data")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_old_file_stays_and_no_other_when_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def interrupted(_: int) -> None:
        raise error

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(error):
        write_bytes(tmp_path / "a", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_no_space_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWriteError, match="no space left on device"):
        write_bytes(tmp_path / "a", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o444)
    with pytest.raises(CannotWriteError, match="permission denied"):
        write_bytes(tmp_path / "a", b"new")
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208


WRITER = """
import sys
from maestrokit.files.atomic import write_bytes, write_folder, write_new
while True:
    for letter in (b"a", b"b"):
        write_bytes(sys.argv[1], letter * 300_000)
        print(end=".", flush=True)
"""


@pytest.mark.parametrize("attempt", range(3))
def test_killed_writer_leaves_a_whole_file(tmp_path: Path, attempt: int) -> None:
    target = tmp_path / "a"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.read(2)
        time.sleep(0.003 * attempt)
        writer.send_signal(signal.SIGKILL)
    assert target.read_bytes() in (b"a" * 300_000, b"b" * 300_000)
    assert all(path == target or path.name.startswith(".a.tmp-") for path in tmp_path.iterdir())


def test_a_new_file_is_for_its_owner_only_and_never_replaces_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "key"
    write_new(path, b"one")
    assert path.read_bytes() == b"one" and path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CannotWriteError, match=r"cannot write '.*key': file exists"):
        write_new(path, b"two")
    with pytest.raises(CannotWriteError):
        write_new(path / "below", b"two")
    assert path.read_bytes() == b"one" and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_new_file_is_whole_on_storage_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def link(*_: object, **__: object) -> None:
        raise OSError(number, "no hard links")

    monkeypatch.setattr(os, "link", link)
    write_new(tmp_path / "key", b"one")
    with pytest.raises(CannotWriteError, match="file exists"):
        write_new(tmp_path / "key", b"two")
    assert (tmp_path / "key").read_bytes() == b"one" and list(tmp_path.iterdir()) == [tmp_path / "key"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "kit"
    write_folder(folder, {"a": b"1", "below/b": b"2"})
    assert (folder / "a").read_bytes() == b"1" and (folder / "below" / "b").read_bytes() == b"2"
    with pytest.raises(CannotWriteError, match="it is there already"):
        write_folder(folder, {"c": b"3"})
    with pytest.raises(CannotWriteError):
        write_folder(tmp_path / "other", {"a": b"1", "a/b": b"2"})  # a file cannot be a folder, too
    assert [path.name for path in tmp_path.iterdir()] == ["kit"] and not (folder / "c").exists()
