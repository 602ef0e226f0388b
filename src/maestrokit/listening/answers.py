"""The answers of listeners, and the key of a kit, read from JSON; nothing in them is trusted."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from maestrokit.errors import BadDataError
from maestrokit.listening.design import CHECK, RATED, REPEATS
from maestrokit.listening.kit import KEY_FORMAT, VERSION
from maestrokit.listening.scales import COUNT, DESIGNS
from maestrokit.metrics.ratings.panel import Measure, Panel

ANSWERS_FORMAT = "maestrokit-answers"
LARGEST = 1 << 20  # bytes of an answer file
LARGEST_KEY = 1 << 26
DATA = re.compile(r'<script type="application/json" id="kit">(.*?)</script>', re.DOTALL)
"""Where the page of a kit has its questions."""
LISTENER = re.compile(r"[0-9a-f]{16}")
_TOP = {"format", "version", "kit", "listener", "number", "answers"}
_ANSWER = {"trial", "values", "seconds", "plays"}
Values = Mapping[str, Mapping[str, int]]
"""The rating of each clip on each scale."""


@dataclass(frozen=True)
class Answer:
    """The answers to one trial."""

    trial: str
    values: Values


@dataclass(frozen=True)
class Answers:
    """All answers by one listener, in the order in which they were given."""

    listener: str
    kit: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Questions:
    """What a kit asks."""

    kit: str
    design: str
    measures: tuple[Measure, ...]
    trials: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class KitKey(Questions):
    """What a kit asks, and what unblinds the answers."""

    human: str | None
    systems: tuple[str, ...]
    clips: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, str]
    """Of exclusion, as they were stated when the kit was written."""


def parse_answers(data: bytes, *, name: str) -> Answers:
    """Return the answers in the bytes of a file, of whatever kit.

    Raises
    ------
    BadDataError
        If it is too large, no JSON, or not what a kit's page writes.
    """
    if len(data) > LARGEST:
        raise _refused(name, f"it has more than {LARGEST} bytes, and answers have at most so many")
    table = _object(data, name, ANSWERS_FORMAT)
    if set(table) != _TOP:
        raise _refused(name, "not answers to a listening test (it has other keys)")
    if not isinstance(table["listener"], str) or not LISTENER.fullmatch(table["listener"]):
        raise _refused(name, "the listener is no number of 16 hexadecimal digits")
    if not isinstance(table["kit"], str) or not LISTENER.fullmatch(table["kit"]):
        raise _refused(name, "the kit is no number of 16 hexadecimal digits")
    is_whole = _is_count(table["number"]) and isinstance(table["answers"], list)
    if not is_whole or not all(map(_is_answer, table["answers"])):
        raise _refused(name, "its answers are not those of a kit's page")
    answers = tuple(Answer(answer["trial"], answer["values"]) for answer in table["answers"])
    return Answers(table["listener"], table["kit"], answers)


def parse_key(data: bytes, *, name: str) -> KitKey:
    """Return the key in the bytes of a file.

    Raises
    ------
    BadDataError
        If it is no key.
    """
    table = _object(data, name, KEY_FORMAT)
    try:
        systems, clips = tuple(map(str, table["systems"])), dict(table["clips"])
        key = KitKey(*_questions(table), table["human"], systems, clips, dict(table["excluded"]))
        is_whole = _is_whole(key)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        is_whole = False
    if not is_whole:
        raise _refused(
            name, "not a whole key of a listening kit", "it is written beside the kit, with .key.json after its name"
        )
    return key


def _is_whole(key: KitKey) -> bool:
    """Return whether all that a key speaks of is in it, each as what it should be; errors say that it is not."""
    scales = {measure.name for measure in key.measures}
    rated = [trial for trial in key.trials.values() if trial["kind"] != CHECK]
    checks = [trial for trial in key.trials.values() if trial["kind"] == CHECK]
    rated_clips = [clip for clip in key.clips.values() if clip["system"] in key.systems]
    count = len(key.clips)
    return (
        key.design in DESIGNS
        and len(set(key.systems)) == len(key.systems)
        and (key.human is None or key.human in key.systems)
        and 0 < len(scales) == len(key.measures) and all(measure.low < measure.high for measure in key.measures)
        and all(trial["kind"] == RATED and set(trial["scales"]) == scales for trial in rated)
        and all(set(trial["scales"]) == {COUNT.name} for trial in checks)
        and all(type(key.clips[clip]["notes"]) is int for trial in checks for clip in trial["clips"])
        and all(type(clip["index"]) is int and 0 <= clip["index"] < count for clip in rated_clips)
        and all(key.clips[clip]["system"] in key.systems for trial in rated for clip in trial["clips"])
        and (key.design != "pairs" or all(len(set(trial["clips"])) == 2 for trial in rated))
    )  # fmt: skip


def questions_of(page: bytes, *, name: str) -> Questions:
    """Return what the page of a kit asks.

    Raises
    ------
    BadDataError
        If it is no page of a kit.
    """
    match = DATA.search(page.decode("utf-8", "replace"))
    try:
        return Questions(*_questions(json.loads(match[1] if match else "")))
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
        raise _refused(name, "not the page of a listening kit") from None


def _questions(table: Mapping[str, Any]) -> tuple[str, str, tuple[Measure, ...], dict[str, Mapping[str, Any]]]:
    measures = tuple(Measure(str(scale["name"]), int(scale["low"]), int(scale["high"])) for scale in table["scales"])
    trials = {str(trial["id"]): trial for trial in table["trials"]}
    return str(table["kit"]), str(table["design"]), measures, trials


def check_answers(answers: Answers, key: Questions, *, name: str) -> None:
    """Refuse answers that cannot be those to the kit of a key.

    Raises
    ------
    BadDataError
        If they are to another kit, or to what that kit does not ask.
    """
    if answers.kit != key.kit:
        raise _refused(name, f"answers to the kit {answers.kit}, and the key is of {key.kit}", "give the kit's own key")
    met: dict[str, int] = {}
    bounds = {measure.name: (measure.low, measure.high) for measure in (*key.measures, COUNT)}
    for answer in answers.answers:
        trial = key.trials.get(answer.trial)
        if trial is None:
            raise _refused(name, "it has an answer to what the kit does not ask")
        met[answer.trial] = met.get(answer.trial, 0) + 1
        if set(answer.values) != set(trial["scales"]):
            raise _refused(name, f"the answer to trial '{answer.trial}' is on other scales")
        for scale, values in answer.values.items():
            low, high = bounds[scale]
            if set(values) != set(trial["clips"]) or not all(low <= value <= high for value in values.values()):
                raise _refused(name, f"the answer to trial '{answer.trial}' is no rating on '{scale}'")
            if key.design == "pairs" and trial["kind"] != CHECK and sum(values.values()) != 1:
                raise _refused(name, f"the answer to trial '{answer.trial}' prefers both or none")
    twice = sum(count - 1 for count in met.values())
    if twice > REPEATS or max(met.values(), default=0) > 2:
        raise _refused(name, "it has more than one answer to the same trial")


def add_answers(known: dict[str, tuple[str, Answers]], answers: Answers, *, name: str) -> str | None:
    """Add the answers in a file to those that are known by their listeners, and return the file that has the same.

    Raises
    ------
    BadDataError
        If another file has other answers by the same listener.
    """
    earlier, same = known.setdefault(answers.listener, (name, answers))
    if same != answers:
        raise BadDataError(f"cannot read '{name}': other answers by the listener of '{earlier}'", path=name)
    return earlier if earlier != name else None


def panel_of(answers: Sequence[Answers], key: KitKey) -> Panel:
    """Return the panel of listeners, of answers that were checked."""
    systems, measures = {name: row for row, name in enumerate(key.systems)}, key.measures
    clips = 1 + max((clip["index"] for clip in key.clips.values() if clip["system"] in systems), default=-1)
    shape = len(measures), len(systems), len(answers), clips
    ratings, again = np.full(shape, np.nan), np.full(shape, np.nan)
    preferences = np.full((len(measures), len(systems), len(systems), len(answers), clips), np.nan)
    checks = [name for name, trial in key.trials.items() if trial["kind"] == CHECK]
    attention = np.full((len(answers), len(checks)), np.nan)
    for row, listener in enumerate(answers):
        met: set[str] = set()
        for answer in listener.answers:
            if answer.trial in checks:
                attention[row, checks.index(answer.trial)] = _is_right(answer, key)
                continue
            table = again if answer.trial in met else ratings
            met.add(answer.trial)
            for index, measure in enumerate(measures):
                parts = [(systems[key.clips[clip]["system"]], key.clips[clip]["index"], value)
                         for clip, value in answer.values[measure.name].items()]  # fmt: skip
                if key.design != "pairs":
                    for system, clip, value in parts:
                        table[index, system, row, clip] = value
                elif table is ratings:
                    (first, clip, value), (second, _, _) = parts
                    preferences[index, first, second, row, clip] = value
                    preferences[index, second, first, row, clip] = 1 - value
    finished = [set(key.trials) <= {answer.trial for answer in listener.answers} for listener in answers]
    names = [listener.listener for listener in answers]
    return Panel(
        measures, key.systems, names, ratings, again, preferences, attention, np.array(finished, bool), key.human
    )


def _is_right(answer: Answer, key: KitKey) -> float:
    return float(all(key.clips[clip]["notes"] == value for clip, value in answer.values[COUNT.name].items()))


def _object(data: bytes, name: str, format: str) -> dict[str, Any]:
    """Return the object in the text of a file of one of our formats."""
    try:
        table = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, RecursionError):
        raise _refused(name, "not JSON") from None
    except ValueError as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise _refused(name, f"not whole JSON{where}") from None
    if not isinstance(table, dict) or table.get("format") != format:
        kind = "the key of a listening kit" if format == KEY_FORMAT else "answers to a listening test"
        raise _refused(name, f"not {kind}")
    if table.get("version") != VERSION:
        raise _refused(name, f"of version {str(table.get('version'))[:20]}, and this program knows version {VERSION}")
    return table


def _is_answer(value: Any) -> bool:
    """Return whether a value has the form of an answer: plain texts and numbers."""
    if not isinstance(value, dict) or set(value) != _ANSWER or not isinstance(value["trial"], str):
        return False
    if not (_is_count(value["plays"]) and type(value["seconds"]) in (int, float) and 0 <= value["seconds"] < math.inf):
        return False
    if not isinstance(value["values"], dict) or not all(
        isinstance(ratings, dict) for ratings in value["values"].values()
    ):
        return False
    return all(type(number) is int for ratings in value["values"].values() for number in ratings.values())


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _refused(name: str, fact: str, hint: str | None = None) -> BadDataError:
    return BadDataError(f"cannot read '{name}': {fact}", hint, path=name)
