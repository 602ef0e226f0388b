"""Infill: a span of a performance that is to be replaced, and the notes on both sides of it."""

from dataclasses import dataclass

import numpy as np

from maestrokit.errors import UsageError
from maestrokit.music.edits.continuation import PEDALS, is_piano, next_order, pedals_down, pedals_up
from maestrokit.music.encodings.events import Encoding, encode
from maestrokit.music.encodings.notes import note_sequence
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.event_order import reorder_events
from maestrokit.music.note_arrays import offset_ticks
from maestrokit.music.note_offs import with_note_offs
from maestrokit.music.performance import Controls, Performance
from maestrokit.music.timing import second2tick, tempo_map, tick2second

SHORTEST = 0.1  # seconds


@dataclass(frozen=True)
class Gap:
    """A performance without what lies in a span.

    Parameters
    ----------
    performance : Performance
        All else as it was. Pedals that are down come up where the span begins, and go down again just before its end if
        anything follows.
    before, after : StepNotes
        The notes of a piano on both sides of the span.
    start, stop : int, in steps
        The first step of the span, and the first after it.
    """

    performance: Performance
    before: StepNotes
    after: StepNotes
    start: int
    stop: int


def gap_of(performance: Performance, encoding: Encoding, start: float, stop: float) -> Gap:
    """Return a performance without the piano notes whose onsets lie in a span, and without its pedals there.

    Parameters
    ----------
    start, stop : float, in seconds
        The span; the end itself is outside.

    Raises
    ------
    UsageError
        If the span is none, shorter than a tenth of a second, or begins after the performance.
    """
    if not 0 <= start <= stop < float("inf"):
        raise UsageError(f"`infill` must be a span of seconds, not {start:g}..{stop:g}", parameter="infill")
    tempo = tempo_map(performance)
    first, end = second2tick(np.array([start, stop]), tempo).tolist()
    if stop - start < SHORTEST - 1e-9:
        raise UsageError("the span to fill is shorter than 0.1 s", parameter="infill")
    if first > performance.last_tick:
        last = float(tick2second(performance.last_tick, tempo))
        fact = f"the span of `infill` begins at {start:g} s, and the prompt ends at {last:.1f} s"
        raise UsageError(fact, "fill a span of the prompt", parameter="infill")
    notes, controls = performance.notes.replace(offset_tick=offset_ticks(performance)), performance.controls
    is_within = (controls.tick >= first) & (controls.tick < end) & np.isin(controls.number, PEDALS)
    order, early = next_order(performance), controls.select(controls.tick < first)
    up = pedals_up(early, first, order)
    left_down = controls.select(controls.tick < (end if performance.last_tick >= end else 0))  # if anything follows
    down = pedals_down(left_down, end - 1, order + len(up))
    rest = with_note_offs(
        reorder_events(
            performance.replace(
                notes=notes.select(~(is_piano(notes) & (notes.onset_tick >= first) & (notes.onset_tick < end))),
                controls=Controls.concatenate([controls.select(~is_within), up, down]),
            )
        )
    )
    around = note_sequence(encode(rest.replace(notes=rest.notes.select(is_piano(rest.notes))), encoding), encoding)
    is_before = around.onset * encoding.step < (start + stop) / 2  # none is in between
    steps = int(np.ceil(round(start / encoding.step, 6))), int(round(stop / encoding.step, 6))
    return Gap(rest, around.select(is_before), around.select(~is_before), *steps)
