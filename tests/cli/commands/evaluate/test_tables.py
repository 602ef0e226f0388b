"""The table of scores: what people read."""

import re

from maestrokit.cli.commands.evaluate.evaluation import Scores
from maestrokit.cli.commands.evaluate.tables import score_text
from maestrokit.metrics import score_sets
from maestrokit.metrics.contract import SHARE, Row

LONG = "onset_offset_velocity_precision@onset_threshold=0.35"


def text_of(rows: list[Row]) -> str:
    return score_text(Scores([], rows, 0), format="table", title="2 estimates", per_file=True, made_by=None)


def set_rows() -> list[Row]:
    """Return the rows that a set may have, with wide values."""
    rows = []
    for name, metric in score_sets.metrics().items():
        rows.append(Row(name, 99.99, 10.01, 99.99, metric.unit, 1276 - len(name), 88.88, metric.better))
        if metric.is_distributed:
            rows += [Row(f"{name}.overlapped_area", 0.5, 0.4, 0.6), Row(f"{name}.kl", 0.5, 0.4, 0.6, "bits")]
    return rows


def test_the_table_of_a_set_fits_into_80_columns_and_has_every_name() -> None:
    table = text_of(set_rows())
    assert max(map(len, table.splitlines())) <= 80
    for name in score_sets.metrics():
        assert re.search(rf"^{name} ", table, re.MULTILINE)


def test_columns_with_nothing_in_them_are_left_out() -> None:
    header = text_of([Row("a", 0.1), Row("b", 0.2, n=2)]).splitlines()[3]
    assert header.split() == ["metric", "value", "n"]


def test_what_is_the_same_in_all_rows_is_written_once() -> None:
    first, same, _, header, _, long_row, short_row = text_of(
        [Row(LONG, 0.1, reference=1.0), Row("b", 0.2, reference=1.0)]
    ).splitlines()
    assert (first, same) == ("2 estimates", "In all rows: ref. = 1.000, n = 1, better = higher")
    assert header.split() == ["metric", "value"]
    assert long_row.split() == [LONG, "0.100"] and short_row.split() == ["b", "0.200"]


def test_a_single_row_keeps_its_columns() -> None:
    assert text_of([Row("a", 0.1, reference=1.0)]).splitlines()[2].split() == ["metric", "value", "ref.", "n", "better"]


def test_no_rows_are_a_table_without_rows() -> None:
    assert text_of([]).startswith("2 estimates\n")


def test_pairs_are_scored_within_bounds() -> None:
    import numpy as np

    from maestrokit.metrics.score_pairs import mean_rows

    rows = mean_rows([{"onset_f1": 0.5}, {"onset_f1": 0.7}], generator=np.random.default_rng(0))
    assert [row.bounds for row in rows] == [SHARE]
