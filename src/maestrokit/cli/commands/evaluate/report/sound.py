"""Notes as sound within a page."""

import base64

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.effects.room import SMALL
from maestrokit.cli.commands.evaluate.report.contents import AudioClip
from maestrokit.files.pianos.find import default_piano
from maestrokit.files.sound.encode import mp3_bytes
from maestrokit.music.note_arrays import TimedNotes, performance_from_arrays
from maestrokit.music.performance import Performance
from maestrokit.synth.render import render
from maestrokit.synth.timbre import Timbre

RATE = 44100  # Hz
TAIL = 1.0  # seconds after the end of an excerpt, in which it dies away
NONE = np.empty(0, np.int64)


def performance_of(notes: TimedNotes, *, start: float = 0.0) -> Performance:
    """Return notes from a start on as a performance of 1 ms ticks."""
    onset = np.rint(1000 * (notes.onset - start)).astype(np.int64)
    offset = np.maximum(np.rint(1000 * (notes.offset - start)).astype(np.int64), onset + 1)
    return performance_from_arrays(onset, offset, notes.pitch, notes.velocity, pedal_tick=NONE, pedal_value=NONE)


def rendered(notes: TimedNotes, title: str, *, seconds: float, start: float = 0.0) -> AudioClip:
    """Return notes as the shipped piano sounds, a little longer than the stretch."""
    performance = performance_of(notes, start=start)
    samples = render(performance, default_piano(), sample_rate=RATE, timbre=Timbre(room=SMALL), end=seconds + TAIL)
    return recording(samples, title)


def recording(samples: NDArray[np.float32], title: str) -> AudioClip:
    """Return one channel of sound as an MP3 within the page, faded out at its end."""
    fade = min(round(TAIL * RATE), len(samples))
    gain = np.ones(len(samples), np.float32)
    gain[len(samples) - fade :] = np.linspace(1, 0, fade, dtype=np.float32)
    data = mp3_bytes(samples * gain, sample_rate=RATE)
    return AudioClip(title, "data:audio/mpeg;base64," + base64.b64encode(data).decode())
