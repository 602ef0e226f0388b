"""The public names: each exists, is typed as it runs, is documented, and belongs to where it lives."""

import ast
import pydoc
from pathlib import Path

import pytest

import maestrokit

SOURCE = Path(maestrokit.__file__)
NAMES = [name for name in maestrokit.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_public_names_exist_and_are_documented(name: str) -> None:
    assert getattr(maestrokit, name).__doc__
    assert name in dir(maestrokit)


def test_type_checkers_see_the_names_that_programs_get() -> None:
    imports = [node for node in ast.walk(ast.parse(SOURCE.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    seen = {name.asname: node.module for node in imports for name in node.names if name.asname}
    assert seen == maestrokit._HOME


def test_no_other_name_is_invented() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        maestrokit.no_such_name  # noqa: B018


def test_help_shows_every_name() -> None:
    page = pydoc.plain(pydoc.render_doc(maestrokit))
    assert [name for name in NAMES if name not in page] == []
