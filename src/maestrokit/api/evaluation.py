"""Scores of performances, and of models of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maestrokit.api.inputs import Performances, checked_seed, each_of, identity, is_single, names, performances_of
from maestrokit.errors import UsageError
from maestrokit.inference.embedding import embeddings
from maestrokit.inference.perplexity import Surprisal, surprisals
from maestrokit.inference.sequence_model import SequenceModel, load_event_model
from maestrokit.metrics import score_sets
from maestrokit.metrics.contract import Metric, Row
from maestrokit.metrics.piece import piece_of
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, compare, mean_rows
from maestrokit.music.encodings.events import encode
from maestrokit.music.performance import Performance
from maestrokit.music.sustain import pedal_intervals


def evaluate(
    performances: Performances,
    reference: Performances | None = None,
    *,
    pairs: bool | None = None,
    metrics: str | Sequence[str] | None = None,
    training: Performances | None = None,
    tolerance: Tolerance | None = None,
    seed: int = 0,
) -> list[Row]:
    """Return the scores of performances: a set against a corpus, or estimates against references.

    A set of generated performances is scored by metrics such as pitch-class entropy and grooving, each also as the
    overlapped area of its distribution with that of the corpus. An estimate, such as a transcription, is scored note by
    note against its reference: onsets, offsets, velocities, frames and pedal.

    Parameters
    ----------
    performances : Performance, str, Path, or iterable of these
        What to score, as values or as MIDI files.
    reference : Performance, str, Path, or iterable of these, optional
        The corpus; or the references, in the same order. Without, only metrics that need no corpus are given.
    pairs : bool, optional
        Whether each performance is compared with its own reference. Default: if both are single performances.
    metrics : str or sequence of str, optional
        Names of the metrics of sets. Default is all but ``frechet_lstm``, which takes a network.
    training : Performance, str, Path, or iterable of these, optional
        What a model was trained on, searched for copied notes, but not for the pieces of the reference among it.
    tolerance : Tolerance, optional
        How far notes of a pair may differ. Default is that of mir_eval: onsets within 50 ms.
    seed : int >= 0
        Seed of the bootstrap intervals.

    Returns
    -------
    list of Row
        One for each metric: the mean over performances, with its 95 % interval.

    Raises
    ------
    UsageError
        If there is nothing to score or no such metric, or pairs do not match.
    NoInputError, BadDataError
        If a file cannot be opened, or is damaged.

    References
    ----------
    Raffel et al., mir_eval: a transparent implementation of common MIR metrics, ISMIR 2014.
    Yang and Lerch, On the evaluation of generative models in music, Neural Computing and Applications 32 (2020).
    """
    estimates = performances_of(performances)
    if not estimates:
        raise UsageError("no performances to score", "give at least one", parameter="performances")
    known, learned = ([] if corpus is None else each_of(corpus) for corpus in (reference, training))
    pairs = pairs if pairs is not None else (reference is not None and is_single(performances) and is_single(reference))
    generator = np.random.default_rng(checked_seed(seed))
    if pairs and (metrics is not None or training is not None):
        raise UsageError("metrics and training are those of sets, and these are pairs", "leave them out")
    if pairs:
        return _mean_of_pairs(estimates, performances_of(known), tolerance or Tolerance(), generator)
    return _scores_of_set(estimates, known, learned, names(metrics), generator)


def _mean_of_pairs(
    estimates: list[Performance], references: list[Performance], tolerance: Tolerance, generator: np.random.Generator
) -> list[Row]:
    """Return the mean scores of estimates, each against its reference."""
    if len(estimates) != len(references):
        raise UsageError(f"{len(estimates)} performances and {len(references)} references are not pairs")
    sides = (
        [NotesAndPedal(piece_of(performance), pedal_intervals(performance)) for performance in side]
        for side in (estimates, references)
    )
    scores = [compare(*pair, tolerances=[tolerance]) for pair in zip(*sides, strict=True)]
    return mean_rows(scores, generator=generator)


def evaluate_model(
    model: str | SequenceModel, performances: Performances, *, stride: int | None = None
) -> list[Surprisal]:
    """Return how well a sequence model predicts performances.

    Parameters
    ----------
    model : str or SequenceModel
        Name of a shipped model, path of a run folder, or a model from :func:`load_event_model`.
    performances : Performance, str, Path, or iterable of these
        The performances, as values or as MIDI files.
    stride : int > 0, in tokens, optional
        Distance of the windows in which long performances are scored; a smaller one gives more context and takes
        longer. Default is half the model's length.

    Returns
    -------
    list of Surprisal
        For each performance its negative log-likelihood, as sums and per token, note and second.

    Raises
    ------
    NoInputError
        If there is no such model, or a file cannot be opened.
    BadDataError
        If a model or file is damaged.
    UsageError
        If `stride` is longer than the model's length.
    """
    network, encoding, _ = load_event_model(model) if isinstance(model, str) else model
    sequences = [encode(performance, encoding) for performance in performances_of(performances)]
    return list(surprisals(network, sequences, encoding, stride=stride))


def _scores_of_set(
    generated: list[Performance],
    known: Sequence[Performance | str | Path],
    learned: Sequence[Performance | str | Path],
    metrics: list[str] | None,
    generator: np.random.Generator,
) -> list[Row]:
    """Return the scores of a set; pieces of the reference that are in the training corpus are not searched in it."""
    references, sources = performances_of(known), performances_of(learned)
    trained_on = {identity(source) for source in learned}
    corpora = {name for name, corpus in (("reference", references), ("training", sources)) if corpus}
    selected = score_sets.metrics(metrics, corpora=corpora)
    copied = {name: metric for name, metric in selected.items() if metric.needs == "training"}
    ours, reference, training = (
        [_summary(performance, metrics) for performance in side]
        for side, metrics in ((generated, selected), (references, selected), (sources, copied))
    )
    reference = [
        score_sets.without_copies(summary, selected) if identity(source) in trained_on else summary
        for summary, source in zip(reference, known, strict=True)
    ]
    return score_sets.score(ours, reference, selected, generator=generator, training=training)[1]


def _summary(performance: Performance, metrics: Mapping[str, Metric]) -> dict[str, Any]:
    piece = piece_of(performance)
    return score_sets.summarize(piece, metrics) | embeddings(piece, metrics, origin=performance)
