"""No option without effect, and no dry run that writes: the table of ``option_effects`` is true and complete."""

import importlib.util
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import pytest
import soundfile
import torch

from command_line import CommandLine
from maestrokit import registry
from maestrokit.cli.declare import Cases
from maestrokit.cli.main import COMMANDS, command
from maestrokit.cli.parameters import marked
from maestrokit.errors import ExitStatus
from maestrokit.files import checkpoint
from maestrokit.files.atomic import write_folder
from maestrokit.files.midi.writer import write_midi
from maestrokit.files.note_tables import dump_notes
from maestrokit.models import contract, lstm, transformer
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.note_arrays import performance_from_arrays
from played_scores import saved_performer
from small_kits import answer_file, small_kit
from small_models import saved_classifier, saved_style_model, saved_transcriber


def loaded(path: Path):
    """Return a module of the tests that lies beside this one, or in another folder."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HERE = Path(__file__).parent
table = loaded(HERE / "option_effects.py")
corpora = loaded(HERE.parent / "training" / "corpora.py")
NAMES = registry.names(COMMANDS)
OPTIONS = [(name, str(parameter.name)) for name in NAMES for parameter in command(name).params]
CLOCKS = ("seconds", "batches_per_second")
RATE = 16000
OLDER = b'{"file":"take.mid"} newer than every input'  # an output that is there before
SEEN: "dict[tuple[str, str], Effect]" = {}


def performance(onset, offset, pitch, pedal=()):
    """Return a performance of notes in milliseconds, with the pedal down from the first to the second of two times."""
    times = np.array(pedal, np.int64)
    arrays = (np.asarray(column, np.int64) for column in (onset, offset, pitch, 64 + np.asarray(pitch) % 7))
    return performance_from_arrays(*arrays, pedal_tick=times, pedal_value=np.array([127, 0][: len(times)], np.int64))


def write_performances(place: Path) -> None:
    """Write performances that differ in one way each."""
    onset = np.arange(12) * 210 + 30
    pitch = 60 + np.arange(12) * 5 % 12
    write_midi(performance(onset, onset + 180, pitch), place / "take.mid")
    write_midi(performance(onset + 100, onset + 290, pitch), place / "other.mid")
    write_midi(performance(onset * 4, onset * 4 + 500, pitch), place / "long.mid")
    write_midi(performance(onset * 4, onset * 4 + 600, pitch), place / "longer.mid")
    write_midi(performance(onset, onset + 90, pitch, pedal=(0, 2500)), place / "pedal.mid")
    write_midi(performance([0, 100, 300], [250, 400, 500], [60, 60, 62]), place / "overlaps.mid")
    data = (place / "take.mid").read_bytes()
    (place / "broken.mid").write_bytes(data[:-12])
    corpora.write_takes(place / "takes", count=3, notes=12)
    corpora.write_takes(place / "several", count=7, notes=12)
    (place / "beats.txt").write_text("0.1\n0.6\n1.2\n1.7\n2.3\n")


def write_recordings(place: Path) -> None:
    """Write noise, whole and damaged, a tone with its notes, and a clap."""
    noise = np.random.default_rng(1).normal(0, 0.1, RATE // 2).astype(np.float32)
    soundfile.write(place / "noise.wav", noise, RATE)
    soundfile.write(place / "whole.flac", np.tile(noise, 8), RATE)
    data = (place / "whole.flac").read_bytes()
    (place / "cut.flac").write_bytes(data[: len(data) // 2])
    (place / "whole.flac").unlink()
    soundfile.write(place / "clap.wav", noise[:800] * np.linspace(1, 0, 800, dtype=np.float32), RATE)
    soundfile.write(place / "takes" / "0.wav", noise, RATE)
    (place / "takes" / "0.tsv").write_bytes(dump_notes(*(np.array([value]) for value in (0.05, 0.2, 69, 64))))
    (place / "samples").mkdir()
    tone = np.sin(np.arange(8000) / 8).astype(np.float32)
    soundfile.write(place / "samples" / "A4v8.ogg", np.stack([tone, tone], 1), RATE, format="OGG")


def write_listening_test(place: Path) -> None:
    """Write a listening kit, its key, the answers of two listeners, and a scale."""
    kit = small_kit()
    write_folder(place / "kit", kit.files)
    (place / "kit.key.json").write_text(json.dumps(kit.key))
    (place / "answers").mkdir()
    for number in range(2):
        (place / "answers" / f"{number}.json").write_text(json.dumps(answer_file(kit, number)))
    (place / "scales.toml").write_text('[[scale]]\nname = "emotion"\nquestion = "How much emotion?"\n')


def write_models(place: Path) -> None:
    """Write run folders of networks that nobody trained."""
    saved_transcriber(place / "transcriber", pedal=False)
    saved_transcriber(place / "pedal-transcriber", pedal=True)
    saved_classifier(place / "classifier")
    saved_style_model(place / "styles")
    saved_performer(place / "untrained")
    encoding = {"step_milliseconds": 10, "velocity_bins": 32, "pedal_events": False}
    size = {"vocabulary": Encoding().size, "width": 8, "layers": 1}
    for seed, (name, family) in enumerate(
        {"sequences": lstm, "others": lstm, "windows": transformer, "conditional": lstm}.items()
    ):
        torch.manual_seed(seed)
        more = {"heads": 1, "hidden": 8, "length": 8} if family is transformer else {}
        if name == "conditional":
            more = {"encoding": "notes", "conditions": "composer,density,loudness,tempo", "infill": True}
        model = contract.new_model(family, family.Config(**size, **more))
        for weights in model.parameters():
            torch.nn.init.normal_(weights, std=0.5)  # those that are 0 at first would predict all alike
        kind = family.__name__.rpartition(".")[2]
        config = {"family": kind, "task": "events", "encoding": encoding, "model": contract.settings_of(model.config),
                  "classes": {"composer": ["other", "Frédéric Chopin"]}}  # fmt: skip
        (place / name).mkdir()
        checkpoint.write_config(place / name, config)
        checkpoint.write_weights(place / name, model.state_dict())


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the table's command lines read."""
    place = tmp_path_factory.mktemp("effects")
    write_performances(place)
    write_recordings(place)
    write_models(place)
    write_listening_test(place)
    rows = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    for folder in ("root", "mixed"):
        (place / folder).mkdir()
    for name, composer, split in (("a", "Bach", "train"), ("b", "Chopin", "validation")):
        rows.append(f"{composer},{name},{split},2004,{name}.mid,{name}.wav,3")
        for folder in ("root", "mixed"):
            shutil.copy(place / "take.mid", place / folder / f"{name}.mid")
            shutil.copy(place / "noise.wav", place / folder / f"{name}.wav")
    (place / "root" / "maestro-v3.0.0.csv").write_text("\n".join(rows) + "\n")
    (place / "mixed" / "notes.doc").write_text("no music\n")
    for name in ("take.mid", "noise.wav"):
        (place / f"{name}.list").write_text(f"{name}\n")
        (place / f"{name}.list0").write_text(f"{name}\0")
    (place / "verbose.toml").write_text("verbose = 1\n")
    return place


@dataclass(frozen=True)
class Effect:
    """What a command line leaves behind, without what depends on the clock."""

    status: int
    out: bytes
    err: str
    files: tuple[tuple[str, bytes], ...]
    processes: frozenset[int]
    threads: int


class Observer:
    """Runs command lines in the workshop, each from the same state."""

    def __init__(self, maestrokit: CommandLine, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._maestrokit, self._place, self._processes = maestrokit, place, set[int]()
        monkeypatch.chdir(place)
        monkeypatch.setenv("XDG_CACHE_HOME", str(place / "out" / "home"))
        begin = joblib.Parallel.__init__

        def recorded(pool, n_jobs=None, **options):
            self._processes.add(n_jobs)
            begin(pool, n_jobs=1, **options)

        monkeypatch.setattr(joblib.Parallel, "__init__", recorded)

    def once(self, name: str, line: str) -> Effect:
        """Return the effect of a command line that many options start from."""
        if (name, line) not in SEEN:
            SEEN[name, line] = self(name, line)
        return SEEN[name, line]

    def __call__(self, name: str, line: str) -> Effect:
        """Run a command line; what it may write is new, or older outputs where it updates."""
        folder = self._place / "out"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for suffix in ("mid", "npz", "wav", "jsonl"):
            (folder / f"a.{suffix}").write_bytes(OLDER)
        self._processes.clear()
        torch.set_num_threads(1)
        done = self._maestrokit(name, *line.split())
        assert done.status != ExitStatus.BUG, done.err
        files = tuple((str(path.relative_to(folder)), content(path)) for path in sorted(folder.rglob("*")))
        err = re.sub(r"after \d+ s|seconds [\d.]+|batches_per_second \S+", "", done.err)
        return Effect(done.status, done.out, err, files, frozenset(self._processes), torch.get_num_threads())


def content(path: Path) -> bytes:
    """Return the bytes of a file, without those that depend on the clock."""
    if path.is_dir() or path.name in ("resume.safetensors", "lock", "tune.db", "t.db", "tune.json"):
        return b""
    if path.name != "log.jsonl":
        return path.read_bytes()
    records = map(json.loads, path.read_text().splitlines())
    return repr([{k: v for k, v in record.items() if k not in CLOCKS} for record in records]).encode()


@pytest.fixture
def observed(maestrokit: CommandLine, workshop: Path, monkeypatch: pytest.MonkeyPatch) -> Observer:
    return Observer(maestrokit, workshop, monkeypatch)


def test_the_table_has_every_option_of_every_command() -> None:
    assert {(name, option) for name, options in table.EFFECTS.items() for option in options} == set(OPTIONS)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_command_line_has_the_same_effect(observed: Observer, name: str) -> None:
    first, second = observed(name, table.USUAL[name]), observed(name, table.USUAL[name])
    assert first == second and first.status == 0


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=lambda word: word)
def test_an_option_changes_something(observed: Observer, name: str, option: str) -> None:
    without, with_it = table.lines(name, option)
    assert observed.once(name, without) != observed(name, with_it)


@pytest.mark.parametrize("name", NAMES)
def test_the_table_has_every_option_that_needs_others(name: str) -> None:
    run = registry.load(COMMANDS, name).run
    declared = {**marked(run, Cases), **run.__globals__.get("CASES", {})}
    assert {option for command_name, option in table.WITHOUT_EFFECT if command_name == name} == set(declared)


@pytest.mark.parametrize(("name", "option"), table.WITHOUT_EFFECT, ids=lambda word: word)
def test_a_typed_option_without_effect_is_an_error_and_a_variable_is_passed_over(
    observed: Observer, monkeypatch: pytest.MonkeyPatch, name: str, option: str
) -> None:
    line, words = table.WITHOUT_EFFECT[name, option]
    done = observed(name, f"{line} {words}")
    word, _, value = words.partition(" ")
    fact, hint = done.err.splitlines()
    assert done.status == ExitStatus.USAGE
    assert re.match(rf"maestrokit {name}: {word} (works only|has no effect) with .", fact)
    assert hint == "  " + table.HINTS.get((name, option), f"maestrokit {name} --help says what it means")
    variable = word.removeprefix("--").removeprefix("no-").replace("-", "_").upper()
    is_negative = word.startswith("--no-") or word == "--sets"
    without = observed.once(name, line)
    monkeypatch.setenv(f"MAESTROKIT_{name.upper()}_{'PAIRS' if word == '--sets' else variable}",
                       value or ("false" if is_negative else "true"))  # fmt: skip
    with_variable, marks = observed(name, line), marked(registry.load(COMMANDS, name).run, Cases)
    assert without.status == with_variable.status == 0
    if option not in marks or not marks[option].needs_facts:  # else the line of provenance was made before
        assert with_variable == without


@pytest.mark.parametrize("name", NAMES)
def test_a_dry_run_writes_nothing(observed: Observer, workshop: Path, name: str) -> None:
    effect = observed(name, f"{table.USUAL[name]} -n")
    assert effect.status == 0 and effect.out
    assert {data for _, data in effect.files} == {OLDER}
