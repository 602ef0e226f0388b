"""Sampled pianos by their location: the shipped one, a folder of samples, a soundfont."""

from functools import lru_cache
from pathlib import Path

from maestrokit.errors import NoInputError
from maestrokit.files.pianos.compact import INDEX, read_compact_piano
from maestrokit.files.pianos.salamander import read_salamander
from maestrokit.files.pianos.soundfont import read_soundfont
from maestrokit.synth.piano import Piano

CACHED = 4  # pianos of which the waveforms stay in memory, beside the shipped one
SHIPPED = Path(__file__).resolve().parents[2] / "piano"


@lru_cache(maxsize=1)
def default_piano() -> Piano:
    """Return the piano that ships: the Salamander Grand Piano by Alexander Holm (CC BY 3.0), made compact.

    It is read once, and the same piano returned each time, with its waveforms already made.

    Returns
    -------
    Piano
        For :func:`render`.
    """
    return read_compact_piano(SHIPPED)


def read_piano(path: Path | str) -> Piano:
    """Return the piano in a folder of samples or a soundfont.

    Parameters
    ----------
    path : path
        A folder of the Salamander's samples, at any depth; a folder made by ``python tools/build_piano.py``; or a
        soundfont. The last four are kept, with their waveforms.

    Returns
    -------
    Piano
        For :func:`render`.

    Raises
    ------
    NoInputError
        If there is nothing at the path.
    BadDataError
        If what is there is no piano.
    """
    location = Path(path)
    if not location.exists():
        raise NoInputError(f"cannot read samples '{path}': no such file or folder", path=str(path))
    return _piano(location.resolve())


@lru_cache(maxsize=CACHED)
def _piano(location: Path) -> Piano:
    if location.is_file():
        return read_soundfont(location)
    return read_compact_piano(location) if (location / INDEX).is_file() else read_salamander(location)
