"""What a score leads one to expect of a performance: how tempo and loudness go, before any note is played.

A bidirectional LSTM [1] reads the notes of the whole score, dynamics and tempo marks among their features, and tells
the mean of what people do, by least squares. A model of performances samples around it. It has embeddings of its own
and learns from its own loss alone: what a model of single notes learns, it would only know by heart.

References
----------
.. [1] C. E. Cancino-Chacon et al., "An Evaluation of Linear and Non-linear Models of Expressive Dynamics in Classical
   Piano and Symphonic Music", Machine Learning 106, 2017, where such a network tells loudness best.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.contract import TensorBatch
from maestrokit.models.kernels.linear import EndLinear
from maestrokit.models.sequences.score_embeddings import embedded_score, score_embeddings

WIDTH = 64  # of each direction
LAYERS = 2
DROPOUT = 0.4
CURVES = ("tempo", "velocity")
"""What is told: the logarithm of the length of a quarter over its mean, of the gap before each onset, and the velocity
over its mean in units of ``VELOCITIES``."""
VELOCITIES = 16.0
LARGEST = 1.5  # logarithm of a tempo, as far as it is learned
TEMPO_WEIGHT = 4.0  # so that both curves count alike


class ExpectedCurves(nn.Module):
    """The network; parameters are its own."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = score_embeddings(WIDTH)
        self.recurrent = nn.LSTM(WIDTH, WIDTH, LAYERS, batch_first=True, bidirectional=True, dropout=DROPOUT)
        self.hidden = nn.Linear(3 * WIDTH, WIDTH)
        self.output = EndLinear(WIDTH, len(CURVES))
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, batch: TensorBatch) -> Tensor:
        """Return the curves at each note, (batch, time, CURVES), given classes of (batch, time)."""
        with torch.autocast(batch["score_pitch"].device.type, enabled=False):
            x = self.dropout(embedded_score(self.embeddings, batch))
            read, _ = self.recurrent(x)
            curves: Tensor = self.output(self.dropout(F.silu(self.hidden(torch.cat([read, x], dim=-1)))))
        return curves


def losses(curves: Tensor, batch: TensorBatch) -> dict[str, Tensor]:
    """Return the mean losses of both curves over notes, each once: tempo counts by the length of the gap.

    Parameters
    ----------
    curves : (batch, time, CURVES)
    """
    tempo, velocity = curves.float().unbind(-1)
    long, weight = batch["curve_weight"], batch["weight"]
    target = batch["curve_tempo"].clamp(-LARGEST, LARGEST)
    of_tempo = F.smooth_l1_loss(tempo, target, beta=0.3, reduction="none") * long * weight
    of_velocity = (velocity - batch["curve_velocity"] / VELOCITIES).square() * weight
    return {
        "tempo": TEMPO_WEIGHT * of_tempo.sum() / (long * weight).sum().clamp(min=1e-6),
        "velocity": of_velocity.sum() / weight.sum(),
    }
