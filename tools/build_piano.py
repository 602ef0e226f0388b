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
from maestrokit.synth.piano import Layer, Piano, RecordedNote, Waveform

LAYERS = (35.5, 68.5, 108.5)  # velocities of the layers that are kept: 3, 9 and 14 of 16
SAMPLE_RATE = 22050  # Hz
LONGEST = 7.5  # seconds
COMPRESSION = 0.4  # of the encoder, 1 is the smallest: 27 dB between the sound and what the codec adds
RELEASE_KEYS = range(21, 89, 4)
GAP = 0.05  # seconds of silence between notes, so that the codec's pre-echo falls there
FADE = 1.0  # seconds, at the end of notes that are cut short


def write_compact_piano(
    piano: Piano, folder: Path, *, velocities: Sequence[float] = LAYERS, release_keys: range = RELEASE_KEYS
) -> None:
    """Write a piano that takes little space: some layers with all their pitches, and the release of some keys."""
    layers = []
    for number, velocity in enumerate(sorted(velocities), start=1):
        chosen = layer_of(piano, velocity)
        sounds = [shortened(piano.recordings[layer.recording]) for layer in chosen.values()]
        scale = [0.9 / float(np.abs(sound).max()) for sound in sounds]
        spans = write_sounds(folder / f"layer{number}.ogg", sounds, scale)
        notes = [
            [pitch, first, samples, round(layer.gain / amount, 6)]
            for (pitch, layer), (first, samples), amount in zip(chosen.items(), spans, scale, strict=True)
        ]
        layers.append({"file": f"layer{number}.ogg", "velocity": velocity, "notes": notes})
    knocks = {key: shortened(piano.releases[key]) for key in release_keys}
    loudest = max(float(np.abs(sound).max()) for sound in knocks.values())
    spans = write_sounds(folder / "releases.ogg", list(knocks.values()), [0.9 / loudest] * len(knocks))
    notes = [[key, *span] for key, span in zip(knocks, spans, strict=True)]
    releases = {"file": "releases.ogg", "gain": round(loudest / 0.9, 6), "notes": notes}
    index = {"sample_rate": SAMPLE_RATE, "layers": layers, "releases": releases}
    atomic.write_bytes(folder / INDEX, (json.dumps(index, sort_keys=True) + "\n").encode())


def layer_of(piano: Piano, velocity: float) -> dict[int, Layer]:
    """Return the layers at one velocity by recorded pitch."""
    chosen = {}
    for key, layers in sorted(piano.keys.items()):
        layer = next(layer for layer in layers if layer.velocity == velocity)
        if piano.recordings[layer.recording].pitch == key:
            chosen[key] = layer
    return chosen


def shortened(recording: RecordedNote) -> Waveform:
    """Return a recording at the rate of the piano, cut to its longest length with a fade."""
    sound = soxr.resample(np.ascontiguousarray(recording.read().T), recording.sample_rate, SAMPLE_RATE, quality="VHQ")
    limit = int(LONGEST * SAMPLE_RATE)
    if len(sound) > limit:
        sound = sound[:limit]
        fade = int(FADE * SAMPLE_RATE)
        sound[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None] ** 2
    return np.ascontiguousarray(sound.T, np.float32)


def write_sounds(path: Path, sounds: list[Waveform], scale: list[float]) -> list[tuple[int, int]]:
    """Write sounds one after another; return where each begins and how long it is."""
    gap = np.zeros((len(sounds[0]), int(GAP * SAMPLE_RATE)), np.float32)
    spans, parts, first = [], [gap], gap.shape[1]
    for sound, amount in zip(sounds, scale, strict=True):
        parts += [sound * np.float32(amount), gap]
        spans.append((first, sound.shape[1]))
        first += sound.shape[1] + gap.shape[1]
    joined, buffer = np.concatenate(parts, axis=1), io.BytesIO()
    settings = {"format": "OGG", "subtype": "VORBIS", "compression_level": COMPRESSION}
    with soundfile.SoundFile(buffer, "w", SAMPLE_RATE, len(joined), **settings) as file:
        for start in range(0, joined.shape[1], SAMPLE_RATE):  # libvorbis overflows its stack on very long writes
            file.write(joined[:, start : start + SAMPLE_RATE].T)
    atomic.write_bytes(path, ogg.with_serial_number(buffer.getvalue(), 0))
    return spans


def main() -> None:
    """Read the full set and write the compact piano."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of the Salamander samples, such as the unpacked npm packages")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write to")
    arguments = parser.parse_args()
    write_compact_piano(read_salamander(arguments.source), arguments.output)


if __name__ == "__main__":
    main()
