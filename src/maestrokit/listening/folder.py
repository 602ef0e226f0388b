"""A listening kit on disk: its folder, and its key beside it."""

import contextlib
import json
from pathlib import Path

from maestrokit.files import atomic
from maestrokit.listening.kit import Kit


def usual_key(folder: str | Path) -> str:
    """Return where the key of a kit is, if nobody says otherwise.

    >>> usual_key("study/")
    'study.key.json'
    """
    return f"{Path(folder)!s}.key.json"


def write_listening_kit(kit: Kit, folder: str | Path, *, key: str | Path | None = None) -> None:
    """Write a listening kit and its key, both or none.

    Parameters
    ----------
    kit : Kit
        As :func:`make_listening_kit` returns it.
    folder : str or Path
        The folder that listeners get. It must not be there yet.
    key : str or Path, optional
        The file that unblinds the answers, for its owner only (mode 600). Default is beside the folder, with
        ``.key.json`` after its name. It must not be there yet.

    Raises
    ------
    CannotWriteError
        If the folder or the key is there already, or cannot be written.
    """
    path = Path(key if key is not None else usual_key(folder))
    text = json.dumps(kit.key, indent=1, ensure_ascii=False) + "\n"
    atomic.write_new(path, text.encode("utf-8", "backslashreplace"))
    try:
        atomic.write_folder(folder, kit.files)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
