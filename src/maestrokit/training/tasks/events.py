"""The task ``events``: predict the next event, or note, of a performance from all before."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from maestrokit.errors import BadDataError, DataWarning, MaestrokitError, UsageError
from maestrokit.files.cache.tokens import TokenShard, token_shard
from maestrokit.files.datasets import maestro
from maestrokit.files.midi import read_midi
from maestrokit.files.walk import MIDI_SUFFIXES
from maestrokit.files.workers import each
from maestrokit.models import contract
from maestrokit.models.sequences.conditions import condition_names
from maestrokit.music.encodings.conditions import COLUMNS, MEASURED, known_tempo
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.performance import Performance
from maestrokit.training.data.events import EventData, EventOptions
from maestrokit.training.data.notes import NoteSequenceData
from maestrokit.training.task import PARTS, Corpus, Data, Prepared

SUFFIXES = MIDI_SUFFIXES
Options = EventOptions
NORMALIZED_BY = "in_c 2"  # part of the names of shards; raise the number when in_c changes


def prepare(corpus: Corpus, options: EventOptions, *, family: str) -> Prepared:
    """Return the batches of a corpus of MIDI files, and the settings of the model that depend on them."""
    if options.encoding == "notes":
        return prepared_notes(corpus, options, NoteSequenceData, {"length": options.length})
    _, parts = usable_parts(corpus, options.token_encoding, key_normalized=options.key_normalized)
    train, validation = (parts[part] for part in PARTS)
    carries_state = contract.family(family).Model.carries_state
    data = EventData(train, validation, options, seed=corpus.seed, carries_state=carries_state)
    return _prepared(data, options, parts, {"length": options.length})


def prepared_notes(
    corpus: Corpus, options: EventOptions, kind: type[NoteSequenceData], model: Mapping[str, Any]
) -> Prepared:
    """Return the batches of a kind, of notes, with what a model has besides that depends on them."""
    files, parts = usable_parts(corpus, options.token_encoding, key_normalized=options.key_normalized)
    train, validation = (parts[part] for part in PARTS)
    data = kind(train, validation, options, seed=corpus.seed, labels=labels_of(files["train"]))
    tempos = partial(tempos_of, files["train"], jobs=corpus.jobs)
    return conditioned(data, options, _prepared(data, options, parts, model), tempos=tempos)


def _prepared(data: Data, options: EventOptions, parts: Mapping[str, TokenShard], model: Mapping[str, Any]) -> Prepared:
    """Return batches with what follows from the encoding."""
    encoding = options.token_encoding
    shared = {"vocabulary": encoding.size, "encoding": options.encoding, "velocity_bins": options.velocity_bins}
    config = {"encoding": asdict(encoding), "key_normalized": options.key_normalized}
    return Prepared(data, {**shared, **model}, config, {part: len(parts[part]) for part in PARTS})


def conditioned(
    data: NoteSequenceData, options: EventOptions, prepared: Prepared, *, tempos: Callable[[], list[float | None]]
) -> Prepared:
    """Return the same with infill, and with conditions: those of the options, or else those that the data has.

    An initial model has its own. `tempos` reads those of the performances to learn from, where they are a condition.
    """

    def conditioned_on(conditions: str, class_names: Mapping[str, list[str]]) -> dict[str, Any]:
        names = condition_names(conditions)
        if "tempo" in names:
            data.tempos = tempos()
        data.condition_on(names, class_names)
        return {"classes": data.class_names}

    def inherit(config: Mapping[str, Any]) -> dict[str, Any]:
        data.has_infill = bool(config["model"].get("infill"))
        return conditioned_on(config["model"].get("conditions", ""), config.get("classes", {}))

    data.has_infill = options.infill
    by_data = ",".join([*(["composer"] if any(data.labels["composer"]) else []), *MEASURED])
    conditions = by_data if options.conditions is None else options.conditions
    return Prepared(
        data,
        {**prepared.model, "conditions": conditions, "infill": options.infill},
        {**prepared.config, **conditioned_on(conditions, {})},
        prepared.counts,
        inherit,
    )


def tempos_of(paths: Sequence[str], *, jobs: int) -> list[float | None]:
    """Return the mean tempo of each performance, in beats a minute; None where its file does not say.

    Raises
    ------
    UsageError
        If none does.
    """
    tempos = list(each(_tempo_of, paths, jobs=jobs))
    if not any(tempos):
        fact = "no file says where beats are: their tempo maps are the default, or none"
        raise UsageError(fact, "leave tempo out of `conditions`", parameter="conditions")
    return tempos


def _tempo_of(path: str) -> float | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # which was given when its notes were read
        return known_tempo(read_midi(path))


def labels_of(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return what tables say of files, by column; empty where no table has the file."""
    entries = maestro.entries_of(paths)
    return {
        name: [maestro.column(entries[path], name) if path in entries else "" for path in paths] for name in COLUMNS
    }


def shards_of(corpus: Corpus, encoding: Encoding, *, key_normalized: bool) -> dict[str, TokenShard]:
    """Return the usable performances of each part of a corpus, as events."""
    return usable_parts(corpus, encoding, key_normalized=key_normalized)[1]


def usable_parts(
    corpus: Corpus, encoding: Encoding, *, key_normalized: bool
) -> tuple[dict[str, list[str]], dict[str, TokenShard]]:
    """Return the files of each part of a corpus that can be used, and their performances as events."""
    shard = token_shard(
        corpus.paths,
        encoding=encoding,
        cache=corpus.cache,
        jobs=corpus.jobs,
        normalize=in_c if key_normalized else None,
        normalized_by=NORMALIZED_BY if key_normalized else "",
    )
    rows = corpus.usable((path, _row(shard, row, path, encoding)) for row, path in enumerate(corpus.paths))
    files = corpus.split(rows)
    return files, {part: shard.subset([rows[path] for path in paths]) for part, paths in files.items()}


def _row(shard: TokenShard, row: int, path: str, encoding: Encoding) -> int | MaestrokitError:
    """Return the row of a file, or the error of one that cannot be trained on."""
    if row in shard.failures:
        return shard.failures[row]
    if not (shard.sequence(row) < encoding.first_off).any():
        return BadDataError(f"cannot learn from '{path}': it has no notes", path=str(path))
    return row


def in_c(performance: Performance) -> Performance:
    """Return a performance moved to C major, one in a minor key to A minor; one without notes as it is.

    Notes that would leave the piano are moved back by octaves.
    """
    from maestrokit.music.edits.key_shift import key_shift
    from maestrokit.music.edits.transpose import transposed

    try:
        shift = key_shift(performance)
    except BadDataError:  # it has no notes to estimate a key from
        return performance
    return transposed(performance, shift.semitones, out_of_range="fold")[0]
