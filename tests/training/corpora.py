"""Small corpora for trainings."""

import numpy as np

from maestrokit.files.midi.writer import write_midi
from maestrokit.music.note_arrays import performance_from_arrays


def write_takes(folder, count=3, notes=40):
    """Write performances that repeat themselves, each its own way."""
    folder.mkdir(parents=True, exist_ok=True)
    none = np.empty(0, np.int64)
    for number in range(count):
        onset = np.arange(notes) * 200 + number
        pitch, velocity = 60 + np.arange(notes) % (3 + number), 64 + 8 * (np.arange(notes) % 2)
        write_midi(
            performance_from_arrays(onset, onset + 150, pitch, velocity, pedal_tick=none, pedal_value=none),
            folder / f"{number}.mid",
        )
    return folder
