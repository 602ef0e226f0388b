"""A report as one HTML page: no network, light and dark, for eyes, ears, keyboards and paper."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from maestrokit.cli.commands.evaluate.report.contents import Report
from maestrokit.cli.commands.evaluate.report.papers import plain
from maestrokit.cli.commands.evaluate.tables import shown

if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = Path(__file__).parent
TEMPLATE, STYLE, SCRIPT = "report.html.j2", "report.css", "report.js"


def page(report: Report) -> str:
    """Return the whole page; every name in it is text, and nothing but its own script can run."""
    style, script = ((FOLDER / name).read_text(encoding="utf-8") for name in (STYLE, SCRIPT))
    return _template().render(
        report=report, style=style, script=script, style_hash=_hash(style), script_hash=_hash(script)
    )


@lru_cache(maxsize=1)
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"plain": plain, "shown": shown}
    return environment.get_template(TEMPLATE)


def _hash(text: str) -> str:
    """Return what a policy of contents calls a script or style that may be used."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
