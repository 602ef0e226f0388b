"""The task ``performance``: predict how a person plays the notes of a score."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from maestrokit.files.datasets import asap
from maestrokit.files.datasets.asap import AlignedPerformance
from maestrokit.files.datasets.score_pairs import PairCounts, is_to_align, read_pair
from maestrokit.files.walk import MIDI_SUFFIXES, has_suffix
from maestrokit.files.workers import each
from maestrokit.inference.scores.arrays import performance_arrays
from maestrokit.music.scores.performance_codes import CONDITIONS, measured_conditions
from maestrokit.music.scores.performance_parameters import parameters_of
from maestrokit.training.data.notes import frequent
from maestrokit.training.data.performance import PerformanceData, PerformanceOptions, PerformedScore
from maestrokit.training.task import PARTS, Corpus, Prepared, result_or_error

SUFFIXES = (asap.SUFFIX, *MIDI_SUFFIXES)
BESIDE = (".tsv", ".txt", ".csv", ".md", ".json", ".xml", ".musicxml", ".mxl")
Options = PerformanceOptions
piece = asap.piece_of
MANY_UNMATCHED = 0.1  # share of notes without a partner, from which on a performance is named


def prepare(corpus: Corpus, options: PerformanceOptions, *, family: str) -> Prepared:
    """Return the batches of a corpus of aligned performances."""
    corpus = replace(corpus, loose=performances(corpus.loose))
    read = each(partial(result_or_error, performed_score), corpus.paths, jobs=corpus.jobs)
    usable = corpus.usable(zip(corpus.paths, read, strict=True))
    files = corpus.split(usable)
    train, validation = ([usable[path] for path in files[part]] for part in PARTS)
    composers = frequent([performance.composer for performance in train], at_least=options.class_minimum)
    data = PerformanceData(train, validation, options, composers=composers, seed=corpus.seed)
    model = {"length": options.length, "encoding": "performance", "vocabulary": 1}
    means = {
        name: round(float(np.mean([performance.measured[name] for performance in train])), 3) for name in CONDITIONS
    }
    names = corpus.piece_names
    pieces = {part: sorted({names[path] for path in files[part] if path in names}) for part in PARTS}
    config = {"classes": {"composer": composers}, "meter": options.meter, "typical": means, "pieces": pieces}
    counts = {part: len(files[part]) for part in PARTS}

    def inherit(config: Mapping[str, Any]) -> dict[str, Any]:
        data.composers = list(config.get("classes", {}).get("composer", composers))
        return {"classes": {"composer": data.composers}}

    return Prepared(data, model=model, config=config, counts=counts, inherit=inherit, notes=report_of_alignment(usable))


def performances(paths: Sequence[str]) -> list[str]:
    """Return the files that stand for performances: tables of ASAP, and MIDI that is to be aligned."""
    return [path for path in paths if has_suffix(path, (asap.SUFFIX,)) or is_to_align(path)]


def performed_score(path: str) -> PerformedScore:
    """Return a performance with its parameters, as :func:`aligned` has it."""
    performance, counts = aligned(path)
    score, parameters = performance.score, parameters_of(performance.score, performance.rendition)
    measured = measured_conditions(score, parameters)
    return PerformedScore(performance_arrays(score, parameters), performance.composer, measured, counts)


def aligned(path: str) -> tuple[AlignedPerformance, PairCounts | None]:
    """Return a performance, by its table, or aligned with the score beside it, and then how many notes are matched.

    Raises
    ------
    NoInputError
        If a file is not there.
    BadDataError
        If one is damaged, or there is no score.
    """
    if has_suffix(path, (asap.SUFFIX,)):
        return asap.read_aligned(path), None
    return read_pair(path)


def report_of_alignment(performances: Mapping[str, PerformedScore]) -> list[str]:
    """Return sentences on performances of which many notes have no partner, and on all that were aligned together."""
    aligned_ones = {
        path: performance.counts for path, performance in performances.items() if performance.counts is not None
    }
    if not aligned_ones:
        return []
    doubtful = {
        path: counts
        for path, counts in aligned_ones.items()
        if max(counts.missing, counts.extra) > MANY_UNMATCHED * counts.matched
    }
    total = PairCounts(*np.sum(list(aligned_ones.values()), axis=0).tolist())
    return [
        *(f"'{path}': {counts}" for path, counts in doubtful.items()),
        f"{len(aligned_ones)} performances were aligned: {total}",
    ]
