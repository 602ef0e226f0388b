"""What a task promises: a module of :mod:`maestrokit.training.tasks`.

It has ``SUFFIXES`` of the files that it reads, ``Options`` (a frozen dataclass), and
``prepare(corpus, options, family=name)``, which returns a :class:`Prepared`. It may have ``piece(path)``, which tells
what piece a file is of; without it, that is the name without suffix.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maestrokit import registry
from maestrokit.errors import MaestrokitError, NoInputError, UsageError, choices_hint
from maestrokit.files import maestro, walk
from maestrokit.training.data import Data, split_by_piece

TASKS = "maestrokit.training.tasks"


@dataclass(frozen=True)
class Corpus:
    """The files of each part, and where and how to prepare them."""

    train: list[str]
    validation: list[str]
    test: list[str]
    cache: Path
    """Folder for what is made once and used by many trainings."""
    seed: int = 0
    jobs: int = 1
    missing: list[str] = field(default_factory=list)
    """Sentences about what was named and is not there."""


@dataclass(frozen=True)
class Prepared:
    """Batches, and what the data says about the model.

    Parameters
    ----------
    data : Data
    model : mapping
        Values for those fields of the family's ``Config`` that the data decides, where it has such fields.
    config : mapping
        For ``config.json``: how inputs become what the model sees.
    skipped : list of MaestrokitError
        Files that cannot be read.
    """

    data: Data
    model: Mapping[str, Any]
    config: Mapping[str, Any]
    skipped: Sequence[MaestrokitError] = ()


def load_task(name: str) -> Any:
    """Return the module of a task.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if name not in registry.names(TASKS):
        raise UsageError(f"no task '{name}'", choices_hint(name, registry.names(TASKS)))
    return registry.load(TASKS, name)


def stem(path: str) -> str:
    """Return the name of a file without folder and suffix."""
    return Path(path).stem


def find_corpus(
    names: Sequence[str],
    *,
    suffixes: Sequence[str],
    cache: Path,
    seed: int,
    jobs: int,
    piece: Callable[[str], str] = stem,
) -> Corpus:
    """Return the parts of a corpus: the official ones of MAESTRO roots, 80/10/10 by piece of all else.

    Files of one name without suffix, such as takes of a piece in folders of several pianists, are one piece.

    Raises
    ------
    NoInputError
        If a name is not there, or no file is left to learn from.
    """
    parts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    missing: list[str] = []
    loose = []
    for name in names:
        if Path(name).is_dir() and maestro.table_path(Path(name)) is not None:
            for part, files in parts.items():
                found = walk.walk([name], suffixes=suffixes, split=part)
                files += [source.path for source in found.sources]
                missing += [str(error) for error in found.missing]
        else:
            loose.append(name)
    if loose:
        found = walk.walk(loose, suffixes=suffixes, beside=(walk.TABLE_SUFFIX,))
        missing += found.skipped
        if found.missing:
            raise found.missing[0]
        drawn = split_by_piece([piece(source.path) for source in found.sources], seed=seed)
        for part, items in drawn.items():
            parts[part] += [found.sources[item].path for item in items]
    if not parts["train"] or not parts["validation"]:
        raise NoInputError(
            "nothing to learn from" if not parts["train"] else "nothing to validate on",
            "name folders of files (" + " ".join(suffixes) + ") or a MAESTRO root",
        )
    return Corpus(**parts, cache=cache, seed=seed, jobs=jobs, missing=missing)
