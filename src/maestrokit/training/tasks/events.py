"""The task ``events``: to tell the next event of a performance from all before."""

from dataclasses import asdict, dataclass

from maestrokit.files.shards import token_shard
from maestrokit.music.tokens import Encoding
from maestrokit.training.event_data import EventData, Sampling
from maestrokit.training.task import Corpus, Prepared

SUFFIXES = (".mid", ".midi")
CARRIED = ("lstm",)  # families that hand a state from batch to batch


@dataclass(frozen=True)
class Options:
    """How performances become batches of events."""

    batch: int = 32
    length: int = 512
    """Tokens that the model sees at once."""
    transpose: int = 3
    """Semitones by which a piece is moved at most, drawn anew for each epoch."""
    stretch: float = 0.05
    """Share by which a piece is played slower or faster at most."""
    step_milliseconds: int = 10
    velocity_bins: int = 32
    pedal_events: bool = False
    validation_tokens: int = 131072


def prepare(corpus: Corpus, options: Options, *, family: str) -> Prepared:
    """Return the batches of a corpus of MIDI files, and what a model must know about them."""
    encoding = Encoding(
        step_milliseconds=options.step_milliseconds,
        velocity_bins=options.velocity_bins,
        pedal_events=options.pedal_events,
    )
    train, validation = (
        token_shard(paths, encoding=encoding, cache=corpus.cache, jobs=corpus.jobs)
        for paths in (corpus.train, corpus.validation)
    )
    sampling = Sampling(
        batch=options.batch,
        length=options.length,
        carried=family in CARRIED,
        transpose=options.transpose,
        stretch=options.stretch,
        validation_tokens=options.validation_tokens,
        seed=corpus.seed,
    )
    data = EventData(train, validation, encoding=encoding, sampling=sampling)
    return Prepared(
        data,
        model={"vocabulary": encoding.size, "length": options.length},
        config={"encoding": asdict(encoding)},
        skipped=[*train.skipped, *validation.skipped],
    )
