"""SoundFont pianos (.sf2, .sf3): their zones become recordings, loops and volume envelopes written out."""

import io
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from maestrokit.errors import BadDataError
from maestrokit.files.pianos.soundfont_chunks import SoundFont, Zone, parse_soundfont
from maestrokit.files.pianos.soundfont_modulators import moved
from maestrokit.synth.note_onset import onset_sample
from maestrokit.synth.piano import KEYS, LOUDNESS, Layer, Piano, RecordedNote, Waveform

CUTOFF, RESONANCE, OPENING = 8, 9, 11
PAN, ATTENUATION, COARSE_TUNE, FINE_TUNE, LOOPS, SCALE_TUNING, ROOT = 17, 48, 51, 52, 54, 56, 58
START, END, LOOP_START, LOOP_END = (0, 4), (1, 12), (2, 45), (3, 50)  # offsets, fine and in units of 32768
ATTACK, HOLD, DECAY, SUSTAIN, KEY_TO_HOLD, KEY_TO_DECAY = 34, 35, 36, 37, 39, 40
LONGEST = 12.0  # seconds of a note that are written out
FADE = 0.5  # seconds
ATTENUATION_SCALE = 0.4  # of the files' values, as in the hardware and in all players since
OPEN_FILTER = 13500  # cents, from which the filter lets all pass
LOWEST_CUTOFF = 1500  # cents
FINEST = 16  # velocities
SILENCE = 3e-4  # amplitude at which an envelope ends
FALL = 100.0  # dB, over which the time of decay counts
STRETCH = 1024  # samples of an envelope that are written out as one


def read_soundfont(path: Path) -> Piano:
    """Return the piano in a soundfont: its first preset.

    Zones, tuning, loops, pan, attenuation, the filter, and the volume envelope up to its sustain level are obeyed, and
    so are the modulators that move the filter. Where velocity moves it, there is a layer each ``FINEST`` velocities.
    It stays as open as its envelope opens it. Loudness by velocity is that of all pianos here, by layers and a curve,
    and so are the dampers. Low-frequency oscillators are not read. The default modulator from velocity to the filter
    is left out, as FluidSynth does, for which most fonts are made.
    """
    try:
        font = parse_soundfont(np.memmap(path, np.uint8, "r"))
    except (ValueError, OSError) as error:
        fact, hint = f"cannot read soundfont '{path}': {error}", "`samples` can be a .sf2 or .sf3 file, or a folder"
        raise BadDataError(fact, hint, path=str(path)) from None
    recordings: list[RecordedNote] = []
    keys: dict[int, list[Layer]] = {}
    for key in KEYS:
        for velocity, zones in _layers(font, key):
            keys.setdefault(key, []).append(Layer(velocity, len(recordings)))
            recordings.append(_recording(font, zones, key, velocity, path))  # one a key, since envelopes run in seconds
    filled = {key: keys[min(keys, key=lambda other: abs(other - key))] for key in KEYS}
    gain = _gain(recordings[filled[60][-1].recording])
    scaled = {
        key: tuple(Layer(layer.velocity, layer.recording, gain) for layer in layers) for key, layers in filled.items()
    }
    return Piano(tuple(recordings), scaled)


def _layers(font: SoundFont, key: int) -> list[tuple[float, tuple[Zone, ...]]]:
    """Return the zones that sound together on a key, by the middle of the velocities at which they do."""
    here = [zone for zone in font.zones if zone.keys[0] <= key <= zone.keys[1]]
    bounds = sorted({zone.velocities[0] for zone in here} | {zone.velocities[1] + 1 for zone in here})
    if any(
        modulator.is_by_velocity and modulator.destination in (CUTOFF, OPENING)
        for zone in here
        for modulator in zone.modulators
    ):
        bounds = sorted({*bounds, *range(bounds[0], bounds[-1], FINEST)})
    layers = []
    for low, high in pairwise(bounds):
        zones = tuple(zone for zone in here if zone.velocities[0] <= low and high - 1 <= zone.velocities[1])
        if zones:
            layers.append(((low + high - 1) / 2, zones))
    return layers


def _semitones(zone: Zone, key: int) -> float:
    """Return by how much a zone's sample is transposed on a key."""
    root = zone.generators.get(ROOT, -1)
    root = zone.sample.root if root < 0 else root
    cents = zone.generators.get(FINE_TUNE, 0) + zone.sample.correction
    scale = zone.generators.get(SCALE_TUNING, 100) / 100
    return (key - root) * scale + zone.generators.get(COARSE_TUNE, 0) + cents / 100


def _recording(font: SoundFont, zones: tuple[Zone, ...], key: int, velocity: float, path: Path) -> RecordedNote:
    """Return the zones as one recording, at the sample rate and pitch of the first one."""
    rate = zones[0].sample.sample_rate
    return RecordedNote(key - _semitones(zones[0], key), rate, partial(_together, font, zones, key, velocity, path))


def _together(font: SoundFont, zones: tuple[Zone, ...], key: int, velocity: float, path: Path) -> Waveform:
    rate = zones[0].sample.sample_rate * 2 ** (_semitones(zones[0], key) / 12)  # at which the sample is played
    sounds = []
    for zone in zones:
        try:
            zone_sound, own_rate = _written_out(font, zone, key, velocity)
        except (soundfile.LibsndfileError, ValueError) as error:
            fact = f"cannot read soundfont '{path}': damaged sample"
            raise BadDataError(fact, "copy it again", path=str(path)) from error
        sounds.append(zone_sound if own_rate == rate else soxr.resample(zone_sound.T, own_rate, rate).T)
    mixed = np.zeros((2, max(sound.shape[1] for sound in sounds)), np.float32)
    for sound in sounds:
        mixed[:, : sound.shape[1]] += sound
    onset = onset_sample(mixed, sample_rate=round(rate))
    return mixed[:, max(onset - round(rate) // 1000, 0) :]


def _written_out(font: SoundFont, zone: Zone, key: int, velocity: float) -> tuple[Waveform, float]:
    """Return a zone as it sounds on a key, panned, and the rate at which it is to be played."""
    rate = zone.sample.sample_rate * 2 ** (_semitones(zone, key) / 12)
    sound, first, last = _samples(font, zone)
    sound = sound.copy()
    length = max(int(min(LONGEST, _audible_seconds(zone, key)) * rate), 1)
    if zone.generators.get(LOOPS, 0) & 1 and last - first > 1 and length > last:
        rounds = -(-(length - last) // (last - first))
        sound = np.concatenate([sound[:last], np.tile(sound[first:last], rounds)])
    sound = _filtered(zone, sound[:length], rate, key, velocity)
    sound *= _envelope(zone, key, rate, len(sound))
    audible = np.flatnonzero(np.abs(sound) > SILENCE * np.abs(sound).max(initial=0))
    sound = sound[: int(audible[-1]) + 1 if len(audible) else 1]
    fade = min(int(FADE * rate), len(sound) // 2)
    sound[len(sound) - fade :] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    angle = (np.clip(zone.generators.get(PAN, 0), -500, 500) / 1000 + 0.5) * np.pi / 2
    gain = 10 ** (-ATTENUATION_SCALE * zone.generators.get(ATTENUATION, 0) / 200)
    sides = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(gain)
    return np.asarray(sides * sound), rate


def _samples(font: SoundFont, zone: Zone) -> tuple[NDArray[np.float32], int, int]:
    """Return a zone's samples, and where its loop begins and ends in them."""
    sample = zone.sample
    kinds, get = (START, END, LOOP_START, LOOP_END), zone.generators.get
    starts, ends, loop_starts, loop_ends = (get(fine, 0) + 32768 * get(coarse, 0) for fine, coarse in kinds)
    if sample.is_compressed:
        samples, begin = _decoded(font, sample.start, sample.end), 0  # its loop counts from its own start
    else:
        raw = font.data[2 * sample.start : 2 * sample.end]
        samples, begin = np.frombuffer(bytes(raw), "<i2").astype(np.float32) / np.float32(32768), sample.start
    cut = max(starts, 0)
    samples = samples[cut : len(samples) + min(ends, 0)]
    if len(samples) == 0:
        raise ValueError("an empty sample")
    first, last = sample.loop_start + loop_starts - begin - cut, sample.loop_end + loop_ends - begin - cut
    return samples, max(first, 0), min(last, len(samples))


@lru_cache(maxsize=64)
def _decoded(font: SoundFont, start: int, end: int) -> NDArray[np.float32]:
    decoded, _ = soundfile.read(io.BytesIO(bytes(font.data[start:end])), dtype="float32", always_2d=True)
    return np.asarray(decoded[:, 0], np.float32)


def _filtered(zone: Zone, sound: NDArray[np.float32], rate: float, key: int, velocity: float) -> NDArray[np.float32]:
    """Return the sound after the zone's lowpass of second order (Bristow-Johnson's cookbook, as FluidSynth has it)."""
    move = partial(moved, zone.modulators, key=key, velocity=velocity)
    still = zone.generators.get(CUTOFF, OPEN_FILTER) + move(CUTOFF)
    opening, resonance = (zone.generators.get(kind, 0) + move(kind) for kind in (OPENING, RESONANCE))
    cutoff = max(still + max(opening, 0), LOWEST_CUTOFF)
    if cutoff >= OPEN_FILTER:
        return sound
    angle = 2 * np.pi * min(8.176 * 2 ** (cutoff / 1200) / rate, 0.45)
    quality = 10 ** ((float(np.clip(resonance, 0, 960)) / 10 - 3.01) / 20)
    alpha, cosine = np.sin(angle) / (2 * quality), np.cos(angle)
    gain = (1 - cosine) / 2 / np.sqrt(quality)
    from scipy.signal import sosfilt  # slow to import, and only soundfonts with filters need it

    section = np.array([[gain, 2 * gain, gain, 1 + alpha, -2 * cosine, 1 - alpha]]) / (1 + alpha)
    return np.asarray(sosfilt(section, sound), np.float32)


def _envelope(zone: Zone, key: int, rate: float, length: int) -> NDArray[np.float32]:
    """Return the volume envelope: a linear rise, full level, then a fall, linear in dB, to the sustain level.

    The fall is written out as a short stretch of it, each time as much softer as the stretch is long.
    """
    attack, full, decay, sustain = _phases(zone, key)
    envelope = np.ones(length, np.float32)
    start, per_sample = min(int(full * rate), length), FALL / (decay * rate)  # dB
    falling = min(int(np.ceil(sustain / per_sample)), length - start)
    stretch = np.exp(-np.log(10) / 20 * per_sample * np.arange(STRETCH)).astype(np.float32)
    levels = np.exp(-np.log(10) / 20 * per_sample * STRETCH * np.arange(-(-falling // STRETCH))).astype(np.float32)
    envelope[start : start + falling] = np.multiply.outer(levels, stretch).ravel()[:falling]
    envelope[start + falling :] = 10 ** (-sustain / 20)
    rise = min(int(np.ceil(attack * rate)), length)
    envelope[:rise] *= np.arange(rise, dtype=np.float32) / np.float32(attack * rate)
    return envelope


def _phases(zone: Zone, key: int) -> tuple[float, float, float, float]:
    """Return the seconds of attack, of attack and full level, and of a fall by 100 dB; and the sustain level in dB."""
    attack = float(2 ** (np.clip(zone.generators.get(ATTACK, -12000), -12000, 8000) / 1200))
    sustain = float(np.clip(zone.generators.get(SUSTAIN, 0) / 10, 0, FALL))  # dB below full level
    return attack, attack + _seconds(zone, HOLD, KEY_TO_HOLD, key), _seconds(zone, DECAY, KEY_TO_DECAY, key), sustain


def _audible_seconds(zone: Zone, key: int) -> float:
    """Return after how long the envelope has fallen to silence; it may never."""
    _, full, decay, sustain = _phases(zone, key)
    silence = -20 * np.log10(SILENCE)
    return full + decay * silence / FALL if sustain > silence else float("inf")


def _seconds(zone: Zone, kind: int, key_kind: int, key: int) -> float:
    cents = zone.generators.get(kind, -12000) + (60 - key) * zone.generators.get(key_kind, 0)
    return float(2 ** (np.clip(cents, -12000, 8000) / 1200))


def _gain(recording: RecordedNote) -> float:
    """Return the gain that brings middle C to the loudness of all pianos here."""
    body = recording.read()[:, : int(recording.sample_rate / 2)]
    return float(10 ** (LOUDNESS / 20) / max(np.sqrt((body**2).mean()), 1e-6))
