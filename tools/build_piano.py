"""Build the shipped piano from the full set of Salamander samples.

Example::

    python tools/build_piano.py salamander -o src/maestrokit/piano
"""

import argparse
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr

from maestrokit.files import atomic
from maestrokit.files.pianos.compact import INDEX
from maestrokit.files.pianos.salamander import read_salamander
from maestrokit.files.sound import ogg
from maestrokit.synth.piano import Layer, Piano, Recording, Waveform

LAYERS = (35.5, 68.5, 108.5)  # velocities of the layers that are kept: 3, 9 and 14 of 16
SAMPLE_RATE = 22050  # Hz
LONGEST = 7.5  # seconds
COMPRESSION = 0.4  # 27 dB between the sound and what the codec adds
RELEASE_KEYS = range(21, 89, 4)
GAP = 0.05  # seconds of silence between notes, so that the codec's pre-echo falls there
FADE = 1.0  # seconds, at the end of notes that are cut short


def write_compact_piano(
    piano: Piano,
    folder: Path,
    *,
    velocities: Sequence[float],
    sample_rate: int,
    longest: float,
    compression: float,
    release_keys: range,
) -> None:
    """Write a piano that takes little space: some velocity layers with all their pitches, and the release of some keys.

    Notes are faded out at `longest` seconds. The compression is that of the Vorbis encoder, 0..1; 1 is the smallest.
    """
    layers = []
    for number, velocity in enumerate(sorted(velocities), start=1):
        chosen = layer_of(piano, velocity)
        sounds = [shortened(piano.recordings[layer.recording], sample_rate, longest) for layer in chosen.values()]
        scale = [0.9 / float(np.abs(sound).max()) for sound in sounds]
        spans = write_sounds(folder / f"layer{number}.ogg", sounds, scale, sample_rate, compression)
        notes = [
            [pitch, first, samples, round(layer.gain / amount, 6)]
            for (pitch, layer), (first, samples), amount in zip(chosen.items(), spans, scale, strict=True)
        ]
        layers.append({"file": f"layer{number}.ogg", "velocity": velocity, "notes": notes})
    knocks = {key: shortened(piano.releases[key], sample_rate, longest) for key in release_keys}
    loudest = max(float(np.abs(sound).max()) for sound in knocks.values())
    scale = [0.9 / loudest] * len(knocks)
    spans = write_sounds(folder / "releases.ogg", list(knocks.values()), scale, sample_rate, compression)
    releases = {
        "file": "releases.ogg",
        "gain": round(loudest / 0.9, 6),
        "notes": [[key, *span] for key, span in zip(knocks, spans, strict=True)],
    }
    index = {"sample_rate": sample_rate, "layers": layers, "releases": releases}
    atomic.write_bytes(folder / INDEX, (json.dumps(index, sort_keys=True) + "\n").encode())


def layer_of(piano: Piano, velocity: float) -> dict[int, Layer]:
    """Return the layers at one velocity by recorded pitch."""
    chosen = {}
    for key, layers in sorted(piano.keys.items()):
        layer = next(layer for layer in layers if layer.velocity == velocity)
        if piano.recordings[layer.recording].pitch == key:
            chosen[key] = layer
    return chosen


def shortened(recording: Recording, sample_rate: int, longest: float) -> Waveform:
    sound = soxr.resample(np.ascontiguousarray(recording.read().T), recording.sample_rate, sample_rate, quality="VHQ")
    limit = int(longest * sample_rate)
    if len(sound) > limit:
        sound = sound[:limit]
        fade = min(int(FADE * sample_rate), limit)
        sound[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None] ** 2
    return np.ascontiguousarray(sound.T, np.float32)


def write_sounds(
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


def main() -> None:
    """Read the full set and write the compact piano."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of the Salamander samples, such as the unpacked npm packages")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write to")
    arguments = parser.parse_args()
    write_compact_piano(
        read_salamander(arguments.source),
        arguments.output,
        velocities=LAYERS,
        sample_rate=SAMPLE_RATE,
        longest=LONGEST,
        compression=COMPRESSION,
        release_keys=RELEASE_KEYS,
    )


if __name__ == "__main__":
    main()
