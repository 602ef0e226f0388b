"""Evaluate -o: pages with figures and sound, and tables for papers."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from command_line import CommandLine
from maestrokit.files.midi.writer import write_midi
from maestrokit.files.sound.read import write_sound
from maestrokit.music.note_arrays import performance_from_arrays
from small_models import saved_lstm, saved_transcriber

BUDGET = 5_000_000  # bytes of a page of five systems
NONE = np.empty(0, np.int64)
HOSTILE = "<b>&\"'"


def write_pieces(folder: Path, count: int, *, seed: int, seconds: int = 8) -> None:
    """Write pieces of random notes in C."""
    folder.mkdir(parents=True)
    for number in range(count):
        generator = np.random.default_rng([seed, number])
        onset = np.sort(generator.integers(0, 1000 * seconds, 6 * seconds))
        pitch = 60 + generator.choice([0, 2, 4, 5, 7, 9, 11], len(onset))
        velocity = generator.integers(30, 100, len(onset))
        piece = performance_from_arrays(onset, onset + 200, pitch, velocity, pedal_tick=NONE, pedal_value=NONE)
        write_midi(piece, folder / f"{number}.mid")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, two sets, and two estimates of pieces of one of them, of which one lacks half of the notes."""
    place = tmp_path_factory.mktemp("sets")
    write_pieces(place / "corpus", 8, seed=1)
    write_pieces(place / HOSTILE, 3, seed=2)
    write_pieces(place / "b", 3, seed=3)
    return place


def systems(sets: Path, *names: str) -> list[object]:
    named = [word for name in names for word in ("--system", f"{name}={sets / name}")]
    return ["evaluate", *named, "--reference", sets / "corpus", "--metric", "pitch_range", "--seconds", "4"]


def test_a_page_of_systems_has_figures_and_sound_of_each_and_is_small(
    maestrokit: CommandLine, sets: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.html"
    done = maestrokit(*systems(sets, HOSTILE, "b"), "-o", out)
    assert (done.status, done.err) == (0, "")
    page = out.read_text(encoding="utf-8")
    assert "<b>" not in page and "<h1>Systems: &lt;b&gt;&amp;&#34;&#39;, b</h1>" in page
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert titles == ["Scores", "Pitch classes", "Times between onsets", "Chord changes", "Examples"]
    examples = re.findall(r"<h3><bdi>(.*?)</bdi></h3>", page)
    assert examples[:3] == ["&lt;b&gt;&amp;&#34;&#39;: 0.mid", "&lt;b&gt;&amp;&#34;&#39;: 2.mid", "b: 0.mid"]
    assert len(examples) == page.count("<audio ") == page.count('class="plot roll"') == 8
    assert page.count('class="plot curve"') == 16 and page.count('class="plot square"') == 8
    assert page.count('class="plot histogram"') == page.count('class="plot cells"') == 8
    sound = sum(map(len, re.findall(r'src="(data:audio/mpeg;base64,[^"]*)"', page)))
    assert sound == pytest.approx(8 * 5 * 8000 * 4 / 3, rel=0.1)  # 4 s and their end at 64 kbit/s
    # Of five systems there are at most 240 s of sound, each example with 2 s more than is shown, and seven columns.
    rest = (len(page.encode()) - sound) * 7 / 4
    assert rest + (240 + 14) * 8000 * 4 / 3 < BUDGET


def test_the_same_input_and_seed_are_the_same_page(maestrokit: CommandLine, sets: Path) -> None:
    page, again = (maestrokit(*systems(sets, "b"), "--format", "html", "-j", jobs).out for jobs in ("1", "2"))
    assert page == again
    assert str(sets).encode() in page.replace(b"<wbr>", b"")  # in the names of files, which are as they were given
    without = maestrokit(*systems(sets, "b"), "--format", "html", "--no-per-file").out
    assert str(sets).encode() not in without.replace(b"<wbr>", b"")


def test_systems_are_tables_for_papers(maestrokit: CommandLine, sets: Path) -> None:
    latex = maestrokit(*systems(sets, HOSTILE, "b"), "--format", "tex").out.decode()
    assert r"metric & \textless{}b\textgreater{}\&" in latex and latex.count(r"\toprule") == 10
    text = maestrokit(*systems(sets, HOSTILE, "b"), "--format", "md").out.decode()
    assert "| metric | &lt;b>&amp;\"' | b | ceiling | floor | unit | better |" in text
    assert "## Effect sizes (Cohen's d)" in text and "Files," not in text


def test_a_set_alone_has_a_page_without_an_outline(maestrokit: CommandLine, sets: Path) -> None:
    done = maestrokit("evaluate", sets / "b", "--metric", "pitch_range", "--format", "html")
    page = done.out.decode()
    assert page.count('class="plot histogram"') == 2 and page.count("<audio ") == 2
    assert 'class="reference"' not in page and "The outline" not in page


def test_a_performance_on_standard_input_has_a_page(maestrokit: CommandLine, sets: Path) -> None:
    data = (sets / "b" / "0.mid").read_bytes()
    done = maestrokit("evaluate", "-", "--metric", "pitch_range", "--format", "html", stdin=data)
    assert done.status == 0 and done.out.decode().count("<audio ") == 1


def write_estimates(sets: Path, folder: Path) -> None:
    """Write estimates of the pieces of ``b``: of the second without half of its notes, of the third without any."""
    folder.mkdir()
    for number in range(3):
        generator = np.random.default_rng([3, number])
        onset = np.sort(generator.integers(0, 8000, 48))
        pitch = 60 + generator.choice([0, 2, 4, 5, 7, 9, 11], len(onset))
        velocity = generator.integers(30, 100, len(onset))
        part = slice(None, None, number + 1) if number < 2 else slice(0)
        columns = [values[part] for values in (onset, onset + 200, pitch, velocity)]
        write_midi(performance_from_arrays(*columns, pedal_tick=NONE, pedal_value=NONE), folder / f"{number}.mid")
    assert len(list((sets / "b").iterdir())) == 3


def test_pairs_have_recall_and_the_worst_files_first(maestrokit: CommandLine, sets: Path, tmp_path: Path) -> None:
    write_estimates(sets, tmp_path / "found")
    done = maestrokit("evaluate", tmp_path / "found", "--reference", sets / "b", "--format", "html", "-q")
    page = done.out.decode().replace("<wbr>", "")
    assert done.status == 0
    assert "Recall by pitch: 72 of 144 notes" in page and "Recall by velocity: 72 of 144 notes" in page
    worst = [Path(name).name for name in re.findall(r"<h3><bdi>(.*?)</bdi></h3>", page)]
    assert worst == ["2.mid", "1.mid", "0.mid"]
    rows = re.findall(r'<th scope="row"><bdi>(\S*\.mid)</bdi>', page)
    assert [Path(name).name for name in rows] == worst and "Files, worst onset_f1 first" in page
    assert re.findall(r"<figcaption>(\d+ detected.*?)</figcaption>", page) == [
        "0 detected, 48 missed, 0 additional notes, from 0 s on",
        "24 detected, 24 missed, 0 additional notes, from 0 s on",
        "48 detected, 0 missed, 0 additional notes, from 0 s on",
    ]
    assert page.count("<audio ") == 6 and "<image" not in page


def test_a_recording_beside_a_pair_is_heard_and_its_spectrum_seen(
    maestrokit: CommandLine, sets: Path, tmp_path: Path
) -> None:
    write_estimates(sets, tmp_path / "found")
    noise = np.random.default_rng(0).normal(0, 0.1, 3 * 16000).astype(np.float32)
    write_sound(tmp_path / "found" / "0.wav", noise, sample_rate=16000)
    (tmp_path / "found" / "1.wav").write_bytes(b"no sound")
    done = maestrokit("evaluate", tmp_path / "found", "--reference", sets / "b", "--format", "html", "-q")
    page = done.out.decode()
    assert done.status == 0 and page.count("<audio ") == 7 and page.count("<image") == 1
    example = page[page.index("0.mid</bdi></h3>") :]
    assert example.index("Recording</span>") < example.index("Reference</span>") < example.index("Estimate</span>")


def test_a_model_that_transcribes_has_its_training_and_its_errors(maestrokit: CommandLine, tmp_path: Path) -> None:
    model = saved_transcriber(tmp_path / "model", pedal=False)
    log = [{"step": step, "part": "validation", "loss": 1.0 / step} for step in (10, 20)]
    (model / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in log))
    noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    write_sound(tmp_path / "take.wav", noise, sample_rate=16000)
    (tmp_path / "take.tsv").write_text("onset\toffset\tpitch\tvelocity\n0.1\t0.5\t60\t64\n")
    words = ("evaluate", "--model", model, tmp_path / "take.wav")
    page = maestrokit(*words, "--format", "html").out.decode()
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert titles == ["Scores", "Learning curves", "Recall", "Worst files"]
    assert "the least of the validation is 0.05" in page and page.count("<audio ") == 3 and page.count("<image") == 1
    assert r"onset\_f1 &" in maestrokit(*words, "--format", "tex").out.decode()
    swept = maestrokit(*words, "--format", "html", "--sweep", "onset_threshold=0.02,0.9").out.decode()
    assert "Recall by pitch" in swept and "Files, worst onset_f1@onset_threshold=0.02 first" in swept


def test_a_sequence_model_has_its_training_and_the_worst_files_first(
    maestrokit: CommandLine, sets: Path, tmp_path: Path
) -> None:
    model = saved_lstm(tmp_path / "model")
    words = ("evaluate", "--model", model, sets / "b", "--format", "html")
    plain = maestrokit(*words).out.decode()
    assert "Learning curves" not in plain and "<audio" not in plain
    (model / "log.jsonl").write_text('{"step": 10, "part": "validation", "loss": 2.5}\n')
    page = maestrokit(*words).out.decode().replace("<wbr>", "")
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", page) == ["Scores", "Learning curves"]
    body = page[page.index("Files, worst nats_per_note first") :]
    column = re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", body).index("nats_per_note")
    values = [
        float(re.findall(r'data-value="([^"]*)"', row)[column - 1]) for row in re.findall(r"<tr><th.*?</tr>", body)[-3:]
    ]
    assert values == sorted(values, reverse=True)
    assert "nats\\_per\\_note" in maestrokit(*words[:-1], "md").out.decode()
