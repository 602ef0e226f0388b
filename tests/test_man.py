"""The man pages say what the commands say, in the customary order, and their examples run."""

import re
import shlex
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import soundfile

from command_line import CommandLine
from maestrokit import registry
from maestrokit.cli.man import pages as manpages
from maestrokit.cli.man import settings as settings_page
from maestrokit.models import cnn, lstm, transformer
from maestrokit.models.adversarial import latent as latent_network
from maestrokit.models.adversarial import style as style_network
from maestrokit.models.convolutional import classes as classes_network
from maestrokit.training.settings import TrainingSettings
from maestrokit.training.tasks import classes, events, latent, style, transcription
from small_models import saved_style_model

MAN = Path(__file__).resolve().parents[1] / "man"
COMMANDS = registry.names(manpages.COMMANDS)
ORDER = ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "SETTINGS", "EXIT STATUS", "ENVIRONMENT",
         "CONFIGURATION", "EXAMPLES", "REFERENCES", "SEE ALSO"]  # fmt: skip
SETTINGS = ("width=16", "layers=1", "heads=1", "hidden=16")
BRIEFLY = (
    "--steps",
    "1",
    "--batch",
    "1",
    "--length",
    "16",
    *(word for setting in SETTINGS for word in ("--set", setting)),
)
"""Options that make an example of train a matter of a second."""


def test_pages_equal_the_commands() -> None:
    generated = manpages.pages()
    shipped = {path.name: path.read_text(encoding="utf-8") for path in MAN.iterdir()}
    assert sorted(shipped) == sorted(generated), "run: make man"
    assert shipped == generated, "run: make man"


@pytest.mark.parametrize("page", sorted(manpages.pages()))
def test_sections_come_in_the_customary_order(page: str) -> None:
    sections = re.findall(r'(?m)^\.SH "?([A-Z ]+)"?$', manpages.pages()[page])
    assert sections[0] == "NAME" and sections[-1] == "SEE ALSO"
    if page.endswith(".1"):
        assert [ORDER.index(section) for section in sections] == sorted(ORDER.index(section) for section in sections)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    for parameter in manpages.command(name).params:
        assert parameter.help and parameter.help.endswith("."), f"{name}: {parameter.name}"


@pytest.mark.parametrize(
    "kind",
    [
        TrainingSettings,
        events.Options,
        transcription.Options,
        classes.Options,
        latent.Options,
        style.Options,
        cnn.Config,
        classes_network.Config,
        latent_network.Config,
        style_network.Config,
        lstm.Config,
        transformer.Config,
    ],
)
def test_every_setting_says_what_it_does(kind: type) -> None:
    told = settings_page.settings_of(kind.__module__, kind.__name__)
    assert [name for name, _, _ in told] == [field.name.rstrip("_") for field in fields(kind)]
    page = manpages.pages()["maestrokit-train.1"].replace("\\-", "-")
    for name, default, meaning in told:
        assert meaning.endswith("."), name
        assert f"\\fB{name}\\fR ({default})\n" in page


@pytest.fixture
def workshop(tmp_path: Path, demo_folder: Path, maestro_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples speak of."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(demo_folder / "beethoven-elise.mid", "take.mid")
    shutil.copy(demo_folder / "beethoven-elise.mid", "reference.mid")
    shutil.copy(demo_folder / "beethoven-elise.beats.txt", "beats.txt")
    shutil.copy(demo_folder / "petzold-minuet.mid", "score.mid")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for folder in ("performances", "generated"):
        shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree("generated", "performances/more")  # half of a reference are the ceiling of systems
    for folder, name in (("jazz", "petzold-minuet"), ("jazz", "petzold-opening"), ("pop", "satie-gymnopedie")):
        Path("collection", folder).mkdir(parents=True, exist_ok=True)
        for number in range(2):
            piece = "bach-prelude" if folder == "jazz" else "beethoven-elise"
            shutil.copy(demo_folder / f"{piece}.mid", f"collection/{folder}/{name}{number}.mid")
    Path("runs").mkdir()
    saved_style_model(Path("runs/s1"))
    Path("takes").mkdir()
    for name in ("beethoven-elise.mid", "petzold-minuet.mid", "satie-gymnopedie.mid"):
        shutil.copy(demo_folder / name, "takes")
    sound = np.random.default_rng(1).normal(0, 0.05, 16_000).astype(np.float32)  # one second of noise
    pianos = [f"pianos/{piano}/{number}.flac" for piano in ("grand", "upright") for number in range(4)]
    for name in ("take.flac", "reference.flac", "takes/petzold-minuet.flac", *pianos):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(name, sound, 16_000)
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.usefixtures("workshop")
def test_examples_run(maestrokit: CommandLine, name: str) -> None:
    for _, line in registry.load(manpages.COMMANDS, name).EXAMPLES:
        stdin = b""
        for part in line.split(" | "):
            words, _, target = part.partition(" > ")
            program, *arguments = shlex.split(words)
            assert program == "maestrokit"
            rolls = (*BRIEFLY[:4], "--set", "validation_segments=2")
            brief = {"cnn": BRIEFLY[:4], "style": rolls, "latent": rolls}
            kind = next((task for task in ("style", "latent") if task in arguments), "".join(arguments[1:2]))
            briefly = brief.get(kind, BRIEFLY) if name == "train" else ()
            done = maestrokit(*arguments, *briefly, stdin=stdin)
            assert done.status == 0, f"{part}: {done.err}"
            stdin = done.out
            if target and target != "/dev/null":
                Path(target).write_bytes(done.out)
