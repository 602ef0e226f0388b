"""Public names are documented to the last argument, and the page of the library is what their docstrings say."""

import ast
from dataclasses import replace

import pytest

from api_page import PAGE, Name, faults, page, public_names

NAMES = public_names()


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.name)
def test_docstrings_are_complete(name: Name) -> None:
    assert list(faults(name)) == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(NAMES), "run: make docs"


BAD = '''
def louder(samples: Samples, factor: float) -> Samples:
    """Return samples that are louder.

    >>> louder([1.0], 2.0)
    [2.0]

    Parameters
    ----------
    samples : float32
        One channel.
    """
'''


def test_what_is_missing_is_found() -> None:
    definition = ast.parse(BAD).body[0]
    assert isinstance(definition, ast.FunctionDef)
    assert list(faults(replace(NAMES[0], name="louder", definition=definition))) == [
        "examples are not under their title",
        "documents samples, and has samples, factor",
        "'samples' is an array without a shape",
        "does not say what it returns",
    ]
