"""Count the files of the package that a command imports to do its work, which its reader may have to read.

Example::

    python tools/count_files.py          # the table of CONTRIBUTING.md
    python tools/count_files.py --list   # and the names of the files, in the order in which they are reached

Files that hold nothing but a docstring are not counted.
"""

import argparse
import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "maestrokit"
DEMO = PACKAGE / "demo"
TRAIN = "--steps 1 --batch 1 --length 16 --set width=16 --set layers=1 --set heads=1 --set hidden=16"
COMMANDS = {
    "quantize": f"quantize {DEMO}/bach-prelude.mid --step 10ms -o out.mid",
    "transcribe": f"transcribe {DEMO}/petzold-opening.ogg -o out.mid",
    "train transformer": f"train transformer {DEMO} -o run --cache cache {TRAIN}",
    "evaluate --model": f"evaluate --model transformer {DEMO}/bach-prelude.mid -o out.tsv",
}
BEFORE = {"quantize": 43, "transcribe": 77, "train transformer": 69, "evaluate --model": 76}
"""The same count in the first layout, with 28 to 36 files side by side in a folder."""
PROBE = """
import sys
from maestrokit.cli.main import run_command_line
status = run_command_line(sys.argv[1:])
modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "maestrokit"]
print(*dict.fromkeys(module.__file__ for module in modules), sep="\\n")
sys.exit(status)
"""


def files_of(command: str) -> list[str]:
    """Return the files that a command line runs, in the order in which they are reached; it must succeed."""
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.run(
            [sys.executable, "-c", PROBE, *command.split()],
            capture_output=True, check=True, cwd=folder, env=environment, text=True,
        )  # fmt: skip
    paths = [Path(line) for line in process.stdout.splitlines() if line.startswith(str(PACKAGE))]
    return [str(path.relative_to(PACKAGE)) for path in paths if not has_only_docstring(path)]


def has_only_docstring(path: Path) -> bool:
    """Return whether a file holds nothing but a docstring."""
    return all(isinstance(node, ast.Expr) for node in ast.parse(path.read_text(encoding="utf-8")).body)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="name the files, too")
    with_names = parser.parse_args().list
    print("| command | before | now |\n|---|---|---|")
    for name, command in COMMANDS.items():
        files = files_of(command)
        print(f"| `{name}` | {BEFORE[name]} | {len(files)} |")
        if with_names:
            print(*files, sep="\n")


if __name__ == "__main__":
    main()
