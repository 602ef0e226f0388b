"""The page on paper, in Chromium; skipped where there is none."""

from pathlib import Path

from browsers import FLAGS, need_chromium
from maestrokit.cli.commands.evaluate.report.contents import Cell, Column, Report, Table
from maestrokit.cli.commands.evaluate.report.page import page
from maestrokit.plots.inline.marks import Mark, interval_marks

CHROMIUM = need_chromium()
from playwright.sync_api import sync_playwright  # noqa: E402  (skipped where there is none)

SHEET = {"width": 718, "height": 1047}  # A4 within margins of 1 cm, at 96 points an inch


def test_a_table_of_five_columns_of_numbers_fits_a_sheet_of_paper(tmp_path: Path) -> None:
    systems = ["human", "transformer", "lstm", "ceiling", "floor"]
    numbers = [Cell("59.84", 59.84, 47.91, 70.88, "*") for _ in systems]
    svg = interval_marks([Mark(0.5, 0.2, 0.7) for _ in systems], label="marks", bounds=(0, 1))
    columns = [Column("metric"), Column("marks", is_figure=True), *(Column(name, is_number=True) for name in systems)]
    columns += [Column("unit"), Column("better")]
    table = Table("Means", columns, [[Cell("harmonic_development_1"), Cell("", figure=svg), *numbers, Cell("bits"),
                                      Cell("closer")]])  # fmt: skip
    (tmp_path / "page.html").write_text(page(Report("t", [], [table])), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        opened = browser.new_page(viewport=SHEET)
        opened.goto((tmp_path / "page.html").as_uri())
        opened.emulate_media(media="print")
        width = opened.evaluate("document.querySelector('table').getBoundingClientRect().width")
        browser.close()
    assert 0 < width <= SHEET["width"]
