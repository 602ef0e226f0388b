"""Training examples of chords: spectra of recordings together with the chords in them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.chords.labels import ChordLabels
from maestrokit.analysis.chords.spectrum import packed_levels, reference_level
from maestrokit.analysis.chroma import SAMPLE_RATE, SPECTRUM
from maestrokit.audio.spectra.frames import Samples, analyse
from maestrokit.errors import BadDataError
from maestrokit.files.cache.spectra import StoredArray, digest, kept_array
from maestrokit.files.datasets.chord_labels import chords_beside, read_music
from maestrokit.files.pianos.find import default_piano, read_piano
from maestrokit.files.sound.read import read_sound
from maestrokit.music.note_arrays import timed_notes
from maestrokit.music.performance import Performance
from maestrokit.synth.render import render
from maestrokit.synth.timbre import sample_timbre
from maestrokit.training.data.recordings import CONTRAST, RENDER_GAIN, RenderSettings, contrasted, sample_piano

LAYOUT = 1  # raise when the meaning of what is stored changes
SEEDS_A_COPY = 1_000_003  # from the seed of one rendering of a performance to that of the next


@dataclass(frozen=True, eq=False)
class ChordExample:
    """The spectrum and the chords of a recording."""

    levels: StoredArray
    """Shape (frames, bins), packed."""
    labels: ChordLabels
    reference: float
    """dB."""


def recorded_chords(path: str, *, cache: Path) -> ChordExample:
    """Return a recording and the chords beside it; raises as :func:`chords_beside`."""
    labels = chords_beside(path)

    def levels() -> NDArray[np.uint8]:
        return _levels(read_sound(path, sample_rate=SAMPLE_RATE).samples)

    stored = kept_array(_described(digest(path)), levels, cache=cache)
    _check_overlap(path, labels, len(stored) / SPECTRUM.frames_per_second)
    return ChordExample(stored, labels, reference_level(stored[:]))


def rendered_chords(path: str, rendering: RenderSettings, *, cache: Path, copy: int = 0) -> ChordExample:
    """Return an excerpt of a performance, rendered by a random piano in a random timbre, and its chords.

    Piano, timbre, contrast and excerpt depend only on the seed, the number of the copy and the content of the file.
    """
    performance, labels, end_of_notes = labelled_performance(path)
    content, piano, generator = sample_piano(path, of_copy(rendering, copy))
    first, last = float(labels.start[0]), min(float(labels.end[-1]), end_of_notes)
    start = float(generator.uniform(first, max(first, last - rendering.seconds)))
    end = min(last, start + rendering.seconds)

    def levels() -> NDArray[np.uint8]:
        music, timbre = contrasted(performance, generator), sample_timbre(generator)
        gain, instrument = float(generator.uniform(*RENDER_GAIN)), read_piano(piano) if piano else default_piano()
        return _levels(
            render(music, instrument, timbre=timbre, gain=gain, sample_rate=SAMPLE_RATE, start=start, end=end)
        )

    described = _described(f"{content} {Path(piano).name} {start:.6f} {end:.6f} {CONTRAST}")
    moved = labels.replace(start=labels.start - start, end=labels.end - start)
    stored = kept_array(described, levels, cache=cache)
    return ChordExample(stored, moved, reference_level(stored[:]))


def of_copy(rendering: RenderSettings, copy: int) -> RenderSettings:
    """Return the settings of one of several renderings of each performance."""
    return replace(rendering, seed=rendering.seed + SEEDS_A_COPY * copy)


def labelled_performance(path: str) -> tuple[Performance, ChordLabels, float]:
    """Return a performance, the chords beside it, and when its last note ends, in seconds.

    BadDataError says that it has no notes, or that its chords begin after them.
    """
    performance = read_music(path)
    try:
        notes = timed_notes(performance, pedal_extends=True)
    except BadDataError as error:
        raise BadDataError(f"cannot learn from '{path}': {error.fact}", error.hint, path=path) from None
    if not len(notes.onset):
        raise BadDataError(f"cannot learn from '{path}': it has no notes", path=path)
    labels, end = chords_beside(path, performance), float(notes.offset.max())
    _check_overlap(path, labels, end)
    return performance, labels, end


def _check_overlap(path: str, labels: ChordLabels, length: float) -> None:
    if labels.start[0] >= length:
        raise BadDataError(f"cannot learn from '{path}': its chords begin after its end, {length:.1f} s", path=path)


def _levels(samples: Samples) -> NDArray[np.uint8]:
    return packed_levels(analyse(samples, SPECTRUM.analysis()))


def _described(content: str) -> list[object]:
    return [SPECTRUM.described(), "chords", LAYOUT, content]
