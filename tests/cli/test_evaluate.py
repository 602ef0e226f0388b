"""Evaluate: sets, pairs, formats, limits."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from command_line import CommandLine
from maestrokit.errors import ExitStatus
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.metrics.piece import piece_of
from maestrokit.music.provenance_events import with_command
from scenes import scene

HEADER = "file\tmetric\tvalue\tlow\thigh\tunit\tn\treference\tbetter"


def rows(text: bytes) -> list[dict[str, str]]:
    header, *lines = text.decode().splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


def rows_of_all(text: bytes) -> dict[str, dict[str, str]]:
    return {row["metric"]: row for row in rows(text) if row["file"] == "*"}


def note_table(path: Path, target: Path, *, late: float = 0.0) -> None:
    piece = piece_of(read_midi(path))
    lines = [f"{on + late:.6f}\t{off + late:.6f}\t{pitch}\t{velocity}" for on, off, pitch, velocity
             in zip(piece.onset, piece.offset, piece.pitch, piece.velocity, strict=True)]  # fmt: skip
    target.write_text("\n".join(["onset\toffset\tpitch\tvelocity", *lines]) + "\n", encoding="utf-8")


def test_set_against_a_corpus(maestrokit: CommandLine, demo_folder: Path) -> None:
    done = maestrokit("evaluate", demo_folder / "bach-prelude.mid", "--reference", demo_folder)
    assert done.status == 0
    assert done.out.decode().splitlines()[0] == HEADER
    scored = rows_of_all(done.out)
    assert {
        "pitch_class_distance",
        "rhythmic_entropy",
        "harmonic_consistency",
        "structure_4s",
        "lag_correlation",
        "grooving",
        "pitch_range",
    } <= set(scored)
    assert "pitch_range.overlapped_area" not in scored
    assert 0 < float(scored["harmonic_consistency"]["value"]) <= 100
    assert scored["pitch_range"]["n"] == "1"


def test_distributions_need_three_pieces_and_have_intervals(maestrokit: CommandLine, demo_folder: Path) -> None:
    scored = rows_of_all(maestrokit("evaluate", demo_folder, "--reference", demo_folder, "--metric", "pitch_range").out)
    assert list(scored) == ["pitch_range", "pitch_range.overlapped_area", "pitch_range.kl"]
    for row in scored.values():
        assert float(row["low"]) <= float(row["high"])


def test_without_reference_and_from_standard_input(maestrokit: CommandLine, demo_folder: Path) -> None:
    take = demo_folder / "bach-prelude.mid"
    named, piped = maestrokit("evaluate", take), maestrokit("evaluate", "-", stdin=take.read_bytes())
    assert "harmonic_consistency" not in rows_of_all(named.out)
    assert rows_of_all(named.out) == rows_of_all(piped.out)


def test_any_number_of_jobs_gives_the_same_bytes(maestrokit: CommandLine, demo_folder: Path) -> None:
    arguments = ("evaluate", demo_folder, "--reference", demo_folder, "--sets")
    assert maestrokit(*arguments).out == maestrokit(*arguments, "-j", "2").out


def test_splits_choose_from_the_reference_or_from_both(
    maestrokit: CommandLine, maestro_root: Path, demo_folder: Path
) -> None:
    take = demo_folder / "bach-prelude.mid"
    dry = maestrokit("evaluate", take, "--reference", maestro_root, "--split", "train", "-n")
    assert [Path(line).name for line in dry.out.decode().splitlines()] == [
        "bach-prelude.mid", "bach-prelude.midi", "petzold-minuet.midi"]  # fmt: skip
    by_splits = maestrokit("evaluate", maestro_root, "--split", "validation", "--reference", maestro_root,
                      "--reference-split", "train", "-n")  # fmt: skip
    assert [Path(line).name for line in by_splits.out.decode().splitlines()] == [
        "beethoven-elise.midi", "bach-prelude.midi", "petzold-minuet.midi"]  # fmt: skip


def test_a_pair_of_equal_files_scores_1(maestrokit: CommandLine, demo_folder: Path) -> None:
    take = demo_folder / "satie-gymnopedie.mid"
    done = maestrokit("evaluate", take, "--reference", take)
    scored = rows_of_all(done.out)
    assert {row["value"] for row in scored.values()} == {"1.0"}
    assert {"onset_f1", "onset_offset_f1", "onset_offset_velocity_f1", "frame_f1", "pedal_onset_f1"} <= set(scored)


def test_pairs_by_name_with_tables_and_a_sweep(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    names = ("bach-prelude", "petzold-minuet")
    (tmp_path / "truth").mkdir()
    (tmp_path / "guess").mkdir()
    for name in names:
        note_table(demo_folder / f"{name}.mid", tmp_path / f"truth/{name}.tsv", late=0.04)
        shutil.copy(demo_folder / f"{name}.mid", tmp_path / "guess")
    done = maestrokit("evaluate", tmp_path / "guess", "--reference", tmp_path / "truth", "--pairs",
                      "--onset-tolerance", "30ms,50ms")  # fmt: skip
    scored = rows_of_all(done.out)
    assert (scored["onset_f1@30ms"]["value"], scored["onset_f1@50ms"]["value"]) == ("0.0", "1.0")
    assert scored["frame_f1"]["n"] == "2" and not any(name.startswith("pedal") for name in scored)


def test_an_estimate_without_reference_fails_and_the_rest_is_scored(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    for name in ("bach-prelude", "petzold-minuet"):
        shutil.copy(demo_folder / f"{name}.mid", tmp_path)
    done = maestrokit("evaluate", demo_folder, "--reference", tmp_path, "--pairs")
    assert done.status == ExitStatus.NO_INPUT
    assert any("satie-gymnopedie.mid' has no reference" in line for line in done.lines)
    assert rows_of_all(done.out)["onset_f1"]["n"] == "2"


def test_a_held_pedal_extends_notes_only_if_asked(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    take = demo_folder / "satie-gymnopedie.mid"
    piece = piece_of(read_midi(take))
    assert (piece.sounding_offset > piece.offset).any()
    note_table(take, tmp_path / "keys.tsv")
    plain = rows_of_all(maestrokit("evaluate", take, "--reference", tmp_path / "keys.tsv").out)
    extended = rows_of_all(maestrokit("evaluate", take, "--reference", tmp_path / "keys.tsv", "--extend-pedal").out)
    assert float(plain["frame_f1"]["value"]) == pytest.approx(1, abs=1e-5)
    assert float(extended["frame_precision"]["value"]) < 1


@pytest.mark.parametrize(("limit", "status"), [("onset_f1=1.01", 1), ("onset_f1=0.99", 0)])
def test_limits_set_the_exit_status(maestrokit: CommandLine, demo_folder: Path, limit: str, status: int) -> None:
    take = demo_folder / "bach-prelude.mid"
    done = maestrokit("evaluate", take, "--reference", take, "--fail-under", limit, "-q")
    assert done.status == status
    assert done.lines == (["maestrokit evaluate: onset_f1 is 1, below 1.01 (--fail-under)"] if status else [])
    assert rows_of_all(done.out)


def test_formats(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    arguments = ("evaluate", demo_folder, "--reference", demo_folder, "--sets")
    records = [json.loads(line) for line in maestrokit(*arguments, "--format", "jsonl").out.splitlines()]
    assert list(records[0]) == HEADER.split("\t")
    table = maestrokit(*arguments, "--format", "table").out.decode()
    assert "harmonic_consistency" in table and "\x1b" not in table
    assert maestrokit(*arguments, "-o", tmp_path / "report.html").status == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "harmonic_consistency" in page
    assert "http:" not in page and "https:" not in page
    assert str(tmp_path) not in page and page.count("<audio") == 4  # two of the set, two of the reference


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "xml"], "cannot write scores as 'xml'"),
        (["--metric", "beauty"], "there is no metric 'beauty'"),
        (["--pairs"], "--pairs works only with --reference"),
        (["--onset-tolerance", "soon", "--reference", "."], "'soon' is no time"),
        (["--fail-under", "onset_f1"], "'onset_f1' is no limit"),
        (["--fail-under", "beauty=1"], "there is no metric 'beauty'"),
        (["--fail-under", "onset_f1=1"], "'onset_f1' is a metric of pairs, and these are sets"),
        (["--fail-under", "pitch_range.kl=1"], "'pitch_range.kl' is not scored"),  # for want of a reference
    ],
)
def test_mistakes_of_usage(maestrokit: CommandLine, demo_folder: Path, words: list[str], message: str) -> None:
    done = maestrokit("evaluate", demo_folder / "bach-prelude.mid", *words)
    assert done.status == ExitStatus.USAGE
    assert message in done.err


def test_limits_of_unknown_metrics_are_refused_before_anything_is_read(maestrokit: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "bad.mid").write_bytes(b"no MIDI")
    done = maestrokit("evaluate", tmp_path / "bad.mid", "--fail-over", "beauty=1")
    assert done.status == ExitStatus.USAGE and "bad.mid" not in done.err


@pytest.mark.parametrize("metric", ["onset_f1", "onset_f1@40ms", "pitch_range"])
def test_limits_of_tolerances_that_are_not_scored_are_refused_before_anything_is_read(
    maestrokit: CommandLine, tmp_path: Path, metric: str
) -> None:
    for name in ("bad.mid", "good.mid"):
        (tmp_path / name).write_bytes(b"no MIDI")
    words = ["--reference", tmp_path / "good.mid", "--onset-tolerance", "30ms,50ms"]
    done = maestrokit("evaluate", tmp_path / "bad.mid", *words, "--fail-under", f"{metric}=0.9")
    assert done.status == ExitStatus.USAGE and "bad.mid" not in done.err
    known = maestrokit("evaluate", tmp_path / "bad.mid", *words, "--fail-under", "onset_f1@30ms=0.9")
    assert known.status == ExitStatus.BAD_DATA and "bad.mid" in known.err


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"onset\tpitch\n1\t60\n", b"onset\toffset\tpitch\n2\t1\t60\n"])
def test_bad_tables_are_one_line(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.tsv").write_bytes(data)
    done = maestrokit("evaluate", demo_folder / "bach-prelude.mid", "--reference", tmp_path / "bad.tsv", "-q")
    assert done.status == ExitStatus.BAD_DATA
    assert "bad.tsv'" in done.lines[0] and "Traceback" not in done.err


def test_silence_is_no_error(maestrokit: CommandLine, tmp_path: Path, demo_folder: Path) -> None:
    (tmp_path / "silence.mid").write_bytes(
        bytes.fromhex("4d54686400000006000000010060") + bytes.fromhex("4d54726b0000000400ff2f00")
    )
    done = maestrokit("evaluate", tmp_path / "silence.mid", "--reference", demo_folder)
    assert done.status == 0
    assert rows_of_all(done.out)["pitch_range"]["n"] == "0" and rows_of_all(done.out)["pitch_range"]["value"] == ""
    assert np.isfinite(float(rows_of_all(done.out)["pitch_range"]["reference"]))


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the current folder one with two estimates in one folder and the references of their names in another."""
    for folder in ("est", "ref"):
        (tmp_path / folder).mkdir()
        for name, pitch in (("one", 60), ("two", 67)):
            notes = [(beat / 2, beat / 2 + 0.4, pitch + beat % 5, 64) for beat in range(1, 20)]
            write_midi(scene(notes), tmp_path / folder / f"{name}.mid")
    monkeypatch.chdir(tmp_path)


PAIRS = "note: pairs: 2 performances, each compared with its reference"
SETS = "note: sets: 2 performances compared with a corpus of 2"


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize(
    ("words", "note"),
    [
        (["est", "--reference", "ref"], f"{PAIRS} (--sets compares them as a set)"),
        (["est/one.mid", "est/two.mid", "--reference", "ref"], PAIRS),
        (["est", "--reference", "ref/two.mid", "--reference", "ref/one.mid"], PAIRS),
        (["est", "--reference", "ref", "--sets"], SETS),
        (["est", "--reference", "ref", "--metric", "grooving"], SETS),
        (["est/one.mid", "--reference", "ref"], "note: sets: 1 performance compared with a corpus of 2 (--p"),
        (["est", "--reference", "ref", "--reference", "est"], "note: sets: 2 performances compared with a corpus of 4"),
        (["est/one.mid", "--reference", "ref/two.mid"], "note: pairs: 1 performance, each"),
        (["est/one.mid", "--reference", "ref", "--pairs"], "reference; 1 reference without an input"),
        (["est/one.mid", "est/two.mid"],
         "(to compare the two: evaluate 'est/one.mid' --reference 'est/two.mid')"),
    ],
)  # fmt: skip
def test_names_decide_between_pairs_and_sets_and_a_line_says_so(
    maestrokit: CommandLine, words: list[str], note: str
) -> None:
    done = maestrokit("evaluate", *words)
    assert done.status == 0 and len(done.lines) == 1
    assert note in done.lines[0]
    assert ("onset_f1" in rows_of_all(done.out)) == done.lines[0].startswith("note: pairs")
    assert maestrokit("evaluate", *words, "-q").err == ""


@pytest.mark.usefixtures("folders")
def test_a_reference_left_over_makes_a_set_and_a_table_beside_does_not(
    maestrokit: CommandLine, demo_folder: Path
) -> None:
    note_table(demo_folder / "satie-gymnopedie.mid", Path("ref/other.tsv"))
    assert maestrokit("evaluate", "est", "--reference", "ref").lines[0].startswith("note: pairs")
    shutil.copy(demo_folder / "satie-gymnopedie.mid", "ref")
    assert maestrokit("evaluate", "est", "--reference", "ref").lines[0].startswith("note: sets")


def test_tables_are_references_of_pairs_and_no_corpus(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    take = demo_folder / "bach-prelude.mid"
    note_table(take, tmp_path / "bach-prelude.tsv")
    assert maestrokit("evaluate", take, "--reference", tmp_path).lines[0].startswith("note: pairs")
    refused = maestrokit("evaluate", take, "--reference", tmp_path, "--sets")
    assert refused.status == ExitStatus.NO_INPUT
    assert refused.lines[0] == f"maestrokit evaluate: '{tmp_path}' holds no performance"


def test_a_maestro_root_is_a_corpus_unless_pairs_are_asked_for(maestrokit: CommandLine, maestro_root: Path) -> None:
    line = ("evaluate", maestro_root, "--reference", maestro_root, "--split", "validation",
            "--reference-split", "validation")  # fmt: skip
    assert maestrokit(*line).lines[-1].startswith("note: sets: 1 performance compared with a corpus of 1")
    assert maestrokit(*line, "--pairs").lines[-1] == "note: pairs: 1 performance, each compared with its reference"


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize("mode", [[], ["--pairs"], ["--sets"]])
def test_a_missing_reference_is_reported_once(maestrokit: CommandLine, mode: list[str]) -> None:
    done = maestrokit("evaluate", "est", "--reference", "gone", *mode)
    assert (done.status, done.out) == (ExitStatus.NO_INPUT, b"")
    assert done.lines == ["maestrokit evaluate: cannot read 'gone': no such file or folder"]


def test_copied_notes_are_searched_in_the_training_corpus(maestrokit: CommandLine, demo_folder: Path) -> None:
    take = demo_folder / "bach-prelude.mid"
    own = rows_of_all(maestrokit("evaluate", take, "--training-corpus", demo_folder).out)
    notes = len(piece_of(read_midi(take)))
    assert (own["copied_run"]["value"], own["copied_16_notes"]["value"]) == (f"{notes}.0", "1.0")
    other = maestrokit("evaluate", take, "--training-corpus", demo_folder / "satie-gymnopedie.mid",
                       "--reference", demo_folder)  # fmt: skip
    assert 1 < float(rows_of_all(other.out)["copied_run"]["value"]) < 30
    assert 1 < float(rows_of_all(other.out)["copied_run"]["reference"]) < 30


def test_a_root_as_training_corpus_is_its_train_split(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    rows = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    for name, split in (("bach-prelude.mid", "validation"), ("satie-gymnopedie.mid", "train")):
        shutil.copy(demo_folder / name, tmp_path / name)
        rows.append(f"A,B,{split},2004,{name},{name}.wav,3")
    (tmp_path / "maestro-v3.0.0.csv").write_text("\n".join(rows) + "\n")
    take = demo_folder / "bach-prelude.mid"
    by_root, by_file = (
        maestrokit("evaluate", take, "--metric", "copied_run", "--training-corpus", corpus).out
        for corpus in (tmp_path, demo_folder / "satie-gymnopedie.mid")
    )
    assert rows_of_all(by_root) == rows_of_all(by_file)


@pytest.mark.parametrize(("name", "option"), [("copied_run", "--training-corpus"), ("frechet_lstm", "--reference")])
def test_a_metric_that_lacks_its_corpus_is_refused(
    maestrokit: CommandLine, demo_folder: Path, name: str, option: str
) -> None:
    done = maestrokit("evaluate", demo_folder, "--metric", name)
    assert done.status == ExitStatus.USAGE
    assert f"metric '{name}' compares with a corpus" in done.err and option in done.err


def test_frechet_distance_is_of_sets_and_not_of_what_the_model_made(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    options = ("--reference", demo_folder, "--metric", "frechet_lstm", "--metric", "diversity")
    done = maestrokit("evaluate", demo_folder, *options)
    scored = rows_of_all(done.out)
    assert scored["frechet_lstm"]["n"] == "4" and scored["frechet_lstm"]["file"] == "*"
    assert 0 <= float(scored["frechet_lstm"]["value"]) < 1e-6 and float(scored["diversity"]["value"]) > 0.1
    for path in demo_folder.glob("*.mid"):
        write_midi(with_command(read_midi(path), "maestrokit 0.1.0: generate --model lstm"), tmp_path / path.name)
    own = maestrokit("evaluate", tmp_path, *options)
    assert list(rows_of_all(own.out)) == ["diversity"]
    assert "frechet_lstm leaves out 4 performances" in own.err
    assert "note: no value of frechet_lstm: it takes 3 performances" in own.err


def test_a_performance_without_piano_notes_counts_for_nothing_and_is_named(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    drums = tmp_path / "drums.mid"
    write_midi(scene([(0.0, 0.5, 40, 60)], channel=9), drums)
    done = maestrokit("evaluate", drums, demo_folder, "--metric", "pitch_range", "--metric", "diversity")
    assert done.status == 0 and f"note: '{drums}': no piano notes, so nothing to score" in done.err
    assert [(row["value"], row["n"]) for row in rows(done.out) if row["file"] == str(drums)] == [("", "0")]
    assert rows_of_all(done.out)["pitch_range"]["n"] == "4" and "no value" not in done.err
    quiet = maestrokit("evaluate", drums, "--metric", "pitch_range", "--quiet")
    assert quiet.status == 0 and not quiet.err


def test_the_interval_of_a_distance_of_sets_holds_no_negative_number(
    maestrokit: CommandLine, demo_folder: Path
) -> None:
    options = ("--reference", demo_folder, "--metric", "frechet_composers")
    assert float(rows_of_all(maestrokit("evaluate", demo_folder, *options).out)["frechet_composers"]["low"]) >= 0


def test_frechet_lstm_is_computed_where_it_is_named(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    for path in demo_folder.glob("*.mid"):
        shutil.copy(path, tmp_path / f"again-{path.name}")  # other names, so that these are no pairs
    options = (tmp_path, "--reference", demo_folder)
    assert {"frechet_composers"} == {
        name for name in rows_of_all(maestrokit("evaluate", *options).out) if "frechet" in name
    }
    done = maestrokit("evaluate", *options, "--fail-under", "frechet_lstm=1")
    assert done.status == ExitStatus.USAGE
    assert "'frechet_lstm' is not scored" in done.err and "--metric" in done.err
    named = maestrokit("evaluate", *options, "--metric", "frechet_lstm", "--fail-under", "frechet_lstm=-1")
    assert named.status == 0 and list(rows_of_all(named.out)) == ["frechet_lstm"]


@pytest.mark.parametrize("options", [(), ("--reference", "{take}"), ("--model", "lstm")])
def test_a_dry_run_with_a_missing_input_has_its_status(
    maestrokit: CommandLine, demo_folder: Path, options: tuple[str, ...]
) -> None:
    words = [option.format(take=demo_folder / "petzold-minuet.mid") for option in options]
    assert maestrokit("evaluate", "nope.mid", *words, "-n").status == ExitStatus.NO_INPUT


def test_standard_input_cannot_be_both_sides(maestrokit, demo_folder):
    notes = (demo_folder / "bach-prelude.mid").read_bytes()
    done = maestrokit("evaluate", "-", "--reference", "-", stdin=notes)
    assert (done.status, done.out) == (2, b"")
    assert done.lines[0] == "maestrokit evaluate: standard input is named twice"
