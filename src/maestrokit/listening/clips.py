"""Clips for listening tests: cut at pauses, faded, and equally loud."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.effects.room import SMALL
from maestrokit.audio.loudness import FRAME_RATE, SAMPLE_RATE, decibels, integrated_loudness, levels
from maestrokit.errors import BadDataError
from maestrokit.metrics import comparable
from maestrokit.metrics.piece import Piece, piece_of
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.performance import Performance
from maestrokit.synth.piano import Piano
from maestrokit.synth.render import render
from maestrokit.synth.timbre import Timbre

Waveform = NDArray[np.float32]
LOUDNESS = -23.0  # LUFS, after EBU R 128
PEAK = 0.9  # amplitude that no clip exceeds
SHORTEST_PAUSE = 0.2  # seconds
QUIET = 30.0  # dB below the loudest: less is a pause of a recording
SEARCH = 0.5  # how far from where it was to begin a clip may begin, in clips
LEAST = 0.75  # share of its length that a clip has at least, where a pause ends it
DECAY = 1.0  # seconds after the last note
FADE_IN, FADE_OUT = 0.02, 1.0  # seconds


def pauses_of_piece(piece: Piece) -> Floats:
    """Return where no key is held: rows of start and end, in seconds, from the shortest pause that counts on."""
    if len(piece) == 0:
        return np.empty((0, 2))
    silent_from = np.maximum.accumulate(piece.offset)[:-1]
    pauses = np.stack([silent_from, piece.onset[1:]], axis=1)
    return np.asarray(pauses[pauses[:, 1] - pauses[:, 0] >= SHORTEST_PAUSE])


def pauses_of_sound(samples: Waveform) -> Floats:
    """Return where a recording at 48 kHz is quiet: rows of start and end, in seconds."""
    loud = decibels(levels([samples]).power)
    is_quiet = np.concatenate([[False], loud < loud.max(initial=-np.inf) - QUIET, [False]])
    edges = np.flatnonzero(np.diff(is_quiet)).reshape(-1, 2) / FRAME_RATE
    return np.asarray(edges[edges[:, 1] - edges[:, 0] >= SHORTEST_PAUSE])


def span_of_clip(
    pauses: Floats, *, first: float, last: float, seconds: float, generator: np.random.Generator
) -> tuple[float, float]:
    """Return the start and the end of a clip, somewhere in a piece, at pauses where there are any.

    Parameters
    ----------
    pauses : float64, shape (pauses, 2), in seconds
        Where each begins and ends.
    first, last : float, in seconds
        Where the music begins and ends; a shorter piece is whole.
    """
    if last - first <= seconds:
        return first, last
    start = float(generator.uniform(first, last - seconds))
    starts = np.append(pauses[:, 1], first)
    near = starts[(np.abs(starts - start) <= SEARCH * seconds) & (starts <= last - LEAST * seconds)]
    if len(near):
        start = float(near[np.argmin(np.abs(near - start))])
    ends = np.append(pauses[:, 0], last)
    ends = ends[(ends >= start + LEAST * seconds) & (ends <= start + seconds)]
    return start, float(ends.max(initial=-np.inf)) if len(ends) else min(start + seconds, last)


def faded(samples: Waveform) -> Waveform:
    """Return a clip that begins and ends smoothly, at 48 kHz."""
    result = samples.copy()
    for seconds, part in ((FADE_IN, slice(None)), (FADE_OUT, slice(None, None, -1))):
        length = min(round(seconds * SAMPLE_RATE), len(samples) // 2)
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(length, 1))
        result[part][:length] *= ramp.astype(np.float32)
    return result


def loudness_of(samples: Waveform) -> float:
    """Return the loudness of a clip at 48 kHz, in LUFS, after ITU-R BS.1770; minus infinity for silence."""
    return integrated_loudness(levels([samples]).weighted)


def common_loudness(clips: Sequence[Waveform], *, target: float = LOUDNESS) -> float:
    """Return the loudness that all clips can have without one that is clipped.

    It is the target, or as little below as need be. Silent clips do not count.
    """
    possible = [target]
    for clip in clips:
        peak, own = float(np.abs(clip).max(initial=0.0)), loudness_of(clip)
        if np.isfinite(own) and peak > 0:
            possible.append(own + 20 * np.log10(PEAK / peak))
    return float(min(possible))


def with_loudness(samples: Waveform, loudness: float) -> Waveform:
    """Return a clip of that loudness; silence stays as it is."""
    own = loudness_of(samples)
    return samples * np.float32(10 ** ((loudness - own) / 20)) if np.isfinite(own) else samples


def clip_of_performance(
    performance: Performance, piano: Piano, *, seconds: float, generator: np.random.Generator
) -> tuple[Waveform, float]:
    """Return a clip of a performance, played on a piano in a small room, and where in the performance it begins.

    Raises
    ------
    BadDataError
        If there are no notes in it.
    """
    piece = piece_of(performance)
    if len(piece) == 0:
        raise BadDataError("there are no notes to be heard")
    first, last = float(piece.onset[0]), float(piece.sounding_offset.max()) + DECAY
    start, end = span_of_clip(pauses_of_piece(piece), first=first, last=last, seconds=seconds, generator=generator)
    sound = render(performance, piano, sample_rate=SAMPLE_RATE, timbre=Timbre(room=SMALL), start=start, end=end)
    return faded(sound), start


def clip_of_sound(samples: Waveform, *, seconds: float, generator: np.random.Generator) -> tuple[Waveform, float]:
    """Return a clip of a recording at 48 kHz, and where in it that begins.

    Raises
    ------
    BadDataError
        If there is nothing to be heard in it.
    """
    start, end = span_of_clip(
        pauses_of_sound(samples), first=0.0, last=len(samples) / SAMPLE_RATE, seconds=seconds, generator=generator
    )
    part = samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    if not part.any():
        raise BadDataError("there is nothing to be heard")
    return faded(part), start


def without_music(performance: Performance, *, generator: np.random.Generator) -> Performance:
    """Return the notes of a performance strewn in time, with pitches by chance: an anchor that sounds bad."""
    piece = piece_of(performance)
    histogram = np.bincount(piece.pitch, minlength=128).astype(np.float64)
    noise = comparable.without_music(piece, histogram, generator=generator)
    onset, offset = (np.rint(1000 * times).astype(np.int64) for times in (noise.onset, noise.offset))
    none = np.empty(0, np.int64)
    return performance_from_arrays(
        onset, np.maximum(offset, onset + 1), noise.pitch, noise.velocity, pedal_tick=none, pedal_value=none
    )


def single_notes(count: int, piano: Piano, *, generator: np.random.Generator) -> Waveform:
    """Return a clip of single notes to be counted."""
    onset = np.rint(1000 * np.cumsum(generator.uniform(0.8, 1.2, count))).astype(np.int64)
    pitch = generator.choice(np.arange(55, 80), count, replace=False)
    none = np.empty(0, np.int64)
    performance = performance_from_arrays(
        onset, onset + 500, pitch, np.full(count, 80), pedal_tick=none, pedal_value=none
    )
    return render(performance, piano, sample_rate=SAMPLE_RATE, timbre=Timbre(room=SMALL))
