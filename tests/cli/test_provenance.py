"""Lines of provenance say what was done, and name no file and no folder of the machine it was done on."""

import dataclasses
import functools
import re

import pytest

from maestrokit import registry
from maestrokit.cli.commands.evaluate.listening_options import ListeningOptions
from maestrokit.cli.main import COMMANDS, command
from maestrokit.cli.options import Provenance
from maestrokit.cli.parameters import PATHS, RUN
from maestrokit.files.midi import read_midi
from maestrokit.music.provenance_events import commands
from maestrokit.provenance import command_lines, option_of

NAMES = registry.names(COMMANDS)
SECRET = "private/secret.txt"


def words(parameter):
    return set(re.split(r"[|=]", parameter.metavar or ""))


@pytest.fixture
def line(maestrokit, monkeypatch):
    """Return the line of provenance that a command line makes; no work is done."""

    def made_by(name, *arguments):
        lines = []
        module = registry.load(COMMANDS, name)

        @functools.wraps(module.run)
        def run(**values):
            lines.extend(value.made_by for value in values.values() if isinstance(value, Provenance))

        monkeypatch.setattr(module, "run", run)
        assert maestrokit(name, *arguments).err == ""
        return lines[0]

    return made_by


EXCLUDED = (
    "directory",
    "system",
    "perform",
    "like",
    *(field.name for field in dataclasses.fields(ListeningOptions)),
)  # by others


@pytest.mark.parametrize("name", NAMES)
def test_no_option_that_takes_a_path_tells_folders_or_files(line, name):
    arguments = []
    for parameter in command(name).params:
        is_path = bool(words(parameter) & {*PATHS, RUN})
        speaks_of_paths = re.search(r"\b(FILE|PATH|DIR|RUN)\b|run folder", parameter.help or "")
        is_aside = re.fullmatch(r"FILE\.(png|toml)", parameter.metavar or "")
        assert is_path or is_aside or not speaks_of_paths or parameter.name.startswith("tune"), parameter.name
        if is_path and parameter.param_type_name == "option" and parameter.name not in EXCLUDED:
            arguments += [parameter.opts[-1], SECRET]
        elif parameter.param_type_name == "argument" and parameter.required:
            arguments += [SECRET if is_path else "lstm"]
    if name == "generate":
        arguments += ["--best-of", "2"]  # without which nothing is ranked
    told = line(name, *arguments)
    assert "private" not in told
    assert "secret" not in re.sub(r"--(model|init|output|classes|chords|rank-by) secret.txt", "", told)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("quantize", "--beats", "q/beats.txt", "--grid", "1/16"), "quantize --grid 1/16 --beats FILE"),
        (("quantize", "--beats", "track", "--grid", "1/16,1/12"), "quantize --grid 1/16,1/12 --beats track"),
        (("generate", "--model", "runs/t1/"), "generate --model t1"),
        (("generate", "--model", b"runs/\xff".decode("utf-8", "surrogateescape")), r"generate --model '\udcff'"),
        (("generate", "--model", "lstm"), "generate --model lstm"),
        (
            ("train", "cnn", "x", "-o", "y", "--set", "pianos=/a/secret/p.sf2,b/q/"),
            "train family cnn data DATA --output y --set pianos=p.sf2,q",
        ),
        (("render", "--samples", "pianos/a.sf2"), "render --samples PATH"),
        (("generate", "--perform", "a/b.mid", "--like", "/c/d.mid"), "generate --perform SCORE --like TAKE"),
        (
            ("evaluate", "a", "--reference", "x/b", "--reference", "c", "-o", "x/y.html"),
            "evaluate --reference PATH,PATH",
        ),
    ],
)
def test_options_are_spelt(line, arguments, expected):
    assert line(*arguments).partition(": ")[2] == expected


def test_beats_leave_no_name_in_the_file(maestrokit, demo_folder, tmp_path):
    beats = tmp_path / "private" / "secret.txt"
    beats.parent.mkdir()
    beats.write_text("\n".join(str(0.5 * beat) for beat in range(1, 200)))
    arguments = ("--beats", beats, "--grid", "1/16", "-o", tmp_path / "q.mid")
    assert maestrokit("quantize", demo_folder / "bach-prelude.mid", *arguments).status == 0
    assert commands(read_midi(tmp_path / "q.mid"))[-1].endswith(": quantize --grid 1/16 --beats FILE")
    assert b"secret" not in (tmp_path / "q.mid").read_bytes()


def test_a_text_that_only_looks_like_a_command_is_none():
    assert command_lines("maestrokit 0.1.0: don't\nmaestrokit take 3: Don't use") == []
    assert option_of("maestrokit 0.1.0: don't", "generate", "model") is None
