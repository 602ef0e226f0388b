"""What README and docs show runs: command lines, Python, the recipe of the Makefile and the line for cron."""

import importlib
import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

import maestrokit as library
from command_line import CommandLine
from maestrokit.listening.kit import PAGE, Kit
from maestrokit.listening.scales import parse_scales
from small_kits import answer_file

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md")
    if page.name != "api.md"
]
RUN = [
    ROOT / "README.md",
    *(ROOT / "docs" / name for name in ("tutorial.md", "formats.md", "listening-tests.md", "reports.md")),
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BRIEFLY = ("--steps", "1", "--batch", "1", "--length", "16", "--set", "width=16", "--set", "layers=1")


@pytest.fixture
def workshop(tmp_path: Path, demo_folder: Path, maestro_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages speak of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copy(demo_folder / "petzold-minuet.mid", "take.mid")
    shutil.copy(demo_folder / "petzold-opening.tsv", "reference.tsv")
    library.write_sound("take.flac", (sound := library.read_sound(demo_folder / "petzold-opening.ogg")).samples,
                        sample_rate=sound.sample_rate)  # fmt: skip
    Path("performances").mkdir()
    for name in ("bach-prelude.mid", "beethoven-elise.mid", "petzold-minuet.mid", "satie-gymnopedie.mid"):
        shutil.copy(demo_folder / name, "performances")
    Path("recordings").mkdir()
    shutil.copy("take.flac", "recordings")
    shutil.copy(demo_folder / "satie-gymnopedie.mid", "one.mid")
    return tmp_path


def lines(kind: str, text: str) -> list[str]:
    """Return the command lines of a block."""
    if kind == "sh":
        return text.replace("\\\n", " ").splitlines()
    if kind == "make":
        recipe = [line.strip() for line in text.splitlines() if line.startswith("\t")]
        return [line.replace("$<", "one.mid").replace("$@", "one.c.mid") for line in recipe]
    return [line.split(maxsplit=5)[5].replace(" /", " ") for line in text.splitlines()]  # of cron


def run(maestrokit: CommandLine, line: str) -> None:
    """Run a pipeline of this program; other programs are passed over."""
    stdin = b""
    for part in line.split(" | "):
        command, _, target = part.partition(" > ")
        program, *arguments = shlex.split(command)
        if program != "maestrokit":
            return
        done = maestrokit(*arguments, *(BRIEFLY if "--time-limit" in arguments else ()), stdin=stdin)
        assert done.status == 0, f"{part}: {done.err}"
        stdin = done.out
        if "--listening-kit" in arguments:
            listen(arguments[arguments.index("--listening-kit") + 1])
        if target:
            Path(target).write_bytes(done.out)


def listen(name: str) -> None:
    """Write what six listeners answer to a listening kit."""
    kit = Kit({PAGE: Path(name, PAGE).read_bytes()}, json.loads(Path(f"{name}.key.json").read_text()))
    Path(f"{name}.answers").mkdir()
    for number in range(6):
        Path(f"{name}.answers", f"{number}.json").write_text(json.dumps(answer_file(kit, number)))


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
@pytest.mark.usefixtures("workshop")
def test_what_is_shown_runs(maestrokit: CommandLine, page: Path) -> None:
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    others = {"listening-tests.md": {"toml", "python"}, "reports.md": set()}.get(page.name, {"python"})
    assert {"sh"} | others <= {kind for kind, _ in blocks}
    for kind, text in blocks:
        if kind == "python":
            exec(compile(text, str(page), "exec"), {})
        elif kind == "toml":
            assert len(parse_scales(text, name=page.name, design="mos")) == 2
        elif kind in {"sh", "make", "crontab"}:
            for line in lines(kind, text):
                run(maestrokit, line)
    if page.name == "README.md":
        assert library.find_key(library.read_midi("take-in-C.mid")).key.name == "C major"


@pytest.mark.usefixtures("workshop")
def test_examples_of_additions_work(maestrokit: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    examples = [text for kind, text in blocks if kind == "python"]
    assert len(examples) == 4
    for text in examples:
        path = tmp_path / text.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        package = importlib.import_module(".".join(path.parent.relative_to(tmp_path / "src").parts))
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(path.parent)])
    try:
        for kind, text in blocks:
            for line in lines(kind, text) if kind == "sh" else ():
                run(maestrokit, line)
    finally:
        for name in [
            name for name, module in sys.modules.items() if str(tmp_path) in str(module.__dict__.get("__file__"))
        ]:
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_targets_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / link).exists() or link.startswith("https://"), link
    for script in re.findall(r"python ((?:tools|tests)/[\w/]+\.py)", text):
        assert (ROOT / script).exists(), script
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make (\w+)", text) + re.findall(r"(?m)^make (\w+)", text):
        assert re.search(rf"(?m)^{target}:", makefile), target


def test_every_benchmark_is_on_the_page_of_benchmarks() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    scripts = [path for path in (ROOT / "tests" / "benchmarks").glob("*.py") if "__main__" in path.read_text("utf-8")]
    assert [path.name for path in scripts if f"tests/benchmarks/{path.name}" not in page] == []


def test_pictures_of_pages_are_small_and_all_are_shown() -> None:
    shown = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("reports.md", "listening-tests.md"))
    pictures = sorted((ROOT / "docs" / "screenshots").glob("*.png"))
    assert pictures and [path.name for path in pictures if f"screenshots/{path.name})" not in shown] == []
    assert max(path.stat().st_size for path in pictures) < 150_000


def test_the_front_page_is_short_and_its_picture_small() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150
    assert (ROOT / "docs" / "transcript.png").stat().st_size < 200_000
