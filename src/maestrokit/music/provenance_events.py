"""The chain of commands that made a performance, kept as text events at the start of its first track."""

from collections.abc import Sequence

import numpy as np

from maestrokit import provenance
from maestrokit.arrays import Mask
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import TEXT, Others, Performance
from maestrokit.music.track_events import payload_of, variable_length

TEMPO_UNKNOWN = "tempo unknown: the 120 beats a minute in this file only make a tick a millisecond"
"""What a file says whose notes have no tempo."""


def commands(performance: Performance) -> list[str]:
    """Return the lines of provenance that a performance carries, oldest first."""
    return [_text(message) for message in performance.others.select(_is_command(performance.others)).message]


def with_command(performance: Performance, line: str) -> Performance:
    """Return the performance with one more line of provenance (see :func:`maestrokit.provenance.extended`)."""
    chain = provenance.extended(commands(performance), line)
    remaining = performance.others.select(~_is_command(performance.others))
    tables = performance.controls, performance.tempos, remaining
    first = min(int(table.order.min(initial=0)) for table in tables)
    others = Others.concatenate([_text_events(chain, first - len(chain)), remaining])
    ends = performance.track_end_tick if len(performance.track_end_tick) else np.zeros(1, np.int64)
    return reorder_events(performance.replace(others=others, track_end_tick=ends))


def with_text(performance: Performance, text: str) -> Performance:
    """Return the performance with one more text event, behind all others at its very start."""
    tables = performance.controls, performance.tempos, performance.others
    last = max(int(table.order.max(initial=-1)) for table in tables)
    others = Others.concatenate([performance.others, _text_events([text], last + 1)])
    return reorder_events(performance.replace(others=others))


def has_text(performance: Performance, text: str) -> bool:
    """Return whether a text event at the very start of the performance says just that."""
    others = performance.others
    rows = np.flatnonzero((others.kind == TEXT) & (others.tick == 0))
    return any(_text(others.message[row]) == text for row in rows)


def _is_command(others: Others) -> Mask:
    is_command = (others.kind == TEXT) & (others.track == 0) & (others.tick == 0)
    for row in np.flatnonzero(is_command):
        is_command[row] = provenance.is_command_line(_text(others.message[row]))
    return np.asarray(is_command)


def _text(message: bytes) -> str:
    return payload_of(message, 2).decode("utf-8", "replace")


def _text_events(texts: Sequence[str], order: int) -> Others:
    """Return texts at the start of the first track, in a row from some place in its order on."""
    zeros, message = np.zeros(len(texts), np.int64), np.empty(len(texts), object)
    for row, payload in enumerate(text.encode() for text in texts):
        message[row] = bytes([0xFF, TEXT & 0xFF]) + variable_length(len(payload)) + payload
    return Others(zeros, zeros + TEXT, message, zeros, order + np.arange(len(texts)))
