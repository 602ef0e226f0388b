"""Keys and pedals in seconds: keys struck and released, dampers lifted and dropped."""

from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from maestrokit.arrays import Columns, Floats, Integers, following
from maestrokit.music.note_arrays import note_arrays
from maestrokit.music.performance import SOFT, SOSTENUTO, SUSTAIN, Controls, Performance
from maestrokit.music.sustain import pedal_changes, pedal_positions
from maestrokit.music.timing import TempoMap, tempo_map, tick2second

LIFTED, RESTING = 90, 38  # sustain controller: dampers off the strings, dampers at rest; half pedal between
FOREVER = 1e9  # seconds


@dataclass(frozen=True, eq=False)
class SoundingNotes(Columns):
    """Notes of a piano in the order of their onsets."""

    onset: Floats
    offset: Floats
    """When the damper is free to fall: the key is released and the sostenuto pedal does not hold it."""
    pitch: Integers
    velocity: Integers
    channel: Integers
    is_soft: Integers
    """1 where the soft pedal is down at the onset."""
    next_onset: Floats
    """When the same string is struck again; infinite if it never is."""


@dataclass(frozen=True)
class Damping:
    """How long the dampers have rested on the strings so far, as a piecewise linear function of time.

    The amplitude of a string released at ``off`` is exp(-rate * (amount(t) - amount(off))), so half pedalling,
    which lets the dampers touch the strings, damps more slowly, and catching the pedal late keeps what is left.

    """

    time: Floats  # rising, in seconds
    amount: Floats  # never falling, in seconds of full damping

    def at(self, time: Floats) -> Floats:
        """Return the amount at each time."""
        return np.interp(time, self.time, self.amount)

    def reaches(self, amount: Floats) -> Floats:
        """Return the first time at which each amount is reached."""
        row = np.clip(np.searchsorted(self.amount, amount), 1, len(self.amount) - 1)
        rise = self.amount[row] - self.amount[row - 1]
        part = (amount - self.amount[row - 1]) / np.where(rise > 0, rise, 1)
        return np.asarray(self.time[row - 1] + np.clip(part, 0, 1) * (self.time[row] - self.time[row - 1]))


def sounding_notes(performance: Performance) -> SoundingNotes:
    """Return the notes of a performance; the drum channel is left out."""
    tempo = tempo_map(performance)
    notes = note_arrays(performance)
    return SoundingNotes(
        onset=notes.onset,
        offset=_held_by_sostenuto(notes.onset, notes.offset, notes.channel, performance, tempo),
        pitch=notes.pitch,
        velocity=notes.velocity,
        channel=notes.channel,
        is_soft=_is_soft(notes.onset, notes.channel, performance, tempo),
        next_onset=following(notes.onset, key=notes.pitch, order=notes.onset, otherwise=np.inf),
    )


def dampings(performance: Performance) -> dict[int, Damping]:
    """Return the damping of each channel that has notes, from its sustain pedal."""
    pedals = pedal_positions(performance.controls, SUSTAIN)
    channels = np.unique(performance.notes.channel).tolist()
    return {channel: _damping(pedals.select(pedals.channel == channel), tempo_map(performance)) for channel in channels}


def damper_contact(pedal: Floats) -> Floats:
    """Return how firmly dampers rest on the strings, 0..1, at positions 0..127 of the sustain pedal.

    >>> damper_contact(np.array([0, 64, 127])).round(2).tolist()
    [1.0, 0.25, 0.0]
    """
    return np.asarray(np.clip((LIFTED - pedal) / (LIFTED - RESTING), 0, 1) ** 2)


def _damping(pedal: Controls, tempo: TempoMap) -> Damping:
    contact = np.concatenate([[1.0], damper_contact(pedal.value.astype(np.float64))])
    moments = np.concatenate([[-1.0], tick2second(pedal.tick, tempo), [FOREVER]])
    amount = np.concatenate([[0.0], np.cumsum(np.maximum(np.diff(moments), 0) * contact)])
    return Damping(moments, amount)


def _is_soft(onset: Floats, channel: Integers, performance: Performance, tempo: TempoMap) -> Integers:
    soft = np.zeros(len(onset), np.int64)
    for number in np.unique(channel):
        changes = pedal_changes(performance, channel=int(number), pedal=SOFT)
        here = channel == number
        is_down = np.concatenate([[0], changes.is_down])
        soft[here] = is_down[np.searchsorted(tick2second(changes.tick, tempo), onset[here], side="right")]
    return soft


def _held_by_sostenuto(
    onset: Floats, offset: Floats, channel: Integers, performance: Performance, tempo: TempoMap
) -> Floats:
    """Return offsets, those put off that are down when the sostenuto pedal goes down, until it comes up."""
    offset = offset.copy()
    for number in np.unique(channel):
        time = tick2second(pedal_changes(performance, channel=int(number), pedal=SOSTENUTO).tick, tempo)
        for press, lift in zip_longest(time[::2], time[1::2], fillvalue=FOREVER):
            held = (channel == number) & (onset <= press) & (press < offset)
            offset[held] = np.maximum(offset[held], min(lift, FOREVER))
    return offset
