"""Fit the sampling of a model of notes, so that what it generates is as dense as people's performances.

Example::

    python tools/fit_sampling.py runs/notes1 maestro-v3.0.0

Temperatures and top-p of the factors are fixed: tighter for pitch, looser for velocity. The bias on times is fitted so
that pieces without a prompt have as many notes a second as validation performances; it rises where a piece becomes
denser than these are at 95 % of their notes. Of MAESTRO, only every other validation performance by name, from the
first on, is fitted to; the others are left for figures (``tests/benchmarks/generated_sets.py``). The result is the
``sampling`` of the run's ``config.json``, the default of ``generate``.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from maestrokit.errors import UsageError
from maestrokit.files import checkpoint
from maestrokit.files.cache import default_cache
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.inference.notes import NoteRequest, generate_notes
from maestrokit.inference.sampling import NoteSampling, SamplingConfig
from maestrokit.inference.sequence_model import SequenceModel, load_event_model
from maestrokit.models._notes import FACTORS, NoteModel
from maestrokit.music.key_state import MEMORIES
from maestrokit.music.note_codes import note_sequence
from maestrokit.music.step_notes import StepNotes
from maestrokit.music.tokens import Encoding
from maestrokit.training.task import find_corpus
from maestrokit.training.tasks import events

SAMPLING = NoteSampling(
    time=SamplingConfig(0.95, top_p=0.98),
    pitch=SamplingConfig(0.9, top_p=0.99),
    velocity=SamplingConfig(top_p=0.99),
    duration=SamplingConfig(top_p=0.99),
)
WIDEST = 2.0  # bias either way
ROUNDS = 7  # of halving


def density(pieces: Sequence[StepNotes], encoding: Encoding) -> float:
    """Return the mean notes a second of pieces, from the first onset to the last end of each."""
    pieces = [notes for notes in pieces if len(notes.pitch)]
    return float(np.mean([len(p.pitch) / ((p.offset.max() - p.onset[0]) * encoding.step) for p in pieces]))


def densest(pieces: Sequence[StepNotes], encoding: Encoding) -> float:
    """Return the notes a second, by the longest memory of the keys, that 95 % of all notes do not exceed."""
    densities = []
    for notes in pieces:
        memory = 0.0
        for share in np.exp(-np.diff(notes.onset, prepend=0) * encoding.step / MEMORIES[-1]).tolist():
            memory = 1 + share * memory
            densities.append(memory / MEMORIES[-1])
    return float(np.quantile(densities, 0.95))


def fitted_bias(density_at: Callable[[float], float], target: float) -> float:
    """Return the bias at which a density that falls with it is the target, by halving.

    >>> fitted_bias(lambda bias: 10 - 4 * bias, 9.0)
    0.234375
    """
    low, high = -WIDEST, WIDEST
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if density_at(middle) > target else (low, middle)
    return (low + high) / 2


def fit(
    loaded: SequenceModel, held_out: TokenShard, *, sampling: NoteSampling, count: int, seconds: float
) -> NoteSampling:
    """Return a sampling with the bias on times at which pieces are as dense as those held out."""
    model, encoding, _ = loaded
    if not isinstance(model, NoteModel):
        raise UsageError("only the sampling of a model of notes is fitted")
    pieces = [note_sequence(held_out.sequence(index), encoding) for index in range(len(held_out))]
    target = density(pieces, encoding)
    sampling = replace(sampling, densest=round(densest(pieces, encoding), 2))

    def density_at(bias: float) -> float:
        biased = replace(sampling, time_bias=bias)
        request = NoteRequest(round(seconds / encoding.step))
        return density(generate_notes(model, encoding, request, sampling=biased, count=count, seed=0), encoding)

    return replace(sampling, time_bias=round(fitted_bias(density_at, target), 3))


def sampling_of(sampling: NoteSampling) -> dict[str, object]:
    """Return a sampling as the values for a ``config.json``."""
    factors = {factor: asdict(getattr(sampling, factor)) for factor in FACTORS}
    return factors | {"time_bias": sampling.time_bias, "densest": sampling.densest}


def main() -> None:
    """Fit the sampling of the run that the command line names, and write it into its ``config.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("data", nargs="+", help="the training data; its validation part is the reference")
    parser.add_argument("--count", type=int, default=16, help="pieces generated per bias")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each")
    options = parser.parse_args()
    config = checkpoint.read_config(options.run)
    loaded = load_event_model(str(options.run))
    cache = default_cache()
    corpus = find_corpus(options.data, events, cache=cache, seed=config["training"]["seed"])
    fitted = sorted(corpus.official.get("validation", ()))[::2]
    corpus = replace(corpus, official={**corpus.official, "validation": fitted})
    held_out = events.shards_of(corpus, loaded.encoding, key_normalized=config["key_normalized"])["validation"]
    sampling = fit(loaded, held_out, sampling=SAMPLING, count=options.count, seconds=options.seconds)
    checkpoint.write_config(options.run, config | {"sampling": sampling_of(sampling)})
    print(f"time_bias {sampling.time_bias}, densest {sampling.densest}")


if __name__ == "__main__":
    main()
