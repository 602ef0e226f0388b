"""A compact piano on disk: ``piano.json``, and one OGG file a velocity layer that holds its notes one after another."""

import io
import json
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from maestrokit.errors import BadDataError
from maestrokit.files import atomic
from maestrokit.files.sound import ogg
from maestrokit.synth.piano import KEYS, Layer, Piano, Recording, Waveform, nearest_keys

INDEX = "piano.json"
GAP = 0.05  # seconds of silence between notes, so that the codec's pre-echo falls there
FADE = 1.0  # seconds, at the end of notes that are cut short
QUANTUM = 32767


def read_compact_piano(folder: Path) -> Piano:
    """Return the piano that :func:`write_compact_piano` wrote.

    Raises
    ------
    BadDataError
        If the index is not one, or a file is missing.
    """
    try:
        index = json.loads((folder / INDEX).read_bytes())
        layers, releases = index["layers"], index["releases"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadDataError(
            f"cannot read piano '{folder}': {INDEX} is damaged or missing", "install again", path=str(folder)
        ) from error
    recordings: list[Recording] = []
    recorded: dict[tuple[float, int], tuple[int, float]] = {}
    for layer in layers:
        for pitch, first, samples, gain in layer["notes"]:
            recorded[layer["velocity"], pitch] = len(recordings), gain
            recordings.append(_recording(folder / layer["file"], pitch, first, samples, index["sample_rate"]))
    knocks = {
        key: _recording(folder / releases["file"], key, first, samples, index["sample_rate"], releases["gain"])
        for key, first, samples in releases["notes"]
    }
    nearest = {key: knocks[min(knocks, key=lambda other: abs(other - key))] for key in KEYS} if knocks else {}
    moved = {key: Recording(key, one.sample_rate, one.read) for key, one in nearest.items()}
    return Piano(tuple(recordings), nearest_keys(recorded), moved)


def write_compact_piano(
    piano: Piano,
    folder: Path,
    *,
    velocities: Mapping[float, float],
    sample_rate: int,
    longest: float,
    compression: float,
    release_keys: range,
) -> None:
    """Write a piano that takes little space.

    Parameters
    ----------
    piano : Piano
        All its recorded pitches are kept.
    folder : Path
    velocities : mapping from velocity to velocity
        For each layer kept, its velocity in the piano, and in the compact one.
    sample_rate : int, in Hz
    longest : float, in seconds
        Longer notes are faded out there.
    compression : float, 0..1
        Of the Vorbis encoder; 1 is the smallest.
    release_keys : range of MIDI numbers
        The keys whose release is kept.
    """
    layers = []
    for number, (old, new) in enumerate(sorted(velocities.items()), start=1):
        chosen = _layer(piano, old)
        sounds = [_shortened(piano.recordings[layer.recording], sample_rate, longest) for layer in chosen.values()]
        scale = [0.9 / float(np.abs(sound).max()) for sound in sounds]
        spans = _write(folder / f"layer{number}.ogg", sounds, scale, sample_rate, compression)
        notes = [
            [pitch, first, samples, round(layer.gain / amount, 6)]
            for (pitch, layer), (first, samples), amount in zip(chosen.items(), spans, scale, strict=True)
        ]
        layers.append({"file": f"layer{number}.ogg", "velocity": new, "notes": notes})
    knocks = {key: _shortened(piano.releases[key], sample_rate, longest) for key in release_keys}
    loudest = max(float(np.abs(sound).max()) for sound in knocks.values())
    spans = _write(
        folder / "releases.ogg", list(knocks.values()), [0.9 / loudest] * len(knocks), sample_rate, compression
    )
    releases = {
        "file": "releases.ogg",
        "gain": round(loudest / 0.9, 6),
        "notes": [[key, *span] for key, span in zip(knocks, spans, strict=True)],
    }
    index = {"sample_rate": sample_rate, "layers": layers, "releases": releases}
    atomic.write_bytes(folder / INDEX, (json.dumps(index, sort_keys=True) + "\n").encode())


def _layer(piano: Piano, velocity: float) -> dict[int, Layer]:
    """Return the layers at one velocity by recorded pitch."""
    chosen = {}
    for key, layers in sorted(piano.keys.items()):
        layer = next(layer for layer in layers if layer.velocity == velocity)
        if piano.recordings[layer.recording].pitch == key:
            chosen[key] = layer
    return chosen


def _shortened(recording: Recording, sample_rate: int, longest: float) -> Waveform:
    sound = soxr.resample(np.ascontiguousarray(recording.read().T), recording.sample_rate, sample_rate, quality="VHQ")
    limit = int(longest * sample_rate)
    if len(sound) > limit:
        sound = sound[:limit]
        fade = min(int(FADE * sample_rate), limit)
        sound[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None] ** 2
    return np.ascontiguousarray(sound.T, np.float32)


def _write(
    path: Path, sounds: list[Waveform], scale: list[float], sample_rate: int, compression: float
) -> list[tuple[int, int]]:
    """Write sounds one after another; return where each begins and how long it is."""
    spans, parts, first = [], [], 0
    for sound, amount in zip(sounds, scale, strict=True):
        gap = np.zeros((len(sound), int(GAP * sample_rate)), np.float32)
        parts += [gap, sound * np.float32(amount)]
        spans.append((first + gap.shape[1], sound.shape[1]))
        first += gap.shape[1] + sound.shape[1]
    joined = np.concatenate([*parts, np.zeros((len(sounds[0]), int(GAP * sample_rate)), np.float32)], axis=1)
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer, "w", sample_rate, len(joined), "VORBIS", format="OGG", compression_level=compression
    ) as file:
        for begin in range(0, joined.shape[1], sample_rate):  # libvorbis overflows its stack on very long writes
            file.write(joined[:, begin : begin + sample_rate].T)
    atomic.write_bytes(path, ogg.with_serial_number(buffer.getvalue(), 0))
    return spans


def _recording(path: Path, pitch: int, first: int, samples: int, rate: int, gain: float = 1.0) -> Recording:
    return Recording(
        pitch, rate, partial(_part, path, first, samples, gain, samples), partial(_part, path, first, samples, gain)
    )


def _part(path: Path, first: int, samples: int, gain: float, count: int) -> Waveform:
    """Return the beginning of a note; only that is decoded, since most notes of most pieces are short."""
    length = min(samples, 1 << max(count - 1, 0).bit_length())  # few lengths, so that neighbouring keys share them
    return _decoded(path, first, length)[:, :count] * np.float32(gain / QUANTUM)


@lru_cache(maxsize=128)
def _decoded(path: Path, first: int, samples: int) -> NDArray[np.int16]:
    """Return a part of a file, kept for the next key, at half the memory of floats."""
    try:
        with soundfile.SoundFile(path) as file:
            file.seek(first)
            sound = file.read(samples, dtype="int16", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise BadDataError(
            f"cannot read samples '{path}': {error.error_string}", "install again", path=str(path)
        ) from error
    return np.ascontiguousarray(sound.T)
