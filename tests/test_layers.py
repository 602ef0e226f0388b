"""Imports go down only: the layers of the design, read from the source."""

import ast
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "maestrokit"
LAYERS = [
    {"errors", "registry", "provenance", "bounds", "arrays", "__init__"},
    {"music"},
    {"models"},
    {"audio"},
    {"synth", "analysis"},
    {"features", "metrics", "files"},
    {"plots", "inference", "listening"},
    {"training"},
    {"api"},
    {"cli"},
    {"__main__"},
]


def part(path: Path) -> str:
    """Return the folder or file at the top of the package that a path belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_names(path: Path) -> set[str]:
    """Return the full names of all that a file imports anywhere, lazily or not."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def imported_parts(path: Path) -> set[str]:
    """Return the top parts of the package that a file imports."""
    found = {name.split(".")[1] for name in imported_names(path) if name.startswith("maestrokit.")}
    return {name if (SOURCE / name).exists() or (SOURCE / f"{name}.py").exists() else "__init__" for name in found}


def layer(name: str) -> int:
    """Return how high a part lies."""
    return next(height for height, names in enumerate(LAYERS) if name in names)


def docstring_lines(tree: ast.Module) -> int:
    """Return how many lines of a file are docstrings: of the file, of classes and functions, and of fields."""
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    return sum((text.end_lineno or text.lineno) - text.lineno + 1 for text in texts)


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines the body of a function has below its docstring."""
    has_more = ast.get_docstring(function) is not None and len(function.body) > 1
    return (function.end_lineno or 0) - function.body[has_more].lineno + 1


FILES = sorted(SOURCE.rglob("*.py"))
LONGEST_FILE, LONGEST_COMMAND_FILE, LONGEST_BODY = 350, 150, 40  # lines
LONGEST_FUNCTION, LONGEST_RUN = 60, 120  # below the first line, docstrings and signatures counted
MOST_FILES = 16  # of a folder, its own __init__.py not counted
REGISTRIES = {"features/groups", "metrics/sets"}  # which may have more: files of one kind, each found by its name
# What is longer, docstrings counted, and waits to be split; none of it may grow.
TOO_LONG: dict[str, int] = {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_down_only(path: Path) -> None:
    own = part(path)
    if own == "__init__":
        pytest.skip("lists the public names of all layers, and imports them late")
    for other in imported_parts(path) - {own}:
        below = layer(other) < layer(own) or layer(own) == 0 == layer(other)
        assert below, f"{path.relative_to(SOURCE)} imports {other}, which is not below {own}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_are_short_and_functions_fit_on_a_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    longest = LONGEST_COMMAND_FILE if path.is_relative_to(SOURCE / "cli" / "commands") else LONGEST_FILE
    name = str(path.relative_to(SOURCE))
    assert text.count("\n") - docstring_lines(tree) <= longest
    assert text.count("\n") <= TOO_LONG.get(name, LONGEST_FILE)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert body_lines(node) <= LONGEST_BODY, node.name
            lines = (node.end_lineno or 0) - node.lineno
            limit = LONGEST_RUN if node.name == "run" else LONGEST_FUNCTION
            assert lines <= TOO_LONG.get(f"{name}:{node.name}", limit), node.name


def test_folders_can_be_read_at_a_glance() -> None:
    count = Counter(path.parent.relative_to(SOURCE).as_posix() for path in FILES if path.name != "__init__.py")
    assert {name for name, files in count.items() if files > MOST_FILES} == REGISTRIES


def test_folders_of_music_import_each_other_in_one_direction() -> None:
    music, imported = SOURCE / "music", dict[str, set[str]]()
    for path in music.rglob("*.py"):
        folder, names = path.relative_to(music).parent.as_posix(), imported_names(path)
        parts = {name.split(".")[2] for name in names if name.startswith("maestrokit.music.")}
        imported.setdefault(folder, set()).update(
            {part if (music / part).is_dir() else "." for part in parts} - {folder}
        )
    assert imported["."] == set() and next(TopologicalSorter(imported).static_order()) == "."


def test_what_is_too_long_is_still_there_and_too_long() -> None:
    for name, lines in TOO_LONG.items():
        text = (SOURCE / name.partition(":")[0]).read_text(encoding="utf-8")
        function = name.partition(":")[2]
        found = [node for node in ast.walk(ast.parse(text)) if getattr(node, "name", "") == function]
        lengths = [node.end_lineno - node.lineno for node in found] if function else [text.count("\n")]
        assert lines in lengths, f"{name}: shorten its entry, or leave it out"


def test_length_of_a_body_is_counted_without_its_docstring() -> None:
    (function,) = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    a = 1\n\n    return a\n').body
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 3


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_files_and_cli_open_files(path: Path) -> None:
    if part(path) in {"files", "cli", "__main__"}:
        pytest.skip("may open files")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        called = getattr(node, "func", None)
        name = getattr(called, "id", getattr(called, "attr", ""))
        assert name not in {"open", "read_text", "read_bytes", "write_text", "write_bytes"}, f"line {node.lineno}"
