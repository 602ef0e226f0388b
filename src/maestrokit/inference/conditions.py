"""Conditions in the words of a user, as codes for a model of notes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from maestrokit.errors import BadDataError, UsageError, choices_hint, nearest_name
from maestrokit.inference.model_kinds import AnyModel, GeneratingModel, is_of_notes
from maestrokit.music.encodings.conditions import CLASSES, COLUMNS, DYNAMICS, SCALES, measured_code

UNITS = {
    "density": "notes a second",
    "loudness": f"a mean velocity, or one of {', '.join(DYNAMICS)}",
    "tempo": "beats a minute",
}


def condition_codes(model: AnyModel, values: Mapping[str, str]) -> dict[str, int]:
    """Return the code of each condition that is given.

    Parameters
    ----------
    values : mapping of str to str
        By name, a class, a number or a dynamic. The name of a class may be a part of it that no other has, without
        accents and in any case.

    Raises
    ------
    UsageError
        If the model has no such condition, or the value is none of it.
    """
    known = sorted(model.conditions.tables) if is_of_notes(model) else []
    for name in values:
        if not known:
            raise UsageError(
                f"the model takes no conditions, such as {name}",
                "train one with the setting `conditions`, such as density,loudness",
                parameter=_parameter(name),
            )
        if name not in known:
            raise UsageError(
                f"the model takes no condition '{name}'", choices_hint(name, known), parameter=_parameter(name)
            )
    names = model.class_names if is_of_notes(model) else {}
    return {
        name: _measure(name, text) if name in SCALES else class_code(name, text, names.get(name, ()))
        for name, text in values.items()
    }


def by_name(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Return conditions by name, as text, without those that are None.

    Raises
    ------
    UsageError
        If one is given twice.

    >>> by_name([("composer", None), ("density", 8.0)])
    {'density': '8.0'}
    """
    named = [(name, str(value)) for name, value in pairs if value is not None]
    values = dict(named)
    if len(values) < len(named):
        raise UsageError("one condition is given twice", "give each once", parameter="condition")
    return values


def class_names(config: Mapping[str, Any], model: GeneratingModel, *, name: str) -> dict[str, list[str]]:
    """Return the ``classes`` of a ``config.json``: what the codes of each condition by class mean, from 1 on.

    Raises
    ------
    BadDataError
        If they do not fit the model.
    """
    needed = [condition for condition in model.conditions.tables if condition not in SCALES]
    lists = config.get("classes", {})
    try:
        names = {condition: [str(known) for known in lists[condition]] for condition in needed}
    except (KeyError, TypeError):
        raise BadDataError(f"cannot use '{name}': its classes are missing or damaged", path=name) from None
    if any(len(known) > CLASSES for known in names.values()):
        raise BadDataError(f"cannot use '{name}': it has more than {CLASSES} classes", path=name)
    return names


def _measure(name: str, text: str) -> int:
    """Return the code of a number, or of a dynamic."""
    try:
        value = float(DYNAMICS.get(text, text)) if name == "loudness" else float(text)
        if not 0 < value < float("inf"):
            raise ValueError
    except ValueError:
        raise UsageError(f"`{name}` cannot be '{text}'", f"give {UNITS[name]}", parameter=_parameter(name)) from None
    return measured_code(name, value)


def class_code(name: str, text: str, names: Sequence[str]) -> int:
    """Return the code of the class that has a name, or contains it: the only one, or the one that all others contain.

    Raises
    ------
    UsageError
        If there is no such class, or several.
    """
    from maestrokit.files.datasets import maestro

    part, folded = maestro.folded(text).strip(), [maestro.folded(known).strip() for known in names]
    matches = [part] if part in folded else [known for known in folded if part and part in known]
    shortest = min(matches, key=len, default="")
    if matches and all(shortest in known for known in matches):
        return 1 + folded.index(shortest)
    if matches:
        several = ", ".join(names[folded.index(known)] for known in matches)
        raise UsageError(
            f"'{text}' can be several values of {name}", f"choose from {several}", parameter=_parameter(name)
        )
    words = {
        word: known
        for known, folded_name in zip(names, folded, strict=True)
        for word in (*folded_name.split(), folded_name)
    }
    nearest = nearest_name(part, words)
    question = f"did you mean '{words[nearest]}'? " if nearest else ""
    raise UsageError(f"no {name} '{text}'", f"{question}choose from {', '.join(names)}", parameter=_parameter(name))


def _parameter(name: str) -> str:
    """Return the parameter that a condition is given by: its own, where it has one."""
    return name if name in SCALES or name in COLUMNS else "condition"
