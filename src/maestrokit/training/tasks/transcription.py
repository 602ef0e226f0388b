"""The task ``transcription``: predict onset, offset and velocity of the notes in a recording, and the pedal."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from maestrokit.audio.spectra.transcription_input import BINS, SETTINGS
from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES, walk
from maestrokit.files.workers import each
from maestrokit.training.data.recordings import (
    RenderSettings,
    TrainingExample,
    check_performance,
    piano_of,
    piece_of,
    recorded_example,
    recordings_and_performances,
    rendered_example,
)
from maestrokit.training.data.transcription import TranscriptionData, TranscriptionOptions
from maestrokit.training.task import PARTS, Corpus, Prepared, result_or_error

SUFFIXES = (*SOUND_SUFFIXES, *MIDI_SUFFIXES)
Options = TranscriptionOptions
piece = piece_of
GROUPS = 6  # per process: a process that has grown by a large piano is replaced after each


def prepare(corpus: Corpus, options: TranscriptionOptions, *, family: str) -> Prepared:
    """Return the batches of a corpus of recordings with notes, and of performances to be rendered."""
    pianos, rooms = tuple(options.pianos.split(",")), _sounds_in(options.rooms)
    rendering = RenderSettings(pianos, options.render_seconds, corpus.seed, rooms)
    sounds, performances = recordings_and_performances(corpus.paths)
    record = partial(
        result_or_error, recorded_example, cache=corpus.cache, table_knows_ends=options.table_offsets == "sound"
    )
    recorded = corpus.usable(zip(sounds, each(record, sounds, jobs=corpus.jobs), strict=True))
    checked = each(partial(result_or_error, _checked), performances, jobs=corpus.jobs)
    playable = corpus.usable(zip(performances, checked, strict=True))
    parts = corpus.split({*recorded, *playable})

    def examples(part: str, renders: int) -> tuple[list[TrainingExample], list[str]]:
        sounds = [path for path in parts[part] if path in recorded]
        chosen = _some([path for path in parts[part] if path in playable], renders, corpus.seed)
        return [recorded[path] for path in sounds] + _renders(chosen, rendering, corpus), sounds + chosen

    train, paths = examples("train", options.renders)
    validation, _ = examples("validation", max(1, options.renders // 10))
    folders = [frozenset(Path(path).parts[:-1]) for path in paths]
    data = TranscriptionData(train, validation, options, folders=folders, seed=corpus.seed)
    counts = {part: len(parts[part]) for part in PARTS}
    return Prepared(data, model={"bins": BINS}, config={"spectrum": SETTINGS.described()}, counts=counts)


def _sounds_in(names: str) -> tuple[str, ...]:
    """Return the recordings that names mean, files and folders separated by commas; NoInputError if one means none."""
    if not names:
        return ()
    inputs = walk(names.split(","), suffixes=SOUND_SUFFIXES)
    for error in inputs.missing:
        raise error
    return tuple(source.path for source in inputs.sources)


def _some(performances: Sequence[str], count: int, seed: int) -> list[str]:
    """Return a random sample of performances, sorted by name."""
    ordered = sorted(performances)
    return [ordered[row] for row in sorted(np.random.default_rng(seed).permutation(len(ordered))[:count])]


def _renders(performances: Sequence[str], rendering: RenderSettings, corpus: Corpus) -> list[TrainingExample]:
    """Return rendered performances in the given order, though rendered one piano after another."""
    groups = _by_piano(performances, rendering, most=-(-len(performances) // (GROUPS * max(1, corpus.jobs))))
    work = partial(_rendered, rendering=rendering, cache=corpus.cache)
    results = each(work, [[performances[row] for row in rows] for rows in groups], jobs=corpus.jobs)
    rendered = dict(zip(chain.from_iterable(groups), chain.from_iterable(results), strict=True))
    return [rendered[row] for row in sorted(rendered)]


def _by_piano(performances: Sequence[str], rendering: RenderSettings, *, most: int) -> list[list[int]]:
    """Return the rows of performances in groups that share a piano, which is then read only once."""
    rows: dict[str, list[int]] = {}
    for row, path in enumerate(performances):
        rows.setdefault(piano_of(path, rendering), []).append(row)
    return [some[first : first + most] for _, some in sorted(rows.items()) for first in range(0, len(some), most)]


def _rendered(performances: Sequence[str], *, rendering: RenderSettings, cache: Path) -> list[TrainingExample]:
    return [rendered_example(path, rendering, cache=cache) for path in performances]


def _checked(path: str) -> str:
    """Return the name of a performance that can be rendered; raises as :func:`check_performance`."""
    check_performance(path)
    return path
