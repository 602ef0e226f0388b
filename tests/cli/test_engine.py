"""What all commands share, shown on ``quantize``: inputs, outputs, failures, statuses, configuration."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from command_line import CommandLine
from maestrokit.errors import ExitStatus
from maestrokit.files.midi import read_midi
from maestrokit.music.provenance_events import commands

NOT_MIDI = b"RIFF or whatever this is, it is no MIDI file"


@pytest.fixture
def take(tmp_path: Path, demo_folder: Path) -> Path:
    return Path(shutil.copy(demo_folder / "satie-gymnopedie.mid", tmp_path / "take.mid"))


def test_file_to_standard_output_equals_pipe_to_file(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    to_stdout = maestrokit("quantize", take, "--step", "20ms")
    from_stdin = maestrokit("quantize", "-", "--step", "20ms", "-o", tmp_path / "out.mid", stdin=take.read_bytes())
    assert (to_stdout.status, from_stdin.status) == (0, 0)
    assert to_stdout.out == (tmp_path / "out.mid").read_bytes()
    assert to_stdout.err == ""


def test_folder_is_mirrored_and_hidden_files_are_passed_over(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "in/a/.hidden").mkdir(parents=True)
    for place in ("in/b.MID", "in/a/c.midi", "in/.d.mid", "in/a/.hidden/e.mid"):
        shutil.copy(demo_folder / "satie-gymnopedie.mid", tmp_path / place)
    done = maestrokit("quantize", tmp_path / "in", "--step", "20ms", "-d", tmp_path / "out")
    written = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert (done.status, written) == (0, ["a/c.midi", "b.MID"])


def test_files_of_one_name_in_one_folder_are_both_done(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    for name in ("both/take.mid", "both/take.kar", "both/other.smf", "more/take.mid"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(take, tmp_path / name)
    done = maestrokit("render", tmp_path / "both", "--sample-rate", 8000, "-d", tmp_path / "out", "-n")
    targets = [line.rpartition("/out/")[2] for line in done.out.decode().splitlines()]
    assert (done.status, targets) == (0, ["other.flac", "take.kar.flac", "take.mid.flac"])
    names = [tmp_path / name for name in ("both/take.mid", "both/other.smf", "more/take.mid")]
    done = maestrokit("quantize", *names, "--grid", "none", "-d", tmp_path / "new")
    assert done.status == ExitStatus.CANNOT_WRITE
    assert done.lines[0].endswith(f"would both become '{tmp_path / 'new/take.mid'}', and only the first is")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["other.smf", "take.mid"]


def test_a_file_that_is_given_twice_is_taken_once(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    names = [take, f"{tmp_path}/./take.mid", take.parent]
    done = maestrokit("quantize", *names, "--grid", "none", "-d", tmp_path / "out", "-v")
    assert done.status == 0
    assert done.lines[0] == f"note: '{take}' is given more than once, and taken once"
    assert len(done.lines) == 2 and done.lines[1].startswith(f"{take}: ")
    assert maestrokit("features", take, take, "--groups", "density").out.count(b"\n") == 1


def test_a_folder_says_what_it_skips_unless_told_to_be_quiet(
    maestrokit: CommandLine, take: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(take, folder / "soft.KAR")
    (folder / "soft.beats.txt").write_text("0.5\n1.0\n")
    (folder / "soft.xml").touch()
    arguments = ("quantize", folder, "--grid", "none", "-d", tmp_path / "out")
    assert maestrokit(*arguments).lines == [f"note: '{folder}': skipped 2 files (1 .txt, 1 .xml)"]
    assert (tmp_path / "out/soft.KAR").exists()
    assert maestrokit(*arguments, "-q").err == ""
    beats = maestrokit(*arguments, "--beats", "{}.beats.txt", "-n")
    assert beats.lines == [f"note: '{folder}': skipped 1 file (1 .xml)"], "the beats are read"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_list_of_files_may_begin_with_a_byte_order_mark(
    maestrokit: CommandLine, take: Path, tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "list").write_bytes(f"{take}\r\n".encode(encoding))
    done = maestrokit("quantize", "--files-from", tmp_path / "list", "--grid", "none", "-o", tmp_path / "out.mid")
    assert (done.status, done.err) == (0, "")
    (tmp_path / "list").write_bytes("x".encode("utf-16") + b"A")
    assert maestrokit("quantize", "--files-from", tmp_path / "list", "--grid", "none").status == ExitStatus.BAD_DATA


@pytest.mark.parametrize(("option", "separator"), [("--files-from", "\n"), ("--files0-from", "\0")])
def test_lists_of_files_come_from_a_file_or_standard_input(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path, option: str, separator: str
) -> None:
    names = [str(demo_folder / f"{name}.mid") for name in ("bach-prelude", "satie-gymnopedie")]
    listed = (separator.join(names) + separator).encode()
    done = maestrokit("quantize", option, "-", "--step", "20ms", "-d", tmp_path, stdin=listed)
    assert done.status == 0
    assert sorted(path.name for path in tmp_path.glob("*.mid")) == ["bach-prelude.mid", "satie-gymnopedie.mid"]


def test_maestro_root_gives_its_splits_and_names_what_is_absent(maestrokit: CommandLine, maestro_root: Path) -> None:
    train = maestrokit("quantize", maestro_root, "--split", "train", "-n", "-d", "out", "--step", "20ms")
    assert [line.split()[-1] for line in train.out.decode().splitlines()] == [
        "out/2004/bach-prelude.midi",
        "out/2004/petzold-minuet.midi",
    ]
    chosen = maestrokit("quantize", maestro_root, "--where", "composer=beethoven", "-n", "--step", "20ms")
    assert "beethoven-elise" in chosen.out.decode()
    everything = maestrokit("quantize", maestro_root, "-n", "-d", "out", "--step", "20ms")
    assert everything.status == 0
    assert "1 of 4 files are not there: 2004/satie-gymnopedie.midi" in everything.err
    test = maestrokit("quantize", maestro_root, "--split", "test", "-d", "out", "--step", "20ms")
    assert test.status == ExitStatus.NO_INPUT


def test_bad_files_of_a_batch_are_reported_and_the_rest_is_done(
    maestrokit: CommandLine, take: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mid"
    bad.write_bytes(NOT_MIDI)
    arguments = ("quantize", bad, take, tmp_path / "gone.mid", "--step", "20ms", "-d", tmp_path / "out")
    done = maestrokit(*arguments)
    assert done.status == ExitStatus.BAD_DATA
    assert any(
        line == f"maestrokit quantize: cannot read '{bad}': not a MIDI file (MThd not found)" for line in done.lines
    )
    assert any("gone.mid': no such file" in line for line in done.lines)
    assert done.lines[-1] == "maestrokit quantize: 2 of 3 inputs failed"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["take.mid"]
    shutil.rmtree(tmp_path / "out")
    assert maestrokit(*arguments, "--no-keep-going").status == ExitStatus.NO_INPUT
    assert not (tmp_path / "out").exists()


def test_update_skips_what_is_newer(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mid"
    maestrokit("quantize", take, "--step", "20ms", "-o", out)
    out.write_bytes(b"kept")
    os.utime(take, ns=(1, 1))
    maestrokit("quantize", take, "--step", "20ms", "-o", out, "-u")
    assert out.read_bytes() == b"kept"
    os.utime(out, ns=(0, 0))
    maestrokit("quantize", take, "--step", "20ms", "-o", out, "-u")
    assert out.read_bytes() != b"kept"


def test_update_looks_at_all_that_is_read_for_an_input(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    beats, out = tmp_path / "beats.txt", tmp_path / "out.mid"
    beats.write_text("0\n0.5\n1\n")
    arguments = ("quantize", take, "--grid", "1/4", "--beats", beats, "-o", out, "-u")
    maestrokit(*arguments)
    out.write_bytes(b"kept")
    assert maestrokit(*arguments).status == 0
    assert out.read_bytes() == b"kept"
    after = out.stat().st_mtime_ns + 1_000_000_000
    os.utime(beats, ns=(after, after))
    assert maestrokit(*arguments).status == 0
    assert out.read_bytes() != b"kept"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), ExitStatus.USAGE, "no input"),
        (("take.mid", "copy.mid"), ExitStatus.USAGE, "2 inputs need a folder"),
        (("take.mid", "-o", "take.mid"), ExitStatus.CANNOT_WRITE, "both input and output"),
        (("take.mid", "-o", "a", "-d", "b"), ExitStatus.USAGE, "exclude each other"),
        (("-", "-d", "out"), ExitStatus.USAGE, "standard input has no name"),
        (("-", "-"), ExitStatus.USAGE, "standard input is named twice"),
        (("take.mid", "--jobs", "-3", "-o", "a"), ExitStatus.USAGE, "must be in 0..1024"),
        (("take.mid", "--split", "train"), ExitStatus.USAGE, "maestro root"),
        (("take.mid", "--config", "gone.toml"), ExitStatus.BAD_CONFIG, "gone.toml"),
        (("take.mid", "--no-such-option"), ExitStatus.USAGE, "no such option"),
        (("gone.mid",), ExitStatus.NO_INPUT, "no such file"),
        (("take.mid", "-o", "/dev/full"), ExitStatus.CANNOT_WRITE, "/dev/full"),
        (("empty", "-d", "out"), ExitStatus.NO_INPUT, "holds no file"),
    ],
)
def test_mistakes_get_one_clear_line_and_their_status(
    maestrokit: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    take: Path,
    arguments: tuple[str, ...],
    status: ExitStatus,
    said: str,
) -> None:
    monkeypatch.chdir(take.parent)
    for folder in ("sub", "empty"):
        Path(folder).mkdir()
    for copy in ("copy.mid", "sub/take.mid"):
        shutil.copy(take, copy)
    before = take.read_bytes()
    done = maestrokit("quantize", *arguments, "--step", "20ms")
    assert done.status == status
    assert done.lines[0].startswith("maestrokit quantize: ") and said in done.lines[0].lower()
    assert len(done.lines) <= 2 and done.out == b""
    assert take.read_bytes() == before


def test_flags_beat_environment_beats_config_beats_default(
    maestrokit: CommandLine, monkeypatch: pytest.MonkeyPatch, take: Path, tmp_path: Path
) -> None:
    config = tmp_path / "maestrokit.toml"
    config.write_text('jobs = 1\n[quantize]\nstep = "30ms"\n[transpose]\nto = "D"\n', encoding="utf-8")

    def asked(*arguments: object) -> str:
        maestrokit("quantize", take, "-o", tmp_path / "out.mid", *arguments)
        return commands(read_midi(tmp_path / "out.mid"))[-1].partition("--step ")[2]

    assert asked("--config", config) == "30ms"
    monkeypatch.setenv("MAESTROKIT_QUANTIZE_STEP", "40ms")
    assert asked("--config", config) == "40ms"
    assert asked("--config", config, "--step", "50ms") == "50ms"
    monkeypatch.setenv("MAESTROKIT_JOBS", "many")
    assert maestrokit("quantize", take).status == ExitStatus.BAD_CONFIG
    monkeypatch.delenv("MAESTROKIT_JOBS")
    config.write_text("[quantize]\nstepp = 3\n", encoding="utf-8")
    assert maestrokit("quantize", take, "--config", config).status == ExitStatus.BAD_CONFIG


def test_provenance_is_a_chain_that_repetition_does_not_lengthen(
    maestrokit: CommandLine, take: Path, tmp_path: Path
) -> None:
    once, twice, bare = (tmp_path / name for name in ("once.mid", "twice.mid", "bare.mid"))
    maestrokit("quantize", take, "--step", "20ms", "-o", once)
    maestrokit("quantize", once, "--step", "20ms", "-o", twice)
    maestrokit("quantize", take, "--step", "20ms", "--no-provenance", "-o", bare)
    assert once.read_bytes() == twice.read_bytes()
    assert commands(read_midi(once)) == ["maestrokit 0.1.0: quantize --step 20ms"]
    assert commands(read_midi(bare)) == []


def test_new_files_have_the_mode_that_the_umask_gives(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        maestrokit("quantize", take, "--step", "20ms", "-o", tmp_path / "out.mid")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "out.mid").stat().st_mode) == 0o640


def test_dry_run_writes_nothing(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    done = maestrokit("quantize", take, "--step", "20ms", "-o", tmp_path / "out.mid", "-n")
    assert done.out.decode() == f"{take} -> {tmp_path / 'out.mid'}\n"
    assert not (tmp_path / "out.mid").exists()


def test_names_that_are_no_text_pass_through_every_format(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    name = os.fsdecode(b"\xff\n.mid")
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(demo_folder / "satie-gymnopedie.mid", folder / name)
    record = json.loads(maestrokit("features", folder, "--groups", "pitch").out)
    assert record["file"] == f"{folder}/{name}"
    table = maestrokit("features", folder, "--groups", "pitch", "--format", "tsv").out.splitlines()[1]
    assert table.startswith(f"{folder}/\\udcff\\n.mid\t".encode())
    for form in ("tsv", "jsonl", "html"):
        assert maestrokit("evaluate", folder, "--metric", "pitch_entropy", "--format", form).status == 0
    shown = maestrokit("features", folder, "-n").out
    assert shown == os.fsencode(f"{folder}/") + b"\xff\\n.mid\n"  # a line for each file
    told = maestrokit("transpose", folder / name, "--semitones", "60").lines
    assert "\\n.mid': " in told[0] and len(told) == 2


def test_outputs_below_the_inputs_are_no_inputs(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    shutil.copy(demo_folder / "satie-gymnopedie.mid", tmp_path)
    for _ in range(2):
        done = maestrokit("quantize", tmp_path, "--step", "20ms", "-d", tmp_path / "out", "-v")
        assert (done.status, len(done.lines)) == (0, 1)


def test_what_a_verb_refuses_is_named(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    done = maestrokit("transpose", demo_folder, "--semitones", "60", "-d", tmp_path, "-q")
    assert done.status == 65
    assert "/bach-prelude.mid': " in done.lines[0] and "would leave 0..127" in done.lines[0]
    alone = maestrokit("transpose", "-", "--semitones", "60", stdin=(demo_folder / "bach-prelude.mid").read_bytes())
    assert alone.lines[0].startswith("maestrokit transpose: standard input: ")


def test_dry_run_tells_what_is_missing(maestrokit: CommandLine, maestro_root: Path) -> None:
    done = maestrokit("quantize", maestro_root, "--split", "test", "--step", "20ms", "-n")
    assert (done.status, done.out) == (66, b"") and "none of the 1 files" in done.lines[0]


@pytest.mark.parametrize("row", ["../take.mid", "/take.mid"])
def test_a_maestro_table_cannot_name_files_elsewhere(maestrokit: CommandLine, maestro_root: Path, row: str) -> None:
    table = maestro_root / "maestro-v3.0.0.csv"
    table.write_text(table.read_text().replace("2004/bach-prelude.midi", row))
    done = maestrokit("features", maestro_root)
    assert done.status == 65 and f"'{row}' is outside the folder" in done.lines[0]


def test_configuration_takes_one_word_for_a_list_and_only_tables_for_commands(
    maestrokit: CommandLine, maestro_root: Path, tmp_path: Path
) -> None:
    config = tmp_path / "c.toml"
    config.write_text('[quantize]\nstep = "20ms"\nwhere = "composer=Bach"\n')
    assert maestrokit("quantize", maestro_root, "--config", config, "-n").out.count(b"\n") == 1
    config.write_text("quantize = 3\n")
    done = maestrokit("quantize", maestro_root, "--config", config)
    assert done.status == 78 and "no table" in done.lines[0]


def test_no_arguments_print_the_help(maestrokit: CommandLine) -> None:
    done = maestrokit()
    assert done.status == 2 and done.lines[0].startswith("Usage: maestrokit ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("features", "--groups", "key", "-o", "out.jsonl"),
        ("evaluate", "--metric", "pitch_range", "-o", "out.jsonl"),
        ("transpose", "--report", "out.jsonl", "-o", "out.mid"),
    ],
)
def test_json_lines_are_utf8_whatever_names_hold(
    maestrokit: CommandLine, monkeypatch: pytest.MonkeyPatch, take: Path, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(take.parent)
    name = os.fsdecode(b"a\xff\xe9.mid")
    take.rename(name)
    assert maestrokit(*arguments, name).status == 0
    line = Path("out.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(line)["file"] == name


def test_a_dry_run_prints_a_line_for_each_file_whatever_its_name(
    maestrokit: CommandLine, take: Path, tmp_path: Path
) -> None:
    odd = Path(shutil.copy(take, tmp_path / "a\nb\x1b.mid"))
    done = maestrokit("quantize", odd, "--grid", "none", "-n", "-o", "out.mid")
    assert done.status == 0
    assert done.out.decode().splitlines() == [f"{tmp_path}/a\\nb\\x1b.mid -> out.mid"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_batch_that_is_not_to_go_on_ends_with_what_is_in_work(
    maestrokit: CommandLine, take: Path, tmp_path: Path, jobs: str
) -> None:
    takes = tmp_path / "takes"
    takes.mkdir()
    (takes / "0.mid").write_bytes(b"no MIDI")
    for number in range(1, 7):
        shutil.copy(take, takes / f"{number}.mid")
    words = ("--step", "10ms", "-d", tmp_path / "out", "--no-keep-going", "--jobs", jobs)
    assert maestrokit("quantize", takes, *words).status == ExitStatus.BAD_DATA
    assert len(list((tmp_path / "out").glob("*"))) == int(jobs) - 1


def test_a_list_of_inputs_is_not_written_over(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.tsv"
    names.write_text(f"{take}\n", encoding="utf-8")
    done = maestrokit("features", "--files-from", names, "-o", names, "--groups", "density")
    assert done.status == ExitStatus.CANNOT_WRITE and names.read_text(encoding="utf-8") == f"{take}\n"
