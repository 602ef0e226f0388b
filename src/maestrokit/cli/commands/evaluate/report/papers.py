r"""Tables for papers, as Markdown and as LaTeX with booktabs; what stands in names is never markup."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from maestrokit.cli.commands.evaluate.report.contents import Cell, Column, Report, Table
from maestrokit.cli.commands.evaluate.tables import shown
from maestrokit.files.tables import encoded

LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "[": "{[}", "]": "{]}", "*": "{*}",
}  # fmt: skip
WIDTH, GAP = 78, 3  # letters that a line of LaTeX's article has in this size, and between two columns
MARKDOWN = re.compile(r"([\\`*_\[\]|~$])")


def plain(text: str) -> str:
    r"""Return text on one line, without control characters, and with bytes that are no text escaped.

    >>> plain("a\nb\udcff")
    'a b\\udcff'
    """
    return "".join(letter if letter.isprintable() else " " for letter in encoded(text).decode())


def latex(text: str) -> str:
    r"""Return text as LaTeX shows it.

    >>> latex("50% of {a_b}")
    '50\\% of \\{a\\_b\\}'
    """
    return "".join(LATEX.get(letter, letter) for letter in plain(text))


def markdown(text: str) -> str:
    r"""Return text as Markdown shows it.

    >>> markdown("<b>a_b|c"), markdown("-1.5")
    ('&lt;b>a\\_b\\|c', '-1.5')
    """
    return MARKDOWN.sub(r"\\\1", plain(text).replace("&", "&amp;").replace("<", "&lt;"))


def markdown_report(report: Report) -> str:
    """Return a report as Markdown: a heading, sentences, and tables."""
    blocks = [f"# {markdown(report.title)}"]
    blocks += ["\n".join(f"- {_item(sentence)}" for sentence in report.sentences)] if report.sentences else []
    for table in _for_papers(report):
        columns, rows = _shown(table, markdown)
        rules = ["---:" if column.is_number else "---" for column in columns]
        lines = [[markdown(column.title) for column in columns], rules, *rows]
        blocks += [f"## {markdown(table.caption)}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
        blocks += [markdown(table.note)] if table.note else []
    blocks += [f"<!-- {_comment(report.made_by)} -->"] if report.made_by else []
    return "\n\n".join(blocks) + "\n"


def latex_report(report: Report) -> str:
    r"""Return the tables of a report, each as a table environment; the preamble needs ``\usepackage{booktabs}``."""
    lines = [f"% {_comment(text)}" for text in (report.title, *report.sentences, report.made_by or "") if text]
    blocks = ["\n".join([*lines, r"% needs \usepackage{booktabs}"])]
    for table in (part for full in _for_papers(report) for part in _parts(full)):
        columns, rows = _shown(table, latex)
        head = [latex(column.title) for column in columns]
        caption = latex(table.caption) + (f" ({latex(table.note)})" if table.note else "")
        blocks.append("\n".join([
            r"\begin{table}", r"\centering\footnotesize", rf"\caption{{{caption}}}",
            rf"\begin{{tabular}}{{@{{}}{''.join('r' if column.is_number else 'l' for column in columns)}@{{}}}}",
            r"\toprule", rf"{' & '.join(head)} \\", r"\midrule", *(rf"{' & '.join(row)} \\" for row in rows),
            r"\bottomrule", r"\end{tabular}", r"\end{table}",
        ]))  # fmt: skip
    return "\n\n".join(blocks) + "\n"


def _item(text: str) -> str:
    """Return text of a list in which it begins no list or heading of its own."""
    return re.sub(r"^([#+>-])", r"\\\1", markdown(text))


def _comment(text: str) -> str:
    """Return text that ends no comment, neither of HTML nor of LaTeX."""
    return re.sub(r"(--!?)>", r"\1 >", plain(text))


def _for_papers(report: Report) -> Iterator[Table]:
    """Yield the tables that papers have; where several columns have intervals, these are a table of their own."""
    for table in report.tables:
        if table.for_page_only or not table.rows:
            continue
        spans = [index for index in range(len(table.columns)) if any(_interval(row[index]) for row in table.rows)]
        if len(spans) < 2:
            yield table
            continue
        yield replace(table, rows=[[replace(cell, low=math.nan) for cell in row] for row in table.rows])
        columns = [table.columns[index] for index in (0, *spans)]
        rows = [[row[0], *(Cell(_interval(row[index])) for index in spans)] for row in table.rows]
        known = [row for row in rows if any(cell.text for cell in row[1:])]
        yield Table(f"{table.caption}: 95 % intervals", columns, known)


def _parts(table: Table) -> Iterator[Table]:
    """Yield a table in parts that are no wider than a line, each with the first column, which names the rows."""
    columns, rows = _shown(table, str)
    widths = [GAP + max(map(len, cells)) for cells in zip([column.title for column in columns], *rows, strict=True)]
    parts: list[list[int]] = [[]]
    for index, width in enumerate(widths[1:], 1):
        if parts[-1] and widths[0] + sum(widths[column] for column in parts[-1]) + width - GAP > WIDTH:
            parts.append([])
        parts[-1].append(index)
    for number, part in enumerate(parts, 1):
        caption = table.caption if len(parts) == 1 else f"{table.caption}, part {number} of {len(parts)}"
        cells = [[Cell(row[index]) for index in (0, *part)] for row in rows]
        yield replace(table, caption=caption, columns=[columns[index] for index in (0, *part)], rows=cells)


def _shown(table: Table, escape: Callable[[str], str]) -> tuple[Sequence[Column], list[list[str]]]:
    """Return the columns that have text, and the rows of their cells."""
    indices = [index for index, column in enumerate(table.columns) if not column.is_figure]
    rows = [[escape(_text(row[index])) for index in indices] for row in table.rows]
    return [table.columns[index] for index in indices], rows


def _text(cell: Cell) -> str:
    return f"{cell.text}{cell.mark} {_interval(cell)}".rstrip()


def _interval(cell: Cell) -> str:
    return "" if math.isnan(cell.low) else f"[{shown(cell.low)}, {shown(cell.high)}]"
