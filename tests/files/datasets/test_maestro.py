"""Rows of the table of MAESTRO: conditions on columns, without accents and case."""

import pytest

from maestrokit.errors import UsageError
from maestrokit.files.datasets.maestro import Entry, is_arrangement, select

ROWS = [
    Entry(composer, "Nocturne", "train", year, f"{year}.mid", f"{year}.wav", 60.0)
    for year, composer in (
        (2004, "Frédéric Chopin"),
        (2006, "Johann Sebastian Bach"),
        (2008, "Bach / Ferruccio Busoni"),
    )
]


@pytest.mark.parametrize(
    ("where", "years"),
    [
        (["composer=frederic"], [2004]),
        (["composer=FRÉDÉRIC"], [2004]),
        (["composer=bach"], [2006, 2008]),
        (["composer=bach", "year=2008"], [2008]),
        (["year=200"], []),
    ],
)
def test_text_matches_without_accents_and_case_and_a_year_as_a_whole(where, years):
    assert [row.year for row in select(ROWS, split=None, where=where)] == years


def test_an_arrangement_names_two_composers():
    assert [is_arrangement(row) for row in ROWS] == [False, False, True]


def test_a_condition_that_is_none_is_refused_by_the_parameter_that_has_it():
    with pytest.raises(UsageError, match="to must be COLUMN=TEXT, not 'Bach'") as error:
        select(ROWS, split=None, where=["Bach"], parameter="to")
    assert error.value.parameter == "to"
