"""The files that the names on a command line mean."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from maestrokit.errors import NoInputError, reason
from maestrokit.files.streams import is_pipe

if TYPE_CHECKING:
    from maestrokit.files.datasets.maestro import Entry

STDIN = "-"
MIDI_SUFFIXES = (".mid", ".midi", ".kar", ".rmi", ".smf")
SOUND_SUFFIXES = (
    ".flac", ".wav", ".wave", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".aifc", ".au", ".snd", ".w64", ".rf64",
    ".caf",
)  # fmt: skip
TABLE_SUFFIX = ".tsv"  # of tables of notes
BEATS_SUFFIX = ".beats.tsv"  # of tables of beats, which lie beside those of notes in some corpora
MOST_KINDS = 6  # of suffixes, named in a sentence on what is skipped


@dataclass(frozen=True)
class Source:
    """A file to read."""

    path: str
    """Where it is; ``-`` is standard input."""
    relative: str
    """Its path below the given folder, by which outputs mirror inputs; a file given by itself has its name."""


@dataclass(frozen=True)
class InputFiles:
    """What the names mean: files in the order given, folders sorted; and what is not there."""

    sources: list[Source] = field(default_factory=list)
    missing: list[NoInputError] = field(default_factory=list)
    """Errors for names of no file, one a name."""
    absent: list[str] = field(default_factory=list)
    """Sentences on rows of a MAESTRO table without their file: an incomplete copy is no mistake of its user."""
    skipped: list[str] = field(default_factory=list)
    """Sentences on the files of a folder that have other suffixes than those to be read, one for each folder."""

    def miss(self, fact: str, hint: str | None = None, *, path: str | None = None) -> None:
        """Add an error."""
        self.missing.append(NoInputError(fact, hint, path=path))


def walk(
    names: Iterable[str],
    *,
    suffixes: Sequence[str],
    beside: Sequence[str] = (),
    split: str | None = None,
    where: Sequence[str] = (),
    outputs: str | None = None,
) -> InputFiles:
    """Return the files meant by names of files, folders, MAESTRO roots and ``-``.

    Of folders, the files whose suffix, in any case, is one of ``suffixes``; hidden files and folders are passed over.
    So are links to folders, and the folder of ``outputs`` if it lies below: a second run reads what the first one read.
    Files with suffixes of ``beside``, which are read together with the others, do not count as skipped.
    Of MAESTRO roots, the rows of its table chosen by ``split`` and ``where``.
    """
    inputs = InputFiles()
    for name in names:
        folder = Path(name)
        if name == STDIN or not os.path.isdir(name):  # noqa: PTH112 - where it may not look, pathlib raises
            _add_file(name, inputs)
            continue
        from maestrokit.files.datasets import maestro

        if (table := maestro.table_path(folder)) is not None:
            rows = maestro.select(maestro.read_table(table), split=split, where=where)
            chosen = "asked for" if where else f"of its {split} split" if split else "of its table"
            _add_root(inputs, folder, rows, suffixes, chosen)
        else:
            _add_folder(inputs, folder, suffixes, beside, outputs)
    return inputs


def is_root(name: str) -> bool:
    """Return whether a name is that of a MAESTRO root."""
    if not os.path.isdir(name):  # noqa: PTH112 - where it may not look, pathlib raises
        return False
    from maestrokit.files.datasets import maestro

    return maestro.table_path(Path(name)) is not None


def _add_file(name: str, inputs: InputFiles) -> None:
    if not name:  # which pathlib takes for the folder that one is in
        inputs.miss("cannot read '': the name is empty", "a variable of the shell may not be set", path=name)
        return
    try:
        if name != STDIN:
            Path(name).stat()
        inputs.sources.append(Source(name, Path(name).name))
    except FileNotFoundError:
        inputs.miss(f"cannot read '{name}': no such file or folder", path=name)
    except OSError as error:
        inputs.miss(f"cannot read '{name}': {reason(error)}", path=name)
    except ValueError:  # a NUL byte
        inputs.miss("a name holds a NUL byte", "names that end with it are read by `files0_from`")


def _add_folder(
    inputs: InputFiles, folder: Path, suffixes: Sequence[str], beside: Sequence[str], outputs: str | None
) -> None:
    below, skipped, locked = list[Source](), Counter[str](), list[OSError]()
    left_out = None if outputs is None else os.path.realpath(outputs)
    for current, folders, files in os.walk(folder, onerror=locked.append):
        visible = sorted(name for name in folders if not name.startswith("."))
        folders[:] = [name for name in visible if left_out is None or os.path.realpath(Path(current, name)) != left_out]
        for path in (Path(current, name) for name in files if not name.startswith(".")):
            if is_pipe(str(path)):  # reading it would wait for whoever writes it, maybe for ever
                skipped["named pipe"] += 1
            elif has_suffix(path.name, suffixes) and not has_suffix(path.name, (BEATS_SUFFIX,)):
                below.append(Source(str(path), path.relative_to(folder).as_posix()))
            elif not has_suffix(path.name, beside):
                skipped[path.suffix.lower() or "without a suffix"] += 1
    for error in locked:
        inputs.miss(f"cannot read '{error.filename}': {reason(error)}", path=str(error.filename))
    if not below and not locked:
        others = f"; there: {_counted(skipped)}" if skipped else ""
        inputs.miss(f"'{folder}' holds no file to read", f"wanted: {' '.join(suffixes)}{others}")
    elif skipped:
        inputs.skipped.append(f"'{folder}': skipped {_counted(skipped)}")
    inputs.sources.extend(sorted(below, key=lambda source: source.relative))


def _counted(suffixes: Counter[str]) -> str:
    """Return how many files there are of which suffixes, most of them first.

    >>> _counted(Counter({".txt": 1, ".m4a": 2}))
    '3 files (2 .m4a, 1 .txt)'
    """
    count = suffixes.total()
    kinds = sorted(suffixes.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{number} {suffix}" for suffix, number in kinds[:MOST_KINDS]]
    return f"{count} file{'s' * (count != 1)} ({', '.join(named + ['..'] * (len(kinds) > MOST_KINDS))})"


def has_suffix(name: str, suffixes: Sequence[str]) -> bool:
    """Return whether a name ends in one of the suffixes, in any case.

    >>> has_suffix("take.FLAC", SOUND_SUFFIXES), has_suffix("take.mid", SOUND_SUFFIXES), has_suffix("-", SOUND_SUFFIXES)
    (True, False, False)
    """
    return name.lower().endswith(tuple(suffixes))


def _add_root(
    inputs: InputFiles, folder: Path, entries: Iterable["Entry"], suffixes: Sequence[str], chosen: str
) -> None:
    names = (name for entry in entries for name in (entry.midi_filename, entry.audio_filename))
    filenames = [name for name in names if has_suffix(name, suffixes)]
    if set(suffixes) >= {*MIDI_SUFFIXES, *SOUND_SUFFIXES}:  # either will do: audio beside the MIDI is not missing
        filenames = [name for name in filenames if has_suffix(name, MIDI_SUFFIXES) or (folder / name).exists()]
    is_there = {name: (folder / name).exists() for name in filenames}
    absent = [name for name in filenames if not is_there[name]]
    inputs.sources.extend(Source(str(folder / name), name) for name in filenames if is_there[name])
    if not filenames:
        inputs.miss(f"'{folder}' has no row that fits", "see `split` and `where`")
    elif len(absent) == len(filenames):
        inputs.miss(f"'{folder}' has none of the {len(absent)} files {chosen}", f"the first is {absent[0]}")
    elif absent:
        named = ", ".join(absent[:3]) + (", .." if len(absent) > 3 else "")
        inputs.absent.append(f"'{folder}': {len(absent)} of {len(filenames)} files are not there: {named}")
