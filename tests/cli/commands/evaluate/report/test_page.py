"""The page: every name is text, all is within it, and it is readable for everyone."""

import base64
import hashlib
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from browsers import CHROMIUM, FLAGS, in_chromium
from maestrokit.cli.commands.evaluate.report import page as module
from maestrokit.cli.commands.evaluate.report.contents import (
    AudioClip,
    Cell,
    Column,
    Example,
    Figure,
    Report,
    Section,
    Table,
    examples_per_set,
)
from maestrokit.cli.commands.evaluate.report.page import page
from maestrokit.plots.inline.svg import figure

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}</title></style>&amp;\x00"
VOID = {"meta", "br", "img", "input", "link", "hr", "wbr"}


class Outline(HTMLParser):
    """The elements of a page, with their attributes, and a check that they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def report(name: str = HOSTILE) -> Report:
    svg = figure("", width=1, height=1, label=name)
    columns = [Column("metric"), Column(name, is_number=True), Column("marks", is_figure=True), Column("unit")]
    rows = [[Cell(name), Cell("0.5", 0.5, 0.4, 0.6, "*"), Cell("", figure=svg), Cell(name)]]
    example = Example(
        name, Figure(name, svg), [AudioClip(name, "data:audio/mpeg;base64,AAAA")], 5.0, [Figure(name, svg)]
    )
    tables = [Table(name, columns, rows, name, name), Table("two", columns, rows, is_folded=True)]
    sections = [Section(name, name, [Table("three", columns, rows)], [Figure(name, svg)], [example, example])]
    return Report(name, [name], tables, sections, name)


@pytest.fixture(scope="module")
def outline() -> Outline:
    return Outline(page(report()))


def test_names_are_text_and_nothing_else(outline: Outline) -> None:
    text = page(report())
    assert len(outline.of("script")) == len(outline.of("style")) == len(outline.of("title")) == 1
    assert not outline.of("img") and "\x00" not in text and "49" not in text.partition("<body>")[2]
    for _, attributes in outline.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert text.count("&lt;script&gt;alert(1)") > 10


def test_only_its_own_script_and_style_may_be_used(outline: Outline) -> None:
    policy = outline.of("meta")[1]["content"] or ""
    assert policy.startswith("default-src 'none'; img-src data:; media-src data:;")
    text = page(report())
    for tag in ("script", "style"):
        content = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[0]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_nothing_is_outside_of_the_page(outline: Outline) -> None:
    for tag, attributes in outline.elements:
        for name in ("src", "href"):
            assert tag == "a" or (attributes.get(name) or "data:").startswith("data:")
    assert not outline.of("link")
    assert [link["href"] for link in outline.of("a")] == ["#scores", "#part-1"]


def test_landmarks_headings_and_names_are_there(outline: Outline) -> None:
    assert [len(outline.of(tag)) for tag in ("h1", "main", "header", "nav", "footer")] == [1, 1, 1, 1, 1]
    identifiers = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    named = [attributes["aria-labelledby"] for _, attributes in outline.elements if "aria-labelledby" in attributes]
    assert set(named) <= set(identifiers)
    assert all(cell.get("scope") in ("col", "row") for cell in outline.of("th"))
    assert len(outline.of("caption")) == len(outline.of("table")) == 3
    assert all(figure.get("aria-label") for figure in outline.of("svg") if figure.get("role") == "img")
    assert all("controls" in player for player in outline.of("audio")) and len(outline.of("audio")) == 2
    assert {"lang": "en"} in outline.of("html") and outline.of("meta")[2]["name"] == "viewport"


def test_columns_of_numbers_are_sorted_by_numbers(outline: Outline) -> None:
    cells = [cell for cell in outline.of("td") if cell.get("class") == "number"]
    assert [cell["data-value"] for cell in cells] == ["0.5"] * 3
    assert page(report()) == page(report())


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb as WCAG 2 defines it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_is_readable_on_light_dark_and_printed_pages() -> None:
    style = (Path(module.__file__).parent / module.STYLE).read_text()
    schemes = [
        dict(re.findall(r"--(\w+): (#\w{6}|#\w{3})", block)) for block in re.findall(r":root \{([^}]*)\}", style)
    ]
    assert len(schemes) == 3
    for scheme in schemes:
        full = {name: f"#{''.join(2 * digit for digit in value[1:])}" if len(value) == 4 else value
                for name, value in scheme.items()}  # fmt: skip
        paper = luminance(full["paper"])
        for name in ("ink", "soft", "mark", "missed", "additional"):
            bright, dark = sorted((luminance(full[name]), paper), reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, name


CLICKS = """<script>
const buttons = document.querySelectorAll("thead button");
for (const click of [1, 1, 1, 0, 0]) {
  buttons[click].click();
  const order = [...document.querySelectorAll("tbody th")].map((cell) => cell.textContent).join("");
  document.title += ` ${order}:${buttons[click].parentElement.getAttribute("aria-sort")}`;
}
</script></body>"""


@in_chromium
def test_a_heading_sorts_by_numbers_or_names_and_what_has_none_comes_last(tmp_path: Path) -> None:
    rows = [
        [Cell("b"), Cell("9", 9.0)],
        [Cell("c"), Cell("-")],
        [Cell("a"), Cell("10", 10.0)],
        [Cell("d"), Cell("-1", -1.0)],
    ]
    text = page(Report("t", [], [Table("x", [Column("metric"), Column("value", is_number=True)], rows)]))
    policy = re.compile(r"<meta http-equiv[^>]*>")
    assert len(policy.findall(text)) == 1
    (tmp_path / "page.html").write_text(policy.sub("", text).replace("</body>", CLICKS), encoding="utf-8")
    words = [str(CHROMIUM), "--headless", *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
             (tmp_path / "page.html").as_uri()]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    titles = re.findall("<title>(.*?)</title>", done.stdout)
    assert titles == [
        "t abdc:descending dbac:ascending abdc:descending abcd:ascending dcba:descending",
    ]  # fmt: skip


def test_many_sets_have_fewer_examples() -> None:
    assert [examples_per_set(sets) for sets in (1, 7, 15, 16, 100)] == [2, 2, 2, 1, 1]
