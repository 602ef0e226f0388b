"""The task ``critic``: tell notes that people played from notes that a model made."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import walk
from maestrokit.files.cache.tokens import TokenShard, token_shard
from maestrokit.files.datasets.class_labels import LabelledFiles
from maestrokit.files.walk import MIDI_SUFFIXES
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import note_sequence
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.training.data.critic import CriticData, CriticOptions
from maestrokit.training.task import PARTS, Corpus, Prepared

SUFFIXES = MIDI_SUFFIXES
Options = CriticOptions
GENERATED = "generated"
HINT = "name people's performances first, a folder or a MAESTRO root, then a folder of generated ones"


def listed(names: Sequence[str]) -> LabelledFiles:
    """Return the names of people's performances as they are, then those of the files in the last one, which are
    generated.

    UsageError says that there are not two names, or that both are the same.
    """
    if len(names) != 2:
        raise UsageError(f"a critic learns from two sets, not from {len(names)}", HINT)
    if Path(names[0]).resolve() == Path(names[1]).resolve():
        raise UsageError(f"both sets are '{names[0]}', so there is nothing to tell apart", HINT)
    files = walk.walk([names[1]], suffixes=SUFFIXES)
    if files.missing:
        raise files.missing[0]
    paths = [source.path for source in files.sources]
    return LabelledFiles([names[0], *paths], dict.fromkeys(paths, GENERATED), {})


def prepare(corpus: Corpus, options: CriticOptions, *, family: str) -> Prepared:
    """Return the batches of people's performances and of generated ones."""
    encoding = options.encoding
    shard = token_shard(corpus.paths, encoding=encoding, cache=corpus.cache, jobs=corpus.jobs)
    notes = corpus.usable((path, _notes(shard, row, path, encoding)) for row, path in enumerate(corpus.paths))
    sets = [_split(of_kind, notes, kind) for kind, of_kind in _by_kind(corpus).items()]
    parts = {part: tuple(split[part] for split in sets) for part in PARTS}
    train, validation = (tuple([notes[path] for path in paths] for paths in parts[part]) for part in PARTS)
    return Prepared(
        CriticData(train, validation, options, seed=corpus.seed),  # type: ignore[arg-type]
        {"velocity_bins": options.velocity_bins},
        {"encoding": asdict(encoding), "length": options.length},
        {part: sum(map(len, sets)) for part, sets in parts.items()},
    )


def _by_kind(corpus: Corpus) -> dict[str, Corpus]:
    """Return the performances of people, and those that are generated, which are split apart from one another."""
    generated = [path for path in corpus.loose if path in corpus.labels]
    people = [path for path in corpus.loose if path not in corpus.labels]
    return {"people's": replace(corpus, loose=people), GENERATED: replace(corpus, official={}, loose=generated)}


def _split(corpus: Corpus, notes: Mapping[str, StepNotes], kind: str) -> dict[str, list[str]]:
    """Return the files of each part of one kind; BadDataError says that there are too few."""
    try:
        return corpus.split(notes)
    except BadDataError as error:
        raise BadDataError(f"too few {kind} performances: {error.fact}", error.hint) from None


def _notes(shard: TokenShard, row: int, path: str, encoding: Encoding) -> StepNotes | BadDataError:
    """Return the notes of a file, or the error of one that has none."""
    if row in shard.failures:
        return shard.failures[row]  # type: ignore[return-value]
    notes = note_sequence(shard.sequence(row), encoding)
    if len(notes.pitch) < 2:
        return BadDataError(f"cannot learn from '{path}': it has fewer than two notes", path=path)
    return notes
