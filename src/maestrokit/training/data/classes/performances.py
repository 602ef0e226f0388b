"""Random excerpts of performances for networks that classify: varied ones, and such that are of no class."""

from dataclasses import dataclass

import numpy as np

from maestrokit.analysis.classes import ExcerptInput
from maestrokit.music.edits.matched import matched
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.music.rolls.excerpts import SECONDS, ExcerptVariation, Roll, roll_of

FASTEST, SLOWEST = 20.0, 1.5  # random notes a second
NARROWEST = 5  # semitones that random notes are spread over
STEP = 0.25  # seconds between random notes that lie on a grid
LARGEST_LEAP = 3  # semitones from one random note to the next, where they wander
LONGEST = 3.0  # seconds that random notes sound
MASKS = 2  # of frames, and of keys or bands


@dataclass(frozen=True)
class RollExcerpts:
    """Random excerpts of performances, and how much they are varied."""

    transpose: int = 0
    """Largest transposition, in semitones."""
    stretch: float = 0.0
    """Largest change of the tempo, as a share of it."""
    loudness: float = 0.0
    """Standard deviation of the logarithms of a factor and of an exponent of velocities."""
    dropped: float = 0.0
    """Largest share of notes that are left out."""
    matched: float = 0.0
    """Share of excerpts of performances whose density, loudness and length of notes are made equal."""
    masked: float = 0.0
    """Largest share of the frames, and of the keys, that each of two masks silences."""

    def sample(self, notes: TimedNotes, generator: np.random.Generator) -> Roll:
        """Return a random excerpt of a performance, transposed, at another tempo, louder or softer, with notes left
        out and with masks."""
        is_matched = generator.random() < self.matched
        notes = matched(notes) if is_matched else notes
        semitones = int(generator.integers(-self.transpose, self.transpose + 1))
        tempo = float(generator.uniform(1 - self.stretch, 1 + self.stretch))
        start = _sample_start(notes, SECONDS * tempo, generator)
        part = _part(notes, start, SECONDS * tempo)
        part = part.select(generator.random(len(part.onset)) >= self.dropped * generator.random())
        if self.loudness and not is_matched:
            factor, exponent = np.exp(self.loudness * generator.normal(size=2))
            velocity = np.rint(127 * factor * (part.velocity / 127) ** exponent)
            part = part._replace(velocity=np.clip(velocity, 1, 127).astype(np.int64))
        return with_masks(roll_of(part, start, ExcerptVariation(semitones, tempo)), self.masked, generator)

    def sample_shuffled(self, notes: TimedNotes, generator: np.random.Generator) -> Roll:
        """Return a random excerpt of a performance with its pitches shuffled: music of nobody, however it is played."""
        start = _sample_start(notes, SECONDS, generator)
        part = _part(notes, start, SECONDS)
        return roll_of(part._replace(pitch=generator.permutation(part.pitch)), start)

    def sample_random(self, generator: np.random.Generator) -> Roll:
        """Return an excerpt of random notes: many or few, in a wide or narrow range, wandering or leaping."""
        count = 1 + int(SECONDS * np.exp(generator.uniform(np.log(SLOWEST), np.log(FASTEST))))
        lowest, highest = np.sort(generator.integers(LOWEST_PITCH, HIGHEST_PITCH + 1, 2))
        onset = generator.uniform(0, SECONDS, count)
        if generator.random() < 0.5:
            onset = np.floor(onset / STEP) * STEP
        pitch = generator.integers(lowest, max(highest, lowest + NARROWEST), count)
        if generator.random() < 0.5:
            pitch = pitch[0] + np.cumsum(generator.integers(-LARGEST_LEAP, LARGEST_LEAP + 1, count))
        length = generator.uniform(0.1, generator.uniform(0.2, LONGEST), count)
        onset = np.sort(onset)
        return roll_of(TimedNotes(onset, onset + length, pitch, generator.integers(1, 128, count)), 0.0)


def with_masks(excerpt: ExcerptInput, most: float, generator: np.random.Generator) -> ExcerptInput:
    """Return an excerpt with two random spans of frames, and of keys or bands, silenced [1].

    References
    ----------
    .. [1] D. Park et al., "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition",
       Interspeech 2019.
    """
    for _ in range(MASKS):
        excerpt[:, _sample_mask(excerpt.shape[1], most, generator)] = 0
        excerpt[:, :, _sample_mask(excerpt.shape[2], most, generator)] = 0
    return excerpt


def _sample_mask(count: int, most: float, generator: np.random.Generator) -> slice:
    """Return a random span of at most some share of the rows."""
    width = int(generator.uniform(0, most) * count)
    first = int(generator.integers(count - width + 1))
    return slice(first, first + width)


def _sample_start(notes: TimedNotes, seconds: float, generator: np.random.Generator) -> float:
    room = max(0.0, float(notes.onset[-1] - notes.onset[0]) - seconds)
    return float(notes.onset[0] + generator.uniform(0, room))


def _part(notes: TimedNotes, start: float, seconds: float) -> TimedNotes:
    """Return the notes that sound within a span."""
    return notes.select((notes.onset < start + seconds) & (notes.offset > start))
