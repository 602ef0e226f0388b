"""The glossary's words: what it replaces stays out of identifiers."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(path for folder in ("src/maestrokit", "tools") for path in (ROOT / folder).rglob("*.py"))
# Words of a name, between underscores or capitals, that GLOSSARY.md replaces.
WORDS = {
    "told", "said", "asked", "heard", "wanted", "stroke", "strokes", "chance", "chances", "drawn", "varied", "played",
    "settled", "taste", "wish", "scribe", "judge", "judged", "story", "eye", "fate", "worth", "usualness", "unlikeness",
    "descend", "players", "carry", "neighbours", "colour", "overview", "surroundings", "course",
}  # fmt: skip
FAMILY = {"Config", "Model"}  # of a file of models, by its interface
MODELS = ROOT / "src" / "maestrokit" / "models"
WHOLE = {"found", "made", "kept", "place", "places", "take", "turn", "order_", "agreed", "averaged", "history"}


def words(name: str) -> list[str]:
    """Return the words of a name.

    >>> words("StreamingDecoder"), words("_told_twice")
    (['streaming', 'decoder'], ['told', 'twice'])
    """
    spaced = "".join(f"_{letter}" if letter.isupper() else letter for letter in name)
    return [word.lower() for word in spaced.split("_") if word]


def identifiers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield every name that a file gives to something, and its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno
            case ast.alias(asname=str(name)):
                yield name, node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_are_the_fields_words(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    banned = [(name, line) for name, line in identifiers(tree) if WORDS & set(words(name)) or name.strip("_") in WHOLE]
    assert banned == []
    assert not WORDS & set(words(path.stem)) and path.stem not in WHOLE


def type_names(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield the classes of a file, and the names that it gives to types, and whether it is a class."""
    yield from ((node.name, True) for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in tree.body:
        match node:
            case ast.Assign(value=ast.Call()):
                pass  # a variable of types, which is one of its file alone
            case ast.Assign(targets=[ast.Name(id=str(name))]) | ast.AnnAssign(target=ast.Name(id=str(name))):
                if name[0].isupper() and not name.isupper():
                    yield name, False


def test_no_class_name_stands_for_two_things() -> None:
    found: dict[str, list[str]] = {}
    classes = set[str]()
    for path in FILES:
        for name, is_class in type_names(ast.parse(path.read_text(encoding="utf-8"))):
            if not (MODELS in path.parents and name in FAMILY):
                found.setdefault(name, []).append(str(path.relative_to(ROOT)))
                classes |= {name} if is_class else set()
    assert {name: found[name] for name in classes if len(found[name]) > 1} == {}
