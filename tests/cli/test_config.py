"""Configuration files: which keys and values they may have, and what is said of others."""

from pathlib import Path

import pytest

from command_line import CommandLine, Done
from maestrokit import registry
from maestrokit.cli.config import FORMS
from maestrokit.cli.main import COMMANDS
from maestrokit.errors import ExitStatus


@pytest.fixture
def quantized(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs ``quantize -n`` with a configuration file of a text."""
    monkeypatch.chdir(tmp_path)

    def run(text: str, *options: str) -> Done:
        Path("a.toml").write_text(text, encoding="utf-8")
        take = demo_folder / "petzold-minuet.mid"
        return maestrokit("quantize", take, "--config", "a.toml", "-n", *(options or ("--step", "10ms")))

    return run


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[quantise]\njobs = 1", "'a.toml' has [quantise], which is no command\n  did you mean 'quantize'?"),
        ("[quantize]\nstepp = 1", "'a.toml' has 'stepp', which is no option of quantize\n  did you mean 'step'?"),
        ("n-fft = 1", "'a.toml' has 'n-fft', which is no option of any command\n  maestrokit quantize --help"),
        ("keep-overlap = true", "'keep-overlap', which is no option of any command\n  did you mean 'keep-overlaps'?"),
        ("transpose = 3", "'a.toml' has 'transpose', which is no table\n  write [transpose]"),
        ("quantize = 3", "'a.toml' has 'quantize', which is no table\n  write [quantize]"),
        ("keep-duplicates = true\nremove-duplicates = true",
         "'a.toml' has 'keep-duplicates' and 'remove-duplicates', which set the same\n  leave out one of the two"),
        ("[quantize]\nkeep-going = true\nkeep_going = true", "'keep-going' and 'keep_going', which set the same"),
        ('quiet = ""', "'a.toml' has 'quiet', which is true or false\n  maestrokit(1) says how values are written"),
        ("[quantize.grid]\na = 1", "'a.toml' has 'grid', whose value is a text, a number or an array of these"),
        ("jobs = true", "'a.toml' has 'jobs', whose value is a text, a number or"),
        ("swing = 2001-02-03", "'a.toml' has 'swing', whose value is a text, a number or"),
        ("strength = [1, 2]", "invalid value for '--strength': '1,2' is no number (from strength in 'a.toml')"),
        ("verbose = -1", "--verbose must be in 0..1000, not -1 (from verbose in 'a.toml')"),
        ("duplicate-window = 30", "'30' is a number without a unit of time (from duplicate-window in 'a.toml')"),
    ],
)  # fmt: skip
def test_what_a_file_cannot_say_is_named_with_what_it_may(quantized, text: str, said: str) -> None:
    done = quantized(text)
    assert done.status == ExitStatus.BAD_CONFIG and said in done.err, done.err
    assert done.out == b"" and len(done.lines) <= 2


@pytest.mark.parametrize(
    "text",
    [
        'split = "train"\nwhere = ["composer=Bach"]\nmels = 64\nduration = "1m"',  # a root's, and of other commands
        '[quantize]\nsplit = "train"\n[melspec]\nno-such = 1',
        'keep-duplicates = true\n[quantize]\nremove-duplicates = true\nduplicate-window = "30ms"\nverbose = 1',
        'jobs = "1"\nstrength = 1\nswing = 0.6',
    ],
)
def test_what_applies_to_other_inputs_and_commands_does_not_disturb(quantized, text: str) -> None:
    done = quantized(text, "--grid", "1/16")
    assert (done.status, done.err) == (ExitStatus.OK, "")


def test_a_part_of_a_root_that_is_typed_still_needs_one(quantized) -> None:
    done = quantized("", "--step", "10ms", "--split", "train")
    assert done.status == ExitStatus.USAGE
    assert "--split and --where choose from a MAESTRO root" in done.lines[0]


def test_several_values_are_an_array_or_one_text(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    take, file = demo_folder / "petzold-minuet.mid", tmp_path / "a.toml"
    outputs = set()
    for value in ('["key", "pitch"]', '"key,pitch"'):
        file.write_text(f"groups = {value}\n")
        outputs.add(maestrokit("features", take, "--config", file).out)
    assert outputs == {maestrokit("features", take, "--groups", "key,pitch").out}


def test_the_forms_of_the_manual_can_be_read_by_every_command(maestrokit: CommandLine, tmp_path: Path) -> None:
    lines = [line for _, how in FORMS for line in how.replace(', or "500"', "").replace(", keep-d", "\nkeep-d")
             .replace(", remove-duplicates = false", "").splitlines()]  # fmt: skip
    (tmp_path / "a.toml").write_text("\n".join(lines))
    for name in registry.names(COMMANDS):
        words = ["lstm", "gone", "-o", tmp_path / "run"] if name == "train" else [tmp_path / "gone"]
        done = maestrokit(name, *words, "--config", tmp_path / "a.toml")
        assert done.status == ExitStatus.NO_INPUT, (name, done.err)


@pytest.mark.parametrize("table", ["", "[quantize]\n"])
def test_a_configuration_file_names_no_other(maestrokit: CommandLine, tmp_path: Path, table: str) -> None:
    (tmp_path / "a.toml").write_text(table + 'config = "b.toml"\n')
    done = maestrokit("quantize", "take.mid", "--grid", "none", "--config", tmp_path / "a.toml")
    assert done.status == ExitStatus.BAD_CONFIG
    assert done.lines[0].endswith("a.toml' has 'config', and a configuration file names no other")


def test_how_much_is_printed_is_a_number_in_a_file(maestrokit: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("verbose = true\n")
    done = maestrokit("quantize", "take.mid", "--grid", "none", "--config", tmp_path / "a.toml")
    assert (done.status, done.lines[0].endswith("has 'verbose', which must be a number")) == (
        ExitStatus.BAD_CONFIG,
        True,
    )
