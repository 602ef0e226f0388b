"""The picture of a recording: its mel spectrum with f0, beats and chords, and its level beneath, over seconds."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit import features
from maestrokit.analysis import f0
from maestrokit.arrays import Floats
from maestrokit.audio import loudness
from maestrokit.audio.spectra.frames import analyse_stream
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.features.audio_views import AudioView
from maestrokit.plots.figure import bare
from maestrokit.plots.spectrum import name_frequencies

SPECTRUM = SpectrumSettings(hop_samples=256, mels=160, minimum_frequency=40.0)
RANGE = 70.0  # dB below the loudest that are shown
PITCH_COLOUR, BEAT_COLOUR, LEVEL_COLOUR = "#35e0d0", "white", "#3b528b"
SUREST = 0.8  # voicing from which the fundamental frequency is shown
SHORTEST_LINE = 0.08  # seconds of voice, below which it is not
NARROWEST_NAME = 0.018  # of the width, for the name of a chord
QUIETEST = -70.0  # dB, the bottom of the level
SHORT = {"maj": "", "min": "m", "min7": "m7", "hdim7": "m7b5"}  # of qualities, as in songbooks
GROUPS = ("audio_beats", "audio_chords", "audio_key")


class RecordingFeatures(NamedTuple):
    """What a picture shows of a recording."""

    spectrum: NDArray[np.float32]
    """dB, shape (frames, bands)."""
    frequency: Floats
    """Hz, of the bands."""
    pitch: Floats
    """Hz, at ``maestrokit.analysis.f0.FRAME_RATE``; nan where there is no voice."""
    level: Floats
    """dB, at ``maestrokit.audio.loudness.FRAME_RATE``."""
    record: dict[str, Any]
    """Of the groups ``GROUPS``."""
    length: float
    """Seconds."""


def recording_features(view: AudioView) -> RecordingFeatures:
    """Return what a picture shows of a recording; the whole of it is analysed."""
    analysis, blocks = SPECTRUM.analysis(), view.blocks(SPECTRUM.sample_rate)
    spectrum = np.concatenate([part.real for part in analyse_stream(blocks, analysis)])
    level = 10 * np.log10(np.maximum(view.levels.power, 1e-12))
    record = features.describe(view, names=GROUPS)
    return RecordingFeatures(spectrum, analysis.frequency, _sure_pitch(view.pitches), level, record, view.length)


def _sure_pitch(pitches: f0.Pitches) -> Floats:
    """Return the fundamental frequency where a voice lasts and is sure, else nan."""
    is_sure = pitches.is_voiced & (pitches.voicing >= SUREST) & (pitches.frequency > 0)
    leap = np.abs(np.diff(np.log2(np.maximum(pitches.frequency, 1.0)), prepend=0.0)) > 1 / 24
    run = np.cumsum(leap | (np.diff(is_sure, prepend=False)))
    is_long = np.bincount(run, minlength=1)[run] >= SHORTEST_LINE * f0.FRAME_RATE
    line = np.where(is_sure & is_long, pitches.frequency, np.nan)
    return np.asarray(np.where(leap, np.nan, line), np.float64)


def draw_spectrum(axes: Any, sound: RecordingFeatures, end: float) -> Any:
    """Draw the spectrum with the fundamental frequency, beats and names of chords; return the image."""
    hop = 1 / SPECTRUM.frames_per_second
    shown = sound.spectrum[: int(end / hop) + 2].T
    image = axes.imshow(
        shown - shown.max(initial=-100.0), origin="lower", aspect="auto", cmap="magma", vmin=-RANGE, vmax=0,
        interpolation="antialiased", extent=(-hop / 2, (shown.shape[1] - 0.5) * hop, -0.5, SPECTRUM.mels - 0.5),
    )  # fmt: skip
    name_frequencies(axes, sound.frequency, False)
    axes.set_ylabel("frequency (Hz)")
    rows = np.interp(sound.pitch, sound.frequency, np.arange(SPECTRUM.mels))
    axes.plot(np.arange(len(rows)) / f0.FRAME_RATE, rows, color=PITCH_COLOUR, linewidth=1.6)
    _draw_beats(axes, sound.record["audio_beats"])
    _name_chords(axes, sound.record["audio_chords"]["spans"], end)
    bare(axes)
    return image


def draw_level(axes: Any, sound: RecordingFeatures) -> None:
    """Draw the level in dB below full scale."""
    time = (np.arange(len(sound.level)) + 0.5) / loudness.FRAME_RATE
    axes.fill_between(time, np.maximum(sound.level, QUIETEST), QUIETEST, color=LEVEL_COLOUR, alpha=0.35, linewidth=0)
    axes.plot(time, np.maximum(sound.level, QUIETEST), color=LEVEL_COLOUR, linewidth=0.7)
    axes.set_ylim(QUIETEST, 0)
    axes.set_yticks([-60, -40, -20, 0])
    axes.grid(axis="y", linewidth=0.4, alpha=0.5)
    axes.set_ylabel("level (dB)")
    bare(axes)


def _draw_beats(axes: Any, beats: dict[str, Any]) -> None:
    """Draw a mark at the top for each beat, and a longer one for each downbeat: there it is dark."""
    for times, height, width in ((beats["times"], 0.04, 0.7), (beats["downbeats"], 0.09, 1.2)):
        axes.vlines(times, 1 - height, 1, transform=axes.get_xaxis_transform(), color=BEAT_COLOUR, linewidth=width)


def _name_chords(axes: Any, spans: list[dict[str, Any]], end: float) -> None:
    """Write the name of each chord above its beginning, where there is room."""
    taken = -end
    for span in spans:
        if span["root"] is None or span["start"] >= end or span["start"] - taken < NARROWEST_NAME * end:
            continue
        taken = span["start"]
        name = span["root"] + SHORT.get(span["quality"], span["quality"])
        style = {"transform": axes.get_xaxis_transform(), "clip_on": False, "fontsize": 6.5}
        axes.text(max(taken, 0), 1.015, name, ha="left", va="bottom", **style)
