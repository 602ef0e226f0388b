"""Two families that are not models of events, to see that the contract has room for them."""

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from maestrokit.models.contract import TrainedModel


class ToyPlayers(TrainedModel):
    """Two parameter_groups: a generator learns the mean of numbers that a discriminator tells from its own."""

    def __init__(self):
        super().__init__()
        self.generator = nn.Linear(2, 1)
        self.discriminator = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1))

    def parameter_groups(self):
        return {"discriminator": list(self.discriminator.parameters()), "generator": list(self.generator.parameters())}

    def step(self, batch, recurrent_state, backward_and_step):
        real = batch["value"]
        generated = self.generator(torch.randn(len(real), 2))
        verdicts = self.discriminator(real), self.discriminator(generated.detach())
        told = (F.softplus(-verdicts[0]) + F.softplus(verdicts[1])).mean()
        backward_and_step("discriminator", told)
        fooled = F.softplus(-self.discriminator(generated)).mean()
        backward_and_step("generator", fooled)
        return {"discriminator": told.item(), "generator": fooled.item()}, {}

    def score(self, batch, recurrent_state):
        generated = self.generator(torch.randn(256, 2, generator=torch.Generator().manual_seed(1)))
        return {"loss": ((generated.mean() - batch["value"].mean()).abs().item(), 1.0)}, {}


class ToyConvolutions(TrainedModel):
    """A network over spectra that says in which frames a tone sounds: the shape of transcription."""

    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 1))

    def forward(self, spectrum):
        return self.network(spectrum[:, None])[:, 0]

    def step(self, batch, recurrent_state, backward_and_step):
        loss = F.binary_cross_entropy_with_logits(self(batch["spectrum"]), batch["roll"])
        backward_and_step("model", loss)
        return {"loss": loss.item()}, {}

    def score(self, batch, recurrent_state):
        logits, count = self(batch["spectrum"]), float(batch["roll"].numel())
        nats = F.binary_cross_entropy_with_logits(logits, batch["roll"], reduction="sum").item()
        return {"loss": (nats, count), "accuracy": (((logits > 0) == (batch["roll"] > 0.5)).sum().item(), count)}, {}


class NumberData:
    """Numbers around 3."""

    def batches(self, epoch):
        return 50

    def batch(self, epoch, index):
        return {"value": 3 + 0.1 * torch.randn(32, 1, generator=torch.Generator().manual_seed(1000 * epoch + index))}

    def validation(self):
        yield self.batch(999, 0)

    def validation_batches(self):
        return 1


class RollData:
    """Spectra that are piano rolls with noise."""

    def batches(self, epoch):
        return 10

    def batch(self, epoch, index):
        generator = torch.Generator().manual_seed(1000 * epoch + index)
        roll = (torch.rand(4, 12, 16, generator=generator) > 0.8).float()
        return {"spectrum": roll + 0.1 * torch.randn(roll.shape, generator=generator), "roll": roll}

    def validation(self):
        yield self.batch(999, 0)

    def validation_batches(self):
        return 1
