"""Which formats outputs can be written in, and which one the name of an output means."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from maestrokit.errors import UsageError, choices_hint
from maestrokit.files.streams import STANDARD
from maestrokit.files.walk import MIDI_SUFFIXES


@dataclass(frozen=True)
class Writable:
    """What an output holds, as messages call it, and the format in which it is written for each suffix."""

    what: str
    suffixes: Mapping[str, str]

    @property
    def formats(self) -> tuple[str, ...]:
        """Names of the formats."""
        return tuple(dict.fromkeys(self.suffixes.values()))


_TABLES = {".tsv": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}
_PICTURES = {".png": "png", ".svg": "svg", ".pdf": "pdf"}
_ARRAYS = {".npz": "npz", ".safetensors": "safetensors"}
_MIDI = dict.fromkeys(MIDI_SUFFIXES, "mid")
_SOUND = {".flac": "flac", ".wav": "wav", ".wave": "wav", ".ogg": "ogg", ".oga": "ogg"}

RECORDS = Writable("records", _TABLES)
SCORES = Writable("scores", _TABLES | {".html": "html", ".htm": "html", ".txt": "table", ".md": "md", ".tex": "tex"})
PICTURE = Writable("a picture", _PICTURES)
FRAMES = Writable("series of frames", _ARRAYS)
SPECTRUM = Writable("a spectrum", _ARRAYS | {".npy": "npy"} | _PICTURES)
PERFORMANCE = Writable("MIDI", _MIDI)
NOTES = Writable("notes", _MIDI | {".tsv": "tsv", ".npz": "npz"})
SOUND = Writable("sound", _SOUND)
MUSIC = Writable("music", _MIDI | _SOUND | {".jsonl": "jsonl", ".ndjson": "jsonl"})


def format_by_name(path: str | None, writable: Writable) -> str | None:
    """Return the format that the suffix of an output means, in any case; None if it has none.

    UsageError says that this is not written under such a suffix.

    >>> format_by_name("keys.CSV", RECORDS), format_by_name("-", RECORDS), format_by_name(None, RECORDS)
    ('csv', None, None)
    """
    suffix = "" if path in (None, STANDARD) else Path(str(path)).suffix.lower()
    if suffix and suffix not in writable.suffixes:
        raise UsageError(f"cannot write {writable.what} as '{path}'", choices_hint(suffix, writable.suffixes))
    return writable.suffixes.get(suffix)


def chosen_format(named: str | None, path: str | None, writable: Writable, *, default: str) -> str:
    """Return the format given by its own name, else by the name of the output, else the default.

    UsageError says that this is not written so, or that the two names mean different formats.

    >>> chosen_format(None, "take.wave", SOUND, default="flac"), chosen_format("ogg", "take", SOUND, default="flac")
    ('wav', 'ogg')
    """
    if named is None:
        return format_by_name(path, writable) or default
    named = named.lower()
    if named not in writable.formats:
        hint = choices_hint(named, writable.formats)
        raise UsageError(f"cannot write {writable.what} as '{named}'", hint, parameter="format")
    if path not in (None, STANDARD) and writable.suffixes.get(Path(str(path)).suffix.lower(), named) != named:
        raise UsageError(f"the format {named} contradicts the name '{path}'", "give one of the two", parameter="format")
    return named
