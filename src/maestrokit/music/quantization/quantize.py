"""Quantization: note times onto a grid, and all other events along with them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.arrays import Integers
from maestrokit.bounds import DAY, SHARE, Within, check_fields
from maestrokit.errors import UsageError, choices_hint
from maestrokit.music.edits.retime import retimed
from maestrokit.music.event_order import reorder_events, with_room_between_events
from maestrokit.music.performance import KEY_SIGNATURE, TIME_SIGNATURE, Notes, Performance
from maestrokit.music.quantization.clean import (
    by_key,
    next_group,
    onsets_at,
    sounding_key,
    without_duplicates,
    without_overlaps,
)
from maestrokit.music.quantization.grid import (
    START,
    STRAIGHT,
    Grid,
    exact,
    grids_of,
    note_values_of,
    point_after,
    snapped,
)
from maestrokit.music.quantization.key_order import Barriers, Releases, barriers, latest_ticks, nondecreasing, postponed
from maestrokit.music.quantization.time_map import TimeMap, on_grid, time_map_of
from maestrokit.music.timing import times_of_tracks

Durations = Literal["keep", "grid", "offsets"]
DURATIONS: tuple[str, ...] = get_args(Durations)
STEPS = Within(1e-6, DAY)  # seconds: MIDI counts tempo in microseconds
FAR = 0.25  # seconds, more than which an onset cannot move and still be where a listener expects it
MARKER, CUE_POINT = 0xFF06, 0xFF07
STAY = (TIME_SIGNATURE, KEY_SIGNATURE, MARKER, CUE_POINT)  # positions in the score, not events of the performance


@dataclass(frozen=True)
class Quantization:
    """How :func:`quantize` moves and cleans.

    Parameters
    ----------
    step : Fraction, float or None
        Time quantum in seconds, 1 us to a day, by the tempo map. A float is taken as the decimal that it is written as.
    note_values : sequence of Fraction or str, or str
        Grids of these fractions of a whole note, 1/4096 to 1: ``["1/16", "1/12"]`` or ``"1/16,1/12"``; the nearest
        point of any counts. Not with a step. With neither, nothing moves.
    durations : {"keep", "grid", "offsets"}
        Notes keep their length in ticks; or it is rounded to a multiple of the step; or their ends move to the grid.
    strength : float, 0..1
        Share of the way to the grid, in ticks, that onsets go. Default is 1: all of it.
    swing : float, 0.5 to less than 1
        Share of two steps before the second one. Default is 0.5: straight.
    duplicates : bool
        Whether several onsets of one key at the same time become one note. Default is True.
    duplicate_window : float, 0 to 86400, in seconds
        How far apart onsets still count as the same. Default is 0.
    overlaps : bool
        Whether a note is cut where its own key is struck again. Default is True.

    Raises
    ------
    UsageError
        If these values exclude each other or are outside their bounds.
    """

    step: Annotated[Fraction | float | None, STEPS] = None
    note_values: Sequence[Fraction | float | str] | str = ()
    durations: Durations = "keep"
    strength: Annotated[float, SHARE] = 1.0
    swing: Annotated[float, Within(STRAIGHT, 1, below=True)] = STRAIGHT
    duplicates: bool = True
    duplicate_window: Annotated[float, Within(0, DAY)] = 0.0
    overlaps: bool = True

    def __post_init__(self) -> None:
        if self.step is not None and self.note_values:
            raise UsageError("`step` and `note_values` exclude each other", "a grid is in seconds or in note values")
        if self.durations not in DURATIONS:
            hint = choices_hint(self.durations, DURATIONS)
            raise UsageError(f"`durations` cannot be '{self.durations}'", hint, parameter="durations")
        check_fields(self)
        note_values_of(self.note_values)


@dataclass(frozen=True)
class QuantizeReport:
    """What :func:`quantize` did.

    Parameters
    ----------
    notes : int
        Notes of the input.
    moved : int
        Onsets, of the notes that are left, that are elsewhere now.
    farthest : float, in seconds
        The longest distance that an onset moved.
    moved_far : int
        Onsets that moved by more than 250 ms.
    duplicates : int
        Notes that were removed because another one stands for them.
    overlaps : int
        Notes that were cut.
    merged : int
        Those of the duplicates that were none before the grid brought them together.
    """

    notes: int
    moved: int
    farthest: float
    moved_far: int
    duplicates: int
    overlaps: int
    merged: int


def quantize(
    performance: Performance, how: Quantization, *, beats: ArrayLike | None = None
) -> tuple[Performance, QuantizeReport]:
    """Return the performance with its notes on a grid and cleaned, and a report.

    Onsets go to the nearest point, t' = round(t / Q) * Q for a quantum Q, then to the nearest tick. The moved onsets
    make a time map, linear between them, by which all other events move, pedals first of all: they keep their order
    among themselves and with the onsets. Tempos, signatures, markers and cue points stay. A note that ended before the
    next onset of its key still does, and none with a note-off gets length 0. With strength 1, twice is once.

    Parameters
    ----------
    performance : Performance
        What to quantize; it is not changed.
    how : Quantization
        The grid, and what is moved and cleaned.
    beats : float, shape (beats,), in seconds, optional
        Makes ticks score positions first, each of these a beat (see :func:`retimed`). Default: the tempo map's.

    Returns
    -------
    performance : Performance
        The quantized performance.
    report : QuantizeReport
        How many notes were moved, removed and cut.

    Raises
    ------
    UsageError
        If beats are given with a step in seconds.
    BadDataError
        If a grid of note values or a step cannot be had from the file's time, or the beats are none.
    """
    if beats is not None:
        if how.step is not None:
            raise UsageError("`beats` and `step` exclude each other", "beats are divided by `note_values`")
        performance = retimed(performance, beats)
        ahead = np.full(len(performance.tempos), -1)  # a beat's tempo stays ahead of what moves onto the beat
        performance = performance.replace(tempos=performance.tempos.replace(order=ahead))
    grids = _grids(performance, how)
    clean, key, cut = _cleaned(performance, how)
    time_map, onset = time_map_of(clean.onset_tick, grids, how.strength)
    notes = _without_duplicates(performance, clean, key, onset, how)  # those that the grid brought together
    if notes is not clean:
        onset, key = time_map(notes.onset_tick), sounding_key(notes, midi_format=performance.format)
    controls = performance.controls.replace(tick=time_map(performance.controls.tick))
    others, releases = performance.others, Releases.of(performance.others)
    stays = np.isin(others.kind, STAY)
    others = others.replace(tick=np.where(stays, others.tick, time_map(others.tick)))
    latest = latest_ticks(others, stays, releases, notes.replace(onset_tick=onset))
    barrier = barriers(notes.replace(onset_tick=onset), releases, latest, controls)
    offset_tick = _moved_offsets(notes, key, onset, time_map, grids, how, barrier.end)
    moved = notes.replace(onset_tick=onset, offset_tick=offset_tick)
    if how.durations == "grid" and not (how.duplicates and how.overlaps):
        moved = _stable_durations(moved, key, time_map, grids, how, barrier.end)
    result = performance.replace(notes=moved, controls=controls, others=others)
    result = reorder_events(_in_key_order(result, barrier, releases))
    if how.overlaps and not notes.is_released.all():
        result = _with_overlaps_cut(result)
    return result, _report(performance, len(clean), notes, onset, cut)


def _grids(performance: Performance, how: Quantization) -> list[Grid]:
    step = None if how.step is None else exact(how.step)
    return grids_of(performance, step=step, note_values=note_values_of(how.note_values), swing=how.swing)


def _report(performance: Performance, cleaned: int, notes: Notes, onset: Integers, cut: int) -> QuantizeReport:
    """Return what was done to so many notes, left by cleaning and by the grid, which get the given onsets."""
    before, after = (times_of_tracks(performance, tick, notes.track) for tick in (notes.onset_tick, onset))
    way, count = np.abs(after - before), len(performance.notes)
    return QuantizeReport(
        notes=count,
        moved=int(np.count_nonzero(onset != notes.onset_tick)),
        farthest=float(way.max(initial=0.0)),
        moved_far=int(np.count_nonzero(way > FAR)),
        duplicates=count - len(notes),
        overlaps=cut,
        merged=cleaned - len(notes),
    )


def _cleaned(performance: Performance, how: Quantization) -> tuple[Notes, Integers, int]:
    """Return the notes sorted by key and cleaned at the times that they have, their keys, and how many were cut."""
    notes, cut = by_key(performance.notes, midi_format=performance.format), 0
    key = sounding_key(notes, midi_format=performance.format)
    clean = _without_duplicates(performance, notes, key, notes.onset_tick, how)
    if clean is not notes:
        notes, key = clean, sounding_key(clean, midi_format=performance.format)
    if how.overlaps:
        notes, cut = without_overlaps(notes, key=key)
    return notes, key, cut


def _without_duplicates(
    performance: Performance, notes: Notes, key: Integers, onset: Integers, how: Quantization
) -> Notes:
    """Return the notes without duplicates, were their onsets at the given ticks; the same object if there are none."""
    if not how.duplicates:
        return notes
    if how.duplicate_window == 0:
        return without_duplicates(notes, key=key, onset=onset)
    second = times_of_tracks(performance, onset, notes.track)
    return without_duplicates(notes, key=key, onset=second, window=how.duplicate_window)


def _moved_offsets(
    notes: Notes, key: Integers, onset: Integers, time_map: TimeMap, grids: Sequence[Grid], how: Quantization,
    latest: Integers,
) -> Integers:  # fmt: skip
    """Return where the notes, which come sorted by key and onset, end when they begin at the given ticks."""
    offset = _offsets(notes, onset, grids, how)
    clean = how.duplicates and how.overlaps
    following = np.arange(1, len(key) + 1) if clean else _next_onsets(notes, key, onset, time_map)
    limit = onsets_at(onset, key, following)
    if how.durations == "grid":  # what lasts until the next onset still does
        offset = np.where(onsets_at(notes.onset_tick, key, following) == notes.offset_tick, limit, offset)
    offset = np.minimum(np.minimum(offset, limit), latest)
    if clean:
        return offset
    # Put off until no note of a track ends before an earlier one of its key: what begins first ends first.
    return nondecreasing(np.where(notes.is_released, offset, 0), notes.key, notes.onset_order)


def _stable_durations(
    notes: Notes, key: Integers, time_map: TimeMap, grids: Sequence[Grid], how: Quantization, latest: Integers
) -> Notes:
    """Return moved notes whose durations stay as they are when they are rounded again.

    Where notes of one key overlap, an end that waits for that of an earlier note makes a duration that is no multiple
    of the step. Ends are only ever put off by this, so it comes to an end.
    """
    still = TimeMap(time_map.new, time_map.new)
    while True:
        offset = _moved_offsets(notes, key, notes.onset_tick, still, grids, how, latest)
        if np.array_equal(offset, notes.offset_tick):
            return notes
        notes = notes.replace(offset_tick=offset)


def _offsets(notes: Notes, onset: Integers, grids: Sequence[Grid], how: Quantization) -> Integers:
    """Return where the notes end by the choice of durations, those of length 0 at the next point."""
    offset = onset + notes.offset_tick - notes.onset_tick
    if not grids:
        return offset
    origin = START
    if how.durations == "grid":
        grids, origin = [replace(grid, swing=STRAIGHT) for grid in grids], onset
        offset = snapped(offset, grids, origin=origin)
    elif how.durations == "offsets":
        offset = on_grid(notes.offset_tick, grids, how.strength)
    short = np.flatnonzero(offset <= onset)
    if len(short):
        offset[short] = point_after(onset[short], grids, origin=np.broadcast_to(origin, onset.shape)[short])
    return offset


def _next_onsets(notes: Notes, key: Integers, onset: Integers, time_map: TimeMap) -> Integers:
    """Return for each note the row of the first onset of its key after its end, were the notes uncleaned.

    An onset that goes where the note itself begins does not count. Rows beyond the notes of the key mean there is none.
    """
    span = len(time_map.old) + 1
    began, ended = np.searchsorted(time_map.old, notes.onset_tick), np.searchsorted(time_map.old, notes.offset_tick)
    following = np.searchsorted(key * span + began, key * span + np.maximum(ended, began + 1))
    return np.maximum(following, next_group(key, onset))


def _in_key_order(performance: Performance, barrier: Barriers, releases: Releases) -> Performance:
    """Return the performance with onsets after barriers at their tick, and releases that end nothing after notes."""
    notes = performance.notes
    is_late = (barrier.after >= 0) & (notes.offset_tick > notes.onset_tick)
    if is_late.any():
        performance = with_room_between_events(performance)
        onset_order = np.where(is_late, 2 * barrier.after + 1, performance.notes.onset_order)
        notes = performance.notes.replace(onset_order=onset_order)
        releases = releases.replace(order=2 * releases.order)
    tick = performance.others.tick.copy()
    tick[releases.row] = postponed(tick[releases.row], releases, notes)
    return performance.replace(notes=notes, others=performance.others.replace(tick=tick))


def _with_overlaps_cut(performance: Performance) -> Performance:
    """Return the performance with notes without a note-off cut where their key is struck on another track."""
    notes = by_key(performance.notes, midi_format=performance.format)
    notes, cut = without_overlaps(notes, key=sounding_key(notes, midi_format=performance.format))
    return reorder_events(performance.replace(notes=notes)) if cut else performance
