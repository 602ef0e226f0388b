"""Run the commands of ``docs/benchmarks.md`` and of the models' cards, and write what they print into these pages.

Example::

    python tools/run_benchmarks.py                                # all: hours
    python tools/run_benchmarks.py midi                           # those whose command contains a word
    python tools/run_benchmarks.py "evaluate --model transformer"

A command of a card is run only if its table follows it: the others document how the model was trained. A command that
fails leaves its table as it was. Words in capitals are taken from the environment, PYTHON from BENCHMARK_PYTHON;
without the variable the command is passed over. ``maestrokit`` runs in the folder with the corpora, which is named by
MAESTROKIT_TEST_DATA; else ``shared/data`` beside the checkout.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
CARDS = ROOT / "src" / "maestrokit" / "weights"
DATA = Path(os.environ.get("MAESTROKIT_TEST_DATA", ROOT.parent / "shared" / "data"))
BLOCK = re.compile(r"```sh\n(?P<commands>.*?)```\n(?:\n```\n(?P<table>.*?)```\n)?", re.DOTALL)


class NotRunError(Exception):
    """A command has no output, for a reason that is named."""


def words_of(command: str) -> list[str]:
    """Return the words of a command, with this Python and the environment's values in them.

    >>> words_of(".venv/bin/python tests/benchmarks/keys.py  # with partitura installed")[1:]
    ['tests/benchmarks/keys.py']
    >>> words_of("maestrokit evaluate --model lstm maestro-v3.0.0")[1:4]
    ['-m', 'maestrokit', 'evaluate']
    """
    words = shlex.split(command, comments=True)
    for word in words:
        if re.fullmatch("[A-Z]+", word) and f"BENCHMARK_{word}" not in os.environ:
            raise NotRunError(f"set BENCHMARK_{word}")
    program = ["-m", "maestrokit"] if words[0] == "maestrokit" else []
    return [sys.executable, *program, *(os.environ.get(f"BENCHMARK_{word}", word) for word in words[1:])]


def output_of(command: str) -> str:
    """Return what a command prints on standard output."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tools'}"}
    folder = DATA if command.startswith("maestrokit") else ROOT
    if not folder.is_dir():
        raise NotRunError("set MAESTROKIT_TEST_DATA to a folder with the corpora")
    process = subprocess.run(
        words_of(command), cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if process.returncode:
        raise NotRunError(f"it ended with {process.returncode}")
    return process.stdout


def updated_block(block: re.Match[str], word: str, *, is_card: bool) -> str:
    """Return a block of a page with the table that its command prints now."""
    text, table = block.group(0), block["table"]
    for command in block["commands"].splitlines():
        if word not in command or (is_card and table is None):
            continue
        print(f"$ {command}", flush=True)
        try:
            output = output_of(command)
        except NotRunError as reason:
            print(f"not run: {reason}")
            continue
        print(output)
        if table is not None:
            text = text.replace(f"```\n{table}```", f"```\n{without_edges(output)}```")
    return text


def without_edges(output: str) -> str:
    """Return what a command printed without empty lines around it and spaces at the ends of lines.

    >>> without_edges("\\n a  \\n\\n b\\n\\n")
    ' a\\n\\n b\\n'
    """
    return "\n".join(line.rstrip() for line in output.strip("\n").splitlines()) + "\n"


def main() -> None:
    """Run the commands and write the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("word", nargs="?", default="", help="only commands that contain this")
    word = parser.parse_args().word
    for page in (PAGE, *sorted(CARDS.glob("*/CARD.md"))):
        update_page(page, word)


def update_page(page: Path, word: str) -> None:
    """Run the commands of a page that contain a word, and write the page."""
    old = page.read_text(encoding="utf-8")
    new = BLOCK.sub(lambda block: updated_block(block, word, is_card=page != PAGE), old)
    if new != old:
        page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
