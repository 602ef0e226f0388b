"""The latent improviser: its autoencoder is learned first, then its players; what it decodes are notes."""

import numpy as np
import pytest
import torch

from maestrokit.errors import UsageError
from maestrokit.models.adversarial import latent, latent_scores, objectives
from maestrokit.music.piano_range import KEYS
from maestrokit.music.rolls.cells import CELLS, notes_of_cells

SMALL = {"channels": 4, "width": 8, "depth": 1, "latents": 16, "conditions": "composer"}


def model(**changes):
    torch.manual_seed(0)
    network = latent.Model(latent.Config(**{**SMALL, **changes}))
    for name, weight in network.named_parameters():  # outputs start at zero, which would hide everything
        if name.startswith(("generator", "discriminator")):
            torch.nn.init.normal_(weight, std=0.2)
    return network


def rolls(rows, *, cells=CELLS, seed=0):
    """Return random rolls that are those of notes."""
    generator = torch.Generator().manual_seed(seed)
    onset, velocity, place = torch.rand(3, rows, cells, KEYS, generator=generator)
    onset = (onset < 0.02 * torch.rand(rows, 1, 1, generator=generator)).float()
    return torch.stack((onset, onset, onset * velocity, onset * place), dim=1)


def batch(rows=4):
    return {"rolls": rolls(rows, cells=2 * CELLS), "condition_composer": torch.arange(rows) % 3}


def recorder(network, steps):
    def step(group, loss):
        for weight in network.parameters():
            weight.grad = None
        loss.backward(inputs=network.parameter_groups()[group])
        assert all(weight.grad is None or weight.grad.isfinite().all() for weight in network.parameters())
        steps.append(group)

    return step


@pytest.mark.parametrize("kind", objectives.RECONSTRUCTIONS)
def test_the_autoencoder_is_learned_alone_at_first(kind):
    network, steps = model(reconstruction=kind), []
    losses, _ = network.step(batch(), {}, recorder(network, steps))
    assert steps == ["autoencoder"] and losses.keys() == {"reconstruction", "divergence"}


@pytest.mark.parametrize("objective", objectives.OBJECTIVES)
def test_each_player_steps_by_its_own_loss_after_the_share_of_the_autoencoder(objective):
    network, steps = model(objective=objective), []
    network.done = network.config.vae_share
    losses, _ = network.step(batch(), {}, recorder(network, steps))
    assert steps == ["discriminator", "generator"]
    assert losses.keys() == {"discriminator", "penalty", "adversarial"} and losses["penalty"] > 0


def test_an_autoencoder_learns_to_return_what_it_is_given():
    network, segments = latent.Model(latent.Config(**{**SMALL, "channels": 8, "vae_kl": 0.0})), batch(1)
    optimizer = torch.optim.Adam(network.parameter_groups()["autoencoder"], lr=0.03)

    def step(group, loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    torch.manual_seed(0)
    losses = [network.step(segments, {}, step)[0]["reconstruction"] for _ in range(20)]
    assert losses[-1] < 0.85 * losses[0]


def decoded(onset):
    """Return what a decoder gives, with these probabilities of onsets, (batch, cells, keys)."""
    half = torch.full_like(onset, 0.5)
    return latent.Decoded(onset.logit(eps=1e-6), half - 1, half, half)


def test_as_many_notes_are_made_as_are_expected_and_of_neighbours_only_the_surest():
    onset = torch.zeros(1, 16, KEYS)
    onset[0, 3:6, 10] = torch.tensor([0.3, 0.4, 0.25])  # one onset, though none of its cells is likely
    onset[0, 9, 20] = 0.9
    onset[0, 12, 30] = 0.15
    counted = decoded(onset).rolls()
    assert counted[0, 0].nonzero().tolist() == [[4, 10], [9, 20]]
    assert torch.equal(counted[0, 1], counted[0, 0]) and counted[0, 2:, 4, 10].tolist() == [0.5, 0.5]
    assert decoded(torch.zeros(2, 16, KEYS)).rolls()[:, 0].sum() == 0


def test_any_latent_vectors_decode_to_notes():
    network = model()
    with torch.no_grad():
        segments = network.decoder(3 * torch.randn(3, 16)).rolls().numpy()
    for segment in segments:
        notes = notes_of_cells(segment, velocity_bins=32)
        assert len(notes.onset) > 0 and np.all(notes.offset > notes.onset)
        order = np.lexsort((notes.onset, notes.pitch))
        again = np.diff(notes.pitch[order]) == 0
        assert np.all(notes.offset[order][:-1][again] <= notes.onset[order][1:][again])


def test_a_new_generator_samples_from_a_normal_distribution():
    network = latent.Model(latent.Config(**SMALL))
    noise, codes = torch.randn(5, 16), {"condition_composer": torch.arange(5)}
    assert torch.equal(network.following(noise, torch.randn(5, 16), codes), noise)


def test_what_follows_depends_on_noise_on_the_previous_segment_and_on_conditions():
    network = model()
    noise, previous = torch.randn(2, 5, 16)
    usual = network.following(noise, previous, {"condition_composer": torch.ones(5, dtype=torch.int64)})
    assert not torch.equal(usual - noise, network.following(noise + 1, previous, {}) - noise - 1)
    assert not torch.equal(usual, network.following(noise, previous + 1, {}))
    assert not torch.equal(usual, network.following(noise, previous, {}))


def test_scores_are_the_same_each_time_and_the_players_always_better_than_the_autoencoder_alone():
    network, segments = model().eval(), {**batch(6), "known": rolls(6, seed=2)}
    with torch.no_grad():
        first, again = network.score(segments, {})[0], network.score(segments, {})[0]
        network.done = 1.0
        later = network.score(segments, {})[0]
    assert first == again
    assert {"loss", "frechet", "frechet_gaussian", "f1", "spread", "nearest", "accuracy_real"} <= first.keys()
    assert later["loss"][0] < later["loss"][1] < first["loss"][0]
    assert network.note({"spread": 0.02}).startswith("the generator has collapsed") and not network.note(
        {"spread": 1.0}
    )
    network.done = 0.0
    assert not network.note({"spread": 0.02})


def test_a_generator_that_makes_one_thing_is_farther_than_peoples_other_music():
    real, other, known = rolls(100), rolls(100, seed=1), rolls(100, seed=2)
    single = real[:1].expand(100, -1, -1, -1)
    human, collapsed = (
        latent_scores.scores({"generated": generated, "gaussian": generated, "reconstructed": real}, real, known)
        for generated in (other, single)
    )
    assert collapsed["frechet"] > 3 * human["frechet"] and collapsed["spread"] < 0.01 < human["spread"]
    assert human["f1"] == 1 and human["frechet_reconstructed"] == pytest.approx(0, abs=1e-3)


def test_a_note_is_right_within_50_milliseconds_of_one_of_its_key():
    reference, estimated = torch.zeros(2, 2, 4, 8, KEYS).unbind(0)
    for place in ((0, 1, 30), (0, 4, 30), (1, 2, 40)):
        reference[place[0], 0, place[1], place[2]] = 1
    for segment, cell, key in ((0, 2, 30), (0, 5, 31), (1, 2, 40), (1, 3, 40)):  # one a cell late, two not there
        estimated[segment, 0, cell, key] = 1
    assert latent_scores.note_f1(estimated, reference) == pytest.approx(2 * 2 / 7)
    estimated[0, 3, 2, 30] = 0.3  # 60 ms late
    assert latent_scores.note_f1(estimated, reference) == pytest.approx(2 * 1 / 7)
    assert latent_scores.note_f1(torch.zeros(1, 4, 8, KEYS), torch.zeros(1, 4, 8, KEYS)) == 0


@pytest.mark.parametrize(
    ("name", "value"), [("objective", "charm"), ("reconstruction", "l3"), ("penalty", -1.0), ("latents", 100)]
)
def test_settings_that_there_are_not_are_refused(name, value):
    with pytest.raises(UsageError):
        latent.Config(**{name: value})


def test_scores_of_the_same_notes_are_the_same_in_either_precision():
    network, segments = model().eval(), {**batch(6), "known": rolls(6, seed=2)}
    half = {name: part.clone() for name, part in segments.items()}
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(latent.Decoded, "rolls", lambda self: segments["rolls"][:, :, :CELLS])
        full, _ = network.score(segments, {})
        with torch.autocast("cpu", torch.bfloat16):
            low, _ = network.score(half, {})
    assert all(low[name] == pytest.approx(full[name], rel=1e-4) for name in ("frechet", "spread", "nearest"))


def test_the_discriminator_is_scored_on_vectors_as_it_sees_them_in_training():
    network, seen = model(), []
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(network.discriminator, "forward", lambda latents, *_: seen.append(latents) or latents[:, :1])
        network.score({**batch(6), "known": rolls(6)}, {})
        mean, log_variance = network.encoder(batch(6)["rolls"][:, :, CELLS:])
    real, _ = seen
    assert not torch.equal(real, mean)  # it is a sample
    assert torch.all((real - mean).abs() < 5 * (log_variance / 2).exp())
