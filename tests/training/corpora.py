"""Small corpora for trainings."""

import numpy as np

from maestrokit.files.midi.writer import write_midi
from maestrokit.files.sound.read import write_sound
from maestrokit.music.note_arrays import performance_from_arrays


def write_takes(folder, count=3, notes=40, lowest=60):
    """Write performances that repeat themselves from a lowest key on, each its own way."""
    folder.mkdir(parents=True, exist_ok=True)
    none = np.empty(0, np.int64)
    for number in range(count):
        onset = np.arange(notes) * 200 + number
        pitch, velocity = lowest + np.arange(notes) % (3 + number), 64 + 8 * (np.arange(notes) % 2)
        write_midi(
            performance_from_arrays(onset, onset + 150, pitch, velocity, pedal_tick=none, pedal_value=none),
            folder / f"{number}.mid",
        )
    return folder


def sound(kind, *, seconds=4.0, seed=0):
    """Return a recording at 8 kHz: ``low`` tones that begin twice a second, ``hiss`` in between, or ``silence``."""
    generator = np.random.default_rng(seed)
    time = np.arange(int(seconds * 8000)) / 8000
    fading = np.exp(-6 * (time % 0.5))
    samples = {
        "low": 0.2 * fading * np.sin(2 * np.pi * (150 + 10 * seed) * time),
        "hiss": 0.05 * fading * generator.normal(size=len(time)),
        "silence": 0 * time,
    }[kind]
    return samples.astype(np.float32)


def write_sounds(folder, kind, *, count=4, seconds=4.0):
    """Write recordings of a kind, each its own way and with a name of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        write_sound(folder / f"{kind}{number}.wav", sound(kind, seconds=seconds, seed=number), sample_rate=8000)
    return folder
