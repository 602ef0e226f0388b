"""The task ``performance``: predict how a person plays the notes of a score."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from maestrokit.files import asap
from maestrokit.files.asap import AlignedPerformance
from maestrokit.files.score_pairs import is_to_align, read_pair
from maestrokit.files.walk import MIDI_SUFFIXES, has_suffix
from maestrokit.files.workers import each
from maestrokit.inference.performance_arrays import performance_arrays
from maestrokit.music.performance_codes import CONDITIONS, measured_conditions
from maestrokit.music.score_performance import parameters_of
from maestrokit.training.note_sequences import frequent
from maestrokit.training.performance_data import PerformanceData, PerformanceOptions, PerformedScore
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
    composers = frequent([one.composer for one in train], at_least=options.class_minimum)
    data = PerformanceData(train, validation, options, composers=composers, seed=corpus.seed)
    model = {"length": options.length, "encoding": "performance", "vocabulary": 1}
    means = {name: round(float(np.mean([one.measured[name] for one in train])), 3) for name in CONDITIONS}
    config = {"classes": {"composer": composers}, "meter": options.meter, "typical": means}
    counts = {part: len(files[part]) for part in PARTS}
    notes = [f"'{path}': {one.doubt}" for path, one in usable.items() if one.doubt]

    def inherit(given: Mapping[str, Any]) -> dict[str, Any]:
        data.composers = list(given.get("classes", {}).get("composer", composers))
        return {"classes": {"composer": data.composers}}

    return Prepared(data, model=model, config=config, counts=counts, inherit=inherit, notes=notes)


def performances(paths: Sequence[str]) -> list[str]:
    """Return the files that stand for performances: tables of ASAP, and MIDI that is to be aligned."""
    return [path for path in paths if has_suffix(path, (asap.SUFFIX,)) or is_to_align(path)]


def performed_score(path: str) -> PerformedScore:
    """Return a performance with its parameters, as :func:`aligned` has it."""
    performance, doubt = aligned(path)
    score, parameters = performance.score, parameters_of(performance.score, performance.rendition)
    measured = measured_conditions(score, parameters)
    return PerformedScore(performance_arrays(score, parameters), performance.composer, measured, doubt)


def aligned(path: str) -> tuple[AlignedPerformance, str]:
    """Return a performance, by its table or aligned with the score beside it, and a doubt that there is of it.

    Raises
    ------
    NoInputError
        If a file is not there.
    BadDataError
        If one is damaged, or there is no score.
    """
    if has_suffix(path, (asap.SUFFIX,)):
        return asap.read_aligned(path), ""
    pair = read_pair(path)
    count = len(pair.aligned.score.notes)
    is_doubtful = max(pair.missing, pair.extra) > MANY_UNMATCHED * count
    return pair.aligned, str(pair) if is_doubtful else ""
