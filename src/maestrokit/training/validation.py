"""Scores of a model in validation, and the weights that are scored."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor

from maestrokit.models.contract import RecurrentState, TrainedModel
from maestrokit.training.device import DistributedContext
from maestrokit.training.task import Data


def watched_loss(scores: Mapping[str, float], watched: str) -> float:
    """Return the score that decides which weights are best, negated unless lower is better."""
    return scores["loss"] if watched == "loss" else -scores[watched]


def validated(
    model: TrainedModel,
    data: Data,
    context: DistributedContext,
    precision: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> dict[str, float]:
    """Return the mean scores of a model over the validation batches."""
    model.eval()
    sums: dict[str, list[float]] = {}
    recurrent_state: RecurrentState = {}
    with torch.no_grad(), precision():
        for batch in data.validation():
            scores, recurrent_state = model.score(
                {name: part.to(context.device) for name, part in batch.items()}, recurrent_state
            )
            for name, (total, count) in scores.items():
                entry = sums.setdefault(name, [0.0, 0.0])
                entry[0] += total
                entry[1] += count
    return {name: total / max(count, 1e-12) for name, (total, count) in sums.items()}


@contextmanager
def weights_of(model: TrainedModel, ema: dict[str, Tensor]) -> Iterator[None]:
    """Use the averaged weights within the block, if there are any."""
    if not ema:
        yield
        return
    own = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(ema)
    try:
        yield
    finally:
        model.load_state_dict(own)
