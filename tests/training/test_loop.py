"""One loop trains every family, and goes on exactly however it was stopped."""

import importlib.util
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.errors import BadDataError, LockedError, UsageError
from maestrokit.files import checkpoint
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.models import cnn, lstm, transformer
from maestrokit.training import loop
from maestrokit.training.data.events import EventData, EventOptions
from maestrokit.training.device import DistributedContext
from maestrokit.training.loop import Training
from maestrokit.training.optimizers import Optimizers, orthogonalized
from maestrokit.training.settings import TrainingSettings

_spec = importlib.util.spec_from_file_location("toys", Path(__file__).with_name("toys.py"))
toys = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(toys)

CPU = DistributedContext(torch.device("cpu"))


def shard(seed, pieces=3, events=160):
    generator = np.random.default_rng(seed)
    rows = [np.concatenate([[388], np.tile(generator.integers(30, 80, 8), events // 8), [389]]) for _ in range(pieces)]
    return TokenShard(np.concatenate(rows).astype(np.uint16), np.cumsum([0, *map(len, rows)]))


def event_training(folder, family="transformer", **changes):
    torch.manual_seed(7)
    if family == "transformer":
        model = transformer.Model(transformer.Config(width=16, layers=1, heads=2, hidden=32, length=16, dropout=0.1))
    else:
        model = lstm.Model(lstm.Config(width=16, layers=2, dropout=0.1))
    options = EventOptions(encoding="events", batch=2, length=16, validation_tokens=64)
    data = EventData(shard(1), shard(2), options, carries_state=family == "lstm")
    values = {"steps": 12, "validate_every": 5, "log_every": 3, "warmup_steps": 2, "learning_rate": 0.01, **changes}
    folder.mkdir(exist_ok=True)
    return Training(model, data, TrainingSettings(**values), folder=folder, context=CPU)


def weights(folder):
    return checkpoint.read_resume(folder)[0]


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("changes", [{}, {"optimizer": "muon", "ema_decay": 0.9, "accumulate": 2}])
@pytest.mark.parametrize("family", ["transformer", "lstm"])
def test_a_stopped_training_ends_with_the_weights_of_one_never_stopped(tmp_path, family, changes):
    event_training(tmp_path / "whole", family, **changes).run()
    first = event_training(tmp_path / "parts", family, **changes)
    first.report = lambda record: first.note_signal(signal.SIGTERM) if record["step"] == 6 else None
    assert first.run().reason == "signal"
    second = event_training(tmp_path / "parts", family, **changes)
    second.resume()
    assert second.progress.step == 6
    assert second.run().reason == "steps"
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    assert same(checkpoint.read_weights(tmp_path / "whole"), checkpoint.read_weights(tmp_path / "parts"))
    logs = [
        [
            {k: v for k, v in record.items() if k not in ("seconds", "batches_per_second")}
            for record in checkpoint.read_log(tmp_path / name)
        ]
        for name in ("whole", "parts")
    ]
    assert logs[0][-1] == logs[1][-1]


def test_training_killed_anywhere_goes_on_to_the_same_weights(tmp_path):
    """The log may have run ahead of the saved state: what it said beyond is said again."""
    event_training(tmp_path / "whole").run()
    cut = event_training(tmp_path / "cut", save_every=0.0)

    def die(record):
        if record["step"] == 9:
            raise RuntimeError("killed")

    cut.report = die
    with pytest.raises(RuntimeError, match="killed"):
        cut.run()
    again = event_training(tmp_path / "cut")
    again.resume()
    again.run()
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "cut"))
    assert [r["step"] for r in checkpoint.read_log(tmp_path / "cut")] == [
        r["step"] for r in checkpoint.read_log(tmp_path / "whole")
    ]


def test_batches_to_validate_on_are_counted_without_being_made(tmp_path, monkeypatch):
    monkeypatch.setattr(EventData, "validation", None)
    assert event_training(tmp_path).data.validation_batches() >= 1


@pytest.mark.parametrize("carries_state", [False, True])
@pytest.mark.parametrize("tokens", [1, 64, 90, 10_000])
def test_as_many_batches_are_validated_on_as_are_counted(carries_state, tokens):
    options = EventOptions(encoding="events", batch=2, length=16, validation_tokens=tokens)
    data = EventData(shard(1), shard(2), options, carries_state=carries_state)
    assert data.validation_batches() == len(list(data.validation())) >= 1


@pytest.mark.parametrize("family", ["transformer", "lstm"])
def test_a_tiny_set_is_learnt_by_heart(tmp_path, family):
    options = EventOptions(encoding="events", batch=3, length=16, transpose=0, stretch=0.0)
    pieces = shard(1, events=80)
    model = (
        transformer.Model(transformer.Config(width=32, layers=1, heads=2, hidden=64, length=16, dropout=0.0))
        if family == "transformer"
        else lstm.Model(lstm.Config(width=32, layers=1, dropout=0.0))
    )
    data = EventData(pieces, pieces, options, carries_state=family == "lstm")
    settings = TrainingSettings(steps=100, learning_rate=0.02, warmup_steps=5, validate_every=100)
    training = Training(model, data, settings, folder=tmp_path, context=CPU)
    training.run()
    assert training.progress.best < 0.45


def test_two_players_take_turns(tmp_path):
    torch.manual_seed(0)
    model = toys.ToyPlayers()
    start = model.score(next(toys.NumberData().validation()), {})[0]["loss"][0]
    settings = TrainingSettings(steps=120, learning_rate=0.1, warmup_steps=0, validate_every=40, max_grad_norm=0.0)
    training = Training(model, toys.NumberData(), settings, folder=tmp_path, context=CPU)
    training.run()
    assert start > 2
    assert training.progress.best < 0.5


def test_a_step_of_one_player_leaves_the_other_alone(tmp_path):
    model = toys.ToyPlayers()
    training = Training(model, toys.NumberData(), TrainingSettings(weight_decay=0.0), folder=tmp_path, context=CPU)
    before = [weight.clone() for weight in model.discriminator.parameters()]
    training.optimizers.backward_and_step("generator", model.discriminator(model.generator(torch.randn(4, 2))).mean())
    assert all(torch.equal(*pair) for pair in zip(before, model.discriminator.parameters(), strict=True))


def test_convolutions_over_spectra_learn(tmp_path):
    torch.manual_seed(0)
    training = Training(
        toys.ToyConvolutions(),
        toys.RollData(),
        folder=tmp_path,
        context=CPU,
        settings=TrainingSettings(steps=80, learning_rate=0.1, validate_every=20, watch="accuracy", ema_decay=0.5),
    )
    training.run()
    assert -training.progress.best > 0.98


def validated_steps(folder):
    return [record["step"] for record in checkpoint.read_log(folder) if record["part"] == "validation"]


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({"steps": 45, "validate_every": 1}, [20, 40, 45]),
        ({"steps": 45, "validate_every": 0}, [20, 40, 45]),  # tenths of the steps
        ({"steps": 45, "validate_every": 30}, [30, 45]),
        ({"steps": 25, "validate_every": 1, "accumulate": 2}, [10, 20, 25]),
        ({"steps": 5, "validate_every": 0}, [5]),
        ({"steps": 5, "validate_every": 1}, [5]),
    ],
)
def test_at_most_one_batch_is_validated_on_for_ten_learned_from(tmp_path, changes, steps):
    """A validation has two batches here; the last step is validated in any case."""
    event_training(tmp_path, **changes).run()
    assert validated_steps(tmp_path) == steps


def test_a_validation_that_waits_is_made_at_the_same_step_after_a_stop(tmp_path):
    changes = {"steps": 30, "validate_every": 9}
    first = event_training(tmp_path, **changes)
    first.report = lambda record: first.note_signal(signal.SIGTERM) if record["step"] == 12 else None
    assert first.run().reason == "signal"
    second = event_training(tmp_path, **changes)
    second.resume()
    second.run()
    assert validated_steps(tmp_path) == [20, 30]


def test_time_that_is_up_at_once_leaves_one_validation(tmp_path):
    event_training(tmp_path, steps=None, time_limit=1e-6, validate_every=0).run()
    assert validated_steps(tmp_path) == [1]


def test_a_score_that_the_model_does_not_give_is_refused_before_the_first_step(tmp_path):
    with pytest.raises(UsageError, match="no score 'nosuch'") as caught:
        event_training(tmp_path, watch="nosuch")
    assert caught.value.hint == "scores: accuracy, loss"


def test_training_ends_when_nothing_improves(tmp_path):
    training = event_training(tmp_path, steps=None, patience=2, learning_rate=1e-9, validate_every=1)
    training.run()
    assert training.run().reason == "patience"


@pytest.mark.parametrize(("patience", "reason", "step"), [({}, "patience", 11), ({"patience": 0}, "steps", 14)])
def test_training_ends_early_unless_patience_is_0(tmp_path, patience, reason, step):
    training = event_training(tmp_path, steps=14, validate_every=1, validation_share=0.0, **patience)
    training.model.score = lambda batch, recurrent_state: ({"loss": (1.0, 1.0)}, {})  # never improves on the first
    assert training.run().reason == reason and training.progress.step == step


def test_training_ends_when_the_time_is_up(tmp_path):
    assert event_training(tmp_path, steps=None, time_limit=0.05).run().reason == "time"


def test_optimizers_are_restored_to_the_memory_layout_of_their_weights(tmp_path):
    """A fused step reads weights and moments as they lie in memory, not by their indices."""
    weights = []
    for is_restored in (False, True):
        torch.manual_seed(0)
        model = toys.ToyConvolutions()
        for layer in (model.network[0], model.network[3]):
            layer.weight.data = torch.randn(4, 4, 3, 3).contiguous(memory_format=torch.channels_last)
        optimizers = Optimizers(model, TrainingSettings(learning_rate=0.1), CPU)
        for step in range(4):
            loss = sum((p * torch.linspace(-1, 1, p.numel()).view_as(p)).square().sum() for p in model.parameters())
            optimizers.backward_and_step("model", loss * (step + 1))
            if is_restored:
                optimizers.restore({name: value.contiguous().clone() for name, value in optimizers.saved().items()})
        weights.append(model.network[0].weight.detach().clone())
    assert torch.equal(*weights)


def test_both_betas_of_adam_are_settings():
    settings = TrainingSettings(adam_beta1=0.5, adam_beta2=0.99)
    optimizers = Optimizers(toys.ToyPlayers(), settings, CPU).optimizers.values()
    assert {group["betas"] for optimizer in optimizers for group in optimizer.param_groups} == {(0.5, 0.99)}


def test_another_training_cannot_be_resumed(tmp_path):
    event_training(tmp_path, steps=1).run()
    with pytest.raises(BadDataError, match="cannot resume"):
        event_training(tmp_path, "lstm").resume()


def test_a_run_folder_is_held_by_one(tmp_path):
    with (
        checkpoint.locked(tmp_path / "run"),
        pytest.raises(LockedError, match="in use"),
        checkpoint.locked(tmp_path / "run"),
    ):
        pass
    with checkpoint.locked(tmp_path / "run"):
        pass


def test_losses_that_are_no_numbers_end_training_with_a_cure(tmp_path):
    training = event_training(tmp_path, learning_rate=1e3, max_grad_norm=0.0, warmup_steps=0)
    with torch.no_grad():
        training.model.embedding.weight[:] = float("nan")
    with pytest.raises(UsageError, match="diverged"):
        training.run()


def test_muon_steps_turn_without_stretching():
    matrix = torch.randn(24, 10, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalized(matrix))
    assert 0.6 < values.min() < values.max() < 1.3


def test_muon_turns_the_channels_that_convolutions_make_and_leaves_the_ends_to_adamw():
    torch.manual_seed(0)
    model = cnn.Model(cnn.Config(channels=6, depth=2, pedal=True))
    optimizers = Optimizers(model, TrainingSettings(optimizer="muon", weight_decay=0.0, max_grad_norm=0.0), CPU)
    muon, adamw = optimizers.optimizers["model.muon"], optimizers.optimizers["model.adamw"]
    by_muon = {id(p) for group in muon.param_groups for p in group["params"]}
    names = {name for name, p in model.named_parameters() if id(p) in by_muon}
    assert names == {"blocks.0.mix.weight", "blocks.1.mix.weight", "pedal.mix.weight"}
    assert sum(len(g["params"]) for g in adamw.param_groups) == len(list(model.parameters())) - len(names)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizers.begin(0.1)
    generator = torch.Generator().manual_seed(1)
    optimizers.backward_and_step(
        "model", sum((p * torch.randn(p.shape, generator=generator)).sum() for p in model.parameters())
    )
    step = (model.blocks[0].mix.weight - before["blocks.0.mix.weight"]).flatten(1)
    values = torch.linalg.svdvals(step) / (0.1 * 0.2 * step.shape[1] ** 0.5)
    assert 0.6 < values.min() < values.max() < 1.3
    assert not torch.equal(model.stem.weight, before["stem.weight"])


def test_muon_turns_each_gate_of_an_lstm():
    torch.manual_seed(0)
    model = lstm.Model(lstm.Config(vocabulary=20, width=16, layers=1))
    optimizers = Optimizers(model, TrainingSettings(optimizer="muon", weight_decay=0.0, max_grad_norm=0.0), CPU)
    weight = model.layers[0].recurrent.weight_hh_l0
    before = weight.detach().clone()
    optimizers.begin(0.1)
    generator = torch.Generator().manual_seed(1)
    optimizers.backward_and_step(
        "model", sum((p * torch.randn(p.shape, generator=generator)).sum() for p in model.parameters())
    )
    for gate in (weight - before).chunk(4):
        values = torch.linalg.svdvals(gate) / (0.1 * 0.2 * 16**0.5)
        assert 0.6 < values.min() < values.max() < 1.3


class Clock:
    """Stands for the clock of a training: each step and each validation takes a given time."""

    def __init__(self, training, step, validation):
        self.now, self._step, self._validate = 0.0, training._step, training.model.score
        self._lengths = step, validation
        training._step, training.model.score = self.step, self.score

    def step(self):
        self.now += self._lengths[0]
        return self._step()

    def score(self, *arguments):
        self.now += self._lengths[1]
        return self._validate(*arguments)


@pytest.mark.parametrize(("validate_every", "steps"), [(100, 9), (2, 6)])
def test_no_step_begins_that_does_not_fit_with_the_last_validation(tmp_path, monkeypatch, validate_every, steps):
    changes = {"steps": None, "time_limit": 100.0, "validate_every": validate_every, "validation_share": 0}
    training = event_training(tmp_path, **changes)
    batches = training.data.validation_batches()
    clock = Clock(training, step=10.0, validation=10.0 / batches)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    outcome = training.run()
    # Nine steps take 90 s, and a tenth would end at the limit; with a validation after every second step, six take
    # 90 s with their three validations, and a seventh would leave no time for the last one.
    assert (outcome.reason, outcome.progress.step) == ("time", steps)
    assert clock.now <= 100


def test_a_validation_is_announced(tmp_path):
    said = []
    training = event_training(tmp_path, steps=3, validate_every=2)
    training.announce = said.append
    training.run()
    assert said[-1] == "validating at step 3"


def test_validation_scores_that_are_no_numbers_end_training_too(tmp_path, monkeypatch):
    training = event_training(tmp_path)
    monkeypatch.setattr(loop, "watched_loss", lambda scores, watch: float("nan"))
    with pytest.raises(UsageError, match="diverged: loss is nan in validation at step"):
        training.run()
