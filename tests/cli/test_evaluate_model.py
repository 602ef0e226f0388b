"""``evaluate --model``: the surprise of a model of events, file by file and of all together."""

import math

import pytest

from maestrokit.errors import ExitStatus
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.inference.notes_to_performance import performance_of
from maestrokit.inference.perplexity import surprisals
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.music.encodings.events import Encoding, encode
from maestrokit.music.encodings.step_notes import NO_NOTES


def rows(text):
    header, *lines = text.decode().splitlines()
    found = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
    return {(row["file"], row["metric"]): float(row["value"]) for row in found}


def test_all_together_is_the_sum_over_the_sum(maestrokit, demo_folder):
    paths = [demo_folder / f"{name}.mid" for name in ("petzold-minuet", "satie-gymnopedie")]
    done = maestrokit("evaluate", "--model", "lstm", *paths)
    assert (done.status, done.err) == (0, "")
    model, encoding, _ = load_event_model("lstm")
    expected_rows = list(surprisals(model, [encode(read_midi(path), encoding) for path in paths], encoding))
    scored = rows(done.out)
    for unit in ("token", "note", "second"):
        for path, surprisal in zip(paths, expected_rows, strict=True):
            expected = getattr(surprisal, f"nats_per_{unit}")
            assert scored[str(path), f"nats_per_{unit}"] == pytest.approx(expected, rel=1e-4)
        assert scored["*", f"nats_per_{unit}"] == pytest.approx(
            getattr(expected_rows[0] + expected_rows[1], f"nats_per_{unit}"), rel=1e-4
        )
    assert scored["*", "perplexity"] == pytest.approx(math.exp(scored["*", "nats_per_token"]), rel=1e-3)
    assert 0 < scored["*", "accuracy"] < 1


def test_ngrams_stand_beside_and_tell_best_what_they_were_counted_on(maestrokit, demo_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    words = ["evaluate", "--model", "lstm", demo_folder / "bach-prelude.mid", "--baseline"]
    known, other = (
        rows(maestrokit(*words, demo_folder / name).out)["*", "ngram_nats_per_token"]
        for name in ("bach-prelude.mid", "satie-gymnopedie.mid")
    )
    assert 2 * known < other


def test_a_limit_takes_inputs_from_all_over(maestrokit, demo_folder):
    scored = rows(maestrokit("evaluate", "--model", "lstm", demo_folder, "--limit", "2").out)
    every = sorted(str(path) for path in demo_folder.glob("*.mid"))
    assert {name for name, _ in scored} == {every[0], every[-1], "*"}


@pytest.mark.parametrize("words", [["--pairs"], ["--metric", "grooving"], ["--limit", "0"], ["--stride", "0"]])
def test_what_makes_no_sense_with_a_model_is_refused(maestrokit, demo_folder, words):
    done = maestrokit("evaluate", "--model", "transformer", demo_folder / "bach-prelude.mid", *words)
    assert done.status == ExitStatus.USAGE
    assert done.err.startswith("maestrokit evaluate: ")


def test_what_has_no_note_has_no_nats_a_note_and_spoils_no_interval(maestrokit, demo_folder, tmp_path):
    write_midi(performance_of(NO_NOTES, Encoding(), pedal="extend"), tmp_path / "silent.mid")
    done = maestrokit("evaluate", "--model", "lstm", tmp_path / "silent.mid", demo_folder / "bach-prelude.mid")
    table = [line.split("\t") for line in done.out.decode().splitlines()]
    value = {(cells[0], cells[1]): cells[2:5] for cells in table}
    assert done.status == 0 and value[str(tmp_path / "silent.mid"), "nats_per_note"] == ["", "", ""]
    assert all(float(number) < 100 for number in value["*", "nats_per_note"])
