"""Run the commands of ``docs/benchmarks.md``, print what they print, and write their tables into the page.

Example::

    python tools/run_benchmarks.py          # all: hours
    python tools/run_benchmarks.py midi     # those whose command contains a word

A command that fails leaves its table as it was. Words in capitals are taken from the environment, PYTHON from
BENCHMARK_PYTHON; without the variable the command is passed over.
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
BLOCK = re.compile(r"```sh\n(?P<commands>.*?)```\n(?:\n```\n(?P<table>.*?)```\n)?", re.DOTALL)


class NotRunError(Exception):
    """A command has no output, for a reason that is named."""


def words_of(command: str) -> list[str]:
    """Return the words of a command, with this Python and the environment's values in them.

    >>> words_of(".venv/bin/python tests/benchmarks/keys.py  # with partitura installed")[1:]
    ['tests/benchmarks/keys.py']
    """
    words = shlex.split(command, comments=True)
    for word in words:
        if re.fullmatch("[A-Z]+", word) and f"BENCHMARK_{word}" not in os.environ:
            raise NotRunError(f"set BENCHMARK_{word}")
    return [sys.executable, *(os.environ.get(f"BENCHMARK_{word}", word) for word in words[1:])]


def output_of(command: str) -> str:
    """Return what a command prints on standard output."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tools'}"}
    done = subprocess.run(words_of(command), cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise NotRunError(f"it ended with {done.returncode}")
    return done.stdout


def renewed(block: re.Match[str], word: str) -> str:
    """Return a block of the page with the table that its command prints now."""
    text, table = block.group(0), block["table"]
    for command in block["commands"].splitlines():
        if word not in command:
            continue
        print(f"$ {command}", flush=True)
        try:
            output = output_of(command)
        except NotRunError as reason:
            print(f"not run: {reason}")
            continue
        print(output)
        if table is not None:
            text = text.replace(table, output.rstrip() + "\n")
    return text


def main() -> None:
    """Run the commands and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("word", nargs="?", default="", help="only commands that contain this")
    word = parser.parse_args().word
    old = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda block: renewed(block, word), old), encoding="utf-8")


if __name__ == "__main__":
    main()
