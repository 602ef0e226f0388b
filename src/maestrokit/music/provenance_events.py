"""The chain of commands that made a performance, kept as text events at the start of its first track."""

import numpy as np

from maestrokit import provenance
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import TEXT, Others, Performance


def commands(performance: Performance) -> list[str]:
    """Return the lines of provenance that a performance carries, oldest first."""
    return [_text(message) for message in performance.others.select(_command_rows(performance)).message]


def with_command(performance: Performance, line: str) -> Performance:
    """Return the performance with one more line of provenance (see :func:`maestrokit.provenance.extended`)."""
    chain = provenance.extended(commands(performance), line)
    remaining = performance.others.select(~_command_rows(performance))
    first = min(
        (int(part.order.min(initial=0)) for part in (performance.controls, performance.tempos, remaining)), default=0
    )
    count = len(chain)
    lines = Others(
        tick=np.zeros(count, np.int64),
        kind=np.full(count, TEXT),
        message=_messages(chain),
        track=np.zeros(count, np.int64),
        order=first - count + np.arange(count),
    )
    ends = performance.track_end_tick if len(performance.track_end_tick) else np.zeros(1, np.int64)
    return reorder_events(performance.replace(others=Others.concatenate([lines, remaining]), track_end_tick=ends))


def with_text(performance: Performance, text: str) -> Performance:
    """Return the performance with one more text event, behind all others at its very start."""
    last = max(
        (int(part.order.max(initial=-1)) for part in (performance.controls, performance.tempos, performance.others)),
        default=-1,
    )
    line = Others(
        tick=np.zeros(1, np.int64),
        kind=np.full(1, TEXT),
        message=_messages([text]),
        track=np.zeros(1, np.int64),
        order=np.array([last + 1]),
    )
    return reorder_events(performance.replace(others=Others.concatenate([performance.others, line])))


def _command_rows(performance: Performance) -> np.ndarray:
    others = performance.others
    texts = (others.kind == TEXT) & (others.track == 0) & (others.tick == 0)
    rows = np.zeros(len(others), bool)
    for row in np.flatnonzero(texts):
        rows[row] = provenance.is_command_line(_text(others.message[row]))
    return rows


def _text(message: bytes) -> str:
    start = 2
    while message[start] & 0x80:  # the length is a variable-length quantity
        start += 1
    return message[start + 1 :].decode("utf-8", "replace")


def _messages(texts: list[str]) -> np.ndarray:
    messages = np.empty(len(texts), object)
    for row, text in enumerate(texts):
        payload = text.encode()
        length = [len(payload) & 0x7F]
        while (rest := len(payload) >> 7 * len(length)) > 0:
            length.insert(0, rest & 0x7F | 0x80)
        messages[row] = bytes([0xFF, TEXT & 0xFF, *length]) + payload
    return messages
