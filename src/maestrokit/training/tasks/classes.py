"""The task ``classes``: tell of which class a performance or recording is, such as its composer, by excerpts of it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from maestrokit.analysis.class_spectrum import SPECTRUM
from maestrokit.analysis.classes import MEL_INPUT, UNKNOWN, ClassSource
from maestrokit.errors import BadDataError, MaestrokitError, NoInputError
from maestrokit.files.datasets import maestro
from maestrokit.files.datasets.class_labels import empty_classes, folder_labels, listed_labels, table_labels
from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES
from maestrokit.training.data.classes.batches import ClassData, ClassOptions
from maestrokit.training.data.classes.sources import of_one_input, read_sources
from maestrokit.training.data.recordings import piece_of
from maestrokit.training.task import PARTS, Corpus, Prepared

SUFFIXES = (*SOUND_SUFFIXES, *MIDI_SUFFIXES)
Options = ClassOptions
listed = listed_labels
piece = piece_of
MOST_NAMED = 5  # pieces or classes in a note
HINT = "name a folder with a folder for each class, a table of files and classes (.tsv), or a MAESTRO root"


@dataclass(frozen=True)
class Labelled:
    """The classes and pieces of files."""

    label: Mapping[str, str]
    """Class of each file; those that have none are not there."""
    piece: Mapping[str, str]
    """Composer and title of those files that are in a table of MAESTRO."""
    work: Mapping[str, str]
    """Work of each of these: all pieces of an opus are one."""
    notes: Sequence[str] = ()
    """Sentences on what is left out."""

    def piece_of(self, path: str) -> str:
        """Return what piece a file is of."""
        return self.piece.get(path, piece_of(path))

    def work_of(self, path: str) -> str:
        """Return what work a file is of."""
        return self.work.get(path, piece_of(path))


def prepare(corpus: Corpus, options: ClassOptions, *, family: str) -> Prepared:
    """Return the batches of a corpus of performances or of recordings, and the names of the classes."""
    corpus, input = of_one_input(corpus, options.input)
    labelled = labels_of(corpus, options)
    readable: dict[str, ClassSource] = corpus.usable(_read(corpus, labelled, input))
    parts, unknown_paths, notes = _parts(corpus, labelled, readable, options.classes)
    by_class = {
        part: {name: [readable[path] for path in paths] for name, paths in classes.items()}
        for part, classes in parts.items()
    }
    data = ClassData(
        by_class["train"],
        by_class["validation"],
        options,
        seed=corpus.seed,
        input=input,
        unknown=[readable[path] for path in unknown_paths],
        works={name: [labelled.work_of(path) for path in paths] for name, paths in parts["train"].items()},
    )
    counts = {part: sum(map(len, classes.values())) for part, classes in parts.items()}
    names = [*parts["train"], *([UNKNOWN] if options.unknown else [])]

    return Prepared(
        data,
        {"outputs": len(names), "input": input},
        {"class_names": names, **({"spectrum": SPECTRUM.described()} if input == MEL_INPUT else {})},
        counts,
        notes=[*labelled.notes, *notes],
        new_parts=lambda config: () if config.get("class_names") == names else ("heads",),
    )


def labels_of(corpus: Corpus, options: ClassOptions) -> Labelled:
    """Return the class of each file: by a table of files and classes, a table of MAESTRO, or its folder."""
    by_table, pieces, works = table_labels(corpus.paths, options.column)
    others = [path for path in corpus.loose if path not in by_table and path not in corpus.labels]
    by_folder = folder_labels(others)
    notes = [f"the folder '{name}' has no file to learn from" for name in empty_classes(by_folder.values(), others)]
    arranged = {path for path, name in by_table.items() if maestro.ARRANGEMENT in name and path not in corpus.labels}
    if arranged:
        names = sorted({by_table[path] for path in arranged})
        notes.append(f"arrangements left out: {_some(names)}")
    labels = {**by_folder, **by_table, **corpus.labels}
    return Labelled({path: name for path, name in labels.items() if path not in arranged}, pieces, works, notes)


def split_of(corpus: Corpus, labelled: Labelled, usable: Collection[str]) -> tuple[dict[str, list[str]], set[str]]:
    """Return the files of each part, and the pieces that are in both and whose files are therefore not validated on."""
    files = corpus.split(usable)
    pieces = {part: {labelled.piece_of(path) for path in files[part]} for part in PARTS}
    shared = pieces["train"] & pieces["validation"]
    return files | {
        "validation": [path for path in files["validation"] if labelled.piece_of(path) not in shared]
    }, shared


def _read(corpus: Corpus, labelled: Labelled, input: str) -> Iterator[tuple[str, ClassSource | MaestrokitError]]:
    """Yield what is in each file that has a class, and the errors of the others."""
    paths = [path for path in corpus.paths if path in labelled.label]
    has_class = [path for path in paths if labelled.label[path]]
    yield from read_sources(has_class, input=input, cache=corpus.cache, jobs=corpus.jobs)
    for path in paths:
        if not labelled.label[path]:
            yield path, BadDataError(f"cannot learn from '{path}': it lies in no folder of a class", HINT, path=path)


def _parts(
    corpus: Corpus, labelled: Labelled, readable: Mapping[str, ClassSource], most: int
) -> tuple[dict[str, dict[str, list[str]]], list[str], list[str]]:
    """Return the files of each part by class, those to learn from that are of none, and what is left out."""
    known = {labelled.label[path] for path in readable} - {UNKNOWN}
    if len(known) == 1:
        raise BadDataError(f"all files are of one class, '{min(known)}'", HINT)
    files, shared = split_of(corpus, labelled, readable)
    unknown = [path for path in files["train"] if labelled.label[path] == UNKNOWN]
    names = _most_frequent([name for path in files["train"] if (name := labelled.label[path]) != UNKNOWN], most)
    parts = {part: _by_class(files[part], labelled, names) for part in PARTS}
    if len(names) < 2:
        which = f"of one class, '{names[0]}'" if names else "of no class"
        raise BadDataError(f"all files to learn from are {which}", HINT)
    if not any(parts["validation"].values()):
        raise NoInputError("nothing is left to validate on", "more pieces of each class are needed")
    left_out = {
        "in two parts, and so not validated on": shared,
        "nothing to validate on": {name for name in names if not parts["validation"][name]},
        "nothing to learn from": set() if most else known - set(names),
    }
    return parts, unknown, [f"{fact}: {_some(sorted(which))}" for fact, which in left_out.items() if which]


def _by_class(paths: Sequence[str], labelled: Labelled, names: Sequence[str]) -> dict[str, list[str]]:
    files: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        files[labelled.label[path]].append(path)
    return {name: files[name] for name in names}


def _most_frequent(labels: Sequence[str], most: int) -> list[str]:
    """Return the most frequent classes, or all, in alphabetical order.

    >>> _most_frequent(["pop", "jazz", "jazz", "folk"], 2)
    ['folk', 'jazz']
    """
    ranked = sorted(Counter(labels).items(), key=lambda item: (-item[1], item[0]))
    return sorted(name for name, _ in (ranked[:most] if most else ranked))


def _some(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are.

    >>> _some(["a", "b", "c", "d", "e", "f"])
    'a; b; c; d; e; and 1 more'
    """
    more = len(names) - MOST_NAMED
    return "; ".join([*names[:MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])
