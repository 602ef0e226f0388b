"""The task ``events``: to tell the next event of a performance from all before."""

from dataclasses import asdict, dataclass
from typing import Annotated

from maestrokit.bounds import COUNT, Within, check_fields
from maestrokit.errors import BadDataError, MaestrokitError, UsageError, choices_hint
from maestrokit.files.cache.tokens import TokenShard, token_shard
from maestrokit.files.walk import MIDI_SUFFIXES
from maestrokit.music.key_shift import key_shift
from maestrokit.music.performance import Performance
from maestrokit.music.tokens import Encoding
from maestrokit.music.transpose import transposed
from maestrokit.training.event_data import EventData, Sampling
from maestrokit.training.note_sequences import NoteData
from maestrokit.training.task import PARTS, Corpus, Prepared

SUFFIXES = MIDI_SUFFIXES
CARRIED = ("lstm",)  # families that hand a state from batch to batch
DEFAULTS = {"notes": (4, 1024, 16384), "events": (32, 512, 131072)}  # batch, length, validation tokens
TRANSPOSE = 3  # semitones, where pieces keep their keys
NORMALIZED_BY = "in_c 2"  # names what in_c does; raise the number when that changes, so that old shards are not found


@dataclass(frozen=True)
class Options:
    """How performances become batches of events or notes."""

    encoding: str = "notes"
    """``notes``, one position a note, or ``events``, the 388 of the literature."""
    batch: Annotated[int | None, Within(1, 100_000)] = None
    """Windows a batch; None is 32 of events, 4 of notes."""
    length: Annotated[int | None, Within(1, 1_000_000)] = None
    """Positions that the model sees at once; None is 512 events, or 1024 notes."""
    transpose: Annotated[int | None, Within(0, 24)] = None
    """Semitones by which a piece is moved at most, drawn anew for each epoch; None is 3, or 0 with `key_normalized`."""
    stretch: Annotated[float, Within(0, 0.5)] = 0.05
    """Share by which a piece is played slower or faster at most."""
    step_milliseconds: Annotated[int, Within(1, 1000)] = 10
    """Step of time of the events."""
    velocity_bins: Annotated[int, Within(1, 128)] = 32
    """How many velocities are told apart."""
    pedal_events: bool = False
    """Whether the sustain pedal has events of its own; else it makes notes longer."""
    key_normalized: bool = False
    """Move pieces to C major or A minor first, so that the model has one key to learn, and plays in that one."""
    velocity_shift: Annotated[int, Within(0, 127)] = 1
    """Bins by which the notes of a window are louder or softer at most; of the encoding ``notes`` only."""
    validation_tokens: Annotated[int | None, COUNT] = None
    """So many, spread over the pieces to validate on, are looked at; None is 131072 events, or 16384 notes."""

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Return batch, length and validation tokens."""
        given = self.batch, self.length, self.validation_tokens
        batch, length, tokens = (
            default if value is None else value for value, default in zip(given, DEFAULTS[self.encoding], strict=True)
        )
        return batch, length, tokens

    def __post_init__(self) -> None:
        check_fields(self)
        if self.encoding not in DEFAULTS:
            raise UsageError(
                f"no encoding '{self.encoding}'", choices_hint(self.encoding, DEFAULTS), parameter="encoding"
            )
        if self.encoding == "notes" and self.pedal_events:
            raise UsageError(
                "the encoding notes has no events of the pedal", "set `encoding` to events, or leave out `pedal_events`"
            )


def prepare(corpus: Corpus, options: Options, *, family: str) -> Prepared:
    """Return the batches of a corpus of MIDI files, and what a model must know about them."""
    encoding = Encoding(
        step_milliseconds=options.step_milliseconds,
        velocity_bins=options.velocity_bins,
        pedal_events=options.pedal_events,
    )
    parts = shards_of(corpus, encoding, key_normalized=options.key_normalized)
    transpose = (0 if options.key_normalized else TRANSPOSE) if options.transpose is None else options.transpose
    batch, length, validation_tokens = options.sizes
    sampling = Sampling(
        batch=batch,
        length=length,
        carried=family in CARRIED,
        transpose=transpose,
        stretch=options.stretch,
        velocity_shift=options.velocity_shift,
        validation_tokens=validation_tokens,
        seed=corpus.seed,
    )
    kind = NoteData if options.encoding == "notes" else EventData
    data = kind(*(parts[part] for part in PARTS), encoding=encoding, sampling=sampling)
    return Prepared(
        data,
        model={
            "vocabulary": encoding.size,
            "length": length,
            "encoding": options.encoding,
            "velocity_bins": options.velocity_bins,
        },
        config={"encoding": asdict(encoding), "key_normalized": options.key_normalized},
        counts={part: len(parts[part]) for part in PARTS},
    )


def shards_of(corpus: Corpus, encoding: Encoding, *, key_normalized: bool) -> dict[str, TokenShard]:
    """Return the usable performances of each part of a corpus, as events."""
    shard = token_shard(
        corpus.paths,
        encoding=encoding,
        cache=corpus.cache,
        jobs=corpus.jobs,
        normalize=in_c if key_normalized else None,
        normalized_by=NORMALIZED_BY if key_normalized else "",
    )
    rows = corpus.usable((path, _row(shard, row, path, encoding)) for row, path in enumerate(corpus.paths))
    return {part: shard.subset([rows[path] for path in paths]) for part, paths in corpus.split(rows).items()}


def _row(shard: TokenShard, row: int, path: str, encoding: Encoding) -> int | MaestrokitError:
    """Return the row of a file that there is something to learn from; else the error that says why there is not."""
    if row in shard.failures:
        return shard.failures[row]
    if not (shard.sequence(row) < encoding.first_off).any():
        return BadDataError(f"cannot learn from '{path}': it has no notes", path=str(path))
    return row


def in_c(performance: Performance) -> Performance:
    """Return a performance moved to C major, one in a minor key to A minor; one without notes as it is.

    Notes that would leave the piano are moved back by octaves.
    """
    try:
        shift = key_shift(performance)
    except BadDataError:  # nothing to find a key from
        return performance
    return transposed(performance, shift.semitones, out_of_range="fold")[0]
