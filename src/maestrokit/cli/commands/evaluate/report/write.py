"""A report as text: a page, Markdown or LaTeX."""

from maestrokit.cli.commands.evaluate.evaluation import Scores
from maestrokit.cli.commands.evaluate.report.contents import Report
from maestrokit.cli.commands.evaluate.report.system_tables import tables_of_systems
from maestrokit.cli.commands.evaluate.report.tables import tables_of_rows


def report_text(scores: Scores, *, format: str, title: str, per_file: bool, made_by: str | None) -> str:
    """Return the scores of systems, of a set, of pairs or of a model as a report."""
    if scores.table is not None:
        tables, sentences = tables_of_systems(scores.table, per_file=per_file), scores.table.sentences
    else:
        tables, sentences = tables_of_rows(scores.files if per_file else [], scores.whole, title="Means over files"), []
    report = Report(title, sentences, tables, scores.sections, made_by)
    if format == "html":
        from maestrokit.cli.commands.evaluate.report.page import page

        return page(report)
    from maestrokit.cli.commands.evaluate.report.papers import latex_report, markdown_report

    return markdown_report(report) if format == "md" else latex_report(report)
