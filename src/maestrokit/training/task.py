"""The interface of a training task: a module of :mod:`maestrokit.training.tasks`.

It has ``SUFFIXES`` of the files that it reads, ``Options`` (a frozen dataclass), and
``prepare(corpus, options, family=name)``, which returns a :class:`Prepared`. It may have ``piece(path)``, which
returns the piece of a file; without it, that is the name without suffix. It may have ``listed(names)``, which returns
the names of data with tables of files replaced by these files
(:class:`maestrokit.files.datasets.class_labels.LabelledFiles`). It may have ``BESIDE``, the suffixes of files that are
read together with others, which of a folder's files are then none that is skipped.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from torch import Tensor

from maestrokit import registry
from maestrokit.errors import BadDataError, MaestrokitError, NoInputError, check_choice
from maestrokit.files import walk
from maestrokit.files.datasets import maestro

TASKS = "maestrokit.training.tasks"
PARTS = ("train", "validation")
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}

Result = TypeVar("Result")


class Data(Protocol):
    """Batches for a family of models. All randomness comes from (seed, epoch): batch i is always the same."""

    def batches(self, epoch: int) -> int:
        """Return how many batches an epoch has."""

    def batch(self, epoch: int, index: int) -> Mapping[str, Tensor]:
        """Return one batch; the first axis of each tensor counts its rows."""

    def validation(self) -> Iterator[Mapping[str, Tensor]]:
        """Return the batches to validate on, always the same."""

    def validation_batches(self) -> int:
        """Return how many these are, without making them."""


def stem(path: str) -> str:
    """Return the name of a file without folder and suffix."""
    return Path(path).stem


@dataclass(frozen=True)
class Corpus:
    """The files of a training, and where and how to prepare them."""

    official: Mapping[str, Sequence[str]]
    """Files of each part, by the official split of MAESTRO roots or by tables of files and classes."""
    loose: Sequence[str]
    """Files that are not in an official split."""
    cache: Path
    """Folder for prepared data that many trainings share."""
    seed: int = 0
    jobs: int = 1
    piece: Callable[[str], str] = stem
    """Returns what piece a file is of."""
    missing: Sequence[str] = ()
    """Sentences about named files that are missing."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Classes of those files that tables of files and classes name."""
    reject: Callable[[MaestrokitError], None] = lambda error: None
    """Called with the error of each file that cannot be used; training continues without the file unless it raises."""

    @property
    def paths(self) -> list[str]:
        """All files."""
        return [*(path for part in PARTS for path in self.official.get(part, ())), *self.loose]

    @property
    def piece_names(self) -> dict[str, str]:
        """The piece of each file that is in no official split, by path; one that is a folder is named from the folder
        that all of them lie below, so that the split does not depend on where a corpus lies."""
        pieces = [self.piece(path) for path in self.loose]
        folders = {piece.rpartition("/")[0] for piece in pieces}
        common = os.path.commonpath(folders) if len({folder[:1] == "/" for folder in folders}) == 1 else ""
        return dict(zip(self.loose, (piece.removeprefix(common).lstrip("/") for piece in pieces), strict=True))

    def usable(self, results: Iterable[tuple[str, Result | MaestrokitError]]) -> dict[str, Result]:
        """Return the results of those files that have one, and report the errors of the others."""
        accepted: dict[str, Result] = {}
        for path, result in results:
            if isinstance(result, MaestrokitError):
                self.reject(result)
            else:
                accepted[path] = result
        return accepted

    def split(self, usable: Collection[str]) -> dict[str, list[str]]:
        """Return the files to learn from and to validate on, among those that can be used.

        BadDataError says that too few are left, or that there were too few to begin with.
        """
        parts = {part: [path for path in self.official.get(part, ()) if path in usable] for part in PARTS}
        loose = [path for path in self.loose if path in usable]
        try:
            names = self.piece_names
            split = split_by_piece([names[path] for path in loose], seed=self.seed) if self.loose else {}
        except BadDataError as error:
            raise self._too_few(usable) or error from None
        for part in PARTS if split else ():
            parts[part] += [loose[item] for item in split[part]]
        if not all(parts.values()):
            raise self._too_few(usable) or NoInputError("nothing is left to learn from and to validate on")
        return parts

    def _too_few(self, usable: Collection[str]) -> BadDataError | None:
        """Return the error of a corpus that files which cannot be used have made too small; None if there are none."""
        count, total = sum(path in usable for path in self.paths), len(self.paths)
        if count == total:
            return None
        hint = "training needs two pieces, one of them to validate on"
        return BadDataError(f"only {count} of {total} files can be used", hint)


@dataclass(frozen=True)
class Prepared:
    """Batches, and the settings of the model that the data decides."""

    data: Data
    model: Mapping[str, Any]
    """Values for those fields of the family's ``Config`` that the data decides, where it has such fields."""
    config: Mapping[str, Any]
    """For ``config.json``: how inputs become what the model sees."""
    counts: Mapping[str, int]
    """Files in each part."""
    inherit: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda config: {}
    """Called with the ``config.json`` of an initial model, its settings changed as asked, so that batches fit it;
    returns what replaces, in ``config``, what a new model would have."""
    notes: Sequence[str] = ()
    """Sentences about what is left out."""
    new_parts: Callable[[Mapping[str, Any]], Sequence[str]] = lambda config: ()
    """Called with the ``config.json`` of an initial model; returns the parts that start new, with the settings of
    `model`, such as a last layer where the classes are others."""


def result_or_error(make: Callable[..., Result], path: str, **named: Any) -> Result | MaestrokitError:
    """Return the result for a file, or its error; a cache that cannot be written is raised."""
    try:
        return make(path, **named)
    except (BadDataError, NoInputError) as error:
        return error


def split_by_piece(pieces: Sequence[str], *, seed: int) -> dict[str, list[int]]:
    """Return which items are for training, validation and test: 80, 10 and 10 % of the pieces.

    All performances of a piece are in one part. The order of the inputs does not matter: pieces are shuffled by a
    hash of their names and the seed. Validation gets at least one piece, and test one if there are three. BadDataError
    says that there are fewer than two pieces.

    >>> split_by_piece(["a", "b", "a"], seed=0)
    {'train': [1], 'validation': [0, 2], 'test': []}
    """
    items: dict[str, list[int]] = defaultdict(list)
    for item, piece in enumerate(pieces):
        items[piece].append(item)
    if len(items) < 2:
        raise BadDataError("training needs at least two different pieces", "one to learn from, and one to validate on")
    shuffled = sorted(items, key=lambda piece: hashlib.sha256(os.fsencode(f"{seed}\0{piece}")).digest())
    validation = max(1, round(len(shuffled) * SHARES["validation"]))
    test = max(len(shuffled) > 2, round(len(shuffled) * SHARES["test"]))
    spans = {"train": slice(validation + test, None), "validation": slice(validation)}
    spans["test"] = slice(validation, validation + test)
    return {part: sorted(item for piece in shuffled[span] for item in items[piece]) for part, span in spans.items()}


def load_task(name: str) -> Any:
    """Return the module of a task."""
    check_choice("task", name, registry.names(TASKS), parameter="task")
    return registry.load(TASKS, name)


def find_corpus(
    names: Sequence[str],
    task: Any,
    *,
    cache: Path,
    seed: int = 0,
    jobs: int = 1,
    reject: Callable[[MaestrokitError], None] = lambda error: None,
) -> Corpus:
    """Return the files for a task, in the parts that a MAESTRO root or a table says, and those that are still to split.

    The latter are split 80/10/10 by piece. Files of one name without suffix, such as recordings of a piece in folders
    of several pianists, are one piece. NoInputError says that a name is not there, or that no file is left to learn
    from.
    """
    suffixes, piece = task.SUFFIXES, getattr(task, "piece", stem)
    parts: dict[str, list[str]] = {part: [] for part in PARTS}
    missing, loose = list[str](), list[str]()
    listed, classes, splits = task.listed(names) if hasattr(task, "listed") else (list(names), {}, {})
    for name in listed:
        if name in splits:
            parts.get(splits[name], []).append(name)
        elif Path(name).is_dir() and maestro.table_path(Path(name)) is not None:
            for part, files in parts.items():
                part_files = walk.walk([name], suffixes=suffixes, split=part)
                files += [source.path for source in part_files.sources]
                missing += [*map(str, part_files.missing), *part_files.absent]
        else:
            loose.append(name)
    inputs = walk.walk(loose, suffixes=suffixes, beside=getattr(task, "BESIDE", (walk.TABLE_SUFFIX,)))
    missing += inputs.skipped
    if inputs.missing:
        raise inputs.missing[0]
    if not inputs.sources and not all(parts.values()):
        fact = "nothing to validate on" if parts["train"] else "nothing to learn from"
        raise NoInputError(fact, f"name folders of files ({' '.join(suffixes)}) or a MAESTRO root")
    paths = [source.path for source in inputs.sources]
    return Corpus(
        parts, paths, cache, seed=seed, jobs=jobs, piece=piece, missing=missing, labels=classes,
        reject=reject,
    )  # fmt: skip
