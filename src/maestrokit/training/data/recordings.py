"""Training examples: spectra of recordings together with their notes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.audio.effects.room import in_measured_room
from maestrokit.audio.spectra.transcription_input import SETTINGS
from maestrokit.errors import BadDataError, NoInputError
from maestrokit.files.cache.spectra import StoredArray, digest, kept_levels, recorded_levels
from maestrokit.files.midi import read_midi
from maestrokit.files.note_tables import read_notes
from maestrokit.files.pianos.find import default_piano, read_piano
from maestrokit.files.sound.read import read_sound
from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES, TABLE_SUFFIX, has_suffix
from maestrokit.music.note_arrays import TimedNotes, timed_notes
from maestrokit.music.performance import SUSTAIN, Performance
from maestrokit.music.sustain import pedal_intervals
from maestrokit.synth.piano import Waveform
from maestrokit.synth.render import render
from maestrokit.synth.timbre import sample_timbre

NOTE_SUFFIXES = (TABLE_SUFFIX, *MIDI_SUFFIXES)
RENDER_GAIN = (-12.0, 3.0)  # dB
Result = TypeVar("Result")
_sounding = partial(timed_notes, pedal_extends=True)
MEASURED = 0.5  # share of the renders that are in measured rooms, if there are any
DRY = 0.2  # share of the renders that are played without pedal, which pianists of MAESTRO seldom do
CONTRAST = (0.8, 2.2)  # exponents of velocities: pianists of MAESTRO seldom play as softly as others


@dataclass(frozen=True, eq=False)
class TrainingExample:
    """The spectrum and the notes of a recording."""

    levels: StoredArray
    """Shape (frames, bins), in dB."""
    notes: TimedNotes
    """Offsets are where the sound ends, extended by the pedal."""
    pedal: Floats | None = None
    """When the sustain pedal is down, in seconds, shape (intervals, 2); None if unknown."""
    knows_ends: bool = True
    """Whether offsets are where the sound ends. Else they are releases of keys, and the pedal may hold it longer."""


@dataclass(frozen=True)
class RenderSettings:
    """How MIDI without a recording becomes sound."""

    pianos: Sequence[str] = ("",)
    """Folders of samples or soundfonts; empty names the shipped piano."""
    seconds: float = 60.0
    """Length of the excerpt of each performance."""
    seed: int = 0
    rooms: Sequence[str] = ()
    """Recordings of impulse responses: a share of the performances is in one of these rooms, the others in artificial
    ones."""


def recorded_example(path: str, *, cache: Path, table_knows_ends: bool = True) -> TrainingExample:
    """Return a recording and the notes in the file of its name: a table of notes (``.tsv``) or MIDI.

    Where there are both, the notes are those of the table, and the pedal is that of the MIDI file. NoInputError says
    that there is no such file of notes.
    """
    note_files = [beside for suffix in NOTE_SUFFIXES if (beside := Path(path).with_suffix(suffix)).exists()]
    if note_files:
        pedal = None if note_files[-1].suffix == TABLE_SUFFIX else _of_music(note_files[-1], pedal_intervals)
        knows_ends = table_knows_ends or note_files[0].suffix != TABLE_SUFFIX
        return TrainingExample(recorded_levels(path, cache=cache), _notes(note_files[0]), pedal, knows_ends)
    raise NoInputError(f"no notes for '{path}'", "put a file of its name with .tsv, .mid or .midi beside it")


def rendered_example(path: str, rendering: RenderSettings, *, cache: Path) -> TrainingExample:
    """Return an excerpt of a performance, some without pedal, by a random piano in a random timbre, room and contrast.

    Piano, timbre, room, contrast, pedal and excerpt depend only on the seed and the content of the file; raises as
    :func:`check_performance`.
    """
    performance = check_performance(path)
    content, piano, generator = sample_piano(path, rendering)
    performance = contrasted(performance, generator)
    if generator.random() < DRY:
        controls = performance.controls
        performance = performance.replace(controls=controls.select(controls.number != SUSTAIN))
    notes = _sounding(performance)
    start = float(generator.uniform(0, max(0.0, notes.onset[-1] - rendering.seconds)))
    timbre, gain, end = sample_timbre(generator), float(generator.uniform(*RENDER_GAIN)), start + rendering.seconds
    room = _sample_room(rendering.rooms, generator)
    timbre = replace(timbre, room=None) if room else timbre

    def sound() -> Waveform:
        instrument, rate = read_piano(piano) if piano else default_piano(), SETTINGS.sample_rate
        dry = render(performance, instrument, timbre=timbre, gain=gain, sample_rate=rate, start=start, end=end)
        return in_measured_room(dry, read_sound(room, sample_rate=rate).samples) if room else dry

    name = f"{content} {Path(piano).name} {rendering.seconds} {CONTRAST} {DRY}"
    levels = kept_levels(f"{name} {Path(room).name}" if room else name, sound, cache=cache)
    moved = notes._replace(onset=notes.onset - start, offset=notes.offset - start)
    return TrainingExample(levels, moved, pedal_intervals(performance) - start)


def _sample_room(rooms: Sequence[str], generator: np.random.Generator) -> str:
    """Return one of the rooms, or none; without rooms, no random number is used."""
    if not rooms or generator.random() >= MEASURED:
        return ""
    return rooms[int(generator.integers(len(rooms)))]


def check_performance(path: str) -> Performance:
    """Return a performance; BadDataError if it has no notes to render, or no time that all its notes share."""
    performance, notes = _of_music(path, lambda performance: (performance, _sounding(performance)))
    if not len(notes.onset):
        raise BadDataError(f"cannot learn from '{path}': it has no notes", path=str(path))
    return performance


def contrasted(performance: Performance, generator: np.random.Generator) -> Performance:
    """Return a performance whose soft notes are softer, or louder, by a random exponent, and whose loudest stay."""
    exponent = float(np.exp(generator.uniform(*np.log(CONTRAST))))
    velocity = np.rint(127 * (performance.notes.velocity / 127) ** exponent).astype(np.int64)
    return performance.replace(notes=performance.notes.replace(velocity=np.maximum(velocity, 1)))


def piano_of(path: str, rendering: RenderSettings) -> str:
    """Return the piano that renders a performance, so that those of one piano can be rendered together."""
    return sample_piano(path, rendering)[1]


def sample_piano(path: str, rendering: RenderSettings) -> tuple[str, str, np.random.Generator]:
    """Return a hash of a performance and a seed, a piano, and the generator of what else is random."""
    content = digest(path, salt=f"{rendering.seed}")
    generator = np.random.default_rng(int(content[:16], 16))
    return content, rendering.pianos[int(generator.integers(len(rendering.pianos)))], generator


def piece_of(path: str) -> str:
    """Return what piece a file is of: its name without suffix, of MAPS without the piano.

    >>> piece_of("synth/MAPS_MUS-alb_esp2_AkPnCGdD.flac")
    'alb_esp2'
    """
    stem = Path(path).stem
    maps = re.fullmatch(r"MAPS_MUS-(.+)_[A-Za-z0-9]+", stem)
    return maps[1] if maps else stem


def is_sound(path: str) -> bool:
    """Return whether a name is that of a recording."""
    return has_suffix(path, SOUND_SUFFIXES)


def recordings_and_performances(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the recordings, and the performances that have none.

    >>> recordings_and_performances(["a.flac", "a.mid", "b.mid"])
    (['a.flac'], ['b.mid'])
    """
    sounds = [path for path in paths if is_sound(path)]
    recorded = {path.rpartition(".")[0] for path in sounds}
    return sounds, [path for path in paths if not is_sound(path) and path.rpartition(".")[0] not in recorded]


def _notes(path: Path) -> TimedNotes:
    if path.suffix != TABLE_SUFFIX:
        return _of_music(path, _sounding)
    onset, offset, pitch, velocity = read_notes(path)
    rows = np.lexsort((pitch, onset))
    return TimedNotes(onset[rows], offset[rows], pitch[rows].astype(np.int64), velocity[rows].astype(np.int64))


def _of_music(path: Path | str, view: Callable[[Performance], Result]) -> Result:
    """Return what a function makes of the performance in a file; its errors name the file."""
    performance = read_midi(path)
    try:
        return view(performance)
    except BadDataError as error:
        raise BadDataError(f"cannot learn from '{path}': {error.fact}", error.hint, path=str(path)) from None
