"""What networks that classify learn from: the notes of performances, or the spectra of recordings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.class_spectrum import SAMPLE_RATE, SPECTRUM, mel_spectrum, packed_mel
from maestrokit.analysis.classes import MEL_INPUT, READS, ROLL_INPUT, ClassSource
from maestrokit.errors import BadDataError, MaestrokitError, NoInputError
from maestrokit.files.cache.spectra import digest, kept_array
from maestrokit.files.midi import read_midi
from maestrokit.files.sound.read import open_sound
from maestrokit.files.workers import each
from maestrokit.music.note_arrays import TimedNotes, timed_notes
from maestrokit.training.data.recordings import is_sound
from maestrokit.training.task import PARTS, Corpus

Read = Callable[[str], ClassSource | MaestrokitError]
LAYOUT = 1  # raise when the meaning of what is stored changes


def of_one_input(corpus: Corpus, input: str = "") -> tuple[Corpus, str]:
    """Return a corpus of the recordings alone, or of the performances alone, and which of the two inputs they are.

    Parameters
    ----------
    corpus : Corpus
        Of recordings, performances or both.
    input : {'', 'rolls', 'mel'}
        Which of them. By default it is decided by the files: a performance of which there is a recording of the same
        name in the same folder does not count. BadDataError says that both are left.
    """
    sounds = [path for path in corpus.paths if is_sound(path)]
    recorded = {_bare(path) for path in sounds}
    unrecorded = [path for path in corpus.paths if not is_sound(path) and _bare(path) not in recorded]
    if not input and sounds and unrecorded:
        counts = f"recordings ({len(sounds)}) and performances without one ({len(unrecorded)})"
        hint = f"choose by `input`: {MEL_INPUT} for the recordings, {ROLL_INPUT} for the performances"
        raise BadDataError(f"the data hold {counts}, and a network reads only one of the two", hint)
    input = input or (MEL_INPUT if sounds else ROLL_INPUT)

    def chosen(paths: Sequence[str]) -> list[str]:
        return [path for path in paths if is_sound(path) == (input == MEL_INPUT)]

    official = {part: chosen(corpus.official.get(part, ())) for part in PARTS}
    narrowed = replace(corpus, official=official, loose=chosen(corpus.loose))
    if not narrowed.paths:
        raise NoInputError(f"no {READS[input]} to learn from", f"`input` is {input}")
    return narrowed, input


def read_sources(
    paths: Sequence[str], *, input: str, cache: Path, jobs: int = 1
) -> Iterator[tuple[str, ClassSource | MaestrokitError]]:
    """Yield performances or recordings, or the errors of files that have nothing to learn from."""
    read: Read = partial(read_recording, cache=cache) if input == MEL_INPUT else read_notes
    yield from zip(paths, each(read, paths, jobs=jobs), strict=True)


def read_notes(path: str) -> TimedNotes | MaestrokitError:
    """Return the notes of a performance as long as they sound, or the error of a file that has none."""
    try:
        notes = timed_notes(read_midi(path), pedal_extends=True)
    except (BadDataError, NoInputError) as error:
        return error
    if not len(notes.onset):
        return BadDataError(f"cannot learn from '{path}': it has no notes", path=path)
    return notes


def read_recording(path: str, *, cache: Path) -> ClassSource | MaestrokitError:
    """Return the spectrum of a recording, which stays in the cache, or the error of a file without sound."""

    def packed() -> NDArray[np.uint8]:
        with open_sound(path) as stream:
            return packed_mel(stream.blocks(sample_rate=SAMPLE_RATE))

    try:
        stored = kept_array([SPECTRUM.described(), "classes", LAYOUT, digest(path)], packed, cache=cache)
    except (BadDataError, NoInputError) as error:
        return error
    spectrum = mel_spectrum(stored[:])
    if not spectrum.period:
        return BadDataError(f"cannot learn from '{path}': it is silent", path=path)
    return replace(spectrum, levels=stored)


def _bare(path: str) -> str:
    return path.rpartition(".")[0]
