"""The work of ``evaluate --difference``: how many listeners a wanted difference needs."""

import math
from collections.abc import Sequence

from maestrokit.cli.commands.evaluate.listening.ratings import read_ratings
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.commands.evaluate.tables import COLUMNS, aligned, records, shown
from maestrokit.cli.declare import state
from maestrokit.cli.report import counted
from maestrokit.errors import UsageError, choices_hint
from maestrokit.files import streams
from maestrokit.files.formats import SCORES, chosen_format
from maestrokit.files.tables import FORMATS, encoded, record_lines
from maestrokit.listening.answers import panel_of
from maestrokit.listening.scales import DESIGNS
from maestrokit.metrics.contract import SHARE, Row
from maestrokit.metrics.ratings.panel import Measure
from maestrokit.metrics.ratings.power import LEAST_POWER, Spread, listeners_needed, power, spread_of, usual_spread


def print_listeners(settings: Settings, difference: float) -> None:
    """Print how many listeners are needed.

    Raises
    ------
    UsageError
        If there is no such design, or these are not written in the format.
    """
    options, design = settings.options, settings.listening.design
    state()
    format = chosen_format(options.format_, options.output, SCORES, default="tsv")
    if design not in DESIGNS:
        raise UsageError(f"no design '{design}'", choices_hint(design, DESIGNS), parameter="design")
    if format not in ("table", *FORMATS):
        raise UsageError(f"numbers of listeners are written as table, {', '.join(FORMATS)}", parameter="format")
    spreads, clips, source = _spreads(settings)
    if settings.running.dry_run:
        return
    rows = [row for measure, spread in spreads for row in rows_of(difference, measure, spread, clips)]
    systems = f"two systems of {clips} clips each"
    title = f"A difference of {difference:g} between {systems}, with a power of {LEAST_POWER:g}; {source}"
    if format == "table":
        text = _table(rows, title)
    else:
        text = "".join(record_lines(records([], rows), format=format, columns=COLUMNS))
    streams.write_bytes(options.output, encoded(text))


def rows_of(difference: float, measure: Measure, spread: Spread, clips: int) -> list[Row]:
    """Return how many listeners are needed for these very clips, for other clips of the systems, and the most power."""
    nan = float("nan")
    same = listeners_needed(difference, Spread(0.0, spread.listeners, spread.residual), clips=clips)
    other = listeners_needed(difference, spread, clips=clips)
    most = power(difference, spread, listeners=float("inf"), clips=clips)
    return [
        Row(f"listeners.{measure.name}", nan if same is None else same, unit="listeners", n=clips, better="lower"),
        Row(f"listeners_for_other_clips.{measure.name}", nan if other is None else other, unit="listeners", n=clips,
            better="lower"),
        Row(f"power_of_endless_listeners.{measure.name}", most, n=clips, bounds=SHARE),
    ]  # fmt: skip


def _table(rows: Sequence[Row], title: str) -> str:
    """Return the numbers for people."""
    values = [
        "too few clips" if math.isnan(row.value) else f"{row.value:.0f}" if row.unit else shown(row.value)
        for row in rows
    ]
    return f"{title}\n\n" + aligned([("metric", [row.metric for row in rows]), ("value", values)])


def _spreads(settings: Settings) -> tuple[list[tuple[Measure, Spread]], int, str]:
    """Return how ratings spread on each scale, the number of clips, and where that is known from."""
    listening = settings.listening
    if not listening.ratings:
        (first, *_) = DESIGNS[listening.design]
        spread = usual_spread(first)
        if listening.design == "pairs":  # a share is compared with a half, not with another share
            spread = Spread(spread.clips / 2, spread.listeners / 2, spread.residual / 2)
        return [(first, spread)], listening.clips, "ratings spread as they usually do"
    answers, key, _ = read_ratings(settings)
    if key.design == "pairs":
        raise UsageError("a pilot test of pairs has no ratings on scales", "leave it out", parameter="ratings")
    panel = panel_of([listener_answers for _, listener_answers in answers], key)
    if len(panel.listeners) < 2:
        raise UsageError("a pilot test needs two listeners at least", "leave it out", parameter="ratings")
    spreads = [(measure, spread_of(panel, index)) for index, measure in enumerate(panel.measures)]
    return spreads, listening.clips, f"ratings spread as those of {counted(len(panel.listeners), 'listener')}"
