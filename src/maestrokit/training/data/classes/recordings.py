"""Random excerpts of recordings for networks that classify: varied ones, and such that are of no class."""

from dataclasses import dataclass

import numpy as np

from maestrokit.analysis.class_spectrum import (
    BANDS,
    FLOOR,
    RANGE,
    SPECTRUM,
    BandLevels,
    MelSpectrum,
    levels_from,
    network_input,
)
from maestrokit.audio.spectra.mel import power2decibel
from maestrokit.music.rolls.excerpts import FRAMES
from maestrokit.training.data.classes.performances import with_masks

CURVE_POINTS = 9  # points of a random equaliser, about one an octave
NOISE = (15.0, 65.0)  # dB below the loud frames
NOISE_SLOPE = 30.0  # dB from the lowest band to the highest one
LARGEST_SWELL = 20.0  # dB by which noise that is of no class rises and falls


@dataclass(frozen=True)
class SpectrumExcerpts:
    """Random excerpts of recordings, and how much they are varied."""

    transpose: int = 0
    """Largest transposition, in semitones."""
    stretch: float = 0.0
    """Largest change of the tempo, as a share of it."""
    equaliser: float = 0.0
    """Standard deviation of a gain, and of an equaliser, in dB."""
    noise: float = 0.0
    """Share of excerpts with noise added."""
    masked: float = 0.0
    """Largest share of the frames, and of the bands, that each of two masks silences."""

    def sample(self, spectrum: MelSpectrum, generator: np.random.Generator) -> np.ndarray:
        """Return a random excerpt of a recording, at another pitch and tempo, equalised, with noise and with masks."""
        semitones = int(generator.integers(-self.transpose, self.transpose + 1))
        tempo = float(generator.uniform(1 - self.stretch, 1 + self.stretch))
        levels = _transposed(_sample_levels(spectrum, tempo, generator), semitones)
        if self.equaliser:
            levels = levels + np.float32(generator.normal(0, self.equaliser)) + _curve(self.equaliser, generator)
        if generator.random() < self.noise:
            levels = _noisy(levels, spectrum.reference - generator.uniform(*NOISE), generator)
        return with_masks(network_input(levels, spectrum.reference)[None], self.masked, generator)

    def sample_shuffled(self, spectrum: MelSpectrum, generator: np.random.Generator) -> np.ndarray:
        """Return a random excerpt whose bands are shuffled: the sound of nothing, however it comes and goes."""
        levels = _sample_levels(spectrum, 1.0, generator)
        return network_input(levels[:, generator.permutation(BANDS)], spectrum.reference)[None]

    def sample_random(self, generator: np.random.Generator) -> np.ndarray:
        """Return noise of a random colour that rises and falls."""
        swell = np.interp(np.linspace(0, 1, FRAMES), np.linspace(0, 1, 12), generator.uniform(-LARGEST_SWELL, 0, 12))
        shape = np.asarray(swell[:, None] + _curve(RANGE / 4, generator) - generator.uniform(0, 10), np.float32)
        return network_input(_noisy(np.full((FRAMES, BANDS), FLOOR, np.float32), shape, generator), 0.0)[None]


def _sample_levels(spectrum: MelSpectrum, tempo: float, generator: np.random.Generator) -> BandLevels:
    """Return the levels of a random excerpt at a tempo: above 1, more of the recording is in it."""
    frames = int(np.ceil((FRAMES - 1) * tempo)) + 1
    length = spectrum.end - spectrum.first
    room = length - frames if length >= frames else length - 1
    levels = levels_from(spectrum, spectrum.first + int(generator.integers(room + 1)), frames)
    if tempo == 1:
        return levels
    return np.asarray(levels[np.rint(np.arange(FRAMES) * tempo).astype(np.int64)])


def _transposed(levels: BandLevels, semitones: int) -> BandLevels:
    """Return levels whose bands have what was at frequencies so much lower; what comes in at the ends is silence."""
    if not semitones:
        return levels
    frequency = SPECTRUM.analysis().frequency
    at = np.interp(frequency * 2 ** (-semitones / 12), frequency, np.arange(BANDS), left=-1, right=BANDS)
    padded = np.pad(levels, ((0, 0), (1, 2)), constant_values=FLOOR)
    below = np.floor(at).astype(np.int64)
    share = (at - below).astype(np.float32)
    return np.asarray((1 - share) * padded[:, below + 1] + share * padded[:, below + 2], np.float32)


def _curve(spread: float, generator: np.random.Generator) -> BandLevels:
    """Return random gains of all bands in dB, smooth from one to the next."""
    points = generator.normal(0, spread, CURVE_POINTS)
    return np.interp(np.linspace(0, 1, BANDS), np.linspace(0, 1, CURVE_POINTS), points).astype(np.float32)


def _noisy(levels: BandLevels, noise: BandLevels | float, generator: np.random.Generator) -> BandLevels:
    """Return levels with noise of some level added, as strong in all bands or sloping, as power that fluctuates."""
    slope = np.linspace(0, generator.uniform(-NOISE_SLOPE, 0), BANDS)
    mean = np.asarray(10 ** ((noise + slope) / 10), np.float32)
    power = np.power(np.float32(10), levels / 10) + mean * generator.standard_exponential(levels.shape, np.float32)
    return power2decibel(np.asarray(power, np.float32), 10 ** (FLOOR / 10))
