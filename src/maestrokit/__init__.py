"""A toolkit for expressive piano music: performances, recordings, and the models between them.

The names below are the public ones that most programs need, each imported when it is first used:

>>> import maestrokit
>>> maestrokit.parse_key("Eb").name
'Eb major'
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "maestrokit.music.performance": ("Performance", "Notes", "Controls", "Tempos", "Others", "reorder_events"),
    "maestrokit.music.timing": ("tempo_map", "tick2second", "second2tick"),
    "maestrokit.music.quantize": ("Quantization", "quantize"),
    "maestrokit.music.velocity": ("velocity_range", "with_normalized_velocity"),
    "maestrokit.music.keys": ("Key", "find_key", "parse_key"),
    "maestrokit.music.transpose": ("transposed", "shift_between"),
    "maestrokit.analysis.chords.from_notes": ("chord_spans",),
    "maestrokit.files.midi": ("read_midi", "write_midi", "parse_midi", "dump_midi"),
    "maestrokit.files.sound.read": ("read_sound", "write_sound"),
    "maestrokit.files.pianos.find": ("default_piano", "read_piano"),
    "maestrokit.audio.spectra.cqt": ("variable_q",),
    "maestrokit.audio.spectra.mel": ("log_mel",),
    "maestrokit.synth.render": ("render",),
    "maestrokit.features": ("note_view", "describe"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604  # strings all the same


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'maestrokit' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
