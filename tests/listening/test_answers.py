"""Answers to listening tests: whole ones become a panel, and nothing else is taken."""

import json

import numpy as np
import pytest

from maestrokit.errors import BadDataError
from maestrokit.listening.answers import LARGEST, check_answers, panel_of, parse_answers, parse_key, questions_of
from maestrokit.listening.kit import PAGE
from small_kits import answer_file, small_kit

KIT = small_kit()
KEY = parse_key(json.dumps(KIT.key).encode(), name="key.json")


def taken(table: object, key=KEY):
    """Return the answers in a table, checked."""
    data = table if isinstance(table, bytes) else json.dumps(table).encode()
    answers = parse_answers(data, name="a.json")
    check_answers(answers, key, name="a.json")
    return answers


def changed(**changes: object) -> dict:
    """Return answers of which one trial is changed."""
    table = answer_file(KIT, 1)
    rated = next(row for row, answer in enumerate(table["answers"]) if "coherence" in answer["values"])
    table["answers"][rated] = table["answers"][rated] | changes
    return table


def rated_values(**changes: object) -> dict:
    """Return the values of a trial, on one scale changed."""
    table = answer_file(KIT, 1)
    answer = next(answer for answer in table["answers"] if "coherence" in answer["values"])
    (clip,) = answer["values"]["coherence"]
    return answer["values"] | {"coherence": {clip: 3} | changes.pop("clips", {}) | changes}


@pytest.mark.parametrize("design", ["mos", "pairs", "mushra", "turing"])
def test_answers_become_a_panel(design: str) -> None:
    kit = small_kit(design)
    key = parse_key(json.dumps(kit.key).encode(), name="key.json")
    panel = panel_of([taken(answer_file(kit, number), key) for number in range(3)], key)
    assert panel.is_finished.all() and (panel.attention == 1).all() and panel.human == "human"
    if design == "pairs":
        assert np.isfinite(panel.preferences[0, 0, 1]).all() and np.isnan(panel.ratings).all()
        assert (panel.preferences[0, 0, 1] + panel.preferences[0, 1, 0] == 1).all()
    else:
        assert np.isfinite(panel.ratings).all()
        assert np.isfinite(panel.again).any(axis=(0, 1, 3)).all()
        assert panel.ratings[0, 0].mean() > panel.ratings[0, 1].mean()


def test_each_rating_is_that_of_its_clip() -> None:
    table = answer_file(KIT, 4)
    panel = panel_of([taken(table)], KEY)
    first = next(answer for answer in table["answers"] if "coherence" in answer["values"])
    ((clip, value),) = first["values"]["coherence"].items()
    origin = KIT.key["clips"][clip]
    assert panel.ratings[0, KEY.systems.index(origin["system"]), 0, origin["index"]] == value


def test_answers_that_are_not_whole_are_of_a_listener_who_did_not_finish() -> None:
    table = answer_file(KIT, 0)
    table["answers"] = table["answers"][:3]
    assert not panel_of([taken(table)], KEY).is_finished[0]


def test_wrong_attention_items_are_wrong() -> None:
    table = answer_file(KIT, 0)
    for answer in table["answers"]:
        if "notes" in answer["values"]:
            answer["values"]["notes"] = dict.fromkeys(
                answer["values"]["notes"], 2
            )  # there are clips of 2, 3 and 4 notes
    assert panel_of([taken(table)], KEY).attention.sum() == 1


def test_the_page_says_what_is_asked_but_not_of_whom() -> None:
    questions = questions_of(KIT.files[PAGE], name="index.html")
    assert (questions.kit, questions.trials.keys()) == (KEY.kit, KEY.trials.keys())
    check_answers(parse_answers(json.dumps(answer_file(KIT, 2)).encode(), name="a"), questions, name="a")
    with pytest.raises(BadDataError, match="not the page of a listening kit"):
        questions_of(b"<html>", name="index.html")


WHOLE = json.dumps(answer_file(KIT, 1)).encode()
BAD = {
    "empty": (b"", "not whole JSON"),
    "cut": (WHOLE[: len(WHOLE) // 2], "not whole JSON"),
    "no text": (b"\xff\xfe\x00", "not JSON"),
    "deep": (b"[" * 100_000, "not JSON"),
    "a list": (b"[]", "not answers to a listening test"),
    "the key": (json.dumps(KIT.key).encode(), "not answers to a listening test"),
    "large": (b" " * (LARGEST + 1), "answers have at most"),
    "a later version": (answer_file(KIT, 1, version=2), "of version 2, and this program knows version 1"),
    "more keys": (answer_file(KIT, 1, name="<script>alert(1)</script>"), "it has other keys"),
    "a name": (answer_file(KIT, 1, listener="<b>me</b>"), "the listener is no number of 16 hexadecimal digits"),
    "a path": (answer_file(KIT, 1, listener="../../../../etc"), "the listener is no number"),
    "another kit": (answer_file(KIT, 1, kit="0" * 16), "answers to the kit 0000000000000000, and the key is of"),
    "no kit": (answer_file(KIT, 1, kit=3), "the kit is no number"),
    "no answers": (answer_file(KIT, 1, answers={}), "its answers are not those of a kit's page"),
    "another trial": (changed(trial="<img src=x>"), "an answer to what the kit does not ask"),
    "a number as trial": (changed(trial=3), "its answers are not those"),
    "other scales": (changed(values={"coherence": {}}), "is on other scales"),
    "another clip": (changed(values=rated_values(other=1)), "is no rating on 'coherence'"),
    "a text": (changed(values=rated_values(other="4")), "its answers are not those"),
    "a fraction": (changed(values=rated_values(other=4.5)), "its answers are not those"),
    "true": (changed(values=rated_values(other=True)), "its answers are not those"),
    "no object": (changed(values=[]), "its answers are not those"),
    "markup as a number": (answer_file(KIT, 1, number="<b>"), "its answers are not those"),
    "a negative number": (answer_file(KIT, 1, number=-1), "its answers are not those"),
    "markup as a time": (changed(seconds="<b>"), "its answers are not those"),
    "no time": (changed(seconds=float("nan")), "its answers are not those"),
    "a negative time": (changed(seconds=-0.5), "its answers are not those"),
    "a list of plays": (changed(plays=[1]), "its answers are not those"),
    "twice": (answer_file(KIT, 1, answers=answer_file(KIT, 1)["answers"] * 2), "more than one answer"),
}


@pytest.mark.parametrize("fault", BAD)
def test_anything_else_is_refused_in_one_line(fault: str) -> None:
    table, fact = BAD[fault]
    with pytest.raises(BadDataError) as caught:
        taken(table)
    text = str(caught.value)
    assert text.startswith("cannot read 'a.json': ") and fact in text and len(text) < 200 and "\n" not in text
    assert "<" not in text.removeprefix("cannot read")


def test_out_of_range_ratings_are_refused() -> None:
    table = answer_file(KIT, 1)
    answer = next(answer for answer in table["answers"] if "coherence" in answer["values"])
    (clip,) = answer["values"]["coherence"]
    answer["values"]["coherence"][clip] = 6
    with pytest.raises(BadDataError, match="is no rating on 'coherence'"):
        taken(table)


def test_who_prefers_both_is_refused() -> None:
    kit = small_kit("pairs")
    key = parse_key(json.dumps(kit.key).encode(), name="key.json")
    table = answer_file(kit, 1)
    answer = next(answer for answer in table["answers"] if "preference" in answer["values"])
    answer["values"]["preference"] = dict.fromkeys(answer["values"]["preference"], 1)
    with pytest.raises(BadDataError, match="prefers both or none"):
        taken(table, key)


FIRST = KIT.key["trials"][0]
CLIP = next(clip for clip, origin in KIT.key["clips"].items() if origin["system"] == "human")
NO_KEYS = [
    {"systems": 3}, {"clips": {}}, {"trials": [{}]}, {"design": "x"}, {"scales": [{}]}, {"human": "nobody"},
    {"systems": ["human", "other"]}, {"systems": ["human", "machine", "human"]}, {"scales": KIT.key["scales"][1:]},
    {"scales": [KIT.key["scales"][0] | {"low": 1e400}]}, {"scales": [KIT.key["scales"][0] | {"low": 5}]},
    {"trials": [FIRST | {"kind": "other"}]}, {"trials": [FIRST | {"scales": None}]}, {"trials": [3]}, {"clips": 3},
    {"clips": KIT.key["clips"] | {CLIP: {"system": "human"}}}, {"clips": KIT.key["clips"] | {CLIP: []}},
    {"clips": KIT.key["clips"] | {CLIP: {"system": "human", "index": 1_000_000}}},
    {"clips": KIT.key["clips"] | {CLIP: {"system": "nobody", "index": 0}}},
]  # fmt: skip


@pytest.mark.parametrize("change", NO_KEYS)
def test_a_key_that_is_not_whole_is_refused(change: dict) -> None:
    with pytest.raises(BadDataError, match="not a whole key of a listening kit"):
        parse_key(json.dumps(KIT.key | change).encode(), name="key.json")
    with pytest.raises(BadDataError, match="not the key of a listening kit"):
        parse_key(WHOLE, name="key.json")
