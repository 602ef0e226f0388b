"""The task ``performance``: predict how a person plays the notes of a score."""

from functools import partial

from maestrokit.files import asap
from maestrokit.files.workers import each
from maestrokit.inference.performance_arrays import performance_arrays
from maestrokit.music.performance_codes import measured_conditions
from maestrokit.music.score_performance import parameters_of
from maestrokit.training.note_sequences import frequent
from maestrokit.training.performance_data import PerformanceData, PerformanceOptions, PerformedScore
from maestrokit.training.task import PARTS, Corpus, Prepared, result_or_error

SUFFIXES = (asap.SUFFIX,)
BESIDE = (".mid", ".txt", ".csv", ".md", ".json", ".xml", ".musicxml", ".tsv")
Options = PerformanceOptions
piece = asap.piece_of


def prepare(corpus: Corpus, options: PerformanceOptions, *, family: str) -> Prepared:
    """Return the batches of a corpus of aligned performances."""
    read = each(partial(result_or_error, performed_score), corpus.paths, jobs=corpus.jobs)
    usable = corpus.usable(zip(corpus.paths, read, strict=True))
    files = corpus.split(usable)
    train, validation = ([usable[path] for path in files[part]] for part in PARTS)
    composers = frequent([one.composer for one in train], at_least=options.class_minimum)
    data = PerformanceData(train, validation, options, composers=composers, seed=corpus.seed)
    model = {"length": options.length, "encoding": "performance", "vocabulary": 1}
    config = {"classes": {"composer": composers}, "meter": options.meter}
    counts = {part: len(files[part]) for part in PARTS}
    return Prepared(data, model=model, config=config, counts=counts)


def performed_score(path: str) -> PerformedScore:
    """Return an aligned performance with its parameters; raises as :func:`maestrokit.files.asap.read_aligned`."""
    aligned = asap.read_aligned(path)
    score, parameters = aligned.score, parameters_of(aligned.score, aligned.rendition)
    measured = measured_conditions(score, parameters)
    return PerformedScore(performance_arrays(score, parameters), aligned.composer, measured)
