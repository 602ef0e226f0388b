"""Durations in text: ``90s``, ``30m``, ``1h30m``."""

import re

from maestrokit.errors import UsageError

SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0}


def parse_duration(text: str) -> float:
    """Return a duration in seconds; a bare number is seconds.

    Raises
    ------
    UsageError
        If the text is no duration.

    >>> parse_duration("1h30m")
    5400.0
    """
    if not re.fullmatch(r"(\d+(\.\d+)?[dhms])+|\d+(\.\d+)?", text):
        raise UsageError(f"'{text}' is no duration", "write 90s, 30m or 1h30m")
    parts = re.findall(r"(\d+(?:\.\d+)?)([dhms]?)", text)
    return sum(float(number) * SECONDS[unit] for number, unit in parts)


def spelt_duration(seconds: float) -> str:
    """Return a duration in its two largest units.

    >>> spelt_duration(5400), spelt_duration(59.6), spelt_duration(90061)
    ('1h30m', '1m00s', '1d1h')
    """
    whole = round(seconds)
    for unit, smaller in (("d", "h"), ("h", "m"), ("m", "s")):
        size, part = int(SECONDS[unit]), int(SECONDS[smaller])
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size}{unit}" + (f"{rest}h" if unit == "d" else f"{rest:02d}{smaller}")
    return f"{whole}s"
