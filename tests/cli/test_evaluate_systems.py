"""Evaluate --system: sets beside one another, between a ceiling and a floor."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from command_line import CommandLine
from maestrokit.errors import ExitStatus
from maestrokit.files import checkpoint
from maestrokit.files.midi.writer import write_midi
from maestrokit.music.note_arrays import performance_from_arrays

NONE = np.empty(0, np.int64)
CHEAP = ("--metric", "pitch_range", "--metric", "pitch_class_entropy", "--metric", "duration_entropy")


def write_pieces(folder: Path, count: int, *, seed: int, noise: float = 0.0, seconds: int = 14) -> None:
    """Write pieces in C, of whose pitches a share is random, with the pedal down in every other second."""
    folder.mkdir()
    for number in range(count):
        generator = np.random.default_rng([seed, number])
        onset = np.sort(generator.integers(0, 1000 * seconds, 8 * seconds))
        pitch = 60 + generator.choice([0, 2, 4, 5, 7, 9, 11], len(onset)) + 12 * generator.integers(-1, 2, len(onset))
        is_noise = generator.uniform(size=len(onset)) < noise
        pitch = np.where(is_noise, generator.integers(21, 109, len(onset)), pitch)
        pedal = 1000 * np.arange(seconds)
        piece = performance_from_arrays(
            onset, onset + generator.integers(30, 300, len(onset)), pitch, np.full(len(onset), 64),
            pedal_tick=pedal, pedal_value=127 * (np.arange(seconds) % 2),
        )  # fmt: skip
        write_midi(piece, folder / f"{number}.mid")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 20 pieces with a table of notes, 6 more like them, and 6 that are half noise."""
    place = tmp_path_factory.mktemp("systems")
    write_pieces(place / "corpus", 20, seed=1)
    (place / "corpus" / "notes.tsv").write_text("onset\toffset\tpitch\tvelocity\n0\t1\t60\t64\n")
    write_pieces(place / "good", 6, seed=2)
    write_pieces(place / "bad", 6, seed=3, noise=0.5)
    return place


def scored(maestrokit: CommandLine, *words: object) -> list[dict]:
    done = maestrokit("evaluate", *words, "--format", "json")
    assert done.status == 0, done.err
    return json.loads(done.out)


def of_sets(rows: list[dict]) -> dict[tuple[str, str], dict]:
    return {(row["system"], row["metric"]): row for row in rows if row["file"] == "*" and row["versus"] is None}


def options(place: Path, *names: str) -> list[object]:
    named = [word for name in names for word in ("--system", f"{name}={place / name}")]
    return [*named, "--reference", place / "corpus", *CHEAP]


def test_noise_is_outside_of_the_ceiling_and_music_is_not(maestrokit: CommandLine, sets: Path) -> None:
    rows = scored(maestrokit, *options(sets, "good", "bad"))
    by_system = of_sets(rows)
    assert [name for name, metric in by_system if metric == "pitch_range"] == ["good", "bad", "ceiling", "floor"]
    assert (
        by_system["bad", "pitch_class_entropy"]["outside"] and not by_system["good", "pitch_class_entropy"]["outside"]
    )
    assert by_system["good", "inside_ceiling"]["value"] > by_system["bad", "inside_ceiling"]["value"]
    assert by_system["bad", "pitch_range"]["reference"] == by_system["ceiling", "pitch_range"]["value"]
    assert {row["n"] for row in by_system.values() if row["metric"] in ("pitch_range", "duration_entropy")} == {6}
    assert sum(row["file"] != "*" for row in rows) == 4 * 6 * 3
    compared = {(row["system"], row["versus"], row["metric"]): row for row in rows if row["versus"]}
    assert len(compared) == 3 * 3
    difference = compared["good", "bad", "pitch_class_entropy"]
    assert difference["p"] < 0.05 and difference["effect_size"] < -1 and difference["paired"]
    means = [by_system[name, "pitch_class_entropy"]["value"] for name in ("good", "bad")]
    assert difference["difference"] == pytest.approx(means[0] - means[1], abs=1e-5) and difference["value"] is None
    assert not compared["good", "ceiling", "pitch_range"]["paired"]
    assert all(row["p"] <= row["p_holm"] <= 1 for row in compared.values())


def test_the_order_of_systems_and_the_number_of_jobs_do_not_matter(maestrokit: CommandLine, sets: Path) -> None:
    in_order = scored(maestrokit, *options(sets, "good", "bad"))
    assert in_order == scored(maestrokit, *options(sets, "good", "bad"), "-j", "2")
    turned = of_sets(scored(maestrokit, *options(sets, "bad", "good")))
    for key, row in of_sets(in_order).items():
        assert row["value"] == turned[key]["value"]


def test_the_table_has_a_column_a_system_and_says_what_was_compared(maestrokit: CommandLine, sets: Path) -> None:
    done = maestrokit("evaluate", *options(sets, "good", "bad"), "--format", "table", "--seconds", "10")
    text = done.out.decode()
    assert "good, bad: 6 pieces each, against 14 of the reference" in text
    assert "a stretch of 10 s; notes last as long as the sustain pedal holds them" in text
    assert any(line.split() == ["metric", "good", "bad", "ceiling", "floor", "unit"] for line in text.splitlines())
    line = next(line for line in text.splitlines() if line.startswith("pitch_class_entropy "))
    assert line.split()[2].endswith("*") and not line.split()[1].endswith("*")
    assert "good - bad" in text and "Holm's correction for all 9" in text


def test_the_pedal_is_applied_to_all_or_to_none(maestrokit: CommandLine, sets: Path) -> None:
    values = []
    for choice in ("--extend-pedal", "--no-extend-pedal"):
        by_system = of_sets(scored(maestrokit, *options(sets, "good"), choice))
        values.append([by_system[name, "duration_entropy"]["value"] for name in ("good", "ceiling", "floor")])
    assert (np.abs(np.subtract(*values)) > 0.1).all()
    done = maestrokit("evaluate", *options(sets, "good"), "--format", "table", "--no-extend-pedal")
    assert b"without the pedal" in done.out


def test_a_model_makes_as_many_pieces_with_a_seed(maestrokit: CommandLine, sets: Path) -> None:
    words = (
        "--system",
        "new=model:lstm",
        "--reference",
        sets / "corpus",
        *CHEAP[:2],
        "--pieces",
        "3",
        "--seconds",
        "2",
    )
    first, again, other = (scored(maestrokit, *words, "--seed", str(seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert [row["file"] for row in first[:3]] == ["new/1.mid", "new/2.mid", "new/3.mid"]


def test_a_run_folder_is_a_model_and_a_path_wins_over_a_shipped_name(
    maestrokit: CommandLine, sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pieces(tmp_path / "lstm", 3, seed=4)
    words = ("--reference", sets / "corpus", *CHEAP[:2], "--seconds", "2", "--pieces", "3")
    rows = scored(maestrokit, "--system", "a=lstm", *words)
    assert rows[0]["file"] == str(Path("lstm") / "0.mid")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}")
    done = maestrokit("evaluate", "--system", "a=run", *words)
    assert done.status == ExitStatus.BAD_DATA and "names no model family" in done.err


def test_pieces_of_the_reference_that_are_scored_are_left_out_of_it(maestrokit: CommandLine, sets: Path) -> None:
    done = maestrokit(
        "evaluate", "--system", f"some={sets / 'corpus' / '3.mid'}", "--reference", sets / "corpus", *CHEAP
    )
    assert "note: 1 pieces of the reference are scored, and so left out of it" in done.err
    assert done.status == ExitStatus.USAGE and "'some' has 1 pieces, and 3 are compared" in done.err


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("--system", "a"), ExitStatus.USAGE, "not 'a'"),
        (("--system", "floor=good"), ExitStatus.USAGE, "not 'floor=good'"),
        (("--system", "a=good", "--system", "a=bad"), ExitStatus.USAGE, "not 'a=bad'"),
        (("--system", "a\nb=good"), ExitStatus.USAGE, "each NAME once, of printed characters"),
        (("--system", "\x1b[31mred=good"), ExitStatus.USAGE, "must be NAME=PATH or NAME=MODEL"),
        (
            ("--system", "a=corpus", "--system", "new=model:lstm"),
            ExitStatus.USAGE,
            "the reference has 0 pieces that are not scored, and needs 6",
        ),
        (("--system", "a=good", "--pieces", "11"), ExitStatus.USAGE, "the reference has 20 pieces, and needs 22"),
        (("--system", "a=nothing"), ExitStatus.NO_INPUT, "'nothing' is neither a file, a folder nor a model"),
        (("--system", "a=good", "good"), ExitStatus.USAGE, "--system names what is scored"),
        (("--system", "a=good", "--pairs"), ExitStatus.USAGE, "--system compares sets, and no pairs"),
        (("--system", "a=good", "--model", "lstm"), ExitStatus.USAGE, "--system and --model exclude each other"),
        (("--system", "a=good", "--onset-tolerance", "1s"), ExitStatus.USAGE, "--onset-tolerance works only with"),
        (("--system", "a=good", "--device", "cpu"), ExitStatus.USAGE, "--device works only with"),
        (
            ("--system", "a=good", "--fail-under", "pitch_range=1"),
            ExitStatus.USAGE,
            "--fail-under has no effect with --system",
        ),
        (("--system", "a=good", "--pieces", "9"), ExitStatus.USAGE, "'a' has 6 pieces, and 9 are compared"),
        (("--system", "a=good", "--seconds", "60"), ExitStatus.USAGE, "the reference has 0 pieces of 60 s"),
        (("good", "--pieces", "9"), ExitStatus.USAGE, "--pieces works only with a scored --system"),
    ],
)
def test_what_makes_no_sense_is_refused(
    maestrokit: CommandLine, sets: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], status: ExitStatus,
    message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(sets)
    done = maestrokit("evaluate", *words, "--reference", "corpus", *CHEAP)
    assert done.status == status and message in done.err


def test_a_system_needs_a_reference(maestrokit: CommandLine, sets: Path) -> None:
    done = maestrokit("evaluate", "--system", f"a={sets / 'good'}")
    assert done.status == ExitStatus.USAGE and "--system needs a reference" in done.err


def test_a_dry_run_lists_what_would_be_read_and_generates_nothing(maestrokit: CommandLine, sets: Path) -> None:
    done = maestrokit("evaluate", *options(sets, "good"), "--system", "new=model:lstm", "-n")
    lines = done.out.decode().splitlines()
    assert done.status == 0 and lines[0] == "lstm" and len(lines) == 1 + 6 + 20


def test_a_bad_file_is_reported_and_the_others_are_scored(maestrokit: CommandLine, sets: Path, tmp_path: Path) -> None:
    write_pieces(tmp_path / "mixed", 4, seed=6)
    (tmp_path / "mixed" / "9.mid").write_bytes(b"no music")
    done = maestrokit("evaluate", "--system", f"a={tmp_path / 'mixed'}", "--reference", sets / "corpus", *CHEAP)
    assert done.status == ExitStatus.BAD_DATA and "9.mid" in done.err
    assert b"inside_ceiling" in done.out


@pytest.fixture
def known_root(sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A MAESTRO root of which the shipped lstm says that it was trained on it."""
    root, shipped = tmp_path / "root", tmp_path / "shipped"
    root.mkdir()
    rows = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    for number in range(20):
        shutil.copy(sets / "corpus" / f"{number}.mid", root)
        split = ("train", "validation", "validation", "test")[number % 4]
        rows.append(f"A,B{number},{split},2004,{number}.mid,{number}.wav,14")
    (root / "maestro-v3.0.0.csv").write_text("\n".join(rows) + "\n")
    shutil.copytree(checkpoint.SHIPPED / "lstm", shipped / "lstm")
    config = checkpoint.read_config(shipped / "lstm")
    config["files"] = checkpoint.digest_of_names(f"{number}.mid" for number in range(20) if number % 4 < 3)
    checkpoint.write_config(shipped / "lstm", config)
    monkeypatch.setattr(checkpoint, "SHIPPED", shipped)
    return root


NOTE = "note: copied notes are searched in the train split of"


def test_copied_notes_of_a_model_are_searched_in_what_it_was_trained_on(
    maestrokit: CommandLine, sets: Path, known_root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "made"
    assert maestrokit("generate", "--model", "lstm", "--count", "3", "--duration", "2s", "-d", folder).status == 0
    named = ("--metric", "copied_run", "--reference", known_root, "--reference-split", "validation")
    for words in (
        ("--system", "new=lstm", "--pieces", "3", "--seconds", "2"),
        (folder,),
        ("--system", f"new={folder}"),
    ):
        done = maestrokit("evaluate", *words, *named)
        assert done.status == 0 and sum(line.startswith(NOTE) for line in done.lines) == 1, done.err
    own = maestrokit("evaluate", folder, *named, "--training-corpus", known_root)
    assert own.out == maestrokit("evaluate", folder, *named).out and NOTE not in own.err


def test_pieces_of_the_training_corpus_itself_are_no_copies_of_it(
    maestrokit: CommandLine, sets: Path, tmp_path: Path
) -> None:
    def copied(training: Path, *words: object, corpus: Path = sets / "corpus") -> tuple[dict[str, dict], list[str]]:
        named = ("--reference", corpus, "--training-corpus", training, "--metric", "copied_run")
        done = maestrokit("evaluate", *words, *named, "--format", "json")
        assert done.status == 0, done.err
        rows = [row for row in json.loads(done.out) if row["file"] == "*" and row["metric"] == "copied_run"]
        notes = [line for line in done.lines if line.startswith("note: copied notes")]
        return {row.get("system", ""): row for row in rows if row.get("versus") is None}, notes

    note = "note: copied notes leave out {} of the reference that are of the training corpus itself".format
    system = ("--system", f"a={sets / 'good'}", "--seconds", "5", "--pieces", "3")
    systems, notes = copied(sets / "corpus", *system)
    assert 3 <= systems["a"]["value"] < 20 and systems["floor"]["value"] < 20 and notes == [note("3 pieces")]
    assert systems["ceiling"]["value"] is systems["a"]["reference"] is None and not systems["a"]["outside"]
    one_set, notes = copied(sets / "corpus", sets / "good")
    assert one_set[""]["value"] >= 3 and one_set[""]["reference"] is None and notes == [note("20 pieces")]
    shutil.copytree(sets / "corpus", tmp_path / "others")
    (tmp_path / "others" / "0.mid").unlink()
    first = sets / "corpus" / "0.mid"
    one_set, notes = copied(first, sets / "good")
    other, none = copied(first, sets / "good", corpus=tmp_path / "others")
    assert one_set[""]["reference"] == other[""]["reference"] < 20 and (notes, none) == ([note("1 piece")], [])


def test_pieces_of_another_origin_have_no_training_corpus(
    maestrokit: CommandLine, sets: Path, known_root: Path
) -> None:
    done = maestrokit("evaluate", sets / "good", "--reference", known_root, "--metric", "copied_run")
    assert done.status == ExitStatus.USAGE and "--training-corpus" in done.err
    model = ("--system", "new=lstm", "--pieces", "3", "--seconds", "2")
    done = maestrokit("evaluate", *model, "--reference", sets / "corpus")
    assert "note: copied notes are not searched: --training-corpus names what 'lstm' was trained on" in done.lines


def test_pieces_of_no_length_are_left_out_and_named(maestrokit: CommandLine, sets: Path, tmp_path: Path) -> None:
    shutil.copytree(sets / "good", tmp_path / "more")
    zero = np.array([0])
    write_midi(
        performance_from_arrays(zero, zero + 200, zero + 60, zero + 64, pedal_tick=NONE, pedal_value=NONE),
        tmp_path / "more" / "a.mid",
    )
    words = ("--system", f"more={tmp_path / 'more'}", "--reference", sets / "corpus", *CHEAP, "--format", "json")
    done = maestrokit("evaluate", *words)
    assert done.status == 0 and f"note: '{tmp_path / 'more' / 'a.mid'}': left out, with fewer than two" in done.err
    assert of_sets(json.loads(done.out))["more", "pitch_range"]["n"] == 6
