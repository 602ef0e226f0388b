"""Performances for the tests of features, from notes in seconds at 480 ticks a beat and 120 beats a minute."""

import numpy as np

from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import Controls, Notes, Others, Performance, Tempos

TICKS_A_SECOND = 960


def ticks(seconds):
    return np.rint(np.asarray(seconds, np.float64) * TICKS_A_SECOND).astype(np.int64)


def scene(notes, *, controls=(), tempos=(), channel=0, end=0.0, division=480):
    """Return a performance of (onset, offset, pitch, velocity), controls (second, number, value), tempos (tick, us)."""
    onset, offset, pitch, velocity = (np.array(column) for column in zip(*notes, strict=True)) if notes else [[]] * 4
    count = len(notes)
    order = np.arange(count)
    rows = Notes(
        onset_tick=ticks(onset),
        offset_tick=ticks(offset),
        pitch=np.asarray(pitch, np.int64),
        velocity=np.asarray(velocity, np.int64),
        release_velocity=np.full(count, 64),
        channel=np.full(count, channel),
        track=np.zeros(count, np.int64),
        onset_order=2 * order,
        offset_order=2 * order + 1,
    )
    moments = [row[0] for row in controls]
    pedal = Controls(
        tick=ticks(moments),
        number=np.array([row[1] for row in controls], np.int64),
        value=np.array([row[2] for row in controls], np.int64),
        channel=np.full(len(controls), channel),
        track=np.zeros(len(controls), np.int64),
        order=2 * count + np.arange(len(controls)),
    )
    tempo = Tempos(
        tick=np.array([row[0] for row in tempos], np.int64),
        microseconds_per_beat=np.array([row[1] for row in tempos], np.int64),
        track=np.zeros(len(tempos), np.int64),
        order=10**6 + np.arange(len(tempos)),
    )
    last = np.array([ticks(end)], np.int64)
    return reorder_events(Performance(rows, pedal, tempo, Others.empty(), last, division, 0))
