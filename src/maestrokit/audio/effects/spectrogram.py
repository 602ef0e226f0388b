"""Spectra in dB as other pianos, rooms and microphones would have given them.

Much cheaper than varying the sound itself: a spectrum is computed once, and varied each time it is used.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.spectra.mel import power2decibel
from maestrokit.audio.spectra.transcription_input import BINS_PER_OCTAVE, FLOOR, KEY_BINS

SpectrogramDb = NDArray[np.float32]
"""Shape (frames, bins), in dB."""

PROBABILITIES = {"thin": 0.6, "distant": 0.7, "compressed": 0.3, "reverberant": 0.7, "noisy": 0.5, "coded": 0.3}
"""How often each effect is in a random variation; transposition, tuning, level and equaliser are in all."""
QUIETEST_ROOM = -30.0  # dB
FAR_DELAY, FAR_SPREAD = 0.025, 0.015  # seconds
GAIN_POINTS = 33  # points of a random equaliser, three or four an octave
HOLE = (4, 6)  # frames and bins of what a codec leaves out at once: some 40 ms of a scale factor band
HOLLOW, HOLES = 1.0, 0.3  # octaves below the end of a codec's band that have holes, and the share of these


@dataclass(frozen=True)
class SpectrogramVariation:
    """What is changed; the defaults change nothing."""

    semitones: int = 0
    detune: float = 0.0
    """Bins, -1..1."""
    gain: float = 0.0
    """dB."""
    equaliser: tuple[float, ...] = (0.0, 0.0)
    """dB of gain at points spread evenly over the bins, linear in between."""
    thinned: float = 0.0
    """Octaves from the lowest bin up to which the bass is weak, as the fundamentals of low strings are in the air."""
    slope: float = 12.0
    """dB an octave by which it falls from there down."""
    distance: float = 0.0
    """Of the microphone, 0 at the strings .. 1 across a hall: what arrives is late by ``FAR_DELAY`` at 1, and its
    attacks are spread over ``FAR_SPREAD``, as by early reflections."""
    compression: float = 1.0
    """Ratio in which levels above `threshold` are compressed, as recordings are that are meant to be loud."""
    threshold: float = 0.0
    """dB below the loudest frame."""
    release: float = 0.2
    """Seconds in which the compressor lets go."""
    wet: float = QUIETEST_ROOM
    """Energy of reverberation against that of the direct sound, in dB; none at ``QUIETEST_ROOM``."""
    decay: float = 0.5
    """Seconds in which the reverberation of the middle bin falls by 60 dB; high bins are faster, low ones slower."""
    noise: float = FLOOR
    """dB, in the middle bin; none at the floor."""
    noise_slope: float = 0.0
    """dB an octave."""
    lowpass: float = 0.0
    """Octaves below the highest bin from which up nothing is left, as codecs of low rates leave it; in the octave below
    that they leave out what they have no bits for."""


def sample_variation(generator: np.random.Generator, *, semitones: int) -> SpectrogramVariation:
    """Return a random variation, transposed by up to so many semitones either way."""
    chosen = dict(zip(PROBABILITIES, generator.random(len(PROBABILITIES)) < [*PROBABILITIES.values()], strict=True))
    broad = np.interp(np.linspace(0, 5, GAIN_POINTS), np.arange(6), generator.normal(0, 4, 6))
    return SpectrogramVariation(
        semitones=int(generator.integers(-semitones, semitones + 1)),
        detune=float(np.clip(generator.normal(0, 0.25), -1, 1)),
        gain=float(generator.uniform(-8, 16)),
        equaliser=tuple(float(gain) for gain in broad + generator.normal(0, 3, GAIN_POINTS)),
        thinned=float(generator.uniform(0, 3)) if chosen["thin"] else 0.0,
        slope=float(generator.uniform(6, 24)),
        distance=float(generator.random()) if chosen["distant"] else 0.0,
        compression=float(generator.uniform(1.5, 6)) if chosen["compressed"] else 1.0,
        threshold=float(generator.uniform(5, 30)),
        release=float(generator.uniform(0.05, 0.4)),
        wet=float(generator.uniform(-20, 6)) if chosen["reverberant"] else QUIETEST_ROOM,
        decay=float(np.exp(generator.uniform(np.log(0.2), np.log(2.5)))),
        noise=float(generator.uniform(-100, -70)) if chosen["noisy"] else FLOOR,
        noise_slope=float(generator.uniform(-4, 1)),
        lowpass=float(generator.uniform(0, 1.5)) if chosen["coded"] else 0.0,
    )


def augment_levels(
    levels: SpectrogramDb, variation: SpectrogramVariation, *, frame_seconds: float, generator: np.random.Generator
) -> SpectrogramDb:
    """Return a spectrum with all effects of a variation.

    Reverberation is added as power, as diffuse sound is [1]; so is the noise, with the spread that the power of
    Gaussian noise has. Then comes the compressor, and last the codec.

    References
    ----------
    .. [1] J. A. Moorer, "About this reverberation business", Computer Music Journal 3(2), 1979.
    """
    moved = shifted(np.asarray(levels, np.float32), variation.semitones * KEY_BINS + variation.detune)
    bins = moved.shape[1]
    equaliser = np.interp(np.linspace(0, 1, bins), np.linspace(0, 1, len(variation.equaliser)), variation.equaliser)
    missing = np.minimum(np.arange(bins) / BINS_PER_OCTAVE - variation.thinned, 0) * variation.slope
    gain = variation.gain + equaliser + missing
    power: SpectrogramDb = np.power(np.float32(10), (moved + gain.astype(np.float32)) / 10)
    octaves = (np.arange(bins) - bins / 2) / BINS_PER_OCTAVE
    if variation.distance > 0:
        power = _from_afar(power, variation.distance, frame_seconds)
    if variation.wet > QUIETEST_ROOM:
        power = power + _reverberation(power, variation, octaves, frame_seconds)
    if variation.noise > FLOOR:
        mean = 10 ** ((variation.noise + variation.noise_slope * octaves) / 10)
        power = power + mean.astype(np.float32) * generator.standard_exponential(power.shape, np.float32)
    if variation.compression > 1:
        power = power * _compressor(power, variation, frame_seconds)[:, None]
    if variation.lowpass > 0:
        power = np.where(_is_coded(power.shape, variation.lowpass, generator), power, np.float32(0))
    return power2decibel(power, 10 ** (FLOOR / 10))


def shifted(levels: SpectrogramDb, bins: float) -> SpectrogramDb:
    """Return a spectrum moved upwards; what comes in at the ends is at the floor.

    >>> shifted(np.array([[0.0, -10.0, -20.0]], np.float32), 1).tolist()
    [[-100.0, 0.0, -10.0]]
    """
    whole_bins = int(np.floor(bins))
    part = np.float32(bins - whole_bins)
    margin = abs(whole_bins) + 1
    padded = np.pad(levels, ((0, 0), (margin, margin)), constant_values=FLOOR)
    start = margin - whole_bins
    count = levels.shape[1]
    lower = padded[:, start - 1 : start - 1 + count]
    return np.asarray((1 - part) * padded[:, start : start + count] + part * lower, np.float32)


def _from_afar(power: SpectrogramDb, distance: float, frame_seconds: float) -> SpectrogramDb:
    """Return power that arrives later, and not all at once but as a decaying crowd of echoes."""
    delay, spread = distance * FAR_DELAY / frame_seconds, distance * FAR_SPREAD / frame_seconds  # frames
    ends = np.arange(int(delay + 5 * spread) + 2) + 0.5
    arrived = 1 - np.exp(-np.maximum(ends - delay, 0) / max(spread, 1e-6))
    shares = np.diff(arrived, prepend=0.0) / arrived[-1]
    late = np.zeros_like(power)
    for lag, share in enumerate(shares[: len(power)]):
        late[lag:] += np.float32(share) * power[: len(power) - lag]
    return late


def _reverberation(
    power: SpectrogramDb, variation: SpectrogramVariation, octaves: NDArray[np.float64], frame_seconds: float
) -> SpectrogramDb:
    """Return power that begins one frame after its cause and dies away, bands of an octave together."""
    from scipy.signal import lfilter

    tail = np.empty_like(power)
    energy = 10 ** (variation.wet / 10)
    for first in range(0, power.shape[1], BINS_PER_OCTAVE):
        band = slice(first, first + BINS_PER_OCTAVE)
        decay = variation.decay * 0.8 ** float(np.clip(octaves[band].mean(), -2, 4))
        keep = 10 ** (-6 * frame_seconds / decay)
        tail[:, band] = lfilter([0, energy * (1 - keep)], [1, -keep], power[:, band], axis=0)
    return tail


def _compressor(power: SpectrogramDb, variation: SpectrogramVariation, frame_seconds: float) -> SpectrogramDb:
    """Return the gain of each frame, as power, of a compressor that acts at once and lets go slowly."""
    level = 10 * np.log10(power.sum(axis=1) + 10 ** (FLOOR / 10))
    over = np.maximum(level - (level.max() - variation.threshold), 0)
    keep = float(np.exp(-frame_seconds / variation.release))
    held = np.empty_like(over)
    last = 0.0
    for frame, now in enumerate(over.tolist()):
        last = max(now, keep * last)
        held[frame] = last
    gain = np.power(10, -(1 - 1 / variation.compression) * held / 10)
    return np.asarray(gain, np.float32)


def _is_coded(shape: tuple[int, int], lowpass: float, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Return which cells a codec keeps, shape (frames, bins)."""
    frames, bins = shape
    end = bins - round(lowpass * BINS_PER_OCTAVE)
    hollow = slice(max(0, end - round(HOLLOW * BINS_PER_OCTAVE)), max(0, end))
    is_kept = np.broadcast_to(np.arange(bins) < end, shape).copy()
    width = hollow.stop - hollow.start
    cells = generator.random((-(-frames // HOLE[0]), -(-width // HOLE[1]))) >= HOLES
    is_kept[:, hollow] = cells.repeat(HOLE[0], axis=0).repeat(HOLE[1], axis=1)[:frames, :width]
    return is_kept
