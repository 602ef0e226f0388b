"""Transfer of style: whole performances by a trained network of rolls."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Mask
from maestrokit.bounds import SHARE, check
from maestrokit.errors import BadDataError, check_choice
from maestrokit.files import checkpoint
from maestrokit.inference.device import find_device
from maestrokit.music.edits.roll_changes import changed, piano_part
from maestrokit.music.performance import Performance
from maestrokit.music.rolls.segments import Rolls

if TYPE_CHECKING:
    from maestrokit.models.adversarial.style import Model
    from maestrokit.models.adversarial.style_networks import Generator

TASK = "style"
PART = 2048  # steps that are changed at once


class StyleModel(NamedTuple):
    """A network that transfers style between two sets, and what they are called."""

    model: "Model"
    styles: tuple[str, ...]

    def generator(self, style: str) -> "Generator":
        """Return what turns performances into those of a style; UsageError lists the styles if it is none."""
        check_choice("style", style.strip().lower(), self.styles, parameter="style")
        return (self.model.to_first, self.model.to_second)[self.styles.index(style.strip().lower())]


def is_style_model(name: str) -> bool:
    """Return whether a shipped model or a run folder is one that transfers style."""
    return checkpoint.read_config(checkpoint.model_folder(name, "events", TASK)).get("task") == TASK


def load_style_model(name: str, *, device: str = "cpu") -> StyleModel:
    """Return the network of a run folder or of a shipped model.

    Raises
    ------
    NoInputError
        If there is no such model.
    BadDataError
        If it is damaged, or does something else.
    """
    from maestrokit.models.adversarial.style import Model
    from maestrokit.models.contract import built

    on = find_device(device)
    folder = checkpoint.model_folder(name, TASK)
    config = checkpoint.read_config(folder)
    styles, settings = config.get("styles"), config.get("model")
    if config.get("task") != TASK or not isinstance(settings, dict):
        fact = f"cannot use '{name}': {checkpoint.family_with_article(config)} that does not transfer style"
        raise BadDataError(
            fact,
            "name the shipped model style, or train one with 'maestrokit train gan', for the task style",
            path=name,
        )
    if not isinstance(styles, list) or len(styles) != 2 or not all(isinstance(style, str) for style in styles):
        raise BadDataError(f"cannot use '{name}': its config.json does not say its two styles", path=name)
    model = built(config["family"], settings, checkpoint.read_weights(folder), origin=name, task=TASK)
    assert isinstance(model, Model)
    return StyleModel(model.eval().to(on), tuple(styles))


def transferred(performance: Performance, model: StyleModel, style: str, *, strength: float = 1.0) -> Performance:
    """Return a performance in another style.

    Raises
    ------
    UsageError
        If there is no such style, or the strength is not in 0..1.
    BadDataError
        If the performance has no notes of a piano.
    """
    check("style_strength", strength, SHARE)
    generator = model.generator(style)
    part = piano_part(performance)
    if part is None:
        fact = "the performance has no notes of a piano"
        raise BadDataError(fact, "drums and keys outside a piano are not transferred")
    return changed(part, transferred_rolls(part.rolls, generator, reach=model.model.reach, strength=strength))


def transferred_rolls(
    rolls: Rolls, generator: "Generator", *, reach: int, strength: float = 1.0, part: int = PART
) -> Rolls:
    """Return what a generator makes of rolls of any length.

    They are changed in parts, each with as much of its surroundings as any step depends on, so that there are no seams.

    Parameters
    ----------
    rolls : float32, shape (planes, steps, keys)
    generator : Generator
    reach : int > 0
        Steps to either side that a step depends on; a multiple of the stride of the network.
    strength : float, 0 to 1
        Share of the changes of notes and of what sounds that is made, the surest first, and factor of the changes of
        velocities; 0 leaves everything as it is.
    part : int > 0
        Steps of a part, a multiple of the stride.
    """
    import torch

    from maestrokit.models.adversarial.style_networks import STRIDE

    steps = rolls.shape[1]
    padded = np.pad(rolls, ((0, 0), (reach, reach + -steps % STRIDE), (0, 0)))
    device, parts = next(generator.parameters()).device, []
    for first in range(0, steps, part):
        around = padded[:, first : min(first + part, steps + -steps % STRIDE) + 2 * reach]
        with torch.no_grad():
            inputs = torch.from_numpy(np.ascontiguousarray(around))[None].to(device)
            parts.append(torch.cat(generator(inputs))[:, reach:-reach].float().cpu().numpy())
    onset_odds, sounding_odds, velocity = np.concatenate(parts, axis=1)[:, :steps]
    onset = surest_changes(rolls[0] > 0, onset_odds, share=strength)
    sounding = surest_changes(rolls[1] > 0, sounding_odds, share=strength) | onset
    before = np.where(rolls[0] > 0, rolls[2], velocity)
    return np.stack([onset, sounding, onset * (before + strength * (velocity - before))]).astype(np.float32)


def surest_changes(before: Mask, log_odds: Floats, *, share: float) -> Mask:
    """Return what is set after a share of the changes that log-odds ask for, those with the largest odds first.

    >>> before, log_odds = np.array([True, True, False, False]), np.array([-3.0, 1.0, 2.0, 0.5])
    >>> surest_changes(before, log_odds, share=0.4).tolist(), surest_changes(before, log_odds, share=1.0).tolist()
    ([False, True, False, False], [False, True, True, True])
    """
    rows = np.flatnonzero((log_odds > 0) != before)
    surest = rows[np.argsort(-np.abs(log_odds.ravel()[rows]), kind="stable")][: round(share * len(rows))]
    after = before.copy()
    after.ravel()[surest] ^= True
    return after
