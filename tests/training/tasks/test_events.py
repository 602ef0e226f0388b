"""What becomes of MIDI files before a model of events sees them."""

import numpy as np
import pytest

from maestrokit.cli.main import run_command_line
from maestrokit.files import checkpoint
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.music.edits.transpose import transposed
from maestrokit.music.keys import find_key
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.training.task import Corpus
from maestrokit.training.tasks.events import Options, in_c, prepare

NONE = np.empty(0, np.int64)


@pytest.fixture
def corpus(demo_folder, tmp_path):
    """The same piece in several keys."""
    paths = []
    for semitones in (0, 2, -3):
        moved, _ = transposed(read_midi(demo_folder / "bach-prelude.mid"), semitones)
        paths.append(str(tmp_path / f"{semitones}.mid"))
        write_midi(moved, paths[-1])
    return Corpus({"train": paths[:2], "validation": paths[2:]}, [], tmp_path / "cache")


def test_any_key_becomes_c_major_or_a_minor(demo_folder):
    for path in sorted(demo_folder.glob("*.mid")):
        assert find_key(in_c(read_midi(path))).key.name in ("C major", "A minor")
        moved, _ = transposed(read_midi(path), 1)
        assert np.array_equal(in_c(moved).notes.pitch % 12, in_c(read_midi(path)).notes.pitch % 12)


def test_silence_has_no_key_and_stays():
    silence = performance_from_arrays(NONE, NONE, NONE, NONE, pedal_tick=NONE, pedal_value=NONE)
    assert in_c(silence) == silence


def test_normalized_pieces_are_the_same_tokens_and_have_shards_of_their_own(corpus):
    plain, normal = (prepare(corpus, Options(key_normalized=is_so), family="lstm") for is_so in (False, True))
    first, second = (normal.data.train.sequence(row) for row in (0, 1))
    assert np.array_equal(first, second) and np.array_equal(first, normal.data.held_out.sequence(0))
    assert not np.array_equal(plain.data.train.sequence(0), plain.data.train.sequence(1))
    assert normal.config["key_normalized"] and not plain.config["key_normalized"]
    assert (normal.data.options.transpose, plain.data.options.transpose) == (0, 3)
    assert len(list(corpus.cache.glob("*.tokens.npy"))) == 2


def test_a_run_remembers_that_keys_were_normalized(corpus, tmp_path):
    words = ["--steps", "1", "--batch", "1", "--length", "8", "--set", "width=8", "--set", "layers=1", "-q"]
    run = ["train", "lstm", *corpus.paths, "-o", str(tmp_path / "run"), *words]
    run += ["--cache", str(corpus.cache)]
    assert run_command_line([*run, "--set", "key_normalized=true"]) == 0
    assert checkpoint.read_config(tmp_path / "run")["key_normalized"] is True
    assert run_command_line(run) == 0  # it keeps the setting that is not given again
    assert checkpoint.read_config(tmp_path / "run")["key_normalized"] is True
    assert run_command_line([*run, "--set", "key_normalized=false"]) == 2  # another training
    out = tmp_path / "new.mid"
    assert run_command_line(["generate", "--model", str(tmp_path / "run"), "--duration", "1s", "-o", str(out)]) == 0
    assert out.exists()
