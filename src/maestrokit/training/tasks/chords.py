"""The task ``chords``: tell root, bass and quality of the chords in a recording."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.analysis.chroma import SPECTRUM
from maestrokit.files.datasets.chord_labels import piece_of
from maestrokit.files.datasets.dcml import NOTES_SUFFIX
from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES
from maestrokit.files.workers import each
from maestrokit.training.data.chord_examples import (
    ChordExample,
    labelled_performance,
    of_copy,
    recorded_chords,
    rendered_chords,
)
from maestrokit.training.data.chords import ChordData, ChordOptions, duration_scores
from maestrokit.training.data.recordings import RenderSettings, piano_of, recordings_and_performances
from maestrokit.training.task import PARTS, Corpus, Prepared, result_or_error

SUFFIXES = (*SOUND_SUFFIXES, *MIDI_SUFFIXES, NOTES_SUFFIX)
BESIDE = (".lab", ".txt", ".tsv")
Options = ChordOptions
piece = piece_of


def prepare(corpus: Corpus, options: ChordOptions, *, family: str) -> Prepared:
    """Return the batches of a corpus of recordings with chords, and of performances with chords to be rendered."""
    rendering = RenderSettings(tuple(options.pianos.split(",")), options.render_seconds, corpus.seed)
    sounds, scores = recordings_and_performances(corpus.paths)
    record = partial(result_or_error, recorded_chords, cache=corpus.cache)
    recorded = corpus.usable(zip(sounds, each(record, sounds, jobs=corpus.jobs), strict=True))
    checked = each(partial(result_or_error, _checked), scores, jobs=corpus.jobs)
    playable = corpus.usable(zip(scores, checked, strict=True))
    parts = corpus.split({*recorded, *playable})

    def examples(part: str, renders: int) -> list[ChordExample]:
        chosen = [path for path in parts[part] if path in playable]
        return [recorded[path] for path in parts[part] if path in recorded] + _renders(
            [(path, copy) for copy in range(renders) for path in chosen], rendering, corpus
        )

    train = examples("train", options.renders)
    data = ChordData(train, examples("validation", 1), options, seed=corpus.seed)
    counts = {part: len(parts[part]) for part in PARTS}
    config = {
        "spectrum": SPECTRUM.described(),
        "qualities": list(QUALITY_NAMES),
        "duration_scores": duration_scores([example.labels for example in train]),
    }
    return Prepared(data, {"qualities": len(QUALITY_NAMES)}, config, counts)


def _renders(copies: Sequence[tuple[str, int]], rendering: RenderSettings, corpus: Corpus) -> list[ChordExample]:
    """Return rendered performances in the given order, though rendered one piano after another."""

    def piano(row: int) -> str:
        path, copy = copies[row]
        return piano_of(path, of_copy(rendering, copy))

    rows = sorted(range(len(copies)), key=lambda row: (piano(row), row))
    groups = [[copies[row] for row in group] for _, group in groupby(rows, key=piano)]
    work = partial(_rendered, rendering=rendering, cache=corpus.cache)
    results = [example for some in each(work, groups, jobs=corpus.jobs) for example in some]
    in_order = dict(zip(rows, results, strict=True))
    return [in_order[row] for row in range(len(copies))]


def _rendered(copies: Sequence[tuple[str, int]], *, rendering: RenderSettings, cache: Path) -> list[ChordExample]:
    return [rendered_chords(path, rendering, cache=cache, copy=copy) for path, copy in copies]


def _checked(path: str) -> str:
    """Return the name of a performance that has notes and chords; raises as :func:`labelled_performance`."""
    labelled_performance(path)
    return path
