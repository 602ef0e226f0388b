"""Run folders of networks that nobody trained: quick, and the same each time."""

from collections.abc import Sequence
from pathlib import Path

import torch

from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.analysis.class_spectrum import SPECTRUM
from maestrokit.audio.spectra.transcription_input import SETTINGS
from maestrokit.files import checkpoint
from maestrokit.models import lstm
from maestrokit.models.adversarial import critic, style
from maestrokit.models.cnn import Config, Model
from maestrokit.models.contract import settings_of
from maestrokit.models.convolutional import chords, classes
from maestrokit.music.encodings.events import Encoding

EAGER = {"onset_threshold": 0.02, "restrike_threshold": 0.02}


def experienced(config: Config, *, seed: int = 0) -> Model:
    """Return a network whose every convolution adds something, as those of a trained one do."""
    torch.manual_seed(seed)
    network = Model(config)
    for block in network.blocks:
        block.mix.reset_parameters()
    for states in (network.key_states, network.pedal_states):
        if states is not None:
            states.added.reset_parameters()
    return network


def saved_transcriber(folder: Path, *, pedal: bool) -> Path:
    """Write a network that sees notes in noise here and there; one that hears the pedal hears it all the time."""
    network = experienced(Config(channels=4, depth=6, pedal=pedal), seed=1)
    if network.pedal is not None:
        torch.nn.init.zeros_(network.pedal.down.weight)
        torch.nn.init.constant_(network.pedal.down.bias, 3.0)
    folder.mkdir()
    checkpoint.write_config(
        folder,
        {
            "family": "cnn",
            "task": "transcription",
            "spectrum": SETTINGS.described(),
            "model": settings_of(network.config),
            "decoding": EAGER,
        },
    )
    checkpoint.write_weights(folder, network.state_dict())
    return folder


def saved_classifier(
    folder: Path, *, names: Sequence[str] = ("march", "tango", "waltz"), input: str = "rolls", **config: object
) -> Path:
    """Write a network of classes that nobody trained, of which every layer adds something."""
    torch.manual_seed(2)
    model = classes.Model(classes.Config(outputs=len(names), channels=3, depth=2, members=2, input=input))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    folder.mkdir()
    sizes = {"family": "cnn", "task": "classes", "model": settings_of(model.config), "class_names": list(names)}
    spectrum = {"spectrum": SPECTRUM.described()} if input == "mel" else {}
    checkpoint.write_config(folder, {**sizes, **spectrum, **config})
    checkpoint.write_weights(folder, model.state_dict())
    return folder


def chord_network(*, seed: int = 3) -> chords.Model:
    """Return a network of chords that nobody trained, of which every layer adds something."""
    torch.manual_seed(seed)
    model = chords.Model(chords.Config(channels=3, width=5, depth=3))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    for name, buffer in model.named_buffers():
        if name.endswith("running_var"):
            torch.nn.init.uniform_(buffer, 0.5, 2.0)
    return model.eval()


def saved_chord_network(folder: Path, **config: object) -> Path:
    """Write a network of chords that nobody trained."""
    model = chord_network()
    folder.mkdir()
    sizes = {"family": "cnn", "task": "chords", "model": settings_of(model.config), "qualities": list(QUALITY_NAMES)}
    checkpoint.write_config(folder, {**sizes, "duration_scores": [-9.0, -5.0, -4.0, -5.0], **config})
    checkpoint.write_weights(folder, model.state_dict())
    return folder


def saved_style_model(folder: Path, *, styles: Sequence[str] = ("jazz", "pop"), seed: int = 4) -> Path:
    """Write a network that transfers style, which nobody trained and which changes much."""
    torch.manual_seed(seed)
    model = style.Model(style.Config(channels=2, depth=1, discriminator_channels=2))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    folder.mkdir()
    sizes = {"family": "gan", "task": "style", "model": settings_of(model.config), "styles": list(styles)}
    checkpoint.write_config(folder, sizes)
    checkpoint.write_weights(folder, model.state_dict())
    return folder


def saved_lstm(folder: Path) -> Path:
    """Write a network of events that nobody trained."""
    torch.manual_seed(0)
    model = lstm.Model(lstm.Config(vocabulary=Encoding().size, width=8, layers=1))
    encoding = {"step_milliseconds": 10, "velocity_bins": 32, "pedal_events": False}
    folder.mkdir()
    config = {"family": "lstm", "task": "events", "encoding": encoding, "model": settings_of(model.config)}
    checkpoint.write_config(folder, config)
    checkpoint.write_weights(folder, model.state_dict())
    return folder


def critic_network(*, seed: int = 4) -> critic.Model:
    """Return a critic that nobody trained, of which every layer adds something."""
    torch.manual_seed(seed)
    model = critic.Model(critic.Config(channels=4, depth=3))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def saved_critic(folder: Path, **config: object) -> Path:
    """Write a critic that nobody trained."""
    model = critic_network()
    folder.mkdir()
    encoding = {"step_milliseconds": 10, "velocity_bins": 32, "pedal_events": False}
    written = {"family": "gan", "task": "critic", "model": settings_of(model.config), "encoding": encoding}
    checkpoint.write_config(folder, {**written, "length": 64, **config})
    checkpoint.write_weights(folder, model.state_dict())
    return folder
