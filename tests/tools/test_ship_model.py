"""Shipping: from a run folder to a model that is found by its name, and never to a worse one."""

import pytest
import torch

from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import checkpoint
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.models import lstm
from maestrokit.models.adversarial import improvise
from maestrokit.models.contract import settings_of
from ship_model import ModelCardDetails, ship

STORY = ModelCardDetails("maestrokit train lstm corpus -o run", "one thread", "begun twice")


@pytest.fixture
def run(tmp_path):
    """A run folder that was validated twice, the first time better."""
    folder = tmp_path / "run"
    folder.mkdir()
    model = lstm.Model(lstm.Config(width=16, layers=1))
    checkpoint.write_config(
        folder,
        {
            "family": "lstm",
            "task": "events",
            "model": settings_of(model.config),
            "data": {"train": 2, "validation": 1},
            "encoding": {"step_milliseconds": 10, "velocity_bins": 32, "pedal_events": False},
            "training": {"seed": 7, "validation_tokens": 64},
        },
    )
    checkpoint.write_weights(folder, model.state_dict())
    for step, loss in ((10, 3.5), (20, 4.0)):
        checkpoint.append_log(
            folder,
            {
                "step": step,
                "seconds": 36.0 * step,
                "part": "validation",
                "loss": loss,
                "accuracy": 0.25,
                "best": step == 10,
            },
        )
    return folder


def test_a_shipped_model_is_the_run_in_half_the_bytes(run, tmp_path):
    ship(run, tmp_path / "shipped", STORY)
    shipped = checkpoint.read_weights(tmp_path / "shipped")
    assert {value.dtype for value in shipped.values()} == {torch.float16}
    model, _, _ = load_event_model(str(tmp_path / "shipped"))
    for name, value in checkpoint.read_weights(run).items():
        torch.testing.assert_close(model.state_dict()[name], value, atol=1e-3, rtol=1e-3)


def test_the_mean_of_the_weights_of_runs_can_be_shipped(run, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    checkpoint.write_weights(other, {name: value + 2 for name, value in checkpoint.read_weights(run).items()})
    ship(run, tmp_path / "shipped", STORY, mean_with=[other])
    shipped = checkpoint.read_weights(tmp_path / "shipped")
    for name, value in checkpoint.read_weights(run).items():
        torch.testing.assert_close(shipped[name].float(), value.float() + 1, atol=2e-3, rtol=1e-3)
    checkpoint.write_weights(other, {"another": torch.zeros(3)})
    with pytest.raises(UsageError, match="different shapes"):
        ship(run, tmp_path / "more", STORY, mean_with=[other])


def test_of_an_improviser_its_generator_is_shipped(run, tmp_path):
    sizes = {"width": 8, "layers": 1, "heads": 2, "hidden": 8, "discriminator_channels": 4, "discriminator_depth": 1}
    model = improvise.Model(improvise.Config(**sizes))
    config = checkpoint.read_config(run)
    changed = {"family": "gan", "task": "improvise", "model": settings_of(model.config)}
    checkpoint.write_config(run, config | changed)
    checkpoint.write_weights(run, model.state_dict())
    ship(run, tmp_path / "shipped", "# The whole card")
    shipped = checkpoint.read_config(tmp_path / "shipped")
    assert (shipped["family"], shipped["task"]) == ("transformer", "events") and "discriminator_depth" not in shipped[
        "model"
    ]
    loaded, _, _ = load_event_model(str(tmp_path / "shipped"))
    state = model.generator.state_dict()
    assert state.keys() == loaded.state_dict().keys() == checkpoint.read_weights(tmp_path / "shipped").keys()


def test_the_card_says_all_that_is_needed_to_judge_it_and_to_make_it_again(run, tmp_path):
    ship(run, tmp_path / "shipped", STORY)
    card = (tmp_path / "shipped" / checkpoint.CARD).read_text(encoding="utf-8")
    for words in (
        STORY.command,
        STORY.hardware,
        STORY.note,
        "maestrokit evaluate --model shipped maestro-v3.0.0",
        "Seed 7",
        "step 10",
        "0.10 hours",
        "3.500",
        "CC BY-NC-SA 4.0",
    ):
        assert words in card


def test_a_model_is_replaced_only_by_a_better_one(run, tmp_path):
    ship(run, tmp_path / "shipped", STORY)
    with pytest.raises(UsageError, match="as good"):
        ship(run, tmp_path / "shipped", STORY)
    checkpoint.append_log(run, {"step": 30, "seconds": 99.0, "loss": 3.0, "accuracy": 0.5, "best": True})
    ship(run, tmp_path / "shipped", STORY)
    assert checkpoint.read_config(tmp_path / "shipped")["made"]["step"] == 30


def test_a_run_without_validation_has_nothing_to_ship(run, tmp_path):
    checkpoint.cut_log(run, step=0)
    with pytest.raises(BadDataError, match="never validated"):
        ship(run, tmp_path / "shipped", STORY)


def test_models_of_notes_have_their_own_unit_and_no_losses_of_events_to_be_held_against(run, tmp_path):
    config = checkpoint.read_config(run)
    checkpoint.append_log(
        run,
        {"step": 30, "seconds": 99.0, "loss": 9.0, "accuracy": 0.5, "best": True, "time": 2.25, "pitch": 2.0,
         "velocity": 2.0, "duration": 2.75},
    )  # fmt: skip
    checkpoint.write_config(run, config | {"model": config["model"] | {"encoding": "notes"}})
    ship(run, tmp_path / "notes", STORY)
    card = (tmp_path / "notes" / checkpoint.CARD).read_text(encoding="utf-8")
    assert "64 notes" in card
    assert "9.000 nats a note (time 2.250, pitch 2.000, velocity 2.000, duration 2.750)" in card
    checkpoint.write_config(run, config)
    with pytest.raises(UsageError, match="cannot be compared"):
        ship(run, tmp_path / "notes", STORY)


def test_models_of_classes_have_their_own_card_and_are_compared_by_whole_performances(run, tmp_path):
    def fitted(accuracy, performances=9):
        scores = {"balanced_accuracy": accuracy, "performances": performances}
        more = {"task": "classes", "class_names": ["Bach", "Liszt"], "temperature": 0.5, "threshold": 0.25}
        checkpoint.write_config(run, checkpoint.read_config(run) | more | {"fitted": scores})

    fitted(0.7)
    best = {"step": 40, "seconds": 72.0, "loss": 1.5, "accuracy": 0.5, "balanced_accuracy": 0.4, "best": True}
    checkpoint.append_log(run, best)
    ship(run, tmp_path / "shipped", STORY)
    card = (tmp_path / "shipped" / checkpoint.CARD).read_text(encoding="utf-8")
    for words in ("Bach, Liszt", "1.500 nats", "balanced accuracy 0.400", "temperature 0.5", "threshold 0.25",
                  "classes.py --model shipped --states", "The table composers.tsv"):  # fmt: skip
        assert words in card
    with pytest.raises(UsageError, match=r"as good: balanced_accuracy 0\.7"):
        ship(run, tmp_path / "shipped", STORY)
    fitted(0.8, performances=3)
    with pytest.raises(UsageError, match="other data"):
        ship(run, tmp_path / "shipped", STORY)
    fitted(0.8)
    ship(run, tmp_path / "shipped", STORY)


def test_models_that_transcribe_are_compared_by_what_they_were_fitted_to(run, tmp_path):
    def fitted(objective, recordings=15):
        told = {"recordings": recordings, "seconds": 60.0, "objective": objective, "pedal": 0.5}
        checkpoint.write_config(run, checkpoint.read_config(run) | {"fitted": told})

    fitted(1.2)
    ship(run, tmp_path / "shipped", "# A card")
    assert (tmp_path / "shipped" / checkpoint.CARD).read_text(encoding="utf-8") == "# A card"
    with pytest.raises(UsageError, match=r"as good: objective 1\.2"):
        ship(run, tmp_path / "shipped", "# A card")
    fitted(1.3, recordings=3)
    with pytest.raises(UsageError, match="other data"):
        ship(run, tmp_path / "shipped", "# A card")
    fitted(1.3)
    ship(run, tmp_path / "shipped", "# A better card")


def test_pianos_of_a_training_are_named_without_their_folders(run, tmp_path):
    config = checkpoint.read_config(run)
    config["training"]["pianos"] = ",/data/pianos/upright,grand.sf2"
    checkpoint.write_config(run, config)
    ship(run, tmp_path / "shipped", STORY)
    assert checkpoint.read_config(tmp_path / "shipped")["training"]["pianos"] == ",upright,grand.sf2"
