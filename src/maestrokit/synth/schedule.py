"""What sounds when: strokes and returning keys as parts of waveforms, in samples."""

import math
from dataclasses import dataclass

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.music.columns import Columns
from maestrokit.synth.keys_and_pedals import FOREVER, Damping, Strokes
from maestrokit.synth.piano import Voices
from maestrokit.synth.timbre import Timbre

HIGHEST_DAMPED = 88  # MIDI number; the strings above have no dampers
DAMPED = 7.6  # nepers, 66 dB, after which a damped string is taken for silent
RESTRIKE_FADE = 0.06  # seconds in which a new stroke of the same string replaces the old sound
KNOCK_LEVEL = 0.004  # of the recorded key releases, -48 dB
KNOCK_DECAY = 2.0  # dB that the release loses for each second that the key was held
NO_LAYER, RELEASE = -2, -1


@dataclass(frozen=True, eq=False)
class Events(Columns):
    """What is to be added to the output: parts of waveforms, in samples, sorted by start."""

    start: Integers
    stop: Integers
    released: Integers
    """Sample from which the damper works."""
    restruck: Integers
    """Sample from which the next stroke replaces the sound."""
    key: Integers
    channel: Integers
    is_soft: Integers
    lower: Integers
    """Layer, ``RELEASE`` or ``NO_LAYER``."""
    upper: Integers
    lower_gain: Floats
    upper_gain: Floats


def events(
    struck: Strokes,
    damping: dict[int, Damping],
    played: Voices,
    rate: float,
    timbre: Timbre,
    *,
    first: int = 0,
    last: float = math.inf,
) -> Events:
    """Return all that may be heard from sample `first` up to `last`, sorted by start."""
    notes = _note_events(struck, damping, played, rate, timbre, first, last)
    knocks = _knock_events(struck.select(struck.onset * rate < last), played, rate, timbre)
    both = Events.concatenate([notes, knocks.select((knocks.stop > first) & (knocks.start < last))])
    return both.select(np.argsort(both.start, kind="stable"))


def _note_events(
    struck: Strokes,
    damping: dict[int, Damping],
    played: Voices,
    rate: float,
    timbre: Timbre,
    first: int,
    last: float,
) -> Events:
    lengths = _lengths(struck, damping, timbre) * rate
    is_near = (struck.onset * rate < last + 1) & (struck.onset * rate + lengths > first - 1)
    struck, wanted = struck.select(is_near), np.ceil(lengths[is_near]).astype(np.int64)
    start = np.rint(struck.onset * rate).astype(np.int64)
    lower, upper, lower_gain, upper_gain = _layers(struck, played, timbre)
    longest: dict[tuple[int, int, int], int] = {}
    for layers in (lower, upper):
        for key, soft, layer, samples in zip(struck.pitch, struck.is_soft, layers, wanted, strict=True):
            place = int(key), int(layer), int(soft)
            longest[place] = max(longest.get(place, 0), int(samples))
    for (key, layer, soft), samples in longest.items():  # once, at its longest
        if layer >= 0:
            played.waveform(key, layer, is_soft=bool(soft), samples=samples)
    whole = np.array(
        [
            max(
                played.waveform(int(key), int(layer), is_soft=bool(soft), samples=int(samples)).shape[1]
                for layer in {a, b}
                if layer >= 0
            )
            for key, soft, a, b, samples in zip(struck.pitch, struck.is_soft, lower, upper, wanted, strict=True)
        ],
        np.int64,
    )
    return Events(
        start=start,
        stop=start + np.minimum(whole, wanted),
        released=np.rint(struck.offset * rate).astype(np.int64),
        restruck=np.rint(np.minimum(struck.next_onset, 1e9) * rate).astype(np.int64),
        key=struck.pitch,
        channel=struck.channel,
        is_soft=struck.is_soft,
        lower=lower,
        upper=upper,
        lower_gain=lower_gain,
        upper_gain=upper_gain,
    )


def _lengths(struck: Strokes, damping: dict[int, Damping], timbre: Timbre) -> Floats:
    """Return how long each stroke may sound until it is damped or its string is struck again, in seconds."""
    speed = damping_rate(struck.pitch, damping_time=timbre.damping_time)
    silent = np.full(len(struck), np.inf)
    for channel, each in damping.items():
        here = (struck.channel == channel) & (speed > 0)
        silent[here] = each.reaches(each.at(struck.offset[here]) + DAMPED / speed[here])
    return np.asarray(np.minimum(np.minimum(silent, struck.next_onset + RESTRIKE_FADE) - struck.onset, 1e6))


def _layers(struck: Strokes, played: Voices, timbre: Timbre) -> tuple[Integers, Integers, Floats, Floats]:
    """Return for each stroke the two layers about its velocity and their gains."""
    count = len(struck)
    lower, upper = np.zeros(count, np.int64), np.full(count, NO_LAYER)
    share = np.zeros(count)
    for key in np.unique(struck.pitch):
        here = struck.pitch == key
        layer_velocity = np.array([layer.velocity for layer in played.piano.keys[int(key)]])
        place = np.interp(struck.velocity[here] + timbre.hardness, layer_velocity, np.arange(len(layer_velocity)))
        lower[here] = np.floor(place)
        share[here] = place - np.floor(place)
        upper[here] = np.where(share[here] > 0, lower[here] + 1, NO_LAYER)
    amplitude = velocity_gain(struck.velocity, dynamic_range=timbre.dynamic_range)
    return lower, upper, amplitude * (1 - share), amplitude * share


def _knock_events(struck: Strokes, played: Voices, rate: float, timbre: Timbre) -> Events:
    """Return the sounds of keys coming back."""
    lengths = {int(key): played.release(int(key)) for key in np.unique(struck.pitch)}
    is_recorded = np.array([lengths[int(key)] is not None for key in struck.pitch], bool)
    kept = struck.select(is_recorded & (struck.offset < FOREVER))
    start = np.rint(kept.offset * rate).astype(np.int64)
    length = np.array([lengths[int(key)].shape[1] for key in kept.pitch], np.int64)  # type: ignore[union-attr]
    decibels = timbre.release_noise - KNOCK_DECAY * (kept.offset - kept.onset)
    nothing, never = np.zeros(len(kept), np.int64), np.full(len(kept), np.iinfo(np.int64).max)
    return Events(
        start=start,
        stop=start + length,
        released=never,
        restruck=never,
        key=kept.pitch,
        channel=kept.channel,
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
