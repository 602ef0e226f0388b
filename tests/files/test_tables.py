import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import UsageError
from maestrokit.files.tables import (
    flatten,
    json_line,
    listed_files,
    plain,
    record_lines,
    write_records,
)

letters = st.text('ab\t\n\r\\"\x00é\u2028', max_size=6)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | letters | st.lists(st.floats(), max_size=3)
records = st.dictionaries(letters, leaves | st.dictionaries(letters, leaves, max_size=3), max_size=4)


def refuse(constant):
    raise AssertionError(constant)


@given(records)
@settings(max_examples=80)
def test_json_lines_are_strict_and_come_back(record):
    line = json_line(record)
    assert "\n" not in line
    assert json.loads(line, parse_constant=refuse) == plain(record)


def test_numpy_becomes_plain():
    record = {"a": np.float32(0.5), "b": np.array([1.0, np.inf]), "c": np.int8(3), "d": np.bool_(True)}
    assert json_line(record) == '{"a":0.5,"b":[1.0,null],"c":3,"d":true}'


def test_keys_keep_their_order():
    assert json_line({"b": 1, "a": 2}) == '{"b":1,"a":2}'


@given(st.lists(letters, min_size=1, max_size=4))
@settings(max_examples=60)
def test_text_never_breaks_a_table(texts):
    header, row = record_lines([{f"c{i}": text for i, text in enumerate(texts)}], format="tsv")
    assert header.count("\t") == row.count("\t") == len(texts) - 1
    assert row.endswith("\n")
    assert "\n" not in row[:-1]
    assert "\r" not in row


def test_table_has_dotted_columns_and_json_lists():
    records = [
        {"file": "a.mid", "pitch": {"range": None, "histogram": [1, 2]}},
        {"file": "b\t.mid", "pitch": {"range": 3}},
    ]
    lines = list(record_lines(records, format="tsv"))
    assert lines == ["file\tpitch.range\tpitch.histogram\n", "a.mid\t\t[1,2]\n", "b\\t.mid\t3\t\n"]
    assert list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1] == ["a.mid", "", "[1,2]"]


def test_columns_may_be_given_and_are_a_promise():
    lines = list(record_lines([{"b": 1}], format="tsv", columns=["a", "b"]))
    assert lines == ["a\tb\n", "\t1\n"]
    assert list(record_lines([], format="tsv", columns=["a", "b"])) == ["a\tb\n"]
    with pytest.raises(UsageError, match="no column 'c'"):
        list(record_lines([{"a": 1}, {"c": 1}], format="tsv"))


def test_records_are_taken_one_at_a_time():
    def endless():
        while True:
            yield {"a": 1}

    assert next(record_lines(endless(), format="jsonl")) == '{"a":1}\n'


def test_unknown_format():
    with pytest.raises(UsageError, match="unknown format 'xml'"):
        list(record_lines([], format="xml"))


@given(st.lists(records, max_size=3))
@settings(max_examples=40)
def test_json_is_an_array_of_the_lines(several):
    text = "".join(record_lines(several, format="json"))
    assert json.loads(text, parse_constant=refuse) == [plain(record) for record in several]
    assert text.endswith("]\n")


@given(st.lists(st.text('ab\t\n\r,"\\é', max_size=6), min_size=2, max_size=4))
@settings(max_examples=60)
def test_csv_keeps_text_as_it_is(texts):
    record = {f"c{place}": text for place, text in enumerate(texts)}
    lines = "".join(record_lines([record, record], format="csv"))
    rows = list(csv.reader(io.StringIO(lines, newline=""), lineterminator="\n"))
    assert rows == [list(record), texts, texts]


def test_files_there_and_back(tmp_path):
    path = tmp_path / "a.jsonl"
    write_records(str(path), [{"a": 1}, {"b": [None]}], format="jsonl")
    assert path.read_text() == '{"a":1}\n{"b":[null]}\n'
    write_records(str(tmp_path / "a.csv"), [{"a": {"b": [1, None]}, "c": None}], format="csv")
    assert (tmp_path / "a.csv").read_text() == 'a.b,c\n"[1,null]",\n'


def test_flatten_keeps_lists_of_objects_whole():
    assert flatten({"a": {"b": {"c": 1}}, "d": [{"e": 1}]}) == {"a.b.c": 1, "d": [{"e": 1}]}


NAMES = ["a.mid", 'a "b", c.mid', "a\tb.mid", "a\\nb.mid", "é.mid"]


@pytest.mark.parametrize("format", ["jsonl", "json", "tsv", "csv"])
def test_a_table_lists_its_files(tmp_path, format):
    path = str(tmp_path / "table")
    write_records(path, [{"file": name, "value": [1]} for name in NAMES], format=format)
    assert set(NAMES) <= listed_files(path, format=format)


@pytest.mark.parametrize(
    ("format", "text"), [("csv", '"a.mid",' + "1" * 200_000), ("jsonl", '{"file":"a\\ux.mid"}'), ("json", "")]
)
def test_a_damaged_table_lists_none(tmp_path, format, text):
    (tmp_path / "table").write_text(text)
    assert listed_files(str(tmp_path / "table"), format=format) == set()
