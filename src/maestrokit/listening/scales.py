"""What listeners are asked: scales, those of each design, and scales from a file."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from maestrokit.errors import BadDataError
from maestrokit.metrics.ratings.panel import HUMAN_OR_MACHINE, Measure

MOST_RADIOS = 10  # a scale with more steps is shown as a slider
LONGEST_TEXT = 300  # characters of a question or a label
MOST_SCALES = 20


@dataclass(frozen=True)
class Scale(Measure):
    """A question to listeners, and its answers: ``name``, ``low`` and ``high``, then the words.

    Parameters
    ----------
    question : str
        What is asked.
    low_label, high_label : str
        Words at the ends of the scale.
    """

    question: str
    low_label: str
    high_label: str


COHERENCE = Scale("coherence", 1, 5, "How well does the music hang together?", "not at all", "very well")
HUMAN_LIKENESS = Scale(
    "human_likeness", 1, 5, "How much does it sound as if a person had made and played it?", "not at all", "very much"
)
ORIGINALITY = Scale("originality", 1, 5, "How original is the music?", "not at all", "very")
EXPRESSIVENESS = Scale("expressiveness", 1, 5, "How expressive is the music?", "not at all", "very")
HUMAN = Scale(HUMAN_OR_MACHINE, 0, 1, "Is this music by a human or by a machine?", "machine", "human")
PREFERENCE = Scale("preference", 0, 1, "Which of the two do you prefer?", "", "")
QUALITY = Scale("quality", 0, 100, "How good is it, beside the reference?", "bad", "excellent")
COUNT = Scale("notes", 2, 6, "How many single notes did you hear?", "", "")
"""The question of attention items."""

DESIGNS: dict[str, tuple[Scale, ...]] = {
    "mos": (COHERENCE, HUMAN_LIKENESS, ORIGINALITY, EXPRESSIVENESS, HUMAN),
    "pairs": (PREFERENCE,),
    "mushra": (QUALITY,),
    "turing": (HUMAN,),
}
"""The designs of listening tests, and what each asks where no other scales are given."""


def parse_scales(text: str, *, name: str, design: str) -> tuple[Scale, ...]:
    """Return the scales in the text of a TOML file: a table ``[[scale]]`` each, with the fields of :class:`Scale`.

    ``low`` is 1 and ``high`` 5 where they are not given; in pairs a scale is a question of which of the two, 0 or 1.

    Raises
    ------
    BadDataError
        If it is no TOML, or a scale lacks something or is no scale.
    """
    try:
        tables = tomllib.loads(text).get("scale", [])
    except tomllib.TOMLDecodeError as error:
        raise BadDataError(f"cannot read '{name}': not TOML ({str(error).lower()})", path=name) from None
    if not isinstance(tables, list) or not 0 < len(tables) <= MOST_SCALES:
        hint = "begin each with [[scale]]"
        raise BadDataError(f"cannot read '{name}': it needs 1 to {MOST_SCALES} tables named scale", hint, path=name)
    scales = tuple(_scale(table, design, name) for table in tables)
    twice = _repeated([scale.name for scale in scales])
    if twice is not None:
        raise BadDataError(f"cannot read '{name}': two scales are called '{twice}'", path=name)
    return scales


def _scale(table: Any, design: str, name: str) -> Scale:
    bounds = {"low": 0, "high": 1} if design == "pairs" else {"low": 1, "high": 5}
    values = {"low_label": "", "high_label": "", **bounds, **(table if isinstance(table, dict) else {})}
    fact = _fault(values, design)
    if fact is not None:
        hint = 'as in: name = "emotion", question = "How much emotion does the music show?", low = 1, high = 5'
        raise BadDataError(f"cannot read '{name}': {fact}", hint, path=name)
    return Scale(**values)


def _fault(values: dict[str, Any], design: str) -> str | None:
    """Return what is wrong with the values of a scale, or None."""
    known = {field.name for field in fields(Scale)}
    for key in (*values, "name", "question"):
        if key not in known or key not in values:
            return f"a scale has no '{key}'" if key in known else f"a scale has no setting '{key}'"
    for key in ("name", "question", "low_label", "high_label"):
        if not isinstance(values[key], str) or len(values[key]) > LONGEST_TEXT:
            return f"the {key} of a scale is no text of up to {LONGEST_TEXT} characters"
    for key in ("low", "high"):
        if type(values[key]) is not int or not -1000 <= values[key] <= 1000:
            return f"{key} of a scale is no whole number in -1000..1000"
    return _contradiction(values["name"], (values["low"], values["high"]), design)


def _contradiction(name: str, bounds: tuple[int, int], design: str) -> str | None:
    """Return why a scale cannot have its name or its bounds, or None."""
    if not name.isidentifier() or name == COUNT.name:
        return f"a scale cannot be called '{name}'; use letters, digits and _"
    if bounds[0] >= bounds[1]:
        return f"the scale '{name}' goes from {bounds[0]} to {bounds[1]}"
    if name == HUMAN_OR_MACHINE and bounds != (0, 1):
        return f"the scale '{name}' goes from 0, a machine, to 1, a human"
    if design == "pairs" and bounds != (0, 1):
        return "in pairs a scale has no bounds: the question is which of the two"
    return None


def _repeated(names: Sequence[str]) -> str | None:
    return next((name for name in names if names.count(name) > 1), None)
