"""New performances, segment by segment, from a latent improviser; see :mod:`maestrokit.models.adversarial.latent`."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from maestrokit.arrays import Integers
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import checkpoint, progress
from maestrokit.inference.conditions import class_names
from maestrokit.inference.device import device_of, find_device
from maestrokit.inference.generation.sampling import NoteSampling, SamplingConfig
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.rolls.cells import CELLS, SEGMENT, cells_of, notes_of_cells

if TYPE_CHECKING:
    from torch import Tensor

    from maestrokit.models.adversarial.latent import Model


def load_latent_model(name: str, config: Mapping[str, Any], *, device: str = "cpu") -> "tuple[Model, Encoding]":
    """Return the latent improviser of a run folder, given its ``config.json``, and its encoding.

    Raises
    ------
    BadDataError
        If it is damaged.
    """
    from maestrokit.models.adversarial.latent import Model
    from maestrokit.models.contract import built

    on, folder = find_device(device), checkpoint.model_folder(name, "events")
    try:
        encoding = Encoding(**config["encoding"])
        settings = dict(config["model"])
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise BadDataError(f"cannot use '{name}': its config.json is damaged ({error})", path=name) from None
    model = built(config["family"], settings, checkpoint.read_weights(folder), origin=name, task="latent")
    assert isinstance(model, Model)
    if model.config.velocity_bins != encoding.velocity_bins:
        raise BadDataError(f"cannot use '{name}': its model and its encoding do not fit", path=name)
    model.class_names = class_names(config, model, name=name)
    return model.eval().to(on), encoding


def check_segments(sampling: NoteSampling, *, guidance: float, is_by_likelihood: bool) -> None:
    """Raise UsageError for what has no effect where segments are generated, not notes.

    Parameters
    ----------
    is_by_likelihood : bool
        Whether candidates are to be ranked by their likelihood.
    """
    neutral = SamplingConfig()
    for field in fields(neutral):
        is_changed = getattr(sampling.pitch, field.name) != getattr(neutral, field.name)
        if is_changed and field.name != "temperature":
            fact = f"`{field.name}` has no effect with a model of segments"
            raise UsageError(fact, "leave it out; `temperature` multiplies the noise", parameter=field.name)
    if guidance != 1:
        raise UsageError("a model of segments takes no guidance", "leave it out", parameter="guidance")
    if is_by_likelihood:
        fact = "a model of segments has no likelihood that candidates could be ranked by"
        raise UsageError(fact, "rank them by a critic", parameter="rank_by")


def generate_segments(
    model: "Model",
    encoding: Encoding,
    before: StepNotes,
    *,
    steps: int,
    codes: Mapping[str, int],
    temperature: float,
    generators: Sequence[np.random.Generator],
) -> list[StepNotes]:
    """Return new notes of several performances; without any before them the first is at step 0.

    Segments are put one after another before they become notes, so that what sounds at the end of one goes on in the
    next. Keys that sound before the new music are not struck again until they are released.

    Parameters
    ----------
    before : StepNotes
        Notes that are continued, of which the last segment counts; new ones begin after the last of their onsets.
    steps : int
        Length of the new music from that onset, or from the first of the new ones. New notes end there at the latest.
    codes : mapping of str to int
        Of conditions, by name.
    temperature : float
        Factor of the noise.
    generators : sequence of Generator
        One for each performance.
    """
    import torch

    from maestrokit.models.sequences.conditions import PREFIX

    is_continued = len(before.onset) > 0
    begin = int(before.onset[-1]) + 1 if is_continued else 0
    rolls = cells_of(before, start=begin - SEGMENT, cells=CELLS, velocity_bins=encoding.velocity_bins)
    rows, count = len(generators), -(-steps // SEGMENT) + (not is_continued)  # one more: silence may come first
    device, seconds = device_of(model), SEGMENT * encoding.step
    code_tensors = {PREFIX + name: torch.full((rows,), code, device=device) for name, code in codes.items()}

    def noise() -> "Tensor":
        vectors = [
            temperature * generator.standard_normal(model.config.latents, np.float32) for generator in generators
        ]
        return torch.from_numpy(np.stack(vectors)).to(device)

    with torch.inference_mode():
        mean, log_variance = model.encoder(torch.from_numpy(rolls)[None].expand(rows, -1, -1, -1).to(device))
        latents, parts = mean + (log_variance / 2).exp() * noise(), []
        for number in range(count):
            latents = model.following(noise(), latents, code_tensors)
            parts.append(model.decoder(latents).rolls().cpu().numpy())
            progress.report((number + 1) * seconds, count * seconds)
    new_rolls = np.concatenate(parts, axis=2)
    new = [notes_of_cells(rolls, velocity_bins=encoding.velocity_bins) for rolls in new_rolls]
    ends = begin - 1 + steps if is_continued else steps
    return [_fitted(notes, before, begin=begin if is_continued else None, ends=ends) for notes in new]


def _fitted(notes: StepNotes, before: StepNotes, *, begin: int | None, ends: int) -> StepNotes:
    """Return notes from `begin` on, or with the first of them at 0, ended at `ends`, none on keys that sound still."""
    shift = -int(notes.onset[:1].sum()) if begin is None else begin
    notes = notes._replace(onset=notes.onset + shift, offset=np.minimum(notes.offset + shift, ends))
    released: Integers = np.zeros(128, np.int64)
    np.maximum.at(released, before.pitch, before.offset)
    return notes.select((notes.onset < ends) & (notes.onset >= released[notes.pitch]))
