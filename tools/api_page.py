"""Make ``docs/api.md`` from the docstrings of the public names, or check that these docstrings are complete.

Example::

    python tools/api_page.py          # writes docs/api.md
    python tools/api_page.py --check  # prints what is missing, and ends with 1 if anything is

Docstrings follow numpydoc. A function documents every parameter, in the order of its signature, with the shape and the
unit of arrays, and what it returns; a class documents its fields.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PAGE = ROOT / "docs" / "api.md"
SECTIONS = ("Parameters", "Returns", "Yields", "Raises", "Warns", "Notes", "References", "Examples")
PARTS = {
    "api": "One call for each command",
    "music": "Performances: notes, time, keys",
    "files": "Files",
    "audio": "Recordings: spectra and rooms",
    "analysis": "Beats, chords, keys, pitch, onsets",
    "features": "Descriptors",
    "metrics": "Metrics",
    "listening": "Listening tests",
    "inference": "Models at work",
    "training": "Training",
    "synth": "The piano",
    "errors": "Errors and warnings",
}
HEAD = """# The library

Made from the docstrings by `python tools/api_page.py`. All names are in the package itself:
`import maestrokit`, then `maestrokit.NAME`. Shapes are those of numpy arrays.
"""
ARRAYS = re.compile(r"NDArray|ArrayLike|Floats|Integers|Mask|Objects|Samples|Tokens|Waveform")

Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Name:
    """A public name: where it lives, and how it is defined there."""

    name: str
    module: str
    definition: Definition

    @property
    def part(self) -> str:
        """The folder or file of the package that it belongs to."""
        return self.module.split(".")[1]

    @property
    def sections(self) -> dict[str, str]:
        """The docstring by sections; what comes before the first one is under the empty title."""
        text = ast.get_docstring(self.definition) or ""
        titles = "|".join(SECTIONS)
        pieces = re.split(rf"(?m)^({titles})\n-+$", text)
        return {"": pieces[0].strip()} | {
            title: body.strip("\n") for title, body in zip(pieces[1::2], pieces[2::2], strict=True)
        }

    @property
    def parameters(self) -> dict[str, str]:
        """Annotation of each parameter of a function, or of each field of a class."""
        if isinstance(self.definition, ast.ClassDef):
            annotated = [node for node in self.definition.body if isinstance(node, ast.AnnAssign)]
            fields = {ast.unparse(node.target): ast.unparse(node.annotation) for node in annotated}
            return {name: kind for name, kind in fields.items() if not name.startswith("_") and "ClassVar" not in kind}
        arguments = self.definition.args
        all_arguments = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        named = {
            argument.arg: ast.unparse(argument.annotation) if argument.annotation else "" for argument in all_arguments
        }
        return named | ({f"**{arguments.kwarg.arg}": ""} if arguments.kwarg else {})

    @property
    def signature(self) -> str:
        """How it is called, as in the source."""
        if isinstance(self.definition, ast.FunctionDef):
            returns = f" -> {ast.unparse(self.definition.returns)}" if self.definition.returns else ""
            return f"{self.name}({ast.unparse(self.definition.args)}){returns}".replace("'", '"')
        defaults = {
            ast.unparse(node.target): f"={ast.unparse(node.value)}" if node.value else ""
            for node in self.definition.body
            if isinstance(node, ast.AnnAssign)
        }
        inside = ", ".join(name + defaults[name] for name in self.parameters)
        return f"class {self.name}({inside})".removesuffix("()").replace("'", '"')


def public_names() -> list[Name]:
    """Return the names that ``maestrokit/__init__.pyi`` lists, in its order."""
    tree = ast.parse((SOURCE / "maestrokit" / "__init__.pyi").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return [
        Name(alias.name, f"maestrokit.{node.module}", _definition(f"maestrokit.{node.module}", alias.name))
        for node in imports
        for alias in node.names
    ]


def _definition(module: str, name: str) -> Definition:
    """Return the definition of a name, following imports."""
    path = SOURCE / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
        if isinstance(node, ast.ImportFrom) and name in [alias.asname or alias.name for alias in node.names]:
            return _definition(node.module or "", name)
    raise ValueError(f"{module} does not define {name}")


def entry_types(section: str) -> dict[str, str]:
    """Return the type of each entry of a section.

    >>> described("a, b : int\\n    Two numbers.\\nc : str")
    {'a': 'int', 'b': 'int', 'c': 'str'}
    """
    entries: dict[str, str] = {}
    for line in section.splitlines():
        if line and not line.startswith(" "):
            names, _, kind = line.partition(" : ")
            entries |= dict.fromkeys(names.split(", "), kind)
    return entries


def faults(name: Name) -> Iterator[str]:
    """Yield what is missing in the docstring of a name."""
    sections, parameters = name.sections, name.parameters
    titles = [SECTIONS.index(title) for title in sections if title]
    summary = sections[""].partition("\n\n")[0]
    if not summary.endswith((".", ":")):
        yield "the first paragraph is no sentence"
    if titles != sorted(titles):
        yield "sections are not in the order of numpydoc"
    if ">>>" in "".join(text for title, text in sections.items() if title != "Examples"):
        yield "examples are not under their title"
    documented = entry_types(sections.get("Parameters", ""))
    if list(documented) != list(parameters) and name.part != "errors":
        yield f"documents {', '.join(documented) or 'nothing'}, and has {', '.join(parameters) or 'no parameters'}"
    for parameter, kind in documented.items():
        if not kind:
            yield f"'{parameter}' has no type"
        annotation = parameters.get(parameter, "")
        if ARRAYS.search(annotation) and "Callable" not in annotation and not re.search("shape|mapping", kind):
            yield f"'{parameter}' is an array without a shape"
    if isinstance(name.definition, ast.FunctionDef):
        returns = ast.unparse(name.definition.returns) if name.definition.returns else "None"
        if returns != "None" and not {"Returns", "Yields"} & set(sections):
            yield "does not say what it returns"


def page(names: list[Name]) -> str:
    """Return the page."""
    contents, body = list[str](), list[str]()
    for part, title in PARTS.items():
        names_of_part = sorted((name for name in names if name.part == part), key=lambda name: name.name.lower())
        contents += [
            f"- [{title}](#{part}): " + ", ".join(f"[{name.name}](#{name.name.lower()})" for name in names_of_part)
        ]
        body += ["", f'<a id="{part}"></a>', "", f"## {title}"]
        body += [line for name in names_of_part for line in ("", *entry(name))]
    return "\n".join([HEAD, *contents, *body]) + "\n"


def entry(name: Name) -> list[str]:
    """Return the lines about one name."""
    sections = name.sections
    lines = [f"### {name.name}", "", "```python", name.signature, "```", ""]
    lines += [f"`{name.module}`", "", prose(sections[""])]
    for title, text in sections.items():
        if title == "Examples":
            lines += ["", "```python", re.sub(r"  # doctest: .*", "", text), "```"]
        elif title == "References":
            lines += ["", f"**{title}**", "", prose(text)]
        elif title:
            lines += ["", f"**{title}**", "", *entries(text)]
    return lines


def entries(section: str) -> list[str]:
    """Return the entries of a section as a list."""
    lines: list[str] = []
    for line in section.splitlines():
        if line.startswith(" "):
            lines.append("  " + prose(line.strip()))
        elif line:
            names, colon, kind = line.partition(" : ")
            lines.append(f"- **{prose(names)}**" + (f" : {prose(kind)}" if colon else ""))
    return lines


def prose(text: str) -> str:
    """Return text of a docstring as Markdown.

    >>> prose("See :func:`quantize`, ``x`` and **settings.")
    'See `quantize`, `x` and \\\\*\\\\*settings.'
    """
    text = re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", text).replace("``", "`")
    return text.replace("**", r"\*\*")


def main() -> int:
    """Write the page, or check the docstrings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only check that docstrings are complete")
    names = public_names()
    if not parser.parse_args().check:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(names), encoding="utf-8")
        return 0
    missing = [f"{name.module}.{name.name}: {fault}" for name in names for fault in faults(name)]
    print(*missing, sep="\n", end="\n" if missing else "")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
