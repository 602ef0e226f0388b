"""The frame of figures inside a page."""

from xml.etree import ElementTree

import pytest

from maestrokit.plots.inline.svg import Tick, bars, figure, number, outline, path, round_ticks


def test_a_figure_is_a_named_image_whose_labels_are_text() -> None:
    svg = figure("<path/>", width=10, height=5, label='a "b" <c>&', x=[Tick(0.25, "<1>")], y=[Tick(1.0, "top")])
    root = ElementTree.fromstring(svg)
    assert (root.get("role"), root.get("aria-label")) == ("img", 'a "b" <c>&')
    texts = [(text.text, text.get("x"), text.get("y")) for text in root.iter("text")]
    assert texts == [("<1>", "25%", "100%"), ("top", "-5", "0%")]
    (inner,) = root.findall("svg")
    assert inner.get("viewBox") == "0 0 10 5" and inner.get("preserveAspectRatio") == "none"


def test_a_line_is_interrupted_where_there_is_no_value() -> None:
    points = [(0.0, 1.0), (1.0, 2.0), (2.0, float("nan")), (3.0, 4.0), (4.0, 5.04)]
    assert path("line", points) == '<path class="line" d="M0 1L1 2M3 4L4 5"/>'
    assert path("line", [(0.0, float("nan"))]) == ""


def test_bars_stand_on_the_ground_and_end_at_the_top() -> None:
    assert bars("bar", [0.5, 0.0, 2.0], top=1.0, height=100) == (
        '<path class="bar" d="M0.1 100V50h.8V100zM2.1 100V0h.8V100z"/>'
    )
    assert outline("reference", [0.5, 0.25], top=1.0, height=100) == (
        '<path class="reference" d="M0 100V50H1V75H2V100"/>'
    )


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.0, 1.0, ["0", "0.5", "1"]),
        (-1.0, 1.0, ["-1", "0", "1"]),
        (95.0, 115.0, ["95", "100", "105", "110", "115"]),
        (2.0, 2.0, []),
    ],
)
def test_ticks_are_round_numbers_within_the_axis(low: float, high: float, texts: list[str]) -> None:
    ticks = round_ticks(low, high, count=5 if high > 2 else 3)
    assert [tick.text for tick in ticks] == texts
    for tick in ticks:
        assert tick.share == pytest.approx((float(tick.text) - low) / (high - low))


def test_numbers_are_short() -> None:
    assert [number(value) for value in (-0.04, 0.0, 10.0, 2.25, -3.14159)] == ["0", "0", "10", "2.2", "-3.1"]
