"""Every number that can be given on a command line: it does what the manual says, or ends with 2 and one sentence.

Options are found in the commands and settings in their dataclasses, so a new one is tried without being named here.
"""

import importlib.util
from itertools import count
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
import torch

from maestrokit import registry
from maestrokit.bounds import Within, within_of
from maestrokit.cli.declare import TIME
from maestrokit.cli.main import COMMANDS, command
from maestrokit.cli.parameters import _annotations, bounds_of
from maestrokit.files import checkpoint
from maestrokit.files.atomic import write_folder
from maestrokit.files.note_tables import dump_notes
from maestrokit.files.sound.read import write_sound
from maestrokit.models import contract, lstm
from maestrokit.music.encodings.events import Encoding
from maestrokit.training.settings import TrainingSettings
from maestrokit.training.task import load_task
from played_scores import saved_performer
from small_kits import small_kit
from small_models import saved_style_model, saved_transcriber

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).parents[1] / "training" / "corpora.py")
corpora = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpora)

LONG_TIMES = ("1e300s", "1e400s", "1" + 5000 * "0" + "s", "1s..1e400s")
VALUES = ("-1", "0", "nan", "inf", "1e300", "1" + 300 * "0", "word")
# What options of these stand for is no number. A new name is tried as one, until it is added here.
TEXTS = {"FILE", "FILE.toml", "FILE|track", "DIR", "PATH", "NAME", "NAMES", "KIND", "WAY", "KEY", "URL", "ADDRESS",
         "COLUMN=TEXT", "RUN", "NAME|RUN", "WAY|RUN", "NAME=VALUE", "NAME=PATH|MODEL", "COMPOSER", "STYLE",
         "SCORE", "TAKE", "PARTS"}  # fmt: skip
NAMED = {"METRIC=VALUE": "onset_f1=", "NAME=VALUES": "onset_threshold="}  # before the number
NONE, ANY = Within(1, 0), Within(-1e301, 1e301)
# Where numbers alone may lie in options that take a text; NONE where they are no more than a part of one.
TEXT_BOUNDS = {
    ("evaluate", "fail_under"): ANY,
    ("evaluate", "fail_over"): ANY,
    ("evaluate", "sweep"): Within(0, 1, above=True, below=True),
    ("generate", "duration"): NONE,
    ("generate", "infill"): NONE,
    ("generate", "loudness"): Within(0, 1e301, above=True),
    ("quantize", "step"): NONE,
    ("quantize", "grid"): Within(0, 1, above=True),
    ("quantize", "normalize_velocity"): NONE,
    ("render", "room"): NONE,
    ("train", "time_limit"): NONE,
    ("transcribe", "tempo"): Within(0, 1000, above=True),
    ("transcribe", "tuning"): Within(380, 470),
    ("transpose", "range_"): NONE,
    ("transpose", "augment"): Within(-127, 127),
}
STEP = "-o {run} --cache cache --steps 1 --batch 2 --length 8"
TRAININGS = {
    "lstm": f"lstm takes {STEP} --set width=8 --set layers=1",
    "transformer": f"transformer takes {STEP} --set width=8 --set layers=1 --set heads=2 --set hidden=8",
    "gan": f"gan takes {STEP} --set width=8 --set layers=1 --set heads=2 --set hidden=8 --set discriminator_channels=2 "
    "--set discriminator_depth=1 --set validation_windows=2",
    "cnn": f"cnn sounds {STEP} --set channels=2 --set depth=1",
}
PERFORM = "--perform take.mid --model untrained -o out.mid"
LINES = {
    "quantize": "take.mid --grid none -o out.mid",
    "transpose": "take.mid -o out.mid",
    "melspec": "tone.wav -o out.npz",
    "features": "tone.wav --groups audio_loudness -o out.jsonl",
    "generate": "take.mid --model sequences --duration 1s -o out.mid",
    "transcribe": "tone.wav --model transcriber -o out.mid",
    "evaluate": "take.mid --reference other.mid -o out.tsv",
    "render": "take.mid --sample-rate 8000 -o out.wav",
    "train": TRAININGS["lstm"],
}
# Options that have an effect with others only.
WITH = {
    **{("melspec", name): "--spectrum cqt" for name in ("bins", "bins_per_octave", "gamma")},
    ("melspec", "copies"): "--gain 1..2",
    ("melspec", "seed"): "--gain 1..2",
    ("features", "hop"): "--frames frames.npz",
    ("train", "tune"): "--seed 1",
}
INSTEAD = {
    **{("quantize", name): "take.mid --grid 1/16 -o out.mid" for name in ("strength", "swing")},
    ("evaluate", "limit"): "take.mid --model sequences -o out.tsv",
    ("evaluate", "stride"): "take.mid --model sequences -o out.tsv",
    ("evaluate", "sweep"): "takes/a.wav --model transcriber -o out.tsv",
    ("evaluate", "port"): "--serve kit -n",
    ("generate", "style_strength"): "take.mid --model styles --style pop -o out.mid",
    **{("generate", name): "--model conditional --duration 1s -o out.mid" for name in ("density", "loudness")},
    ("generate", "guidance"): "--model conditional --duration 1s --density 4 -o out.mid",
    **{("generate", name): PERFORM for name in ("tempo", "rubato", "dynamics")},
}


def is_number(parameter):
    """Return whether an option takes a number, or a text of numbers."""
    if getattr(parameter, "is_flag", False) or getattr(parameter, "count", False) or parameter.opts[0][0] != "-":
        return False
    return parameter.bare_type() in (int, float) or parameter.metavar not in TEXTS


def kinds(family):
    """Return the dataclasses whose fields are settings of a family."""
    module = contract.family(family)
    return (TrainingSettings, load_task(module.TASKS[0]).Options, contract.network(module, "").Config)


def numbers_of(kind):
    """Return the names of a dataclass's fields that hold numbers."""
    return [name for name, hint in get_type_hints(kind).items() if hint in (int, float, int | None, float | None)]


OPTIONS = [(name, parameter) for name in registry.names(COMMANDS) for parameter in command(name).params
           if is_number(parameter)]  # fmt: skip


def setting_within(family, name):
    """Return where a setting of a family may lie."""
    return next(
        within_of(hints[name]) for kind in kinds(family) if name in (hints := get_type_hints(kind, include_extras=True))
    )


def is_time(name, option):
    """Return whether an option takes times."""
    hint = dict(_annotations(registry.load(COMMANDS, name).run))[option]
    return TIME in getattr(hint, "__metadata__", ())


def within(name, option):
    """Return where the number of an option may lie, as it is declared, or as the manual says of texts."""
    declared = bounds_of(registry.load(COMMANDS, name).run).get(option)
    if declared is None and name == "train" and option in [*numbers_of(TrainingSettings), "batch", "length", "dropout"]:
        return setting_within("lstm", option)
    allowed = TEXT_BOUNDS[name, option] if declared is None else declared
    if is_time(name, option) and not option.endswith("seconds"):
        return Within(0, 0) if 0 in allowed else NONE  # without a unit
    return allowed


def line_for(name, option):
    """Return a command line on which an option has an effect."""
    return INSTEAD.get((name, option), f"{LINES[name]} {WITH.get((name, option), '')}")


SETTINGS = [(family, name) for family in contract.families() for kind in kinds(family) for name in numbers_of(kind)]
CASES = [
    *((name, line_for(name, p.name), f"{p.opts[0]}={NAMED.get(p.metavar, '')}", within(name, p.name))
      for name, p in OPTIONS),
    *(("train", TRAININGS[family], f"--set={name}=", setting_within(family, name)) for family, name in SETTINGS),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The inputs of all commands, as short as may be."""
    place = tmp_path_factory.mktemp("numbers")
    corpora.write_takes(place / "takes", count=2, notes=12)
    for name, source in (("take", "0"), ("other", "1")):
        (place / f"{name}.mid").write_bytes((place / "takes" / f"{source}.mid").read_bytes())
    tone = 0.1 * np.sin(2 * np.pi * 440 / 16000 * np.arange(4800)).astype(np.float32)
    note = [np.array([value]) for value in (0.05, 0.2, 69, 64)]
    (place / "sounds").mkdir()
    for name in ("tone", "takes/a", "sounds/a", "sounds/b"):
        write_sound(place / f"{name}.wav", tone, sample_rate=16000)
        (place / f"{name}.tsv").write_bytes(dump_notes(*note))
    saved_transcriber(place / "transcriber", pedal=True)
    saved_style_model(place / "styles")
    corpora.write_takes(place / "other", count=2, notes=12)
    write_folder(place / "kit", small_kit().files)
    saved_performer(place / "untrained")
    encoding = {"step_milliseconds": 10, "velocity_bins": 32, "pedal_events": False}
    of_notes = {"encoding": "notes", "conditions": "density,loudness"}
    for name, more in (("sequences", {}), ("conditional", of_notes)):
        torch.manual_seed(0)
        model = contract.new_model(lstm, lstm.Config(vocabulary=Encoding().size, width=8, layers=1, **more))
        (place / name).mkdir()
        about = {"family": "lstm", "task": "events", "encoding": encoding, "model": contract.settings_of(model.config)}
        checkpoint.write_config(place / name, about)
        checkpoint.write_weights(place / name, model.state_dict())
    return place


RUNS = count()


@pytest.mark.parametrize(
    ("name", "line", "start", "bounds"),
    CASES,
    ids=["-".join((name, line.split()[0], start.strip("-="))) for name, line, start, _ in CASES],
)
def test_a_number_does_what_the_manual_says_or_is_refused(maestrokit, folder, monkeypatch, name, line, start, bounds):
    monkeypatch.chdir(folder)
    for value in VALUES:
        done = maestrokit(name, *line.format(run=f"run{next(RUNS)}").split(), start + value)
        said = f"{name} {start}{value[:9]}: {done.status} {done.err}"
        status = 0 if value != "word" and float(value) in bounds else 2
        expected = {status, 1} if start.startswith("--fail") and not status else {status}  # a limit may fail
        assert done.status in expected, said
        if done.status == 2:
            assert len(done.lines) <= 2 and done.lines[0].startswith(f"maestrokit {name}: "), said


@pytest.mark.parametrize(
    ("name", "option"),
    [(name, p) for name, p in OPTIONS if is_time(name, p.name)],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_time_that_no_number_holds_is_refused(maestrokit, folder, monkeypatch, name, option):
    monkeypatch.chdir(folder)
    for value in LONG_TIMES:
        line = line_for(name, option.name).replace("--duration 1s", "").format(run=f"run{next(RUNS)}")
        done = maestrokit(name, *line.split(), f"{option.opts[0]}={value}")
        said = f"{name} {option.opts[0]}={value[:9]}: {done.status} {done.err[:200]}"
        assert done.status == 2 and len(done.lines) <= 2, said
        assert done.lines[0].startswith(f"maestrokit {name}: "), said


def test_every_number_of_an_option_or_a_setting_says_where_it_may_lie():
    settings = {name for family, name in SETTINGS}
    for name, parameter in OPTIONS:
        if parameter.bare_type() in (int, float):
            declared = bounds_of(registry.load(COMMANDS, name).run)
            assert parameter.name in declared or (name == "train" and parameter.name in settings), parameter.opts
    for family in contract.families():
        for kind in kinds(family):
            hints = get_type_hints(kind, include_extras=True)
            assert all(within_of(hints[name]) is not None for name in numbers_of(kind)), kind
