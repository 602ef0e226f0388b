"""Fit the sampling of a model of notes, so that what it generates is, by the metrics of sets, like people's music.

Example::

    python tools/fit_sampling.py runs/notes1 maestro-v3.0.0

First the bias on times is fitted so that pieces without a prompt have as many notes a second as validation
performances; it rises where a piece becomes denser than these are at 95 % of their notes. Then temperature, top-p and
min-p of each factor, the bias, and the reprise are changed one at a time, and a change is kept if with each of four
new seeds it brings the means of the metrics of generated minutes closer to those of people's minutes, in standard
errors. Of MAESTRO, only every other validation performance by name, from the first on, is fitted to; the others are
left for figures (``tests/benchmarks/generated_sets.py``). The result is the ``sampling`` of the run's ``config.json``,
the default of ``generate``.

With ``--prompts`` it is fitted on continuations instead: each of these performances is continued from 20 s of it, at a
random position, and compared with how people went on. Fitted is then a bias that is added after prompts, since a model
is denser after them than without. The other settings of the run stay (``--go-on``), but with ``--rounds`` they change,
too, and then also count without prompts.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.errors import UsageError
from maestrokit.files import checkpoint
from maestrokit.files.cache import default_cache
from maestrokit.inference.generation.reprise import RepriseConfig
from maestrokit.inference.generation.sampling import NEUTRAL, NoteSampling, SamplingConfig
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.metrics import score_sets
from maestrokit.metrics.piece import Piece
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import FACTORS, note_sequence
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.training.task import find_corpus
from maestrokit.training.tasks import events
from run_folders import run_folder
from sampling_sets import (
    Generate,
    after_prompts,
    as_piece,
    continuations,
    densest,
    density,
    density_within,
    random_stretches,
    without_prompts,
)

SAMPLING = NoteSampling(
    time=SamplingConfig(0.95, top_p=0.98),
    pitch=SamplingConfig(0.9, top_p=0.99),
    velocity=SamplingConfig(top_p=0.99),
    duration=SamplingConfig(top_p=0.99),
    reprise=RepriseConfig(probability=0.03),
)
STEPS = {"temperature": 0.05, "bias": 0.08}  # of a change, either way
CHOICES = {"top_p": (0.9, 0.95, 0.98, 0.99, 1.0), "min_p": (0.0, 0.01, 0.02, 0.05, 0.1)}  # from which the next is taken
PEOPLE = 100  # minutes of people's that are compared
SEEDS = 4  # by each of which a change has to be better
FARTHEST = 4.0  # standard errors, beyond which a metric cannot get worse
REPRISE = {
    "probability": (0.0, 0.01, 0.02, 0.03, 0.05),
    "notes": (50.0, 100.0, 200.0, 300.0, 500.0),
    "time": (1.0, 2.0, 3.0, 4.0),
    "pitch": (2.0, 3.0, 4.0, 5.0),
}  # likewise, of the reprise
Density = Callable[[Sequence[StepNotes]], float]
"""Notes a second of pieces."""
S = TypeVar("S", NoteSampling, SamplingConfig, RepriseConfig)

LARGEST_BIAS = 2.0  # bias either way
HALVINGS = 7  # of halving


def fitted_bias(density_at: Callable[[float], float], target: float) -> float:
    """Return the bias at which a density that falls with it is the target, by halving.

    >>> fitted_bias(lambda bias: 10 - 4 * bias, 9.0)
    0.234375
    """
    low, high = -LARGEST_BIAS, LARGEST_BIAS
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if density_at(middle) > target else (low, middle)
    return (low + high) / 2


def fit(
    generate: Generate,
    density: Density,
    people: Sequence[StepNotes],
    *,
    sampling: NoteSampling,
    bias: str = "time_bias",
) -> NoteSampling:
    """Return a sampling with the bias on times, or that after prompts, at which pieces are as dense as people's."""
    target = density(people)

    def density_at(value: float) -> float:
        return density(generate(with_field(sampling, bias, value), 0))

    return with_field(sampling, bias, round(fitted_bias(density_at, target), 3))


class SetDistance:
    """How far pieces are from those of people, by the metrics of sets.

    Parameters
    ----------
    people, reference : sequence of Piece
        Two sets of people's pieces, of the length that is generated. Some metrics compare with the reference; the means
        of all are to be those of `people`.
    """

    def __init__(self, people: Sequence[Piece], reference: Sequence[Piece]) -> None:
        all_metrics = score_sets.metrics(corpora=["reference"])
        self.metrics = {
            name: metric for name, metric in all_metrics.items() if metric.of_set is None and metric.embedding is None
        }
        self.reference = [score_sets.summarize(piece, self.metrics) for piece in reference]
        self.shared: score_sets.Expectations = {}
        values = self.values(people)
        self.known = np.isfinite(values).any(0)  # metrics that have a value for any of people's pieces
        self.mean, self.variance, self.count = (*mean_and_variance(values[:, self.known]), len(people))

    def values(self, pieces: Sequence[Piece]) -> Floats:
        """Return the values of all metrics, (pieces, metrics)."""
        summaries = [score_sets.summarize(piece, self.metrics) for piece in pieces]
        rows, _ = score_sets.score(
            summaries, self.reference, self.metrics, generator=np.random.default_rng(0), with_reference=False,
            expectations=self.shared,
        )  # fmt: skip
        return np.array([[row.value for row in piece] for piece in rows])

    def distance(self, pieces: Sequence[Piece]) -> float:
        """Return the mean square of the distances of all means, in standard errors of two sets of people's pieces."""
        mean, _ = mean_and_variance(self.values(pieces)[:, self.known])
        error = np.sqrt(np.maximum(self.variance, 1e-12) * (1 / len(pieces) + 1 / self.count))
        deviation = np.nan_to_num(
            np.abs(mean - self.mean) / error, nan=FARTHEST
        )  # a metric without any value counts as farthest
        return float(np.mean(np.minimum(deviation, FARTHEST) ** 2))


def mean_and_variance(values: Floats) -> tuple[Floats, Floats]:
    """Return mean and variance of each column over its finite values, NaN where there are none.

    >>> mean_and_variance(np.array([[1.0, np.nan], [3.0, np.nan]]))
    (array([ 2., nan]), array([ 1., nan]))
    """
    is_finite = np.where(np.isfinite(values), 1.0, np.nan)
    count = np.nansum(is_finite, 0)
    mean = np.nansum(values * is_finite, 0) / np.where(count > 0, count, np.nan)
    return mean, np.nansum((values * is_finite - mean) ** 2, 0) / np.where(count > 0, count, np.nan)


def with_field(config: S, name: str, value: Any) -> S:
    """Return a dataclass with one field replaced."""
    return replace(config, **{name: value})


def adjacent(config: S, choices: Mapping[str, Sequence[float]]) -> list[S]:
    """Return all configurations in which one setting is the choice before or after its own.

    >>> [config.top_p for config in adjacent(SamplingConfig(top_p=0.95), {"top_p": (0.9, 0.95, 1.0)})]
    [0.9, 1.0]
    """
    configs: list[S] = []
    for name, values in choices.items():
        nearest = min(range(len(values)), key=lambda row: abs(values[row] - getattr(config, name)))
        configs += [
            with_field(config, name, values[index]) for index in (nearest - 1, nearest + 1) if 0 <= index < len(values)
        ]
    return configs


def changes(sampling: NoteSampling, *, bias: str = "time_bias") -> list[NoteSampling]:
    """Return all samplings that differ from one by one step of one setting.

    >>> [sampling.time_bias for sampling in changes(NoteSampling())[-2:]]
    [-0.08, 0.08]
    """
    steps: list[NoteSampling] = []
    for factor in FACTORS:
        current: SamplingConfig = getattr(sampling, factor)
        configs = [
            replace(current, temperature=round(current.temperature + direction * STEPS["temperature"], 3))
            for direction in (-1, 1)
        ]
        configs += adjacent(current, CHOICES)
        steps += [with_field(sampling, factor, config) for config in configs]
    reprise_choices = REPRISE if sampling.reprise.probability else {"probability": REPRISE["probability"]}
    steps += [replace(sampling, reprise=config) for config in adjacent(sampling.reprise, reprise_choices)]
    biases = (round(getattr(sampling, bias) + direction * STEPS["bias"], 3) for direction in (-1, 1))
    return steps + [with_field(sampling, bias, value) for value in biases]


def search(
    sampling: NoteSampling, distance_at: Callable[[NoteSampling, int], float], *, rounds: int, bias: str = "time_bias"
) -> NoteSampling:
    """Return the best sampling that a random search finds, which tries some changes of the best so far.

    The distance depends on a seed, too. A change is kept only if it is better with each of four new seeds; of changes
    without effect, one in sixteen is.
    """
    best, generator, queue = sampling, np.random.default_rng(0), list[NoteSampling]()
    for number in range(rounds):
        if not queue:
            all_changes = changes(best, bias=bias)
            queue = [all_changes[index] for index in generator.permutation(len(all_changes))]
        candidate, gains = queue.pop(), list[float]()
        while len(gains) < SEEDS and all(gain > 0 for gain in gains):
            seed = SEEDS * number + len(gains)
            gains.append(distance_at(best, seed) - distance_at(candidate, seed))
        if min(gains) > 0:
            best, queue = candidate, []
            print(f"nearer by {', '.join(f'{gain:.3f}' for gain in gains)}: {sampling_of(best)}", flush=True)
    return best


def sampling_of(sampling: NoteSampling) -> dict[str, object]:
    """Return a sampling as the values for a ``config.json``."""
    factors = {factor: asdict(getattr(sampling, factor)) for factor in FACTORS}
    rest = {name: getattr(sampling, name) for name in NEUTRAL}
    return {**factors, **rest, "reprise": asdict(sampling.reprise)}


def fit_to_people(
    generate: Generate, measure: SetDistance, encoding: Encoding, *, sampling: NoteSampling, rounds: int, bias: str
) -> NoteSampling:
    """Return a sampling whose pieces are, by the measure, like people's."""

    def distance_at(candidate: NoteSampling, seed: int) -> float:
        return measure.distance([as_piece(notes, encoding) for notes in generate(candidate, seed) if len(notes.pitch)])

    return search(sampling, distance_at, rounds=rounds, bias=bias)


def main() -> None:
    """Fit the sampling of the run that the command line names, and write it into its ``config.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=run_folder, help="run folder")
    parser.add_argument("data", nargs="+", help="the training data; its validation part is the reference")
    parser.add_argument("--count", type=int, default=40, help="pieces generated for each sampling")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each")
    parser.add_argument("--rounds", type=int, default=60, help="changes that are tried; 0 fits the density alone")
    parser.add_argument("--prompts", action="store_true", help="fit continuations, one of each performance")
    parser.add_argument("--go-on", action="store_true", help="begin with the sampling that the run has")
    options = parser.parse_args()
    options.go_on |= options.prompts
    config = checkpoint.read_config(options.run)
    loaded = load_event_model(str(options.run))
    start = loaded.sampling if options.go_on else SAMPLING
    if isinstance(loaded.model, NoteModel) and loaded.model.recurrence is None and start.reprise.probability:
        raise UsageError("nothing comes back in what this run generates", "fit its recurrence first")
    cache = default_cache()
    corpus = find_corpus(options.data, events, cache=cache, seed=config["training"]["seed"])
    fitting_files = sorted(corpus.official.get("validation", ()))[::2]
    corpus = replace(corpus, official={**corpus.official, "validation": fitting_files})
    shards = events.shards_of(corpus, loaded.encoding, key_normalized=config["key_normalized"])
    held_out, encoding = shards["validation"], loaded.encoding
    performances = [note_sequence(held_out.sequence(index), encoding) for index in range(len(held_out))]
    start = replace(start, densest=round(densest(performances, encoding), 2))
    bias = "prompt_bias" if options.prompts else "time_bias"
    if options.prompts:
        prompted = list(continuations(held_out, options.seconds, encoding))
        generate = after_prompts(loaded, [continuation.prompt for continuation in prompted], seconds=options.seconds)
        notes, density_of = (
            [continuation.people for continuation in prompted],
            partial(density_within, seconds=options.seconds),
        )
        people = [as_piece(part, encoding) for part in notes if len(part.pitch)]
    else:
        generate = without_prompts(loaded, count=options.count, seconds=options.seconds)
        notes, density_of = performances, partial(density, encoding=encoding)
        people = random_stretches(held_out, PEOPLE, options.seconds, encoding)
    sampling = fit(generate, density_of, notes, sampling=start, bias=bias)
    if options.rounds:
        reference = random_stretches(shards["train"], PEOPLE, options.seconds, encoding)
        measure = SetDistance(reference, people) if not options.prompts else SetDistance(people, reference)
        sampling = fit_to_people(generate, measure, encoding, sampling=sampling, rounds=options.rounds, bias=bias)
    checkpoint.write_config(options.run, config | {"sampling": sampling_of(sampling)})
    print(f"sampling {sampling_of(sampling)}")


if __name__ == "__main__":
    main()
