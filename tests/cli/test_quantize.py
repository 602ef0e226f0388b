"""``maestrokit quantize`` from the command line."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from command_line import CommandLine
from maestrokit.errors import ExitStatus
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.inference.notes_to_performance import transcript
from maestrokit.music.edits.velocity import velocity_range
from maestrokit.music.note_arrays import TimedNotes
from scenes import scene


@pytest.fixture
def takes(tmp_path: Path, demo_folder: Path) -> Path:
    """A folder of two performances with their beats."""
    folder = tmp_path / "takes"
    folder.mkdir()
    for name in ("bach-prelude", "satie-gymnopedie"):
        shutil.copy(demo_folder / f"{name}.mid", folder)
        shutil.copy(demo_folder / f"{name}.beats.txt", folder)
    return folder


@pytest.mark.parametrize(
    "options",
    [
        ["--step", "10ms"],
        ["--grid", "1/16,1/12", "--durations", "offsets"],
        ["--grid", "none"],
        ["--grid", "1/8", "--swing", "0.6", "--durations", "grid", "--normalize-velocity", "file"],
        ["--beats", "{}.beats.txt", "--grid", "1/16"],
    ],
)
def test_twice_is_once(maestrokit: CommandLine, takes: Path, tmp_path: Path, options: list[str]) -> None:
    take, once = takes / "bach-prelude.mid", takes / "once.mid"
    shutil.copy(takes / "bach-prelude.beats.txt", takes / "once.beats.txt")
    assert maestrokit("quantize", take, *options, "-o", once, "--no-provenance").status == 0
    assert maestrokit("quantize", once, *options, "--no-provenance").out == once.read_bytes()


def test_verbose_counts_what_was_done(maestrokit: CommandLine, takes: Path) -> None:
    done = maestrokit("quantize", takes / "bach-prelude.mid", "--grid", "1/16", "-v")
    count = len(read_midi(takes / "bach-prelude.mid").notes)
    assert len(done.lines) == 1
    assert done.lines[0].startswith(f"{takes}/bach-prelude.mid: {count} notes: ")
    assert "onsets moved, by up to" in done.lines[0] and "overlaps cut" in done.lines[0]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_corpus_normalization_uses_one_range_for_all_inputs(
    maestrokit: CommandLine, takes: Path, tmp_path: Path, jobs: str
) -> None:
    options = ("--grid", "none", "--normalize-velocity", "corpus", "-j", jobs)
    assert maestrokit("quantize", takes, *options, "-d", tmp_path / "out").status == 0
    before, after = ([read_midi(path) for path in sorted(folder.glob("*.mid"))] for folder in (takes, tmp_path / "out"))
    lowest, highest = velocity_range(before)
    assert velocity_range(after) == (1, 127)
    for old, new in zip(before, after, strict=True):
        wanted = 1 + np.rint(126 * (old.notes.velocity - lowest) / (highest - lowest))
        assert new.notes.velocity.tolist() == wanted.tolist()


def test_corpus_range_counts_inputs_that_are_up_to_date_and_passes_over_bad_ones(
    maestrokit: CommandLine, takes: Path, tmp_path: Path
) -> None:
    options = ("--grid", "none", "--normalize-velocity", "corpus", "-d", tmp_path / "out")
    maestrokit("quantize", takes, *options)
    wanted = (tmp_path / "out/bach-prelude.mid").read_bytes()
    (tmp_path / "out/bach-prelude.mid").unlink()
    (takes / "bad.mid").write_bytes(b"bad")
    done = maestrokit("quantize", takes, *options, "-u")
    assert done.status == ExitStatus.BAD_DATA
    assert [line for line in done.lines if "cannot read" in line] == [
        f"maestrokit quantize: cannot read '{takes}/bad.mid': not a MIDI file (MThd not found)"
    ]
    assert (tmp_path / "out/bach-prelude.mid").read_bytes() == wanted


def test_velocities_outside_the_given_range_are_told_unless_quiet(maestrokit: CommandLine, takes: Path) -> None:
    take = takes / "bach-prelude.mid"
    velocity = read_midi(take).notes.velocity
    middle = int(np.median(velocity))
    options = ("--grid", "none", "--normalize-velocity", f"{middle},127")
    done = maestrokit("quantize", take, *options)
    outside = int((velocity < middle).sum())
    assert done.lines == [f"note: '{take}': velocities outside {middle}..127 became 1 or 127: {outside}"]
    assert maestrokit("quantize", take, *options, "-q").err == ""


def test_corpus_of_standard_input_is_that_file(maestrokit: CommandLine, takes: Path) -> None:
    data = (takes / "bach-prelude.mid").read_bytes()
    options = ("--grid", "none", "--no-provenance", "--normalize-velocity")
    single, all_inputs = (maestrokit("quantize", "-", *options, which, stdin=data) for which in ("file", "corpus"))
    assert single.status == 0
    assert single.out == all_inputs.out


def test_beats_come_from_standard_input_too(maestrokit: CommandLine, takes: Path) -> None:
    take, beats = takes / "bach-prelude.mid", takes / "bach-prelude.beats.txt"
    from_file = maestrokit("quantize", take, "--grid", "1/16", "--no-provenance", "--beats", beats)
    piped = maestrokit("quantize", take, "--grid", "1/16", "--no-provenance", "--beats", "-", stdin=beats.read_bytes())
    assert from_file.status == 0
    assert from_file.out == piped.out


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ([], 2, "neither a step nor a grid is given"),
        (["--step", "10ms", "--grid", "1/16"], 2, "--step and --grid exclude each other"),
        (["--step", "10ms", "--beats", "b.txt"], 2, "--beats and --step exclude each other"),
        (["--grid", "1/0"], 2, "'1/0' is no note value"),
        (["--step", "soon"], 2, "'soon' is no time"),
        (["--step", "0"], 2, "--step must be in 1e-06..86400 s, not 0 s"),
        (["--step", "10"], 2, "'10' is a number without a unit of time"),
        (["--grid", "16"], 2, "'16' is more than a whole note"),
        (["--grid", "none", "--duplicate-window", "30"], 2, "'30' is a number without a unit of time"),
        (["--grid", "none", "--duplicate-window", "-1"], 2, "'-1' is no time"),
        (["--grid", "1/8", "--durations", "long"], 2, "--durations cannot be 'long'"),
        (["--grid", "1/8", "--strength", "2"], 2, "--strength must be in 0..1, not 2"),
        (["--grid", "1/8", "--swing", "0.2"], 2, "--swing must be at least 0.5 and below 1, not 0.2"),
        (["--grid", "1/8", "--normalize-velocity", "loud"], 2, "'loud' is no range of velocities"),
        (["--grid", "1/8", "--beats", "gone.txt"], 66, "cannot read 'gone.txt'"),
        (["--grid", "1/8", "--beats", "bach-prelude.mid"], 65, "cannot read 'bach-prelude.mid': not a text"),
        (["--grid", "1/8", "--beats", "empty.txt"], 65, "cannot use 'empty.txt': 0 beats make no tempo"),
    ],
)
def test_mistakes_are_named_in_two_lines(
    maestrokit: CommandLine, monkeypatch: pytest.MonkeyPatch, takes: Path, options: list[str], status: int, said: str
) -> None:
    monkeypatch.chdir(takes)
    Path("empty.txt").touch()
    done = maestrokit("quantize", "bach-prelude.mid", *options)
    assert (done.status, done.out) == (status, b"")
    assert done.lines[0].startswith(f"maestrokit quantize: {said}")
    assert len(done.lines) <= 2


def test_a_dry_run_misses_beats_that_are_not_there(maestrokit: CommandLine, takes: Path, tmp_path: Path) -> None:
    (takes / "bach-prelude.beats.txt").unlink()
    words = ("quantize", takes, "--grid", "1/16", "-d", tmp_path / "out", "--beats", "{}.beats.txt")
    tried, done = maestrokit(*words, "-n"), maestrokit(*words)
    assert tried.status == done.status == 66
    assert tried.err == done.err and "bach-prelude.beats.txt'" in tried.lines[0]
    assert len(tried.out.splitlines()) == 2


def test_one_file_of_beats_is_not_that_of_several_inputs(maestrokit: CommandLine, takes: Path, tmp_path: Path) -> None:
    options = ("--grid", "1/16", "-d", tmp_path / "out", "--beats")
    refused = maestrokit("quantize", takes, *options, takes / "bach-prelude.beats.txt")
    assert refused.status == ExitStatus.USAGE
    assert maestrokit("quantize", takes, *options, "{}.beats.txt").status == 0
    assert len(list((tmp_path / "out").iterdir())) == 2


@pytest.mark.parametrize(("beats", "skipped"), [("{}.beats.txt", 1), ("track", 3), ("{}", 3), ("all.txt", 3)])
def test_only_files_that_end_as_those_of_beats_are_not_skipped(
    maestrokit: CommandLine, tmp_path: Path, beats: str, skipped: int
) -> None:
    for name in ("a.mid", "a.beats.txt", "b.beats.txt", "soundtrack"):
        (tmp_path / name).touch()
    done = maestrokit("quantize", tmp_path, "--grid", "1/16", "--beats", beats, "-n")
    kinds = "1 without a suffix" if skipped == 1 else "2 .txt, 1 without a suffix"
    note, *missing = done.lines
    assert note == f"note: '{tmp_path}': skipped {skipped} file{'s' * (skipped > 1)} ({kinds})"
    assert [line.startswith("maestrokit quantize: cannot read") for line in missing] == [True] * (
        beats in ("{}", "all.txt")
    )


def test_beats_are_tracked_on_the_notes(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    source = demo_folder / "petzold-minuet.mid"
    done = maestrokit("quantize", source, "--beats", "track", "--grid", "1/8", "-o", tmp_path / "out.mid", "-v")
    assert done.status == 0
    assert " beats tracked; " in done.err
    score = read_midi(tmp_path / "out.mid")
    assert len(score.tempos) > 10
    assert set((score.notes.onset_tick % (score.division // 2)).tolist()) == {0}
    few = maestrokit("quantize", "-", "--beats", "track", "--grid", "1/8", stdin=dump_midi(scene([(1, 2, 60, 64)])))
    assert (few.status, few.out) == (65, b"")
    assert (
        few.lines[0]
        == "maestrokit quantize: cannot track the beats of standard input: too few moments at which notes begin"
    )


def crowd(spacing: float, count: int = 40) -> bytes:
    """Return a MIDI file of one key struck again and again, each time for half of the spacing in seconds."""
    return dump_midi(scene([(place * spacing, (place + 0.5) * spacing, 60, 64) for place in range(1, count + 1)]))


@pytest.mark.parametrize(
    ("spacing", "options", "facts"),
    [  # of 40 notes at multiples of the spacing
        (0.125, ["--step", "1s"], ["34 of 40 notes were merged", "5 of 6 notes moved by more", "use a smaller --step"]),
        (0.5, ["--grid", "1/1"], ["29 of 40 notes were merged", "use a finer --grid"]),
        (0.125, ["--grid", "none", "--duplicate-window", "1s"], ["were merged", "use a smaller --duplicate-window"]),
        (0.0, ["--grid", "none"], ["39 of 40 notes were merged", "give --keep-duplicates"]),
        (0.75, ["--step", "1s"], ["moved by more than 250 ms", "use a smaller --step"]),
    ],
)
def test_much_harm_is_reported_unless_quiet(
    maestrokit: CommandLine, spacing: float, options: list[str], facts: list[str]
) -> None:
    data = crowd(spacing) if spacing else dump_midi(scene([(1, 2, 60, 64)] * 40))
    done = maestrokit("quantize", "-", *options, stdin=data)
    assert done.status == 0
    assert len(done.lines) == 1 and done.lines[0].startswith("note: standard input: ")
    for fact in facts:
        assert fact in done.lines[0]
    assert maestrokit("quantize", "-", *options, "-q", stdin=data).err == ""


def test_little_harm_is_not_reported(maestrokit: CommandLine) -> None:
    notes = [(place, place + 0.5, 60, 64) for place in range(1, 40)]
    options = ("--step", "10ms")
    assert maestrokit("quantize", "-", *options, stdin=dump_midi(scene([*notes, (1, 1.2, 60, 64)]))).err == ""


def test_a_grid_of_note_values_on_notes_without_a_tempo_is_said(maestrokit, tmp_path):
    notes = TimedNotes(np.array([0.0, 0.52]), np.array([0.4, 0.9]), np.array([60, 62]), np.array([64, 64]))
    (tmp_path / "take.mid").write_bytes(dump_midi(transcript(notes)))
    words = ("quantize", tmp_path / "take.mid", "-o", tmp_path / "out.mid")
    assert any("its tempo is unknown" in line for line in maestrokit(*words, "--grid", "1/16").lines)
    assert not any("tempo" in line for line in maestrokit(*words, "--step", "10ms").lines)
    (tmp_path / "take.mid").write_bytes(dump_midi(transcript(notes, tempo=120.0)))
    assert not any("tempo" in line for line in maestrokit(*words, "--grid", "1/16").lines)
