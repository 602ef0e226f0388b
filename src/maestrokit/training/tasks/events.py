"""The task ``events``: to tell the next event of a performance from all before."""

from dataclasses import asdict, dataclass

from maestrokit.errors import BadDataError, UsageError
from maestrokit.files.shards import token_shard
from maestrokit.music.key_shift import key_shift
from maestrokit.music.performance import Performance
from maestrokit.music.tokens import Encoding
from maestrokit.music.transpose import transposed
from maestrokit.training.event_data import EventData, Sampling
from maestrokit.training.note_sequences import NoteData
from maestrokit.training.task import Corpus, Prepared

SUFFIXES = (".mid", ".midi")
CARRIED = ("lstm",)  # families that hand a state from batch to batch
DEFAULTS = {"notes": (4, 1024, 16384), "events": (32, 512, 131072)}  # batch, length, validation tokens
TRANSPOSE = 3  # semitones, where pieces keep their keys
NORMALIZED_BY = "in_c 1"  # names what in_c does; raise the number when that changes, so that old shards are not found


@dataclass(frozen=True)
class Options:
    """How performances become batches of events or notes."""

    encoding: str = "notes"
    """``notes``, one position a note, or ``events``, the 388 of the literature."""
    batch: int | None = None
    """Windows a batch; None is 32 of events, 4 of notes."""
    length: int | None = None
    """Positions that the model sees at once; None is 512 events, or 1024 notes."""
    transpose: int | None = None
    """Semitones by which a piece is moved at most, drawn anew for each epoch; None is 3, or 0 with `key_normalized`."""
    stretch: float = 0.05
    """Share by which a piece is played slower or faster at most."""
    step_milliseconds: int = 10
    """Step of time of the events."""
    velocity_bins: int = 32
    """How many velocities are told apart."""
    pedal_events: bool = False
    """Whether the sustain pedal has events of its own; else it makes notes longer."""
    key_normalized: bool = False
    """Move pieces to C major or A minor first, so that the model has one key to learn, and plays in that one."""
    velocity_shift: int = 1
    """Bins by which the notes of a window are louder or softer at most; of the encoding ``notes`` only."""
    validation_tokens: int | None = None
    """So many, spread over the pieces to validate on, are looked at; None is 131072 events, or 16384 notes."""

    def __post_init__(self) -> None:
        if self.encoding not in DEFAULTS:
            raise UsageError(f"no encoding '{self.encoding}'", "encodings: " + ", ".join(DEFAULTS))
        if self.encoding == "notes" and self.pedal_events:
            raise UsageError("the encoding notes has no events of the pedal", "use --set encoding=events")

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Return batch, length and validation tokens."""
        given = self.batch, self.length, self.validation_tokens
        batch, length, tokens = (
            default if value is None else value for value, default in zip(given, DEFAULTS[self.encoding], strict=True)
        )
        return batch, length, tokens


def prepare(corpus: Corpus, options: Options, *, family: str) -> Prepared:
    """Return the batches of a corpus of MIDI files, and what a model must know about them."""
    encoding = Encoding(
        step_milliseconds=options.step_milliseconds,
        velocity_bins=options.velocity_bins,
        pedal_events=options.pedal_events,
    )
    train, validation = (
        token_shard(
            paths,
            encoding=encoding,
            cache=corpus.cache,
            jobs=corpus.jobs,
            normalize=in_c if options.key_normalized else None,
            normalized_by=NORMALIZED_BY if options.key_normalized else "",
        )
        for paths in (corpus.train, corpus.validation)
    )
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
    data = kind(train, validation, encoding=encoding, sampling=sampling)
    return Prepared(
        data,
        model={
            "vocabulary": encoding.size,
            "length": length,
            "encoding": options.encoding,
            "velocity_bins": options.velocity_bins,
        },
        config={"encoding": asdict(encoding), "key_normalized": options.key_normalized},
        skipped=[*train.skipped, *validation.skipped],
    )


def in_c(performance: Performance) -> Performance:
    """Return a performance moved to C major, one in a minor key to A minor; one without notes as it is.

    Notes that would leave the piano are moved back by octaves.
    """
    try:
        shift = key_shift(performance)
    except BadDataError:  # nothing to find a key from
        return performance
    return transposed(performance, shift.semitones, out_of_range="fold")[0]
