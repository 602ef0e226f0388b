"""Continuation: the beginning of a performance as it was, followed by the events of a model."""

from dataclasses import dataclass

import numpy as np

from maestrokit.arrays import Integers, Mask
from maestrokit.errors import UsageError
from maestrokit.music.encodings.events import Encoding, Tokens, decode, encode, token_steps
from maestrokit.music.event_order import reorder_events
from maestrokit.music.note_arrays import offset_ticks
from maestrokit.music.note_offs import with_note_offs
from maestrokit.music.performance import DRUM_CHANNEL, SOFT, SOSTENUTO, SUSTAIN, Controls, Notes, Performance
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.music.timing import second2tick, tempo_map, tick2second

PEDALS = (SUSTAIN, SOSTENUTO, SOFT)
NO_TICK = 1 << 48  # after all music


@dataclass(frozen=True)
class Prompt:
    """The beginning of a performance that a model continues, and its tokens."""

    performance: Performance
    """All events as they were, and the pedals released at the end."""
    is_held: Mask
    """Which notes have their keys down at the end, so that the new music releases them."""
    tokens: Tokens
    """From ``begin``: the keys of a piano only, no drums, and not the releases of those notes."""


def prompt_of(performance: Performance, encoding: Encoding, *, seconds: float | None, rings_on: bool = False) -> Prompt:
    """Return a performance, or its beginning of some seconds, as a prompt.

    No event before the end is changed. Pedals that are down there come up. Drums and keys outside a piano, which the
    model does not have, end there, and so do notes without a note-off, which get one where nothing else ends them. With
    `rings_on` other piano notes end where they did, if that is later, and none is held.

    Raises
    ------
    UsageError
        If the seconds are negative or not a number, or the performance lasts longer than a day.
    """
    end, controls = performance.last_tick, performance.controls
    notes = performance.notes.replace(offset_tick=offset_ticks(performance))
    if seconds is not None and not seconds >= 0:
        raise UsageError(f"`prompt_seconds` must be 0 or more, not {seconds}", parameter="prompt_seconds")
    if seconds is not None and seconds < float(tick2second(end, tempo_map(performance))):
        end = int(second2tick(seconds, tempo_map(performance)))
        notes, controls = notes.select(notes.onset_tick < end), controls.select(controls.tick <= end)
    of_piano = is_piano(notes)
    is_continuing = of_piano & notes.is_released & (notes.offset_tick > end)
    is_held = is_continuing & (not rings_on)
    ends = np.where(is_continuing & rings_on, notes.offset_tick, np.minimum(notes.offset_tick, end))
    begun = with_note_offs(
        performance.replace(
            notes=notes.replace(offset_tick=ends),
            controls=Controls.concatenate([controls, pedals_up(controls, end, next_order(performance))]),
            tempos=performance.tempos.select(performance.tempos.tick <= end),
            others=performance.others.select(performance.others.tick <= end),
            track_end_tick=np.minimum(performance.track_end_tick, max(end, int(ends.max(initial=0)))),
        )
    )
    tokens = encode(begun.replace(notes=begun.notes.select(of_piano)), encoding)[:-1]
    return Prompt(begun, is_held, _without_releases(tokens, np.unique(notes.pitch[is_held]), encoding))


def continued(prompt: Prompt, events: Tokens, encoding: Encoding) -> Performance:
    """Return the performance of a prompt and of the events that follow it.

    New events are on the track and channel of the prompt's last note, at the ticks nearest to their times. No key is
    struck before the prompt has released it, which may be half a step later than the model sees it.
    """
    performance, notes = prompt.performance, prompt.performance.notes
    tempo, start = tempo_map(performance), token_steps(prompt.tokens, encoding)[-1] * encoding.step
    is_velocity = (prompt.tokens >= encoding.first_velocity) & (prompt.tokens < encoding.begin)
    new = decode(np.concatenate([prompt.tokens[is_velocity][-1:], events]), encoding)  # its ticks are milliseconds
    releases = start + _release_steps(notes.pitch[prompt.is_held], events, encoding) * encoding.step
    offset = notes.offset_tick.copy()
    offset[prompt.is_held] = np.maximum(offset[prompt.is_held], second2tick(releases, tempo))
    return _joined(performance, notes.replace(offset_tick=offset), new, start)


def joined_performance(performance: Performance, new: Performance) -> Performance:
    """Return a performance with the notes and controls of a new one, whose ticks are milliseconds from the same start.

    They are on one track and channel; see :func:`continued`.
    """
    return _joined(performance, performance.notes, new, 0.0)


def _joined(performance: Performance, notes: Notes, new: Performance, start: float) -> Performance:
    """Return a performance with its notes, and those and the controls of a new one from some seconds on.

    A new note waits until its key is up, and ends at the latest where the performance strikes its key again.
    """
    tempo, piano = tempo_map(performance), notes.select(is_piano(notes))
    onset = second2tick(start + new.notes.onset_tick / 1000, tempo)
    released, struck = _room(piano, new.notes.pitch, onset)
    offset = np.minimum(second2tick(start + new.notes.offset_tick / 1000, tempo), struck)
    onset = np.maximum(onset, released)
    order = next_order(performance)
    earlier = piano.select(piano.onset_tick <= onset.max(initial=0))
    track, channel = _track_and_channel_of_last(earlier if len(earlier) else piano)
    added_notes = new.notes.replace(
        onset_tick=onset,
        offset_tick=np.maximum(offset, onset + 1),
        track=new.notes.track + track,
        channel=new.notes.channel + channel,
        onset_order=new.notes.onset_order + order,
        offset_order=new.notes.offset_order + order,
    )
    added_controls = new.controls.replace(
        tick=second2tick(start + new.controls.tick / 1000, tempo),
        track=new.controls.track + track,
        channel=new.controls.channel + channel,
        order=new.controls.order + order,
    )
    return reorder_events(
        performance.replace(
            notes=Notes.concatenate([notes, added_notes]),
            controls=Controls.concatenate([performance.controls, added_controls]),
            track_end_tick=performance.track_end_tick if len(performance.track_end_tick) else np.zeros(1, np.int64),
        )
    )


def _room(notes: Notes, pitch: Integers, tick: Integers) -> tuple[Integers, Integers]:
    """Return when the key of each of some new notes is released before its tick, and when it is struck again."""
    rows = np.lexsort((notes.onset_tick, notes.pitch))
    block = notes.pitch[rows] * NO_TICK  # keys one after another
    onset, offset = block + notes.onset_tick[rows], np.maximum.accumulate(block + notes.offset_tick[rows])
    at = np.searchsorted(onset, pitch * NO_TICK + tick, side="right")
    released = np.append(offset, 0)[at - 1] - pitch * NO_TICK  # below 0 where the key was not struck before
    struck = np.append(onset, 128 * NO_TICK)[at] - pitch * NO_TICK
    return np.maximum(released, 0), struck


def is_piano(notes: Notes) -> Mask:
    """Return which notes are those of a piano: its keys, no drums."""
    return np.asarray((notes.channel != DRUM_CHANNEL) & (notes.pitch >= LOWEST_PITCH) & (notes.pitch <= HIGHEST_PITCH))


def _track_and_channel_of_last(notes: Notes) -> tuple[int, int]:
    """Return track and channel of the last note struck; the first of each if there is none."""
    if not len(notes):
        return 0, 0
    last = int(notes.onset_tick.argmax())
    return int(notes.track[last]), int(notes.channel[last])


def next_order(performance: Performance) -> int:
    """Return a place in the running order behind all events."""
    notes, tables = performance.notes, (performance.controls, performance.tempos, performance.others)
    orders = (notes.onset_order, notes.offset_order, *(table.order for table in tables))
    return max(int(order.max(initial=-1)) for order in orders) + 1


def last_control(performance: Performance) -> float:
    """Return the second of the last control, such as a pedal; 0 if there is none."""
    return float(tick2second(int(performance.controls.tick.max(initial=0)), tempo_map(performance)))


def pedals_up(controls: Controls, tick: int, order: int) -> Controls:
    """Return what brings up the pedals that controls leave down, also those that are only half down."""
    pedals = pedals_down(controls, tick, order)
    return pedals.replace(value=np.zeros(len(pedals), np.int64))


def pedals_down(controls: Controls, tick: int, order: int) -> Controls:
    """Return, at a tick, the values of the pedals that controls leave down, or half down."""
    pedals = controls.select(np.isin(controls.number, PEDALS))
    pedals = pedals.select(np.lexsort((pedals.order, pedals.track, pedals.tick)))
    _, last = np.unique((pedals.channel * 128 + pedals.number)[::-1], return_index=True)
    pedals = pedals.select(len(pedals) - 1 - last)
    pedals = pedals.select(pedals.value > 0)
    count = len(pedals)
    return pedals.replace(tick=np.full(count, tick), order=order + np.arange(count))


def _without_releases(tokens: Tokens, pitches: Integers, encoding: Encoding) -> Tokens:
    """Return tokens without the last release of each key."""
    last = [np.flatnonzero(tokens == encoding.first_off + pitch)[-1] for pitch in pitches]
    return np.delete(tokens, last)


def _release_steps(pitches: Integers, events: Tokens, encoding: Encoding) -> Integers:
    """Return the step at which each key is released first; the last step where it is not."""
    steps = token_steps(events, encoding)
    releases = [steps[events == encoding.first_off + pitch][:1] for pitch in pitches]
    return np.array([int(step[0]) if len(step) else int(steps.max(initial=0)) for step in releases], np.int64)
