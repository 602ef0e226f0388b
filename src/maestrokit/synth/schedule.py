"""What sounds when: notes and returning keys as parts of waveforms, in samples."""

import math
from dataclasses import dataclass

import numpy as np

from maestrokit.arrays import Columns, Floats, Integers
from maestrokit.synth.keys_and_pedals import FOREVER, Damping, SoundingNotes
from maestrokit.synth.piano import Voices
from maestrokit.synth.timbre import Timbre

HIGHEST_DAMPED = 88  # MIDI number; the strings above have no dampers
DAMPED = 7.6  # nepers, 66 dB, after which a damped string is taken for silent
RESTRIKE_FADE = 0.06  # seconds in which a new onset on the same string replaces the old sound
KNOCK_LEVEL = 0.004  # of the recorded key releases, -48 dB
KNOCK_DECAY = 2.0  # dB that the release loses for each second that the key was held
NO_LAYER, RELEASE = -2, -1


@dataclass(frozen=True, eq=False)
class WaveformParts(Columns):
    """What is to be added to the output: parts of waveforms, in samples, sorted by start."""

    start: Integers
    stop: Integers
    released: Integers
    """Sample from which the damper works."""
    restruck: Integers
    """Sample from which the next onset on the string replaces the sound."""
    key: Integers
    channel: Integers
    is_soft: Integers
    lower: Integers
    """Layer, ``RELEASE`` or ``NO_LAYER``."""
    upper: Integers
    lower_gain: Floats
    upper_gain: Floats


def events(
    notes: SoundingNotes,
    damping: dict[int, Damping],
    voices: Voices,
    rate: float,
    timbre: Timbre,
    *,
    first: int = 0,
    last: float = math.inf,
) -> WaveformParts:
    """Return all events that sound from sample `first` up to `last`, sorted by start."""
    note_events = _note_events(notes, damping, voices, rate, timbre, first, last)
    knock_events = _knock_events(notes.select(notes.onset * rate < last), voices, rate, timbre)
    parts = WaveformParts.concatenate(
        [note_events, knock_events.select((knock_events.stop > first) & (knock_events.start < last))]
    )
    return parts.select(np.argsort(parts.start, kind="stable"))


def _note_events(
    notes: SoundingNotes,
    damping: dict[int, Damping],
    voices: Voices,
    rate: float,
    timbre: Timbre,
    first: int,
    last: float,
) -> WaveformParts:
    lengths = _lengths(notes, damping, timbre) * rate
    is_near = (notes.onset * rate < last + 1) & (notes.onset * rate + lengths > first - 1)
    notes, needed = notes.select(is_near), np.ceil(lengths[is_near]).astype(np.int64)
    start = np.rint(notes.onset * rate).astype(np.int64)
    lower, upper, lower_gain, upper_gain = _layers(notes, voices, timbre)
    rows = list(zip(*(column.tolist() for column in (notes.pitch, notes.is_soft, lower, upper, needed)), strict=True))
    longest: dict[tuple[int, int, int], int] = {}
    for key, soft, *layers, samples in rows:
        for voice in ((key, soft, layer) for layer in layers if layer >= 0):
            longest[voice] = max(longest.get(voice, 0), samples)
    waveform_lengths = {  # each voice once, at its longest
        (key, soft, layer): voices.waveform(key, layer, is_soft=bool(soft), samples=samples).shape[1]
        for (key, soft, layer), samples in longest.items()
    }
    available = [max(waveform_lengths.get((key, soft, layer), 0) for layer in layers) for key, soft, *layers, _ in rows]
    return WaveformParts(
        start=start,
        stop=start + np.minimum(np.array(available, np.int64), needed),
        released=np.rint(notes.offset * rate).astype(np.int64),
        restruck=np.rint(np.minimum(notes.next_onset, 1e9) * rate).astype(np.int64),
        key=notes.pitch,
        channel=notes.channel,
        is_soft=notes.is_soft,
        lower=lower,
        upper=upper,
        lower_gain=lower_gain,
        upper_gain=upper_gain,
    )


def _lengths(notes: SoundingNotes, damping: dict[int, Damping], timbre: Timbre) -> Floats:
    """Return how long each note may sound until it is damped or its string is struck again, in seconds."""
    speed = damping_rate(notes.pitch, damping_time=timbre.damping_time)
    silent = np.full(len(notes), np.inf)
    for channel, damper in damping.items():
        here = (notes.channel == channel) & (speed > 0)
        silent[here] = damper.reaches(damper.at(notes.offset[here]) + DAMPED / speed[here])
    return np.asarray(np.minimum(np.minimum(silent, notes.next_onset + RESTRIKE_FADE) - notes.onset, 1e6))


def _layers(notes: SoundingNotes, voices: Voices, timbre: Timbre) -> tuple[Integers, Integers, Floats, Floats]:
    """Return for each note the two layers about its velocity and their gains."""
    count = len(notes)
    lower, upper = np.zeros(count, np.int64), np.full(count, NO_LAYER)
    share = np.zeros(count)
    for key in np.unique(notes.pitch):
        here = notes.pitch == key
        layer_velocity = np.array([layer.velocity for layer in voices.piano.keys[int(key)]])
        position = np.interp(notes.velocity[here] + timbre.hardness, layer_velocity, np.arange(len(layer_velocity)))
        lower[here] = np.floor(position)
        share[here] = position - np.floor(position)
        upper[here] = np.where(share[here] > 0, lower[here] + 1, NO_LAYER)
    amplitude = velocity_gain(notes.velocity, dynamic_range=timbre.dynamic_range)
    return lower, upper, amplitude * (1 - share), amplitude * share


def _knock_events(notes: SoundingNotes, voices: Voices, rate: float, timbre: Timbre) -> WaveformParts:
    """Return the sounds of keys coming back."""
    lengths = {int(key): voices.release(int(key)) for key in np.unique(notes.pitch)}
    is_recorded = np.array([lengths[int(key)] is not None for key in notes.pitch], bool)
    released = notes.select(is_recorded & (notes.offset < FOREVER))
    start = np.rint(released.offset * rate).astype(np.int64)
    length = np.array([lengths[int(key)].shape[1] for key in released.pitch], np.int64)  # type: ignore[union-attr]
    decibels = timbre.release_noise - KNOCK_DECAY * (released.offset - released.onset)
    nothing, never = np.zeros(len(released), np.int64), np.full(len(released), np.iinfo(np.int64).max)
    return WaveformParts(
        start=start,
        stop=start + length,
        released=never,
        restruck=never,
        key=released.pitch,
        channel=released.channel,
        is_soft=nothing,
        lower=nothing + RELEASE,
        upper=nothing + NO_LAYER,
        lower_gain=KNOCK_LEVEL * 10 ** (decibels / 20),
        upper_gain=nothing.astype(np.float64),
    )


def velocity_gain(velocity: Integers | Floats, *, dynamic_range: float) -> Floats:
    """Return the amplitude at each velocity, 1 at 127, as (m v + b)^2 (Dannenberg 2006).

    >>> (20 * np.log10(velocity_gain(np.array([127, 64, 1]), dynamic_range=40))).round(1).tolist()
    [0.0, -10.4, -40.0]
    """
    softest = 10 ** (-dynamic_range / 40)
    return np.asarray((softest + (1 - softest) * (velocity - 1) / 126) ** 2)


def damping_rate(pitch: Integers, *, damping_time: float = 1.0) -> Floats:
    """Return how fast resting dampers silence each string, in nepers a second.

    The time for 60 dB falls from 0.6 s at the lowest key to 0.13 s at the highest damped one, and there is no
    damping above.
    """
    part = np.clip((pitch - 21) / (HIGHEST_DAMPED - 21), 0, 1)
    seconds = 0.6 * (0.13 / 0.6) ** part * damping_time
    return np.where(pitch > HIGHEST_DAMPED, 0.0, np.log(1000) / seconds)
