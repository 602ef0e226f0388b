"""Models of notes that nobody trained, notes for them, and what holds for all that they make."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from maestrokit.files import checkpoint
from maestrokit.inference.generation.events import GenerationConfig
from maestrokit.inference.generation.notes import LONGEST_NOTE, LONGEST_SILENCE
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.note_models.batches import padded
from maestrokit.inference.note_models.steps import NoteStep
from maestrokit.models import lstm, transformer
from maestrokit.models.contract import new_model, settings_of
from maestrokit.music.edits.infill import Gap
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.key_state import NEVER, EndGroups
from maestrokit.music.encodings.notes import excerpt
from maestrokit.music.encodings.step_notes import NO_NOTES, reconciled
from maestrokit.music.performance import Controls

FAMILIES = {
    "transformer": (transformer, transformer.Config(width=16, layers=2, heads=2, hidden=24, length=64, dropout=0.0,
                                                    encoding="notes")),
    "lstm": (lstm, lstm.Config(width=16, layers=2, dropout=0.0, encoding="notes")),
}  # fmt: skip
EACH = pytest.mark.parametrize("family", FAMILIES)
ENCODING = Encoding()
UNCUT = Gap(None, NO_NOTES, NO_NOTES, 0, 300)  # at whose end no note is cut
PEDALLED = NoteSampling(time_bias=-1.0)


def model(family, *, is_new=False):
    torch.manual_seed(0)
    network = new_model(*FAMILIES[family]).eval()
    for weight in network.parameters() if not is_new else ():  # outputs start at zero, which would hide everything
        torch.nn.init.normal_(weight, std=0.2)
    return network


def notes(count, seed=0):
    generator = np.random.default_rng(seed)
    onset = np.cumsum(generator.integers(0, 12, count))
    offset = np.where(generator.random(count) < 0.6, (onset // 40 + 1) * 40, onset + generator.integers(1, 60, count))
    return reconciled(onset, offset, generator.integers(30, 90, count), generator.integers(0, 32, count))


def batch_of(part):
    """Return all notes of a performance as a batch."""
    return padded([excerpt(part, 0, len(part.pitch) + 1, ENCODING)])


def saved(folder, network, family, **config):
    folder.mkdir()
    config = {"family": family, "task": "events", "model": settings_of(network.config) | {"vocabulary": ENCODING.size},
              "encoding": {"step_milliseconds": 10, "velocity_bins": 32, "pedal_events": False}} | config  # fmt: skip
    checkpoint.write_config(folder, config)
    checkpoint.write_weights(folder, network.state_dict())
    return folder


def stepped_logits(step: NoteStep, part) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Yield each place of a performance with the logits of its factors, a model being told one note after another."""
    inputs, targets = excerpt(part, 0, len(part.pitch) + 1, ENCODING)
    heads = step.heads
    for place in range(len(part.pitch)):
        states = step(type(inputs)(*(column[place : place + 1] for column in inputs)))
        at = {name: column[place : place + 1] for name, column in targets._asdict().items()}
        logits = {"time": heads.time(states)}
        states = heads.after_time(states, at["time"], at["sounding"])
        logits["pitch"], context = heads.pitch(states, inputs.keys[place : place + 1], at["sounding"])
        states = heads.after_pitch(states, at["pitch"], context)
        logits["velocity"] = heads.velocity(states)
        groups = EndGroups(np.where(at["present"], 1, NEVER), at["groups"])
        logits["duration"] = heads.duration(states, at["velocity"], groups)
        yield place, logits


def pedal(down, up):
    """Return the controls of a pedal that goes down and up at two ticks."""
    nothing = np.zeros(2, np.int64)
    order = np.array([1000, 1001])
    return Controls(np.array([down, up]), nothing + 64, np.array([127, 0]), nothing, nothing, order)


def check_valid(part):
    """Assert that notes are those of a piano: sorted, of its keys, none while its key sounds, none too long."""
    again = reconciled(*part)
    assert all(np.array_equal(column, other) for column, other in zip(part, again, strict=True))
    assert np.all((part.pitch >= 21) & (part.pitch <= 108))
    assert np.all(part.offset - part.onset <= round(LONGEST_NOTE / ENCODING.step))
    ends = np.maximum.accumulate(part.offset)[:-1]
    assert np.all(part.onset[1:] - ends <= round(LONGEST_SILENCE / ENCODING.step))


def in_ticks(performance, division, beats_per_minute):
    """Return a performance of ticks of a millisecond with others."""
    length = 60_000 / beats_per_minute / division  # of a tick, in milliseconds
    part, controls = performance.notes, performance.controls
    onset = np.rint(part.onset_tick / length).astype(np.int64)
    offset = np.maximum(np.rint(part.offset_tick / length).astype(np.int64), onset + 1)
    return performance.replace(
        division=division,
        tempos=performance.tempos.replace(microseconds_per_beat=np.array([round(6e7 / beats_per_minute)])),
        notes=part.replace(onset_tick=onset, offset_tick=offset),
        controls=controls.replace(tick=np.rint(controls.tick / length).astype(np.int64)),
        track_end_tick=np.array([int(offset.max())]),
    )


def both_ways(make):
    """Return what is made with a pedal and without."""
    return (make(GenerationConfig(8.0, 1, 3, pedal=way, note_sampling=PEDALLED))[0] for way in ("cc64", "extend"))
