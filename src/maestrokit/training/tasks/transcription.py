"""The task ``transcription``: to hear which keys were played, when and how hard, and how long they sound."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from joblib import delayed

from maestrokit.audio.note_spectrum import BINS, SETTINGS
from maestrokit.errors import MaestrokitError
from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES
from maestrokit.files.workers import workers
from maestrokit.training.note_data import Cutting, NoteData
from maestrokit.training.takes import Rendering, Take, is_sound, piano_of, piece_of, recorded_take, rendered_take
from maestrokit.training.task import Corpus, Prepared

SUFFIXES = (*SOUND_SUFFIXES, *MIDI_SUFFIXES)
piece = piece_of
TURNS = 6  # in which each process renders its share: one that a piano has made large is replaced after its turn


@dataclass(frozen=True)
class Options:
    """How recordings and performances become batches of spectra and notes."""

    batch: int = 3
    """Windows a batch."""
    length: int = 512
    """Frames of 10 ms in a window."""
    transpose: int = 4
    """Semitones by which a window is moved at most."""
    varied: bool = True
    """Whether windows are coloured, reverberated, and made noisy, anew each time."""
    renders: int = 200
    """So many performances without a recording are rendered at most."""
    render_seconds: float = 60.0
    """Length of the excerpt of each."""
    pianos: str = ""
    """What they are rendered with: folders of samples and soundfonts, commas between; empty is the shipped piano."""
    validation_seconds: float = 240.0
    """So many, spread over the takes to validate on, are looked at."""


def prepare(corpus: Corpus, options: Options, *, family: str) -> Prepared:
    """Return the batches of a corpus of recordings with notes, and of performances to be rendered."""
    rendering = Rendering(tuple(options.pianos.split(",")), options.render_seconds, corpus.seed)
    skipped: list[MaestrokitError] = []

    def takes(paths: Sequence[str], renders: int) -> list[Take]:
        sounds, performances = _sorted(paths, renders, corpus.seed)
        turns = _by_piano(performances, rendering, most=-(-len(performances) // (TURNS * max(1, corpus.jobs))))
        jobs: list[Callable[[], list[Take | MaestrokitError]]] = [
            *(delayed(_recorded)(path, cache=corpus.cache) for path in sounds),
            *(delayed(_rendered)([performances[row] for row in rows], rendering, cache=corpus.cache) for rows in turns),
        ]
        done = list(chain.from_iterable(workers(corpus.jobs)(jobs)))
        rendered = dict(zip(chain.from_iterable(turns), done[len(sounds) :], strict=True))
        made = [*done[: len(sounds)], *(rendered[row] for row in sorted(rendered))]
        skipped.extend(part for part in made if isinstance(part, MaestrokitError))
        return [part for part in made if isinstance(part, Take)]

    cutting = Cutting(
        batch=options.batch,
        frames=options.length,
        transpose=options.transpose,
        varied=options.varied,
        validation_seconds=options.validation_seconds,
        seed=corpus.seed,
    )
    data = NoteData(
        takes(corpus.train, options.renders), takes(corpus.validation, max(1, options.renders // 10)), cutting=cutting
    )
    return Prepared(data, model={"bins": BINS}, config={"spectrum": SETTINGS.described()}, skipped=skipped)


def _sorted(paths: Sequence[str], renders: int, seed: int) -> tuple[list[str], list[str]]:
    """Return the recordings, and some of the performances that have none."""
    sounds = [path for path in paths if is_sound(path)]
    recorded = {path.rpartition(".")[0] for path in sounds}
    silent = sorted(path for path in paths if not is_sound(path) and path.rpartition(".")[0] not in recorded)
    chosen = np.random.default_rng(seed).permutation(len(silent))[:renders]
    return sounds, [silent[row] for row in sorted(chosen)]


def _by_piano(performances: Sequence[str], rendering: Rendering, *, most: int) -> list[list[int]]:
    """Return the rows of performances in turns of one piano each: what is read and made of it serves them all."""
    rows: dict[str, list[int]] = {}
    for row, path in enumerate(performances):
        rows.setdefault(str(_tried(piano_of, path, rendering)), []).append(row)
    return [some[first : first + most] for _, some in sorted(rows.items()) for first in range(0, len(some), most)]


def _recorded(path: str, *, cache: Path) -> list[Take | MaestrokitError]:
    return [_tried(recorded_take, path, cache=cache)]


def _rendered(performances: Sequence[str], rendering: Rendering, *, cache: Path) -> list[Take | MaestrokitError]:
    return [_tried(rendered_take, path, rendering, cache=cache) for path in performances]


def _tried(make, *values, **named) -> Any:  # type: ignore[no-untyped-def]
    try:
        return make(*values, **named)
    except MaestrokitError as error:
        return error
