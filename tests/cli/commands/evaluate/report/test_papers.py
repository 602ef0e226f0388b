"""Tables for papers: what stands in names is never markup."""

import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from maestrokit.cli.commands.evaluate.report.contents import Cell, Column, Report, Table
from maestrokit.cli.commands.evaluate.report.papers import latex_report, markdown_report

HOSTILE = "\\input{x}|a_b\n\\end{table}$%<script>--><!--[a](b)*\udcff"


def report(name: str = HOSTILE) -> Report:
    rows = [
        [Cell(name), Cell("0.123", 0.123, 0.1, 0.2, "*"), Cell("", figure="<svg/>"), Cell(name)],
        [Cell("[b]"), Cell("-1.00", -1.0), Cell("", figure="<svg/>"), Cell("")],
    ]
    columns = [Column("metric"), Column("a_b", is_number=True), Column("marks", is_figure=True), Column("unit")]
    table = Table(name, columns, rows, note="a note", legend="of marks")
    left_out = Table("files", columns, rows, for_page_only=True)
    return Report(name, [name, "# no heading"], [table, left_out, Table("empty", columns, [])], made_by=name)


def test_latex_has_a_booktabs_table_with_intervals() -> None:
    text = latex_report(report("f1_score"))
    lines = text.splitlines()
    assert lines.count(r"\toprule") == lines.count(r"\midrule") == lines.count(r"\bottomrule") == 1
    assert r"\begin{tabular}{@{}lrl@{}}" in lines and r"metric & a\_b & unit \\" in lines
    assert r"f1\_score & 0.123{*} {[}0.100, 0.200{]} & f1\_score \\" in lines
    assert r"{[}b{]} & -1.00 &  \\" in lines  # a bracket after a line break would be its option
    assert r"\caption{f1\_score (a note)}" in lines and "of marks" not in text


def test_latex_of_hostile_names_has_no_command_of_theirs() -> None:
    text = latex_report(report())
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    commands = set(re.findall(r"\\([a-z]+|.)", body))
    assert commands <= {
        "begin", "centering", "footnotesize", "caption", "toprule", "midrule", "bottomrule", "end",
        "\\", "_", "{", "}", "$", "%",
        "textbackslash", "textbar", "textless", "textgreater",
    }  # fmt: skip
    assert body.count(r"\end{table}") == 2 and r"\textbackslash{}input\{x\}" in body
    depth = re.sub(r"\\[{}]", "", body)
    assert depth.count("{") == depth.count("}")


def test_markdown_has_a_table_with_intervals() -> None:
    lines = markdown_report(report("f1")).splitlines()
    assert "| metric | a\\_b | unit |" in lines and "| --- | ---: | --- |" in lines
    assert "| f1 | 0.123\\* \\[0.100, 0.200\\] | f1 |" in lines and "| \\[b\\] | -1.00 |  |" in lines
    assert "- \\# no heading" in lines and "a note" in lines and lines[0] == "# f1"


def test_markdown_of_hostile_names_keeps_its_columns_and_has_no_tags() -> None:
    text = markdown_report(report())
    assert "<script" not in re.sub(r"<!--.*-->", "", text)
    comment = text[text.index("<!-- ") :]
    assert comment.count("-->") == 1 and comment.endswith(" -->\n")  # it ends nowhere before
    row = next(line for line in text.splitlines() if line.startswith("| \\\\input"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 4 and "\\\\udcff" in row


def test_intervals_of_several_columns_are_a_table_of_their_own() -> None:
    columns = [Column("metric"), Column("a", is_number=True), Column("b", is_number=True)]
    rows = [
        [Cell("x"), Cell("1.000", 1.0, 0.5, 1.5, "*"), Cell("2.000", 2.0, 1.5, 2.5)],
        [Cell("y"), Cell("3 of 4", 3.0), Cell("-")],
    ]
    lines = markdown_report(Report("t", [], [Table("means", columns, rows)])).splitlines()
    assert [line for line in lines if line.startswith(("##", "| x", "| y"))] == [
        "## means", "| x | 1.000\\* | 2.000 |", "| y | 3 of 4 | - |", "## means: 95 % intervals",
        "| x | \\[0.500, 1.500\\] | \\[1.500, 2.500\\] |",
    ]  # fmt: skip


def five_systems() -> Report:
    systems = ["human", "transformer", "lstm", "baseline_1", "baseline_2", "ceiling", "floor"]
    cells = [Cell("-0.123", -0.123, -0.234, 0.345, "*") for _ in systems]
    columns = [Column("metric"), *(Column(name, is_number=True) for name in systems), Column("unit"), Column("better")]
    pairs = [f"{name} - {other}" for name, other in itertools.combinations(systems, 2)]
    rows = [[Cell("harmonic_development_1"), *cells, Cell("semitones"), Cell("closer")]]
    effects = [Column("metric"), *(Column(name, is_number=True) for name in pairs)]
    row = [Cell("harmonic_development_1"), *(Cell("-1.234", -1.234, mark="*") for _ in pairs)]
    return Report("t", [], [Table("Means", columns, rows, note="a note"), Table("Effects", effects, [row])])


def test_a_table_of_many_systems_is_broken_into_parts_with_the_names_of_its_rows() -> None:
    text = latex_report(five_systems())
    heads = [line for line in text.splitlines() if line.startswith("metric &")]
    assert all(len(line.replace("\\", "")) <= 80 for line in heads)
    assert r"metric & human & transformer & lstm & baseline\_1 \\" in heads
    for caption in (
        "Means, part 1 of 2 (a note)",
        "Means, part 2 of 2 (a note)",
        "Means: 95 \\% intervals, part 1 of 3",
    ):
        assert rf"\caption{{{caption}}}" in text
    titles = [title for line in heads for title in line.removesuffix(r" \\").split(" & ")[1:]]
    assert len(titles) == 9 + 7 + 21  # each column once


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_no_table_of_many_systems_is_wider_than_a_page(tmp_path: Path) -> None:
    before = "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n"
    text = f"{before}{latex_report(five_systems())}\n\\end{{document}}\n"
    (tmp_path / "a.tex").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"], cwd=tmp_path, capture_output=True,
        timeout=120, check=False,
    )  # fmt: skip
    if b"booktabs.sty' not found" in done.stdout:
        pytest.skip("booktabs is not installed")
    assert done.returncode == 0, done.stdout.decode()
    assert (tmp_path / "a.pdf").exists() and "Overfull" not in (tmp_path / "a.log").read_text("latin-1")


@pytest.mark.parametrize("write", [latex_report, markdown_report])
def test_a_report_without_rows_is_a_report(write: object) -> None:
    assert callable(write)
    assert "title" in write(Report("title"))
