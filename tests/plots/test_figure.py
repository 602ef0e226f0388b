"""What all pictures share."""

import warnings
from xml.dom import minidom

import pytest

from maestrokit.plots.figure import new_figure, picture_bytes


@pytest.mark.parametrize("format", ["png", "svg"])
def test_any_name_can_stand_in_a_picture(format: str) -> None:
    figure = new_figure(width=2, height=1)
    figure.suptitle("\x1b[31m\t日本語.mid\nsecond line")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = picture_bytes(figure, format=format)
    if format == "svg":
        assert minidom.parseString(picture).documentElement.tagName == "svg"
