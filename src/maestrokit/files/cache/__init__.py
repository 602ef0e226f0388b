"""The folder for what is made once and used by many runs."""

import os
from pathlib import Path

from maestrokit.errors import CannotWriteError, reason


def default_cache() -> Path:
    """Return the user's cache folder: ``$XDG_CACHE_HOME/maestrokit``, as the XDG specification has it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "maestrokit"


def create(cache: Path) -> None:
    """Make a cache folder, if it is not there."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fact = f"cannot make the cache folder '{cache}': {reason(error)}"
        hint = "name another folder by `cache`, or by the variable XDG_CACHE_HOME"
        raise CannotWriteError(fact, hint, path=str(cache)) from None
