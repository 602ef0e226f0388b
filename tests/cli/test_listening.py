"""Listening tests from the command line: the kit, its server, the ratings, and how many listeners are needed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import pytest
import soundfile

from command_line import CommandLine
from maestrokit.errors import ExitStatus
from maestrokit.files.atomic import write_folder
from small_kits import answer_file, small_kit

BRIEF = ("--clips", "2", "--seconds", "1")


@pytest.fixture
def sets(tmp_path: Path, demo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sets of performances, and one of recordings."""
    monkeypatch.chdir(tmp_path)
    names = sorted(path for path in demo_folder.glob("*.mid"))
    for folder in ("people", "machine"):
        Path(folder).mkdir()
        for path in names:
            shutil.copy(path, folder)
    Path("sound").mkdir()
    generator = np.random.default_rng(0)
    for number in range(3):
        soundfile.write(f"sound/{number}.wav", generator.normal(0, 0.05, 3 * 16000), 16000)
    return tmp_path


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kit, its key, and the answers of eight listeners."""
    monkeypatch.chdir(tmp_path)
    kit = small_kit()
    write_folder("kit", kit.files)
    Path("kit.key.json").write_text(json.dumps(kit.key))
    Path("answers").mkdir()
    for number in range(8):
        Path("answers", f"{number}.json").write_text(json.dumps(answer_file(kit, number)))
    return tmp_path


def rows_of(maestrokit: CommandLine, *words: object) -> list[dict]:
    done = maestrokit("evaluate", *words, "--format", "json")
    assert done.status == 0, done.err
    return json.loads(done.out)


def test_a_kit_is_written_with_its_key_beside_it(maestrokit: CommandLine, sets: Path) -> None:
    words = ("--system", "human=people", "--system", "machine=sound", *BRIEF)
    done = maestrokit("evaluate", "--listening-kit", "kit", *words)
    assert done.status == 0 and done.out == b""
    assert done.lines[0].startswith("note: 'kit': 9 trials, about 3 minutes each listener; orders are balanced over ")
    assert done.lines[1] == "note: the key that unblinds it is 'kit.key.json'; keep it from listeners"
    key = json.loads(Path("kit.key.json").read_text())
    assert Path("kit.key.json").stat().st_mode & 0o777 == 0o600
    assert (key["systems"], key["human"]) == (["human", "machine"], "human")
    assert {clip["piece"] for clip in key["clips"].values() if clip["system"] == "machine"} == {"0.wav", "2.wav"}
    assert ": evaluate --system human=PATH,machine=PATH " in key["made_by"]
    served = sorted(path.relative_to("kit").as_posix() for path in Path("kit").rglob("*") if path.is_file())
    assert served == [*(f"clips/{clip}.mp3" for clip in sorted(key["clips"])), "index.html"]
    again = maestrokit("evaluate", "--listening-kit", "again", "--key", "again.json", *words)
    assert again.status == 0
    assert {path.name: path.read_bytes() for path in Path("kit/clips").iterdir()} == {
        path.name: path.read_bytes() for path in Path("again/clips").iterdir()
    }


@pytest.mark.parametrize("design", ["pairs", "mushra", "turing"])
def test_other_designs(maestrokit: CommandLine, sets: Path, design: str) -> None:
    words = ("--system", "human=people", "--system", "machine=machine", *BRIEF, "--design", design)
    done = maestrokit("evaluate", "--listening-kit", "kit", *words, "-q")
    assert (done.status, done.err) == (0, "")
    key = json.loads(Path("kit.key.json").read_text())
    assert key["design"] == design
    assert [scale["name"] for scale in key["scales"]] == [
        {"pairs": "preference", "mushra": "quality"}.get(design, "human")
    ]
    assert key["systems"] == ["human", "machine", *(["floor"] if design == "mushra" else [])]


def test_a_model_is_a_system_and_texts_are_those_of_files(maestrokit: CommandLine, sets: Path) -> None:
    Path("scales.toml").write_text('[[scale]]\nname = "emotion"\nquestion = "How moving is it?"\n')
    Path("consent.txt").write_text("A study of <music>.\n\nThank you.\n")
    words = ("--system", "lstm=model:lstm", *BRIEF, "--scales", "scales.toml", "--consent", "consent.txt")
    assert maestrokit("evaluate", "--listening-kit", "kit", *words, "--post", "https://example.org/a").status == 0
    page = Path("kit/index.html").read_text()
    assert "How moving is it?" in page and "<p>A study of &lt;music&gt;.</p>" in page
    assert "connect-src &#39;self&#39; https://example.org" in page
    assert json.loads(Path("kit.key.json").read_text())["human"] is None


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ((), ExitStatus.USAGE, "a listening kit needs clips"),
        (("--system", "a=people", "people"), ExitStatus.USAGE, "--system names what is heard, and there are inputs"),
        (("--system", "a=people", "--clips", "9"), ExitStatus.USAGE, "'a' has 4 pieces, and 9 clips are wanted"),
        (("--system", "a=people", "--design", "abx"), ExitStatus.USAGE, "no design 'abx'"),
        (("--system", "a=people", "--design", "pairs"), ExitStatus.USAGE, "the design pairs needs two systems"),
        (("--system", "a=people", "--design", "turing"), ExitStatus.USAGE, "the design turing needs human clips"),
        (
            ("--system", "human=sound", "--design", "mushra"),
            ExitStatus.USAGE,
            "the anchors of mushra are made from notes",
        ),
        (("--system", "a=people", "--key", "kit/key.json"), ExitStatus.USAGE, "the key would be in the folder"),
        (("--system", "a=people", "--key", "people"), ExitStatus.USAGE, "'people' is there already"),
        (("--system", "a=people", "--post", "https://x.y; script-src *"), ExitStatus.USAGE, "is no address"),
        (("--system", "a=people", "--post", "ftp://x.y"), ExitStatus.USAGE, "'ftp://x.y' is no address"),
        (("--system", "practice=people"), ExitStatus.USAGE, "a kit has clips called 'practice' of its own"),
        (("--system", "reference=people"), ExitStatus.USAGE, "a kit has clips called 'reference' of its own"),
        (("--system", "a=nothing"), ExitStatus.NO_INPUT, "'nothing' is neither a file, a folder nor a model"),
        (("--system", "a=people", "--metric", "grooving"), ExitStatus.USAGE, "--metric works only with"),
        (("--system", "a=people", "--pieces", "3"), ExitStatus.USAGE, "--pieces works only with a scored --system"),
        (("--system", "a=people", "--device", "cpu"), ExitStatus.USAGE, "--device works only with"),
        (("--system", "a=people", "-o", "x.tsv"), ExitStatus.USAGE, "--output has no effect with --listening-kit"),
        (("--system", "a=people", "--scales", "none.toml"), ExitStatus.NO_INPUT, "cannot read 'none.toml'"),
        (("--model", "lstm"), ExitStatus.USAGE, "--listening-kit and --model exclude each other"),
        (("--serve", "kit"), ExitStatus.USAGE, "--listening-kit and --serve exclude each other"),
    ],
)
def test_what_makes_no_kit_is_refused_and_nothing_is_written(
    maestrokit: CommandLine, sets: Path, words: tuple[str, ...], status: ExitStatus, message: str
) -> None:
    before = sorted(sets.rglob("*"))
    done = maestrokit("evaluate", "--listening-kit", "kit", *(() if "--clips" in words else ("--clips", "2")), *words)
    assert (done.status, message in done.err) == (status, True), done.err
    assert sorted(sets.rglob("*")) == before


def test_a_damaged_piece_ends_in_no_kit_rather_than_in_one_that_is_not_balanced(
    maestrokit: CommandLine, sets: Path
) -> None:
    Path("people/a.mid").write_bytes(b"no music")
    done = maestrokit("evaluate", "--listening-kit", "kit", "--system", "a=people", *BRIEF)
    assert done.status == ExitStatus.BAD_DATA and "a.mid" in done.err
    assert not Path("kit").exists() and not Path("kit.key.json").exists()


def test_a_kit_that_is_there_stays_as_it_is(maestrokit: CommandLine, sets: Path) -> None:
    Path("kit").mkdir()
    Path("kit/mine").write_text("mine")
    done = maestrokit("evaluate", "--listening-kit", "kit", "--system", "a=people", *BRIEF)
    assert done.status == ExitStatus.USAGE and "'kit' is there already" in done.err
    assert Path("kit/mine").read_text() == "mine" and not Path("kit.key.json").exists()


def test_ratings_give_opinions_of_each_system(maestrokit: CommandLine, study: Path) -> None:
    rows = rows_of(maestrokit, "--ratings", "answers", "--key", "kit.key.json")
    by_system = {(row["system"], row["metric"]): row for row in rows if row["file"] == "*" and row["versus"] is None}
    for metric in ("coherence", "human_likeness", "originality", "expressiveness", "judged_human"):
        human, machine = by_system["human", metric], by_system["machine", metric]
        assert human["value"] > machine["value"] and machine["low"] < machine["value"] < machine["high"]
        assert machine["reference"] == human["value"] and human["n"] == 8 * 2
        assert by_system[None, f"alpha.{metric}"]["value"] > 0
    turing = by_system["machine", "turing_success_rate"]
    assert (turing["value"], turing["n"]) == (None, 0)  # with two clips of each nobody could tell
    assert ("human", "turing_success_rate") not in by_system
    assert by_system[None, "listeners"]["value"] == by_system[None, "listeners"]["n"] == 8
    compared = [row for row in rows if row["versus"]]
    assert [(row["system"], row["versus"]) for row in compared] == [("human", "machine")] * 5
    assert all(row["p"] <= row["p_holm"] for row in compared)
    own = [row for row in rows if row["file"] != "*"]
    assert len(own) == 8 * 2 * 5 and own[0]["file"] == str(Path("answers", "0.json"))


def test_files_may_be_inputs_too(maestrokit: CommandLine, study: Path) -> None:
    files = sorted(Path("answers").iterdir())
    words = ("--key", "kit.key.json", "--no-per-file")
    by_files = rows_of(maestrokit, "--ratings", files[0], *files[1:], *words)
    assert by_files == rows_of(maestrokit, "--ratings", "answers", *words)


def test_the_table_says_who_counts_and_why(maestrokit: CommandLine, study: Path) -> None:
    kit = small_kit()
    table = answer_file(kit, 8)
    table["answers"] = table["answers"][:4]
    Path("answers/8.json").write_text(json.dumps(table))
    done = maestrokit("evaluate", "--ratings", "answers", "--key", "kit.key.json", "--format", "table")
    text = done.out.decode()
    assert "8 of 9 listeners count; the rules of exclusion:" in text
    assert "  unfinished: a question was left unanswered (1)" in text
    assert re.search(r"(?m)^metric +human +machine$", text) and re.search(r"(?m)^alpha.coherence +0\.\d+", text)
    assert re.search(r"(?m)^coherence +\d\.\d+ +\d\.\d+ … \d\.\d+ +\d\.\d+", text)


def test_a_panel_of_nobody_who_counts_has_no_means(maestrokit: CommandLine, study: Path) -> None:
    Path("begun.json").write_text(json.dumps(answer_file(small_kit(), 1, answers=[])))
    done = maestrokit("evaluate", "--ratings", "begun.json", "--key", "kit.key.json", "--format", "table")
    first, *rules = done.out.decode().splitlines()
    assert (done.status, first) == (0, "0 of 1 listener count; the rules of exclusion:")
    assert len(rules) == 4 and rules[0] == "  unfinished: a question was left unanswered (1)"


def test_only_tables_with_a_turing_test_speak_of_it(maestrokit: CommandLine, study: Path) -> None:
    def table(kit: str) -> str:
        words = ("--ratings", f"{kit}.answers.json", "--key", f"{kit}.key.json", "--format", "table")
        return maestrokit("evaluate", *words).out.decode()

    for design in ("pairs", "mos"):
        kit = small_kit(design, clips=3)
        Path(f"{design}.key.json").write_text(json.dumps(kit.key))
        Path(f"{design}.answers.json").write_text(json.dumps(answer_file(kit, 1)))
    assert "turing" not in table("pairs")
    assert "; turing_success_rate with its exact interval\n" in table("mos")


def test_rules_that_are_not_those_of_the_key_are_told(maestrokit: CommandLine, study: Path) -> None:
    words = ("evaluate", "--ratings", "answers", "--key", "kit.key.json", "--format", "table")
    assert "other rules" not in maestrokit(*words).err
    key = json.loads(Path("kit.key.json").read_text())
    del key["excluded"]["constant"]
    Path("kit.key.json").write_text(json.dumps(key))
    fact = "note: 'kit.key.json' states other rules of exclusion than those that are applied"
    assert fact in maestrokit(*words).lines


def test_the_page_of_ratings_runs_nothing_and_escapes_names(maestrokit: CommandLine, study: Path) -> None:
    key = Path("kit.key.json").read_text().replace('"machine"', '"<img src=x onerror=alert(1)>"')
    Path("kit.key.json").write_text(key)
    assert maestrokit("evaluate", "--ratings", "answers", "--key", "kit.key.json", "-o", "a.html").status == 0
    page = Path("a.html").read_text()
    assert (
        "<img" not in page
        and "&lt;img src=x" in page
        and "<script" not in page
        and "http" not in page.replace("http-equiv", "")
    )
    assert page.count("<svg") == 6


def test_bad_answers_are_a_line_each_and_the_others_count(maestrokit: CommandLine, study: Path) -> None:
    kit = small_kit()
    answers = Path("answers/0.json").read_bytes()
    Path("answers/cut.json").write_bytes(answers[:200])
    with Path("answers/huge.json").open("wb") as file:
        file.truncate(100 << 20)
    Path("answers/other.json").write_text(json.dumps(answer_file(kit, 1, answers=answer_file(kit, 1)["answers"][::-1])))
    Path("answers/same.json").write_bytes(answers)
    Path("answers/wrong.json").write_text(json.dumps(answer_file(small_kit(clips=3), 20)))
    done = maestrokit("evaluate", "--ratings", "answers", "--key", "kit.key.json", "--no-per-file", "--format", "json")
    assert done.status == ExitStatus.BAD_DATA
    errors = [line for line in done.lines if line.startswith("maestrokit evaluate: cannot read")]
    facts = ("cut.json': not whole JSON", "huge.json': it has 104857600 bytes", "wrong.json': answers to the kit")
    assert len(errors) == 4
    for fact, line in zip(facts, errors, strict=False):
        assert fact in line
    assert "other.json': other answers by the listener of 'answers/1.json'" in errors[3]
    assert "note: 'answers/same.json' is the same as 'answers/0.json', and counts once" in done.lines
    rows = {row["metric"]: row for row in json.loads(done.out) if row["system"] is None}
    assert rows["listeners"]["n"] == 8


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("--ratings", "answers"), ExitStatus.USAGE, "--ratings needs the key of the kit"),
        (("--ratings", "answers", "--key", "no.json"), ExitStatus.NO_INPUT, "cannot read 'no.json'"),
        (("--ratings", "answers", "--key", "answers/0.json"), ExitStatus.BAD_DATA, "not the key of a listening kit"),
        (("--ratings", "none", "--key", "kit.key.json"), ExitStatus.NO_INPUT, "none"),
        (
            ("--ratings", "kit.key.json", "--key", "kit.key.json"),
            ExitStatus.BAD_DATA,
            "not answers to a listening test",
        ),
        (("--ratings", "kit", "--key", "kit.key.json"), ExitStatus.NO_INPUT, "'kit' holds no file to read"),
        (
            ("--ratings", "answers", "--key", "kit.key.json", "-o", "answers/0.json"),
            ExitStatus.CANNOT_WRITE,
            "both input",
        ),
        (("--ratings", "answers", "--key", "kit.key.json", "--system", "a=b"), ExitStatus.USAGE, "exclude each other"),
        (("--serve", "answers"), ExitStatus.NO_INPUT, "'answers' is no listening kit"),
        (("--serve", "kit", "answers"), ExitStatus.USAGE, "--serve serves one kit"),
        (("--difference", "1", "-o", "x.html"), ExitStatus.USAGE, "are written as table, jsonl, json, tsv, csv"),
        (("--difference", "1", "--design", "x"), ExitStatus.USAGE, "no design 'x'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    maestrokit: CommandLine, study: Path, words: tuple[str, ...], status: ExitStatus, message: str
) -> None:
    done = maestrokit("evaluate", *words)
    assert (done.status, message in done.err) == (status, True), done.err


def test_how_many_listeners_a_difference_needs(maestrokit: CommandLine, study: Path) -> None:
    def needed(*words: object) -> dict[str, float | None]:
        return {row["metric"]: row["value"] for row in rows_of(maestrokit, "--difference", *words)}

    half, full = needed("0.5"), needed("1")
    assert half["listeners.coherence"] == 23 and half["listeners_for_other_clips.coherence"] is None
    assert full["listeners.coherence"] < 23 < needed("0.5", "--clips", "30")["listeners_for_other_clips.coherence"]
    assert set(needed("10", "--design", "mushra")) == {
        f"{name}.quality" for name in ("listeners", "listeners_for_other_clips", "power_of_endless_listeners")
    }
    pilot = needed("0.5", "--ratings", "answers", "--key", "kit.key.json")
    assert len(pilot) == 3 * 5 and pilot["listeners.coherence"] > 1
    done = maestrokit("evaluate", "--difference", "0.5", "--format", "table")
    assert re.search(r"(?m)^listeners_for_other_clips.coherence +too few clips$", done.out.decode())


def test_the_server_says_where_it_is_stores_answers_and_ends_when_it_is_told_to(study: Path) -> None:
    command = [sys.executable, "-m", "maestrokit", "evaluate", "--serve", "kit", "--port", "0", "--answers", "sent"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", address)[1])
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        body = Path("answers/3.json").read_text()
        connection.request("POST", "/answers", body, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 201
        connection.close()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == ExitStatus.TERMINATED
    assert b"note: stored 'sent/0000000000000003.json'" in err and b"Traceback" not in err
    assert Path("sent/0000000000000003.json").read_text() == body
