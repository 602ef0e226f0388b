"""The task of chords: which files are used, what is said of the others, and what batches hold."""

import numpy as np
import pytest

from maestrokit.analysis.chords.labels import chord_labels, harte_label_of
from maestrokit.analysis.chords.network import CELL_SECONDS
from maestrokit.analysis.chords.spectrum import BINS
from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.cli.main import run_command_line
from maestrokit.files import checkpoint
from maestrokit.files.midi.writer import write_midi
from maestrokit.files.sound.read import write_sound
from maestrokit.inference.chords import load_chord_network
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.training.data.chord_examples import ChordExample
from maestrokit.training.data.chords import ChordData, ChordOptions, duration_scores, targets_of

SMALL = [
    "--steps", "1", "--batch", "2", "--length", "10", "--set", "channels=2", "--set", "width=3", "--set", "depth=2",
    "--set", "validate_every=1", "--set", "render_seconds=2",
]  # fmt: skip
NONE = np.empty(0, np.int64)
CHORDS = "0 1 C:maj\n1 2 G:7/3\n2 3 N\n"


def take(path, shift=0):
    onset = np.repeat([0, 1000], 3)
    pitch = np.array([60, 64, 67, 59, 62, 65]) + shift
    performance = performance_from_arrays(onset, onset + 900, pitch, np.full(6, 64), pedal_tick=NONE, pedal_value=NONE)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_midi(performance, path)


@pytest.fixture
def songs(tmp_path):
    """Three performances and a recording with chords beside them."""
    for number in range(3):
        take(tmp_path / "songs" / f"{number}.mid", number)
        (tmp_path / "songs" / f"{number}.lab").write_text(CHORDS)
    noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    write_sound(tmp_path / "songs" / "noise.flac", noise, sample_rate=16000)
    (tmp_path / "songs" / "noise.txt").write_text("0 9 C:maj\n")  # longer than the recording
    return tmp_path / "songs"


def train(data, *words, run="run"):
    where = ["-o", str(data.parent / run), "--cache", str(data.parent / "cache"), *SMALL]
    return run_command_line(["train", "cnn", "--task", "chords", str(data), *where, *words])


def test_performances_are_rendered_and_recordings_used(songs):
    assert train(songs) == 0
    config = checkpoint.read_config(songs.parent / "run")
    assert config["task"] == "chords" and config["qualities"] == list(QUALITY_NAMES)
    assert config["data"] == {"train": 2, "validation": 1}
    scores = checkpoint.read_log(songs.parent / "run")[-1]
    assert {"loss", "root_accuracy", "bass_accuracy", "chord_accuracy"} <= scores.keys()
    assert len(load_chord_network(str(songs.parent / "run")).duration_scores) > 8
    spectra = {path: path.stat().st_mtime_ns for path in (songs.parent / "cache").iterdir()}
    assert len(spectra) == 3
    assert train(songs, "--steps", "2") == 0  # resumed, by spectra that are there
    assert {path: path.stat().st_mtime_ns for path in (songs.parent / "cache").iterdir()} == spectra
    assert train(songs, "--set", "renders=2", run="twice") == 0
    assert len(list((songs.parent / "cache").iterdir())) > 3


def test_files_that_cannot_be_used_are_named_and_the_rest_done(songs, capsys):
    take(songs / "alone.mid")
    take(songs / "wrong.mid")
    (songs / "wrong.lab").write_text("0 1 C:maj\n1 2 H:maj\n")
    take(songs / "late.mid")
    (songs / "late.lab").write_text("50 60 C:maj\n")
    write_sound(songs / "later.flac", np.ones(1600, np.float32) / 9, sample_rate=16000)
    (songs / "later.lab").write_text("0.5 60 C:maj\n")
    (songs / "bad.mid").write_bytes(b"no music")
    write_midi(performance_from_arrays(NONE, NONE, NONE, NONE, pedal_tick=NONE, pedal_value=NONE), songs / "empty.mid")
    assert train(songs) == 65
    text = capsys.readouterr().err
    assert f"no chords for '{songs}/alone.mid'" in text
    assert f"cannot read '{songs}/wrong.lab': line 2: 'H:maj' is no chord in Harte's syntax" in text
    assert f"cannot learn from '{songs}/late.mid': its chords begin after its end, 1.9 s" in text
    assert f"cannot learn from '{songs}/later.flac': its chords begin after its end, 0.1 s" in text
    assert "bad.mid': not a MIDI file" in text
    assert f"cannot learn from '{songs}/empty.mid': it has no notes" in text
    assert "left out 6 files that cannot be used" in text
    assert checkpoint.read_config(songs.parent / "run")["data"] == {"train": 2, "validation": 1}


def test_folders_without_music_or_chords_are_refused(songs, capsys):
    (songs.parent / "none").mkdir()
    assert train(songs.parent / "none") == 66
    assert "holds no file to read" in capsys.readouterr().err
    for path in songs.glob("*.[lt]*"):
        path.unlink()
    assert train(songs) == 65
    assert "only 0 of 4 files can be used" in capsys.readouterr().err


def test_targets_are_shares_of_cells():
    labels = chord_labels([0.0, 0.32], [0.32, 0.6], [harte_label_of("C:maj"), harte_label_of("A:min7/b3")])
    targets = targets_of(labels, start=0.0, cells=10, semitones=2)
    at = int(0.32 / CELL_SECONDS + 0.5)  # the cell about 300 ms lies in both: 70 % and 30 %
    assert targets.root[at, [2, 11]].tolist() == pytest.approx([0.7, 0.3])
    assert targets.bass[at, [2, 2]].tolist() == pytest.approx([1.0, 1.0])  # D, and the third of B minor
    assert targets.quality[at, 11, QUALITY_NAMES.index("min7")] == pytest.approx(0.3)
    assert targets.tones[at, [2, 6, 9, 11, 0]].tolist() == pytest.approx([1.0, 1.0, 1.0, 0.3, 0.0])
    assert (
        targets.root[0, 2] == pytest.approx(0.5) and targets.root[8:].sum() == 0
    )  # before and after, nothing is known


def example(frames=100, labels="C:maj"):
    levels = np.random.default_rng(1).integers(60, 180, (frames, BINS)).astype(np.uint8)
    return ChordExample(levels, chord_labels([0.0], [frames / 20], [harte_label_of(labels)]), -20.0)


def test_batches_depend_on_seed_and_step_alone_and_are_transposed():
    options = ChordOptions(batch=8, length=20)
    first, again = (ChordData([example()], [example()], options, seed=4) for _ in range(2))
    batch, other = first.batch(1, 2), again.batch(1, 2)
    assert all((batch[name] == other[name]).all() for name in batch)
    assert batch["levels"].shape == (8, 40, BINS) and batch["levels"].isfinite().all()
    roots = set(batch["root"].sum(1).argmax(-1).tolist())
    assert len(roots) > 1 and roots <= {8, 9, 10, 11, 0, 1, 2, 3, 4}
    assert (first.batch(0, 0)["levels"] != batch["levels"]).any()


def test_validation_windows_are_as_they_were_recorded_and_short_ones_padded():
    options = ChordOptions(batch=2, length=20, validation_windows=3)
    data = ChordData([example()], [example(), example(frames=10)], options)
    batches = list(data.validation())
    assert sum(len(batch["levels"]) for batch in batches) == 4 and len(batches) == data.validation_batches() == 2
    assert (batches[0]["root"][..., 0].sum(-1) > 19).all()  # C, not transposed
    assert (batches[-1]["levels"][-1, 10:] == -2).all() and batches[-1]["root"][-1, 6:].sum() == 0


def test_scores_of_durations_are_highest_where_most_chords_end():
    labels = chord_labels([0, 2.0, 4.0], [2.0, 4.0, 5.0], [harte_label_of(name) for name in ("C", "G", "G")])
    scores = duration_scores([labels])
    assert int(np.argmax(scores)) + 1 in range(18, 26)  # 2 and 3 s, since the two of G are one
    assert scores[-1] < scores[-2] < 0
