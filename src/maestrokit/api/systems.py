"""Scores of several sets of performances beside one another."""

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maestrokit.api.inputs import Performances, checked_seed, each_of, identity, names, performance_of
from maestrokit.arrays import Floats
from maestrokit.bounds import DAY, LARGEST_COUNT, Within, check
from maestrokit.errors import UsageError
from maestrokit.inference.embedding import embeddings
from maestrokit.metrics import comparable, score_sets, score_systems
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import piece_of
from maestrokit.metrics.score_systems import CEILING, FLOOR, Comparison, System, SystemScores
from maestrokit.music.performance import Performance


class _Source(NamedTuple):
    """A performance, its name, and what tells whether another one is the same."""

    performance: Performance
    name: str
    identity: str | int


class _Sets(NamedTuple):
    """What is compared, and how long a stretch of each piece."""

    systems: dict[str, list[_Source]]
    corpus: list[_Source]
    seconds: float


def evaluate_systems(
    systems: Mapping[str, Performances],
    reference: Performances,
    *,
    metrics: str | Sequence[str] | None = None,
    training: Performances | None = None,
    pieces: int | None = None,
    seconds: float | None = None,
    extends_by_pedal: bool = True,
    seed: int = 0,
) -> tuple[dict[str, SystemScores], list[Comparison]]:
    """Return the scores of several systems beside one another, and the comparisons of each with each.

    Of each as many pieces are scored, of each a stretch of one length, the pedal applied to all or to none. Two systems
    are added: ``ceiling``, other pieces of the reference, and ``floor``, these shuffled in time with pitches by chance.

    Parameters
    ----------
    systems : mapping of str to Performance, str, Path, or iterable of these
        The performances of each system, as values or as MIDI files. Files of one name in two systems are a pair.
    reference : Performance, str, Path, or iterable of these
        The corpus. What is scored is left out of it.
    metrics : str or sequence of str, optional
        Names of metrics. Default is all but ``frechet_lstm``, which takes a network.
    training : Performance, str, Path, or iterable of these, optional
        What models were trained on, in which the pieces are searched for copied notes. Default is none.
    pieces : int >= 3, optional
        How many of each system are scored. Default is what every one has, at most half of the reference.
    seconds : float > 0, in seconds, optional
        Length of a stretch. Default is what nine of ten pieces of every system have, at most 60 s.
    extends_by_pedal : bool
        Whether notes last as long as the sustain pedal holds them.
    seed : int >= 0
        Seed of all that is by chance.

    Returns
    -------
    dict of str to SystemScores
        The scores of each system, ceiling and floor included.
    list of Comparison
        Each metric of a system against that of another one, or of the ceiling.

    Raises
    ------
    UsageError
        If a number is out of its bounds, pieces are too few, a metric is unknown, or a name is ceiling or floor.
    """
    if taken := sorted({CEILING, FLOOR} & {*systems}):
        raise UsageError(f"'{taken[0]}' is added, and no name of a system", "name it otherwise", parameter="systems")
    check("pieces", pieces, Within(score_sets.FEWEST, LARGEST_COUNT, whole=True))
    check("seconds", seconds, Within(0, DAY, above=True))
    generator = np.random.default_rng(checked_seed(seed))
    chosen = score_sets.metrics(names(metrics), corpora=["reference"] + ["training"] * (training is not None))
    sets = _select(systems, reference, pieces, seconds, generator)
    work = partial(_system, seconds=sets.seconds, extends_by_pedal=extends_by_pedal, seed=seed, chosen=chosen)
    learned = {source.identity: source.performance for source in _sources(training or [])}
    scored = {name: work(sources, learned if name == CEILING else {})[0] for name, sources in sets.systems.items()}
    others, pitches = work(sets.corpus)
    scored[FLOOR] = work(sets.systems[CEILING], histogram=pitches)[0]
    copied = _summaries_of_training(learned.values(), chosen)
    return score_systems.score(scored, others.summaries, chosen, generator=generator, training=copied)


def _summaries_of_training(learned: Iterable[Performance], chosen: Mapping[str, Metric]) -> list[score_sets.Summary]:
    copied = {name: metric for name, metric in chosen.items() if metric.needs == "training"}
    return [score_sets.summarize(piece_of(performance), copied) for performance in learned]


def _sources(performances: Performances, system: str = "") -> list[_Source]:
    """Return performances with their names: those of files, or numbers in their system, which make no pairs."""
    return [
        _Source(
            performance_of(performance),
            f"{system} {number}".lstrip() if isinstance(performance, Performance) else Path(performance).name,
            identity(performance),
        )
        for number, performance in enumerate(each_of(performances), 1)
    ]


def _select(
    systems: Mapping[str, Performances],
    reference: Performances,
    pieces: int | None,
    seconds: float | None,
    generator: np.random.Generator,
) -> _Sets:
    """Return what is compared, the ceiling among the systems."""
    named = {name: _sources(system, name) for name, system in systems.items()}
    own = {source.identity for sources in named.values() for source in sources}
    corpus = [source for source in _sources(reference) if source.identity not in own]
    lengths = {name: [_seconds(source) for source in sources] for name, sources in named.items()}
    rows = comparable.select(
        lengths, [_seconds(source) for source in corpus], pieces=pieces, seconds=seconds, generator=generator
    )
    chosen = {name: [named[name][row] for row in part] for name, part in rows.systems.items()}
    ceiling, others = ([corpus[row] for row in part] for part in (rows.ceiling, rows.corpus))
    return _Sets({**chosen, CEILING: ceiling}, others, rows.seconds)


def _seconds(source: _Source) -> float:
    return comparable.onset_seconds(piece_of(source.performance))


def _system(
    sources: Sequence[_Source],
    learned: Collection[int | str] = (),
    *,
    seconds: float,
    extends_by_pedal: bool,
    seed: int,
    chosen: Mapping[str, Metric],
    histogram: Floats | None = None,
) -> tuple[System, Floats]:
    """Return the summaries of stretches, as noise if pitches are given, and how often each pitch is struck.

    learned : collection of identities
        Of pieces of the training corpus, which are not searched in it.
    """
    summaries, pitches = [], np.zeros(128)
    for source in sources:
        generator = np.random.default_rng([seed, zlib.crc32(source.name.encode("utf-8", "surrogateescape"))])
        piece = piece_of(source.performance)
        part = comparable.stretch(piece, seconds, extends_by_pedal=extends_by_pedal, generator=generator)
        if histogram is not None:
            part = comparable.without_music(part, histogram, generator=generator)
        pitches += np.bincount(part.pitch, minlength=128)
        summary = score_sets.summarize(part, chosen) | embeddings(part, chosen, origin=source.performance)
        summaries.append(score_sets.without_copies(summary, chosen) if source.identity in learned else summary)
    titles = [source.name for source in sources]
    return System(titles, titles, summaries), pitches
