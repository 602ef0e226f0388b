"""The public names: each exists and is documented; the list of types is that of the running program."""

import pydoc

import pytest

import maestrokit

NAMES = maestrokit.__all__


@pytest.mark.parametrize("name", NAMES)
def test_public_names_exist_and_are_documented(name: str) -> None:
    assert getattr(maestrokit, name).__doc__
    assert name in dir(maestrokit)


def test_no_other_name_is_invented() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        maestrokit.no_such_name  # noqa: B018


def test_help_shows_every_name() -> None:
    page = pydoc.plain(pydoc.render_doc(maestrokit))
    assert [name for name in NAMES if name not in page] == []
