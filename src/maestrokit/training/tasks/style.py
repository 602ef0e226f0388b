"""The task ``style``: turn performances of one set into such as could be of another, and back.

The two sets have no piece in common. They are two folders, the two classes of a table of files, or what two conditions
choose from the table of a MAESTRO root.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maestrokit.errors import BadDataError, NoInputError, UsageError
from maestrokit.files import walk
from maestrokit.files.datasets import maestro
from maestrokit.files.datasets.class_labels import LabelledFiles, folder_labels, listed_labels
from maestrokit.files.walk import MIDI_SUFFIXES, TABLE_SUFFIX
from maestrokit.files.workers import each
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.training.data.classes.sources import read_notes
from maestrokit.training.data.style import StyleData, StyleOptions
from maestrokit.training.task import PARTS, Corpus, Prepared, stem

SUFFIXES = MIDI_SUFFIXES
Options = StyleOptions
HINT = "name two folders, a table of two classes (.tsv), or a MAESTRO root with `from_` and `to`, such as composer=Bach"


@dataclass(frozen=True)
class StyleSet:
    """One of the two sets."""

    name: str
    """In lower case."""
    paths: Sequence[str]


def listed(names: Sequence[str]) -> LabelledFiles:
    """Return the files of data: of tables, and of several folders, whose names are then those of the sets."""
    folders = [name for name in names if Path(name).is_dir() and maestro.table_path(Path(name)) is None]
    labelled = listed_labels([name for name in names if name not in folders])
    if len(folders) < 2:
        return LabelledFiles([*labelled.names, *folders], labelled.classes, labelled.splits)
    if len({Path(folder).resolve() for folder in folders}) < len(folders):
        raise UsageError(f"the two sets are one folder, '{folders[0]}'", HINT)
    for folder in folders:
        inputs = walk.walk([folder], suffixes=SUFFIXES, beside=(TABLE_SUFFIX,))
        if inputs.missing:
            raise inputs.missing[0]
        for source in inputs.sources:
            labelled.names.append(source.path)
            labelled.classes[source.path] = Path(folder).resolve().name
    return labelled


def prepare(corpus: Corpus, options: StyleOptions, *, family: str) -> Prepared:
    """Return the batches of two sets of performances, and their names."""
    sets, piece, notes = _sets(corpus, options)
    paths = [path for each_set in sets for path in each_set.paths]
    usable = corpus.usable(zip(paths, each(read_notes, paths, jobs=corpus.jobs), strict=True))
    _refuse_shared(sets, usable)
    parts = [_split(corpus, style_set, usable, piece) for style_set in sets]
    train, validation = ([[usable[path] for path in split[part]] for split in parts] for part in PARTS)
    return Prepared(
        StyleData(train, validation, options, seed=corpus.seed),
        {},
        {"styles": [style_set.name for style_set in sets]},
        {part: sum(len(split[part]) for split in parts) for part in PARTS},
        notes=notes,
    )


def _sets(corpus: Corpus, options: StyleOptions) -> tuple[list[StyleSet], Mapping[str, str], list[str]]:
    """Return the two sets, the pieces of files that a table of MAESTRO names, and notes on what is left out."""
    entries = maestro.entries_of(corpus.paths)
    piece = {path: maestro.work(entry) for path, entry in entries.items()}
    if options.from_ or options.to:
        return _chosen_sets(entries, options), piece, []
    labels = dict(corpus.labels)
    labels |= folder_labels([path for path in corpus.loose if path not in labels])
    names = list(dict.fromkeys(labels[path] for path in corpus.paths if path in labels))
    if len(names) != 2 or not all(names):
        present = f"{len(names)} sets ({', '.join(names[:5])})" if all(names) and names else "no sets"
        raise BadDataError(f"the data are {present}, and style is transferred between two", HINT)
    sets = [StyleSet(name.lower(), [path for path in corpus.paths if labels.get(path) == name]) for name in names]
    if sets[0].name == sets[1].name:
        raise BadDataError(f"both sets have the name '{sets[0].name}'", "rename one, after which the style is called")
    return sets, piece, []


def _chosen_sets(entries: Mapping[str, maestro.Entry], options: StyleOptions) -> list[StyleSet]:
    """Return the two sets that conditions on the table of MAESTRO choose."""
    if not (options.from_ and options.to):
        missing = "to" if options.from_ else "from_"
        raise UsageError(f"`{missing}` is missing", "give both sets, such as composer=Bach", parameter=missing)
    if not entries:
        raise NoInputError("no performance in a table of MAESTRO", HINT)
    sets = []
    for parameter, condition in (("from_", options.from_), ("to", options.to)):
        rows = maestro.select(list(entries.values()), split=None, where=[condition], parameter=parameter)
        chosen = {row.midi_filename for row in rows if not maestro.is_arrangement(row)}
        paths = [path for path, entry in entries.items() if entry.midi_filename in chosen]
        if not paths:
            raise NoInputError(f"no performance of '{condition}'", "text is part of a column, without accents and case")
        sets.append(StyleSet(condition.partition("=")[2].strip().lower(), paths))
    shared = set(sets[0].paths) & set(sets[1].paths)
    if shared:
        same = "the two sets are equal" if sets[0].paths == sets[1].paths else f"both sets have '{min(shared)}'"
        raise UsageError(same, "choose sets that have no performance in common", parameter="to")
    return sets


def _refuse_shared(sets: Sequence[StyleSet], usable: Mapping[str, TimedNotes]) -> None:
    """Raise BadDataError where a performance of one set has the same notes as one of the other."""
    first, second = (
        {_notes_as_bytes(usable[path]): path for path in style_set.paths if path in usable} for style_set in sets
    )
    shared = [(first[notes], second[notes]) for notes in first if notes in second]
    if shared:
        fact = f"'{shared[0][0]}' and '{shared[0][1]}' have the same notes, and are in different sets"
        raise BadDataError(f"{fact}; {len(shared)} in all", "choose sets that have no performance in common")


def _notes_as_bytes(notes: TimedNotes) -> bytes:
    return b"".join(column.tobytes() for column in notes)


def _split(
    corpus: Corpus, chosen: StyleSet, usable: Mapping[str, TimedNotes], piece: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the files of a set to learn from and to validate on; where its official split lacks either, by piece."""
    own = set(chosen.paths)
    official = {part: [path for path in corpus.official.get(part, ()) if path in own] for part in PARTS}
    loose = [path for path in corpus.loose if path in own]
    if not loose and not all(official.values()):
        official, loose = {}, [path for part in PARTS for path in official[part]]
    part = replace(corpus, official=official, loose=loose, piece=lambda path: piece.get(path, stem(path)))
    try:
        return part.split(usable)
    except (NoInputError, BadDataError) as error:
        hint = "each set needs one piece to learn from, and one to validate on"
        raise BadDataError(f"the set '{chosen.name}' is too small: {error.fact}", hint) from None
