import json

import numpy as np
import pytest
import soundfile

from maestrokit import features
from maestrokit.files.arrays import read_arrays
from maestrokit.files.sound.read import write_sound
from small_models import saved_classifier


def records(done):
    return [json.loads(line) for line in done.out.splitlines()]


def test_one_record_a_file_in_the_order_given(maestrokit, demo_folder):
    names = [str(demo_folder / f"{name}.mid") for name in ("satie-gymnopedie", "bach-prelude")]
    done = maestrokit("features", *names)
    assert (done.status, done.err) == (0, "")
    assert [record["file"] for record in records(done)] == names
    assert list(records(done)[0]) == ["file", *features.group_names("notes")]


def test_standard_input_gives_the_record_of_the_file(maestrokit, demo_folder):
    path = demo_folder / "bach-prelude.mid"
    piped = records(maestrokit("features", "-", stdin=path.read_bytes()))[0]
    assert piped.pop("file") == "-"
    named = records(maestrokit("features", path))[0]
    named.pop("file")
    assert piped == named


def test_groups_are_chosen(maestrokit, demo_folder):
    path = demo_folder / "bach-prelude.mid"
    assert list(records(maestrokit("features", path, "--groups", "pitch,key"))[0]) == ["file", "key", "pitch"]
    assert "chords" not in records(maestrokit("features", path, "--without", "chords"))[0]
    for wrong in ("--groups", "--without"):
        done = maestrokit("features", path, wrong, "colour")
        assert (done.status, done.out) == (2, b"")
        assert done.lines[0] == "maestrokit features: no group of descriptors is called 'colour'"


def test_table_has_the_same_columns_for_any_input(maestrokit, demo_folder, tmp_path):
    done = maestrokit("features", *sorted(demo_folder.glob("*.mid")), "--format", "tsv", "--without", "chords")
    header, *rows = [line.split("\t") for line in done.out.decode().splitlines()]
    assert header == ["file", *features.columns([name for name in features.group_names("notes") if name != "chords"])]
    assert len(rows) == 4
    assert {len(row) for row in rows} == {len(header)}
    target = tmp_path / "table.tsv"
    assert maestrokit("features", *sorted(demo_folder.glob("*.mid")), "-o", target, "--without", "chords").status == 0
    assert target.read_bytes() == done.out


def test_frames_go_to_one_file_or_a_folder(maestrokit, demo_folder, tmp_path):
    path = demo_folder / "bach-prelude.mid"
    assert maestrokit("features", path, "--frames", tmp_path / "a.npz", "--hop", "100ms").status == 0
    arrays, metadata = read_arrays(tmp_path / "a.npz")
    assert metadata["hop"] == 0.1
    assert metadata["provenance"][-1].startswith("maestrokit ")
    assert set(metadata["units"]) == set(arrays)
    assert arrays["velocity"].shape == (len(arrays["time"]), 88)
    into = ("--frames", ".npz", "-d", tmp_path / "all")
    done = maestrokit("features", *sorted(demo_folder.glob("*.mid")), *into, "--groups", "pedal")
    assert done.status == 0
    assert sorted(entry.name for entry in (tmp_path / "all").iterdir()) == sorted(
        f"{entry.stem}.npz" for entry in demo_folder.glob("*.mid")
    )
    assert len(records(done)) == 4


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (["--frames", "x.txt"], "cannot write series of frames as 'x.txt'"),
        (["--frames", "x.npy"], "cannot write series of frames as 'x.npy'"),
        (["--format", "xml"], "cannot write records as 'xml'"),
        (["-d", "x"], "--directory works only with --frames"),
    ],
)
def test_mistakes_are_named(maestrokit, demo_folder, arguments, fact):
    done = maestrokit("features", demo_folder / "bach-prelude.mid", *arguments)
    assert (done.status, done.out, done.lines[0]) == (2, b"", f"maestrokit features: {fact}")


def test_bad_files_are_reported_and_the_rest_is_done(maestrokit, demo_folder, tmp_path):
    bad = tmp_path / "bad.mid"
    bad.write_bytes(b"no")
    target = tmp_path / "out.jsonl"
    done = maestrokit("features", bad, demo_folder / "bach-prelude.mid", "-o", target, "--groups", "pitch")
    assert done.status == 65
    assert f"cannot read '{bad}'" in done.err
    assert len(target.read_text().splitlines()) == 1
    target.unlink()
    assert maestrokit("features", bad, "-o", target).status == 65
    assert not target.exists()


@pytest.mark.parametrize(("inputs", "options"), [(["bad"], []), (["good", "bad"], ["--no-keep-going"])])
def test_a_batch_that_fails_leaves_the_old_file_and_nothing_else(maestrokit, demo_folder, tmp_path, inputs, options):
    output, bad = tmp_path / "out" / "all.jsonl", tmp_path / "bad.mid"
    output.parent.mkdir()
    output.write_text("old\n")
    bad.write_bytes(b"no music")
    paths = {"bad": bad, "good": demo_folder / "bach-prelude.mid"}
    done = maestrokit("features", *(paths[name] for name in inputs), "--groups", "density", *options, "-o", output)
    assert done.status == 65
    assert output.read_text() == "old\n"
    assert list(output.parent.iterdir()) == [output]


def test_update_leaves_what_is_newer(maestrokit, demo_folder, tmp_path):
    target = tmp_path / "out.jsonl"
    arguments = ["features", *sorted(demo_folder.glob("*.mid")), "-u", "-o", target, "--groups", "density"]
    assert maestrokit(*arguments).status == 0
    kept = target.read_text() + "\n"
    target.write_text(kept)
    assert maestrokit(*arguments).status == 0
    assert target.read_text() == kept


@pytest.mark.parametrize("format", ["jsonl", "json", "tsv", "csv"])
def test_update_adds_what_the_table_lacks_though_it_is_older(maestrokit, demo_folder, tmp_path, format):
    first, second = sorted(demo_folder.glob("*.mid"))[:2]
    odd = tmp_path / 'a "b", c.mid'
    odd.write_bytes(second.read_bytes())
    target = tmp_path / f"out.{format}"
    arguments = ["-u", "-v", "-o", target, "--groups", "density"]
    assert maestrokit("features", first, *arguments).status == 0
    assert "0 of 2 inputs passed over" in maestrokit("features", first, odd, *arguments).err
    assert "2 of 2 inputs passed over" in maestrokit("features", first, odd, *arguments).err


@pytest.mark.parametrize("format", ["jsonl", "tsv"])
def test_update_leaves_out_what_is_no_longer_there(maestrokit, demo_folder, tmp_path, format):
    folder, target = tmp_path / "pieces", tmp_path / f"out.{format}"
    folder.mkdir()
    for path in sorted(demo_folder.glob("*.mid"))[:2]:
        (folder / path.name).write_bytes(path.read_bytes())
    arguments = ["features", folder, "-u", "-v", "-o", target, "--groups", "density"]
    assert maestrokit(*arguments).status == 0
    gone = min(folder.iterdir())
    gone.unlink()
    assert "0 of 1 input passed over" in maestrokit(*arguments).err
    assert gone.name not in target.read_text()
    assert "1 of 1 input passed over" in maestrokit(*arguments).err


def test_dry_run_names_what_would_be_read(maestrokit, demo_folder):
    done = maestrokit("features", *sorted(demo_folder.glob("*.mid")), "-n")
    assert done.out.decode().split() == sorted(str(path) for path in demo_folder.glob("*.mid"))


@pytest.fixture
def take(maestrokit, demo_folder, tmp_path):
    """A folder with a short performance and its recording."""
    data = (demo_folder / "satie-gymnopedie.mid").read_bytes()
    (tmp_path / "take.mid").write_bytes(data)
    seconds = np.arange(3 * 16000) / 16000
    tone = 0.2 * np.sin(2 * np.pi * 440 * seconds) * (1 - seconds % 0.5)
    write_sound(tmp_path / "take.flac", tone.astype(np.float32), sample_rate=16000)
    return tmp_path


def test_a_performance_and_its_recording_share_a_record(maestrokit, take):
    chosen = ("--groups", "pitch,audio_key,audio_f0")
    for inputs in ([take / "take.mid", take / "take.flac"], [take / "take.flac", take / "take.mid"], [take]):
        [record] = records(maestrokit("features", *inputs, *chosen))
        assert list(record) == ["file", "recording", "audio_f0", "audio_key", "pitch"]
        assert record["file"].endswith("take.mid")
        assert record["recording"].endswith("take.flac")
        assert record["audio_f0"]["median_pitch"] == pytest.approx(69, abs=0.05)


def test_a_recording_is_described_by_itself_and_from_standard_input(maestrokit, take):
    done = maestrokit("features", take / "take.flac", "--format", "tsv", "--without", "audio_chords")
    header, row = [line.split("\t") for line in done.out.decode().splitlines()]
    wanted = [name for name in features.group_names("audio") if name != "audio_chords"]
    assert header == ["file", *features.columns(wanted)]
    assert len(row) == len(header)
    chosen = ("--groups", "audio_loudness")
    piped = records(maestrokit("features", "-", *chosen, stdin=(take / "take.flac").read_bytes()))[0]
    assert piped["audio_loudness"] == records(maestrokit("features", take / "take.flac", *chosen))[0]["audio_loudness"]


def test_frames_of_a_pair_share_a_time_base(maestrokit, take):
    chosen = ("--groups", "pedal,audio_loudness", "--hop", "100ms")
    done = maestrokit("features", take, *chosen, "--frames", take / "all.npz")
    assert done.status == 0, done.err
    arrays, metadata = read_arrays(take / "all.npz")
    assert set(arrays) == set(metadata["units"]) >= {"time", "sustain", "audio_rms"}
    assert len({len(array) for array in arrays.values()}) == 1


def test_broken_recordings_are_reported(maestrokit, take):
    (take / "take.flac").write_bytes((take / "take.flac").read_bytes()[:200])
    done = maestrokit("features", take, "--groups", "pitch,audio_key")
    assert (done.status, done.out) == (65, b"")
    assert "take.flac" in done.lines[0]
    assert maestrokit("features", take / "take.flac", "--f0", "guess").status == 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("take.aiff", "AIFF"), ("take.AIF", "AIFF"), ("take.au", "AU"), ("take.w64", "W64"), ("take.caf", "CAF"),
        ("take.wave", "WAV"), ("take", "AIFF"), ("take.oga", "OGG"),
    ],
)  # fmt: skip
def test_a_recording_of_any_kind_is_known_by_name_by_content_and_through_a_pipe(maestrokit, tmp_path, name, kind):
    tone = 0.1 * np.sin(np.arange(8000) / 8)
    soundfile.write(tmp_path / name, tone, 8000, format=kind)
    arguments = ("--groups", "audio_loudness")
    by_name = maestrokit("features", tmp_path / name, *arguments)
    piped = maestrokit("features", "-", *arguments, stdin=(tmp_path / name).read_bytes())
    assert (by_name.status, piped.status) == (0, 0)
    loudness = [json.loads(done.out)["audio_loudness"] for done in (by_name, piped)]
    assert loudness[0] == loudness[1]
    assert loudness[0]["rms"] == pytest.approx(-23.0, abs=0.1)


def test_classes_are_described_by_a_model(maestrokit, demo_folder, tmp_path):
    model, take = saved_classifier(tmp_path / "model"), demo_folder / "bach-prelude.mid"
    done = maestrokit("features", take, "--groups", "key", "--classes", model)
    record = records(done)[0]
    assert (done.status, list(record)) == (0, ["file", "classes", "key"])
    assert {part["name"] for part in record["classes"]["all"]} == {"march", "tango", "waltz"}
    table = maestrokit("features", take, "--groups", "classes", "--classes", model, "--format", "tsv").out.decode()
    assert table.splitlines()[0].split("\t")[:3] == ["file", "classes.name", "classes.probability"]
    frames = tmp_path / "a.npz"
    assert maestrokit("features", take, "--groups", "key", "--classes", model, "--frames", frames).status == 0
    assert read_arrays(frames)[0]["class_probability"].shape[1] == 3


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (["--groups", "classes"], "the group 'classes' needs a model"),
        (["--classes", "nobody"], "no model 'nobody'"),
        (["--classes", "lstm"], "cannot use 'lstm': an lstm that does not classify"),
    ],
)
def test_classes_need_a_model_that_classifies(maestrokit, demo_folder, arguments, fact):
    done = maestrokit("features", demo_folder / "bach-prelude.mid", *arguments)
    assert done.out == b"" and fact in done.lines[0]
    assert len(done.lines) == 2


@pytest.fixture
def noise(tmp_path):
    """A recording of two seconds of noise."""
    samples = np.random.default_rng(0).normal(0, 0.1, 32000).astype(np.float32)
    write_sound(tmp_path / "a.wav", samples, sample_rate=16000)
    return tmp_path / "a.wav"


def test_classes_of_recordings_are_described_by_a_model_that_reads_them(maestrokit, tmp_path, noise):
    model = saved_classifier(tmp_path / "model", input="mel")
    chosen = ("--groups", "classes", "--classes", model)
    [record] = records(maestrokit("features", noise, *chosen))
    assert sum(part["probability"] for part in record["classes"]["all"]) == pytest.approx(1, abs=1e-5)
    assert [(part["start"], part["end"]) for part in record["classes"]["excerpts"]] == [(0, 2)]
    [piped] = records(maestrokit("features", "-", *chosen, stdin=noise.read_bytes()))
    assert piped["classes"] == record["classes"]
    write_sound(tmp_path / "silence.wav", np.zeros(16000, np.float32), sample_rate=16000)
    [silent] = records(maestrokit("features", tmp_path / "silence.wav", *chosen))
    assert silent["classes"] == {"name": None, "probability": None, "confidence": None, "all": [], "excerpts": []}


@pytest.mark.parametrize(("input", "reads"), [("rolls", "performances"), ("mel", "recordings")])
def test_what_a_model_of_classes_does_not_read_is_refused_in_one_line(
    maestrokit, demo_folder, tmp_path, noise, input, reads
):
    model = saved_classifier(tmp_path / "model", input=input)
    source = noise if input == "rolls" else demo_folder / "bach-prelude.mid"
    done = maestrokit("features", source, "--classes", model)
    assert (done.status, done.out, len(done.lines)) == (2, b"", 2)
    assert done.lines[0].endswith(f"--classes is a model that reads {reads}, and there are none")
    piped = maestrokit("features", "-", "--groups", "classes", "--classes", model, stdin=source.read_bytes())
    assert (piped.status, piped.out) == (2, b"") and piped.lines[0].endswith(f"is a model that reads {reads}")


@pytest.mark.parametrize(("input", "reads"), [("rolls", "performances"), ("mel", "recordings")])
def test_a_note_says_which_of_several_inputs_have_no_classes(maestrokit, demo_folder, tmp_path, noise, input, reads):
    model, take = saved_classifier(tmp_path / "model", input=input), demo_folder / "bach-prelude.mid"
    chosen = ("--groups", "classes,pitch,audio_loudness", "--classes", model)
    done = maestrokit("features", noise, take, *chosen)
    assert (done.status, done.lines) == (0, [f"note: --classes reads {reads}, so 1 of 2 inputs get no classes"])
    has_classes = {record["file"]: "classes" in record for record in records(done)}
    assert has_classes == {str(noise): input == "mel", str(take): input == "rolls"}
    assert maestrokit("features", noise, take, *chosen, "-q").lines == []
    noise.rename(noise.with_name("take.wav"))
    (tmp_path / "take.mid").write_bytes(take.read_bytes())
    with_performance = maestrokit("features", tmp_path / "take.mid", tmp_path / "take.wav", *chosen)
    assert with_performance.lines == [] and "classes" in records(with_performance)[0]


def test_what_speaks_for_the_class_of_a_recording_is_drawn(maestrokit, tmp_path, noise):
    pytest.importorskip("matplotlib")
    chosen = (noise, "--groups", "audio_loudness", "--chords", "chroma")
    model = saved_classifier(tmp_path / "model", input="mel")
    for name, words in (("plain", ()), ("classes", ("--classes", model))):
        assert maestrokit("features", *chosen, *words, "--plot", tmp_path / f"{name}.svg").status == 0
    plain, classes = ((tmp_path / f"{name}.svg").read_text() for name in ("plain", "classes"))
    assert "for the class" in classes and "for the class" not in plain
