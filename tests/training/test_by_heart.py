"""Every family learns a tiny set by heart: what is left of its loss is next to nothing."""

import pytest
import torch

from maestrokit.models import cnn, lstm, transformer
from maestrokit.training.device import DistributedContext
from maestrokit.training.loop import Training
from maestrokit.training.settings import TrainingSettings

SIZES = {"vocabulary": 20, "width": 32, "dropout": 0.0}


class OneBatch:
    """The same batch again and again, to learn from and to validate on."""

    def __init__(self, **batch):
        self.one = batch

    def batches(self, epoch):
        return 1

    def batch(self, epoch, index):
        return self.one

    def validation(self):
        yield self.one

    def validation_batches(self):
        return 1


def events():
    """Rows that begin differently, so that all the rest can be known."""
    tokens = torch.randint(0, 20, (4, 17), generator=torch.Generator().manual_seed(1))
    tokens[:, 0] = torch.arange(4)
    return OneBatch(tokens=tokens[:, :-1], target=tokens[:, 1:])


def sounds():
    generator = torch.Generator().manual_seed(1)
    target = (torch.rand(2, len(cnn.HEADS), 8, cnn.KEYS, generator=generator) < 0.02).float()
    levels = torch.full((2, 16, cnn.Config().bins), -90.0)
    for key in range(cnn.KEYS):  # each key has a line of its own for each thing to tell
        for head in range(min(cnn.KEY_BINS, len(cnn.HEADS))):
            levels[:, :, cnn.KEY_BINS * key + head] += 60 * target[:, head, :, key].repeat_interleave(2, 1)
    return OneBatch(levels=levels, target=target)


def best(tmp_path, model, data, steps, rate):
    settings = TrainingSettings(steps=steps, learning_rate=rate, warmup_steps=5, validate_every=steps, weight_decay=0.0)
    training = Training(model, data, settings, folder=tmp_path, context=DistributedContext(torch.device("cpu")))
    training.run()
    return training.progress.best


def test_lstm(tmp_path):
    torch.manual_seed(0)
    assert best(tmp_path, lstm.Model(lstm.Config(**SIZES, layers=1)), events(), 150, 0.02) < 0.05


@pytest.mark.parametrize("variant", transformer.VARIANTS)
def test_transformer(tmp_path, variant):
    torch.manual_seed(0)
    config = transformer.Config(**SIZES, layers=1, heads=2, hidden=64, length=16, variant=variant)
    assert best(tmp_path, transformer.Model(config), events(), 100, 0.01) < 0.05


def test_cnn(tmp_path):
    torch.manual_seed(0)
    model, data = cnn.Model(cnn.Config(channels=8, pedal=False)), sounds()
    start = model.eval().score(data.one, {})[0]["loss"][0] / 2
    assert best(tmp_path, model, data, 60, 0.02) < 0.05 < start
