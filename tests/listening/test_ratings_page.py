"""The page of ratings on phones and on paper, in Chromium; skipped where there is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browsers import FLAGS, need_chromium
from maestrokit.listening.report import figure_of, rating_page
from maestrokit.metrics.contract import Row
from maestrokit.metrics.ratings.score import RatingScores

CHROMIUM = need_chromium()
from playwright.sync_api import Page, sync_playwright  # noqa: E402  (skipped where there is none)

SCORES = RatingScores(
    {"human": [Row("coherence", 4.0, 3.0, 5.0, bounds=(1.0, 5.0))], "lstm": [Row("coherence", 1.0, bounds=(1.0, 5.0))]},
    [], [],
)  # fmt: skip


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Page]:
    (tmp_path / "page.html").write_text(rating_page(SCORES, ["2 listeners"], made_by=None), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme="dark")
        page.goto((tmp_path / "page.html").as_uri())
        yield page
        browser.close()


def test_marks_are_on_their_own_scale() -> None:
    figure = figure_of(SCORES, "coherence")
    assert [(mark.x, mark.low, mark.high) for mark in figure.marks] == [
        ("78.00%", "62.00%", "94.00%"), ("30.00%", "30.00%", "30.00%")
    ]  # fmt: skip
    assert figure.ticks[0] == ("30.00%", "1") and figure.ticks[-1] == ("94.00%", "5")


def test_names_in_pictures_are_as_large_on_a_phone_and_nothing_is_wider_than_it(opened: Page) -> None:
    assert opened.evaluate("document.querySelector('svg text:not(.tick)').getBoundingClientRect().height") >= 12
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_paper_is_white_where_the_screen_is_dark(opened: Page) -> None:
    opened.emulate_media(media="print", color_scheme="dark")
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"
