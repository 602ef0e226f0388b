"""Conditions for models of music: its density, its loudness and its tempo, as codes of scales, and classes.

Code 0 is "not given"; the others are steps of a scale, and a value outside the scale has the code of the nearest step.
"""

from collections.abc import Mapping

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.step_notes import StepNotes, velocities
from maestrokit.music.performance import Performance
from maestrokit.music.timing import DEFAULT_TEMPO, tempo_map, tick2second

SHORTEST = 1.0  # seconds of music whose density means something
SCALES: Mapping[str, Floats] = {
    "density": 2 * 2 ** (np.arange(33) / 8),  # 2..32 notes a second, an eighth of an octave apart
    "loudness": np.arange(30.0, 91.0, 2.0),  # mean velocity
    "tempo": 32 * 2 ** (np.arange(27) / 8),  # 32..304 beats a minute
}
MEASURED = ("density", "loudness")
"""Conditions that any excerpt has. Where beats are is known of few performances."""
CLASSES = 64  # that a condition by class has room for
COLUMNS = ("composer", "title", "year")
"""Columns of a table whose values are classes of music, and so conditions, too."""
DYNAMICS = {"pp": 40, "p": 50, "mp": 58, "mf": 66, "f": 74, "ff": 82}
"""Mean velocities of excerpts by pianists of MAESTRO: from the softest to the loudest."""


def measured_code(name: str, value: float) -> int:
    """Return the code of a density, in notes a second, a loudness, a mean velocity, or a tempo, in beats a minute.

    >>> measured_code("density", 2.0), measured_code("density", 4.05), measured_code("density", 1000.0)
    (1, 9, 33)
    """
    return 1 + int(np.abs(np.log(SCALES[name] / value)).argmin())


def measured(notes: StepNotes, encoding: Encoding) -> dict[str, float]:
    """Return the notes a second and the mean velocity of an excerpt; nothing of one that is too short."""
    seconds = float(notes.onset[-1] - notes.onset[0]) * encoding.step if len(notes.onset) else 0.0
    if seconds < SHORTEST:
        return {}
    velocity = velocities(notes.velocity_bin, velocity_bins=encoding.velocity_bins)
    return {"density": (len(notes.onset) - 1) / seconds, "loudness": float(velocity.mean())}


def known_tempo(performance: Performance) -> float | None:
    """Return the mean tempo of a performance, in beats a minute; None where its tempo map does not say.

    A file whose only tempo is the default of 120, as those that instruments record, says nothing about beats.
    """
    tempos, last = performance.tempos, int(performance.notes.onset_tick.max(initial=0))
    if performance.division < 0 or not (tempos.microseconds_per_beat != DEFAULT_TEMPO).any() or not last:
        return None
    return float(last / performance.division / tick2second(last, tempo_map(performance)) * 60)
