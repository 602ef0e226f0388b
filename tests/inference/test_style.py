"""Transfer of style: whole pieces without seams, how much of it, and what can be transferred."""

import numpy as np
import pytest

from maestrokit.errors import BadDataError, UsageError
from maestrokit.inference.style import load_style_model, transferred, transferred_rolls
from maestrokit.music.edits.roll_changes import piano_part
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.performance import DRUM_CHANNEL
from small_models import saved_classifier, saved_style_model


@pytest.fixture
def model(tmp_path):
    return load_style_model(str(saved_style_model(tmp_path / "styles")))


def performance(notes=150, seed=0, spacing=90):
    generator = np.random.default_rng(seed)
    onset = np.cumsum(generator.integers(0, spacing, notes))
    length, velocity = generator.integers(40, 900, notes), generator.integers(20, 110, notes)
    pedal = np.array([300, 900, 1100, 2500])
    return performance_from_arrays(
        onset, onset + length, generator.integers(36, 90, notes), velocity,
        pedal_tick=pedal, pedal_value=np.array([127, 0, 127, 0]),
    )  # fmt: skip


def test_parts_join_without_seams(model):
    generator = np.random.default_rng(1)
    onset = (generator.random((150, 88)) < 0.03).astype(np.float32)
    rolls = np.stack([onset, onset, onset * generator.random(onset.shape).astype(np.float32)])
    whole, parts, narrow = (
        transferred_rolls(rolls, model.generator("pop"), reach=reach, part=part)
        for part, reach in ((2048, model.model.reach), (32, model.model.reach), (32, 4))
    )
    assert whole.shape == rolls.shape and not np.array_equal(whole[0], rolls[0])
    assert (whole[:2] != parts[:2]).mean() < 1e-3 < (whole[:2] != narrow[:2]).mean()  # odds about even may be rounded
    alike = whole[0] == parts[0]
    np.testing.assert_allclose(whole[2][alike], parts[2][alike], atol=1e-4)


def test_a_strength_of_nought_leaves_a_piece_as_it_was_and_more_changes_more(model):
    source = performance()
    still = transferred(source, model, "pop", strength=0.0)
    assert still.notes == source.notes and still.controls == source.controls
    before = piano_part(source).rolls
    rolls = {
        share: transferred_rolls(before, model.generator("pop"), reach=model.model.reach, strength=share)
        for share in (0.0, 0.25, 0.5, 1.0)
    }
    changes = {share: (after[0] != before[0]).sum() for share, after in rolls.items()}
    assert changes[0.0] == 0 and changes[1.0] > 20
    assert changes[0.25] == round(0.25 * changes[1.0]) and changes[0.5] == round(0.5 * changes[1.0])
    assert not ((rolls[0.25][0] != before[0]) & (rolls[0.5][0] == before[0])).any()  # more are made, and no others
    stay = (before[0] > 0) & (rolls[1.0][0] > 0) & (rolls[0.5][0] > 0)
    louder = {share: (after[2] - before[2])[stay] for share, after in rolls.items()}
    np.testing.assert_allclose(louder[0.5], 0.5 * louder[1.0], atol=1e-6)


def test_both_directions_differ_and_case_does_not_count(model):
    source = performance()
    assert transferred(source, model, "POP") == transferred(source, model, "pop")
    assert transferred(source, model, "jazz") != transferred(source, model, "pop")


@pytest.mark.parametrize("style", ["jazz", "pop"])
def test_what_comes_out_is_valid(model, style):
    after = transferred(performance(notes=300), model, style)
    assert len(after.notes) and after.notes.is_released.all()
    assert after.notes.pitch.min() >= 21 and after.notes.pitch.max() <= 108
    assert after.notes.velocity.min() >= 1 and after.notes.velocity.max() <= 127
    assert (after.notes.offset_tick > after.notes.onset_tick).all()
    assert len(after.controls) == 0 or after.controls.value[-1] == 0


def test_a_piece_of_one_note_is_transferred_and_drums_are_not(model):
    single = performance(notes=1)
    assert len(transferred(single, model, "pop", strength=0.0).notes) == 1
    transferred(single, model, "pop")
    drums = single.replace(notes=single.notes.replace(channel=np.array([DRUM_CHANNEL])))
    for silent in (drums, single.replace(notes=single.notes.select(np.array([False])))):
        with pytest.raises(BadDataError, match="no notes of a piano"):
            transferred(silent, model, "pop")


def test_wrong_styles_and_strengths_and_other_models_are_refused(model, tmp_path):
    with pytest.raises(UsageError, match="no style 'rock'") as error:
        transferred(performance(), model, "rock")
    assert error.value.hint == "choose from jazz, pop"
    with pytest.raises(UsageError, match="style_strength must be"):
        transferred(performance(), model, "pop", strength=1.5)
    with pytest.raises(BadDataError, match="a cnn that does not transfer style"):
        load_style_model(str(saved_classifier(tmp_path / "classes")))
