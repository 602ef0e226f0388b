"""The order in which events of tracks follow one another, found quickly where they nearly do."""

from typing import TypeVar

import numpy as np

from maestrokit.arrays import Columns, Integers
from maestrokit.music.performance import Notes, Performance, with_missing_ends

Table = TypeVar("Table", bound=Columns)


def reorder_events(performance: Performance) -> Performance:
    """Return the performance with its running order made consistent after events were moved, added or removed.

    Within a track, events are put in the order (tick, old order), with one exception: where a key is released and
    struck at the same tick, the release comes first, so that first-in-first-out pairing finds the same notes again.
    Orders then count from 0 without gaps, notes are sorted by (track, onset order), and no track ends before its
    last event.

    Parameters
    ----------
    performance : Performance
        With events that were moved, added or removed.

    Returns
    -------
    Performance
        The same events in order.
    """
    notes, controls, tempos, others = performance.notes, performance.controls, performance.tempos, performance.others
    released, tables = notes.released(), (controls, tempos, others)
    tick = np.concatenate([notes.onset_tick, released.offset_tick, *(table.tick for table in tables)])
    track = np.concatenate([notes.track, released.track, *(table.track for table in tables)])
    order = np.concatenate([notes.onset_order, released.offset_order, *(table.order for table in tables)])
    rows = by_tick(_by_order_with_releases_first(notes, track, order), track, tick)
    counts = np.bincount(track, minlength=len(performance.track_end_tick))
    ends = np.cumsum(counts)
    rank = np.empty(len(rows), np.int64)
    rank[rows] = np.arange(len(rows))
    track_end_tick, filled = performance.track_end_tick.copy(), np.flatnonzero(counts)
    track_end_tick[filled] = np.maximum(track_end_tick[filled], tick[rows[ends[filled] - 1]])
    bounds = np.cumsum([len(notes), len(released), len(controls), len(tempos)])
    _, _, *ranks = np.split(rank, bounds)
    onset_order, release_order, *orders = np.split(rank - (ends - counts).take(track), bounds)
    offset_order = onset_order.copy()
    offset_order[notes.is_released] = release_order
    controls = _sorted_by(ranks[0], controls.replace(order=orders[0]))
    moved, row = notes.replace(onset_order=onset_order, offset_order=offset_order), rows.compress(rows < len(notes))
    is_sorted = bool((row[1:] > row[:-1]).all())  # as they mostly are, since a grid keeps the order of onsets
    return performance.replace(
        notes=with_missing_ends(moved if is_sorted else moved.select(row), controls, track_end_tick),
        controls=controls,
        tempos=_sorted_by(ranks[1], tempos.replace(order=orders[1])),
        others=_sorted_by(ranks[2], others.replace(order=orders[2])),
        track_end_tick=track_end_tick,
    )


def with_room_between_events(performance: Performance) -> Performance:
    """Return the performance with all orders doubled, so that an odd one is between two events."""
    notes = performance.notes
    return performance.replace(
        notes=notes.replace(onset_order=2 * notes.onset_order, offset_order=2 * notes.offset_order),
        controls=performance.controls.replace(order=2 * performance.controls.order),
        tempos=performance.tempos.replace(order=2 * performance.tempos.order),
        others=performance.others.replace(order=2 * performance.others.order),
    )


def running_order(track: Integers, tick: Integers, order: Integers) -> Integers:
    """Return the rows of events sorted by (track, tick, order).

    Equals ``np.lexsort((order, tick, track))``, but takes time in proportion to the events where ticks nearly follow
    the order, as they do in everything that was once read from a file.

    >>> running_order(np.array([0, 0, 0]), np.array([5, 9, 5]), np.array([2, 1, 0])).tolist()
    [2, 0, 1]
    """
    return by_tick(by_order(track, order), track, tick)


def by_order(track: Integers, order: Integers) -> Integers:
    """Return the rows of events sorted by (track, order).

    Every order is a place of its own, but for a few that are empty, so nothing has to be compared.
    """
    counts = np.bincount(track) if len(track) else np.zeros(1, np.int64)
    slots = counts + counts // 4 + 16  # of each track, some of them empty
    row = np.full(int(slots.sum()), -1)
    if len(order) and (order.min() < 0 or (order >= slots.take(track)).any()):
        return np.lexsort((order, track))
    row[order + (np.cumsum(slots) - slots).take(track)] = np.arange(len(order))
    rows = row.compress(row >= 0)
    return rows if len(rows) == len(order) else np.lexsort((order, track))


def by_tick(rows: Integers, track: Integers, tick: Integers) -> Integers:
    """Return rows that are sorted by track sorted by (track, tick), otherwise in the order that they have."""
    time = tick.take(rows)
    if len(rows) and track[rows[0]] != track[rows[-1]]:
        span = int(tick.max()) + 1
        if tick.min() < 0 or int(track.max()) + 1 > np.iinfo(np.int64).max // span:
            return rows[np.lexsort((time, track[rows]))]
        time += track.take(rows) * span
    if (time[1:] >= time[:-1]).all():
        return rows
    return rows[np.argsort(time, kind="stable")]  # quick where nearly sorted


def _sorted_by(rank: Integers, table: Table) -> Table:
    """Return the rows by their places, all different; the same table if they are sorted already."""
    if (rank[1:] > rank[:-1]).all():
        return table
    return table.select(np.argsort(rank, kind="stable"))  # nearly sorted


def _by_order_with_releases_first(notes: Notes, track: Integers, order: Integers) -> Integers:
    """Return the rows of all events by (track, order), each late release just ahead of the onset that it delays."""
    late, onset_order = _late_releases(notes)
    if not len(late):
        return by_order(track, order)
    order = 2 * order
    row_of_release = len(notes) - 1 + np.cumsum(notes.is_released)
    order[row_of_release[late]] = 2 * onset_order - 1
    return np.lexsort((order, track))


def _late_releases(notes: Notes) -> tuple[Integers, Integers]:
    """Return the notes whose release follows an onset of their own key at the same tick, and the order of that onset.

    Of several onsets at that tick it is the first; a note that ends at the tick where it began is no such note.
    """
    key = notes.key
    beyond = max(int(notes.onset_tick.max(initial=0)), int(notes.offset_tick.max(initial=0))) + 1
    if int(key.max(initial=0)) + 1 > np.iinfo(np.int64).max // beyond:
        key = np.unique(key, return_inverse=True)[1]
    onset, release = key * beyond + notes.onset_tick, key * beyond + notes.offset_tick
    rows = np.arange(len(key))
    if not (onset[1:] > onset[:-1]).all():
        rows = np.lexsort((notes.onset_order, onset))
        onset, release = onset[rows], release[rows]
    reaching = np.flatnonzero(release[:-1] >= onset[1:])  # no other can meet a later onset of its key
    met = np.minimum(np.searchsorted(onset, release[reaching]), len(rows) - 1)
    is_met = onset[met] == release[reaching]
    released, struck = rows[reaching[is_met]], rows[met[is_met]]
    order = notes.onset_order[struck]
    is_late = (notes.onset_tick < notes.offset_tick)[released] & (notes.offset_order[released] > order)
    is_late &= notes.is_released[released]
    return released[is_late], order[is_late]
