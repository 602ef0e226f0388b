"""Trained critics of notes, read without torch, and what candidates of generation are ranked by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from maestrokit.analysis.convolution import Weights
from maestrokit.analysis.critic import person_log_odds, weight_shapes
from maestrokit.arrays import Floats
from maestrokit.errors import NoInputError, UsageError, choices_hint
from maestrokit.files import checkpoint
from maestrokit.inference.networks import checked_weights, config_for, sizes_of, unusable
from maestrokit.music.encodings.events import Encoding, decode, encode, encode_notes
from maestrokit.music.encodings.notes import note_sequence
from maestrokit.music.encodings.step_notes import StepNotes

TASK = "critic"
DOES = "tell people's notes from generated ones"
LIKELIHOOD = "likelihood"

Ranking = Callable[[Sequence[StepNotes]], Floats]
"""``ranking(candidates)``: how good each is, higher is better, shape (candidates,)."""


@dataclass(frozen=True, eq=False)
class Critic:
    """A network that tells notes that people played from generated ones.

    Parameters
    ----------
    weights : mapping of arrays
    encoding : Encoding
        The grid and the velocity bins that it reads.
    length : int, in notes
        Of its windows.
    """

    weights: Weights
    encoding: Encoding
    length: int

    def log_odds(self, candidates: Sequence[StepNotes], encoding: Encoding) -> Floats:
        """Return the log-odds that a person played each, shape (candidates,); they are of the given encoding."""
        with threadpool_limits(1, user_api="blas"):  # matrices too small to be shared
            return np.array(
                [
                    person_log_odds(self._as_read(notes, encoding), self.weights, length=self.length)
                    for notes in candidates
                ]
            )

    def _as_read(self, notes: StepNotes, encoding: Encoding) -> StepNotes:
        """Return notes on the grid of the critic."""
        if (encoding.step, encoding.velocity_bins) == (self.encoding.step, self.encoding.velocity_bins):
            return notes
        performance = decode(encode_notes(notes, encoding), encoding)
        return note_sequence(encode(performance, self.encoding), self.encoding)


def rankings() -> list[str]:
    """Return the names of what candidates can be ranked by without a model of one's own."""
    return [LIKELIHOOD, *checkpoint.shipped_models(task=TASK)]


def check_ranking(name: str) -> None:
    """Raise UsageError for a ranking that is neither ``likelihood`` nor a model, BadDataError if that is no critic."""
    if name != LIKELIHOOD:
        try:
            config_for(checkpoint.model_folder(name, TASK), task=TASK, does=DOES)
        except NoInputError:
            hint = f"{choices_hint(name, rankings())}, or a run folder of a critic"
            raise UsageError(f"no ranking '{name}'", hint, parameter="rank_by") from None


def ranking(name: str, encoding: Encoding) -> Ranking | None:
    """Return what ranks candidates of an encoding by a critic; None for ``likelihood``, which the model itself gives.

    Raises
    ------
    BadDataError
        If the model of that name is damaged, or no critic.
    """
    if name == LIKELIHOOD:
        return None
    critic = load_critic(name)
    return lambda candidates: critic.log_odds(candidates, encoding)


def load_critic(name: str) -> Critic:
    """Return a critic of a run folder, or a shipped one.

    Raises
    ------
    NoInputError
        If there is no such model.
    BadDataError
        If it is damaged, or does something else.
    """
    return _read(checkpoint.model_folder(name, TASK))


@lru_cache(maxsize=2)
def _read(folder: Path) -> Critic:
    config = config_for(folder, task=TASK, does=DOES)
    sizes, values = sizes_of(config, ("channels", "depth", "velocity_bins")), config.get("encoding")
    length = config.get("length")
    if sizes is None or not isinstance(values, dict) or not isinstance(length, int) or length < 1:
        raise unusable(folder, "its config.json does not say its sizes, encoding and length", task=TASK)
    try:
        encoding = Encoding(**values)
    except (TypeError, UsageError) as error:
        raise unusable(folder, f"its encoding is not valid ({error})", task=TASK) from None
    return Critic(checked_weights(folder, weight_shapes(**sizes), task=TASK), encoding, length)
