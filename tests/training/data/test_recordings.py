"""Recordings and performances as training data of transcription."""

from pathlib import Path

import numpy as np
import pytest

from maestrokit.audio.spectra.transcription_input import BINS, SETTINGS
from maestrokit.errors import BadDataError, MaestrokitError, NoInputError, UsageError
from maestrokit.files.midi.writer import write_midi
from maestrokit.files.note_tables import dump_notes
from maestrokit.files.sound.read import write_sound
from maestrokit.inference.notes_to_performance import transcript
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.performance import SUSTAIN, Controls, Performance
from maestrokit.training.data.recordings import (
    RenderSettings,
    TrainingExample,
    check_performance,
    piano_of,
    piece_of,
    recorded_example,
    rendered_example,
)
from maestrokit.training.data.transcription import TranscriptionData, TranscriptionOptions
from maestrokit.training.task import Corpus
from maestrokit.training.tasks import transcription
from maestrokit.training.tasks.transcription import Options, prepare
from strategies import file_bytes, track_bytes

NOTES = TimedNotes(np.array([0.2, 0.5]), np.array([0.6, 0.9]), np.array([60, 64]), np.array([70, 90]))


def pedalled() -> Performance:
    """The notes with the pedal down from .3 to .7 s."""
    performance = transcript(NOTES)
    zero = np.zeros(2, np.int64)
    pedal = Controls(np.array([300, 700]), zero + SUSTAIN, np.array([127, 0]), zero, zero, zero)
    return performance.replace(controls=pedal)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A second of noise with a table of notes, twice, and a performance."""
    for name in ("a", "b"):
        samples = np.random.default_rng(ord(name)).normal(0, 0.05, 16000).astype(np.float32)
        write_sound(tmp_path / f"{name}.flac", samples, sample_rate=16000)
        (tmp_path / f"{name}.tsv").write_bytes(dump_notes(*NOTES))
    write_midi(transcript(NOTES), tmp_path / "c.mid")
    return tmp_path


def test_a_recording_comes_with_its_notes(folder: Path) -> None:
    take = recorded_example(str(folder / "a.flac"), cache=folder / "cache")
    assert take.levels[:].shape == (101, BINS) and take.levels[:].dtype == np.float16
    assert all(np.array_equal(column, expected) for column, expected in zip(take.notes, NOTES, strict=True))


def test_the_pedal_comes_from_midi_beside(folder: Path) -> None:
    assert recorded_example(str(folder / "a.flac"), cache=folder / "cache").pedal is None
    write_midi(pedalled(), folder / "a.mid")
    take = recorded_example(str(folder / "a.flac"), cache=folder / "cache")
    assert take.pedal is not None and np.allclose(take.pedal, [[0.3, 0.7]])
    assert np.array_equal(take.notes.onset, NOTES.onset)


def test_renders_differ_in_contrast(folder: Path) -> None:
    takes = [
        rendered_example(str(folder / "c.mid"), RenderSettings(seconds=1.0, seed=seed), cache=folder / "cache")
        for seed in range(12)
    ]
    velocity = np.array([take.notes.velocity for take in takes])  # (takes, notes)
    exponent = np.log(velocity[:, 0] / 127) / np.log(70 / 127)
    assert exponent.min() < 1.1 and exponent.max() > 1.6
    assert np.allclose(velocity[:, 1], 127 * (90 / 127) ** exponent, atol=1)


def test_a_batch_says_when_the_pedal_is_down_or_that_nobody_knows(folder: Path) -> None:
    levels = np.full((60, BINS), -50, np.float16)
    takes = [TrainingExample(levels, NOTES, np.array([[0.1, 0.2]])), TrainingExample(levels, NOTES)]
    known, unknown = next(TranscriptionData(takes, takes, TranscriptionOptions(batch=2, length=40)).validation())[
        "pedal"
    ].numpy()
    assert np.flatnonzero(known).tolist() == [5, 6, 7, 8, 9] and np.isnan(unknown).all()


def test_ends_of_tables_of_keys_are_unknown_from_their_release_until_the_key_is_struck_again(folder: Path) -> None:
    options = TranscriptionOptions(batch=1, length=100, table_offsets="keys")
    take = recorded_example(str(folder / "a.flac"), cache=folder / "cache", table_knows_ends=False)
    (target,) = next(TranscriptionData([take], [take], options).validation())["target"].numpy()
    row = int(NOTES.onset.argmin())
    key, release = int(NOTES.pitch[row]) - 21, int(np.ceil(NOTES.offset[row] / 0.02 - 0.05 / 0.02 - 1e-6))
    struck = int(np.ceil(NOTES.onset[row] / 0.02))
    assert np.isnan(target[1:3, release:, key]).all() and np.isfinite(target[[0, 3]]).all()
    assert (target[2, struck:release, key] == 1).all()
    write_midi(transcript(NOTES), folder / "a.mid")
    (folder / "a.tsv").unlink()
    assert recorded_example(str(folder / "a.flac"), cache=folder / "cache", table_knows_ends=False).knows_ends


def test_a_spectrum_is_made_once(folder: Path) -> None:
    for _ in range(2):
        recorded_example(str(folder / "a.flac"), cache=folder / "cache")
    assert len(list((folder / "cache").iterdir())) == 1


def test_a_recording_without_notes_is_told(folder: Path) -> None:
    (folder / "a.tsv").unlink()
    with pytest.raises(NoInputError, match="no notes"):
        recorded_example(str(folder / "a.flac"), cache=folder / "cache")


def test_a_performance_is_rendered_where_its_notes_are(folder: Path) -> None:
    take, again = (
        rendered_example(str(folder / "c.mid"), RenderSettings(seconds=1.0), cache=folder / f"cache{n}") for n in (1, 2)
    )
    assert np.array_equal(take.levels[:], again.levels[:])
    fundamental = np.asarray(take.levels[:][:, 3 * (60 - 21) + 2], np.float32)
    before, after = (round(second * SETTINGS.frames_per_second) for second in (0.1, 0.35))
    assert fundamental[after] > fundamental[before] + 20


def test_some_renders_are_in_measured_rooms(folder: Path) -> None:
    (folder / "rooms").mkdir()
    response = np.zeros(16000, np.float32)
    response[[500, 8500]] = 0.5, 0.4  # the direct sound, and an echo after half a second
    write_sound(folder / "rooms" / "echo.flac", response, sample_rate=16000)
    corpus = folder / "one"
    corpus.mkdir()
    short = TimedNotes(np.array([0.1]), np.array([0.2]), np.array([84]), np.array([90]))
    for number in range(8):
        write_midi(transcript(short._replace(onset=short.onset + number / 100)), corpus / f"{number}.mid")
    rooms = transcription._sounds_in(str(folder / "rooms"))
    assert [Path(name).name for name in rooms] == ["echo.flac"] and transcription._sounds_in("") == ()
    settings = RenderSettings(seconds=1.0, rooms=rooms)
    takes = [rendered_example(str(path), settings, cache=folder / "cache") for path in sorted(corpus.iterdir())]
    bins = 3 * (84 - 21) + 2
    after = [np.asarray(take.levels[:, bins], np.float32) for take in takes]
    echoes = [level[65:75].max() - level[50:58].max() > 10 for level in after]
    assert 0 < sum(echoes) < len(echoes)
    with pytest.raises(NoInputError):
        transcription._sounds_in(str(folder / "nowhere"))


def test_pieces_of_maps_are_one_on_all_pianos() -> None:
    assert piece_of("x/MAPS_MUS-bk_xmas4_SptkBGCl.flac") == piece_of("MAPS_MUS-bk_xmas4_AkPnBcht.tsv")
    assert piece_of("take_1.wav") == "take_1"


def test_batches_follow_from_seed_and_number(folder: Path) -> None:
    take = recorded_example(str(folder / "a.flac"), cache=folder / "cache")
    data, again = (TranscriptionData([take], [take], TranscriptionOptions(batch=2, length=40)) for _ in range(2))
    first, same, other = data.batch(3, 1), again.batch(3, 1), data.batch(3, 2)
    assert first["levels"].shape == (2, 40, BINS) and first["target"].shape == (2, 4, 20, 88)
    assert (first["levels"] == same["levels"]).all() and (first["target"] == same["target"]).all()
    assert (first["levels"] != other["levels"]).any()
    assert data.batches(0) == 1


def test_validation_is_unvaried_and_padded(folder: Path) -> None:
    take = TrainingExample(np.full((30, BINS), -50, np.float16), NOTES)
    batch = next(TranscriptionData([take], [take], TranscriptionOptions(length=40)).validation())
    assert (batch["levels"][0, :30] == -50).all() and (batch["levels"][0, 30:] == -100).all()


@pytest.mark.parametrize("seconds", [0.1, 1.0, 1.6, 100.0])
def test_as_many_batches_are_validated_on_as_are_counted(seconds: float) -> None:
    takes = [TrainingExample(np.full((frames, BINS), -50, np.float16), NOTES) for frames in (30, 130, 250)]
    data = TranscriptionData(takes, takes, TranscriptionOptions(batch=2, length=40, validation_seconds=seconds))
    assert data.validation_batches() == len(list(data.validation())) >= 1


def test_odd_windows_are_refused() -> None:
    with pytest.raises(UsageError):
        TranscriptionOptions(length=33)


def test_some_renders_are_without_pedal(folder: Path) -> None:
    write_midi(pedalled(), folder / "c.mid")
    takes = [
        rendered_example(str(folder / "c.mid"), RenderSettings(seconds=1.0, seed=seed), cache=folder / "cache")
        for seed in range(20)
    ]
    is_dry = [len(take.pedal) == 0 for take in takes]
    ends = [float(take.notes.offset[0]) for take in takes]
    assert 0 < sum(is_dry) < len(takes)
    assert all(end == pytest.approx(0.6 if dry else 0.7) for dry, end in zip(is_dry, ends, strict=True))


def test_folders_have_their_shares_of_the_windows() -> None:
    levels = [np.full((frames, BINS), -50 - number, np.float16) for number, frames in enumerate((400, 50, 50, 100))]
    takes = [TrainingExample(spectrum, NOTES) for spectrum in levels]
    folders = [frozenset({"x", "a"}), frozenset({"x", "b"}), frozenset({"x", "b"}), frozenset({"c"})]
    options = TranscriptionOptions(batch=4000, length=2, augment=False, shares="b=0.5, c=0.1")
    shown = TranscriptionData(takes, takes, options, folders=folders).batch(0, 0)["levels"][:, 0, 0]
    shares = [float((shown == -50 - number).float().mean()) for number in range(4)]
    assert shares == pytest.approx([0.4, 0.25, 0.25, 0.1], abs=0.03)
    by_length = TranscriptionData(takes, takes, TranscriptionOptions(batch=1, length=10), folders=folders)
    assert by_length.batches(0) == 60
    with pytest.raises(UsageError, match="no training file is below a folder 'd'"):
        TranscriptionData(takes, takes, TranscriptionOptions(shares="d=0.5"), folders=folders)
    with pytest.raises(UsageError, match="all training files have shares"):
        TranscriptionData(takes, takes, TranscriptionOptions(shares="x=0.5,c=0.1"), folders=folders)


@pytest.mark.parametrize("shares", ["teacher", "teacher=half", "=0.2", "a=0.6,b=0.5", "a=0", "a=1"])
def test_shares_that_are_none_are_refused(shares: str) -> None:
    with pytest.raises(UsageError, match="not folders with shares"):
        TranscriptionOptions(shares=shares)


def test_the_task_takes_recordings_and_renders_the_rest(folder: Path) -> None:
    train = [str(folder / name) for name in ("a.flac", "c.mid")]
    corpus = Corpus({"train": train, "validation": [str(folder / "b.flac")]}, [], folder / "cache")
    prepared = prepare(corpus, Options(length=20, render_seconds=0.5), family="cnn")
    assert isinstance(prepared.data, TranscriptionData) and len(prepared.data.train) == 2
    assert prepared.counts == {"train": 2, "validation": 1}
    assert prepared.model == {"bins": BINS} and prepared.config["spectrum"] == SETTINGS.described()


def test_recordings_and_performances_that_cannot_be_used_are_named_and_left_out(folder: Path) -> None:
    (folder / "a.flac").write_bytes((folder / "a.flac").read_bytes()[:100])
    (folder / "d.mid").write_bytes(b"MThd")
    write_midi(transcript(NOTES), folder / "e.mid")
    silence = TimedNotes(*(column[:0] for column in NOTES))
    write_midi(transcript(silence), folder / "f.mid")
    named: list[str] = []
    paths = [str(folder / name) for name in ("a.flac", "b.flac", "c.mid", "d.mid", "e.mid", "f.mid")]
    corpus = Corpus({}, paths, folder / "cache", reject=lambda error: named.append(error.fact.split("'")[1]))
    prepared = prepare(corpus, Options(length=20, render_seconds=0.5), family="cnn")
    assert named == [str(folder / name) for name in ("a.flac", "d.mid", "f.mid")]
    assert sum(prepared.counts.values()) == 2  # of the three pieces that are left one is for tests


def two_tempos() -> bytes:
    """A file of type 2 whose sequences, each a pedalled note, have different tempos."""
    note = [(0, b"\xb0\x40\x7f"), (0, b"\x90\x3c\x40"), (480, b"\x80\x3c\x40"), (0, b"\xb0\x40\x00")]
    tracks = [track_bytes([(0, b"\xff\x51\x03" + tempo), *note]) for tempo in (b"\x07\xa1\x20", b"\x0f\x42\x40")]
    return file_bytes(tracks, midi_format=2)


@pytest.mark.parametrize("beside", ["", "a.flac", "a.flac and a.tsv"])
def test_sequences_of_different_tempos_are_named_and_left_out(folder: Path, beside: str) -> None:
    """Rendered, as the notes of a recording, and as the pedal of one whose notes are in a table."""
    path = folder / ("a.mid" if beside else "d.mid")
    path.write_bytes(two_tempos())
    if beside == "a.flac":
        (folder / "a.tsv").unlink()
    errors: list[MaestrokitError] = []
    paths = [str(folder / "b.flac"), str(folder / "c.mid"), str(folder / "a.flac") if beside else str(path)]
    prepare(
        Corpus({}, paths, folder / "cache", reject=errors.append), Options(length=20, render_seconds=0.5), family=""
    )
    assert [error.fact.startswith(f"cannot learn from '{path}': its sequences") for error in errors] == [True]


def test_a_performance_of_drums_alone_has_no_notes(folder: Path) -> None:
    path = folder / "drums.mid"
    path.write_bytes(file_bytes([track_bytes([(0, b"\x99\x3c\x40"), (480, b"\x89\x3c\x40")])]))
    with pytest.raises(BadDataError, match=r"drums\.mid': it has no notes"):
        check_performance(str(path))


def test_takes_keep_their_order_though_pianos_are_read_one_by_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(folder / f"{number}.mid") for number in range(6)]
    for number, path in enumerate(paths):
        write_midi(transcript(NOTES._replace(pitch=NOTES.pitch + number)), Path(path))
    rendering = RenderSettings(("one", "other"), 0.5, 0)
    order: list[str] = []

    def recorded(path: str, rendering: RenderSettings, *, cache: Path) -> TrainingExample:
        order.append(piano_of(path, rendering))
        return TrainingExample(np.full((30, BINS), float(Path(path).stem), np.float16), NOTES)

    monkeypatch.setattr(transcription, "rendered_example", recorded)
    corpus = Corpus({"train": paths, "validation": paths[:1]}, [], folder / "cache")
    prepared = prepare(corpus, Options(length=20, pianos="one,other"), family="cnn")
    assert isinstance(prepared.data, TranscriptionData)
    assert [float(take.levels[:1][0, 0]) for take in prepared.data.train] == [0, 1, 2, 3, 4, 5]
    assert order[:6] == sorted(order[:6]) and set(order) == {"one", "other"}
    assert order[:6] == sorted(piano_of(path, rendering) for path in paths)
