"""Every token is scored once, and sliding windows see what they should."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from maestrokit.errors import UsageError
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.inference.perplexity import Surprisal, surprisals
from maestrokit.models import lstm, transformer
from maestrokit.models.contract import EventModel
from maestrokit.music.encodings.events import Encoding

ENCODING = Encoding()


def shard(lengths):
    generator = np.random.default_rng(0)
    rows = [np.concatenate([[388], generator.integers(0, 388, length - 1)]) for length in lengths]
    return TokenShard(np.concatenate(rows).astype(np.uint16), np.cumsum([0, *lengths]))


def model(family, length=16):
    torch.manual_seed(0)
    if family == "lstm":
        return lstm.Model(lstm.Config(width=16, layers=2, dropout=0.5)).eval()
    network = transformer.Model(transformer.Config(width=16, layers=1, heads=2, hidden=32, length=length, dropout=0.5))
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return network.eval()


class EvenChances(EventModel):
    """Knows nothing, within a view of 8 tokens."""

    class config:  # noqa: N801
        length = 8

    def forward(self, tokens, state=None):
        assert tokens.shape[1] <= 8
        return torch.zeros(*tokens.shape, 390), state


def surprisal(model, shard, encoding, **settings):
    """Return the surprisal of all sequences of a shard."""
    sequences = [shard.sequence(index) for index in range(len(shard))]
    return sum(surprisals(model, sequences, encoding, **settings), Surprisal())


@pytest.mark.parametrize("stride", [1, 3, 8])
@pytest.mark.parametrize("lengths", [[2], [8], [9], [10], [33, 2, 57]])
def test_every_token_but_begin_counts_once(lengths, stride):
    total = surprisal(EvenChances(), shard(lengths), ENCODING, stride=stride, batch=3)
    assert total.tokens == sum(lengths) - len(lengths)
    assert total.perplexity == pytest.approx(390, rel=1e-5)


def test_a_view_longer_than_the_piece_is_one_pass():
    tokens = shard([40])
    sequence = torch.from_numpy(np.asarray(tokens.tokens, np.int64))[None]
    network = model("transformer", length=64)
    with torch.no_grad():
        nats = F.cross_entropy(network(sequence[:, :-1])[0][0], sequence[0, 1:], reduction="sum").item()
    assert surprisal(network, tokens, ENCODING).nats == pytest.approx(nats, rel=1e-5)


def test_windows_score_each_token_from_the_view_it_should_have():
    tokens, network = shard([50]), model("transformer", length=16)
    sequence = torch.from_numpy(np.asarray(tokens.tokens, np.int64))
    nats = 0.0
    with torch.no_grad():
        for place in range(1, 50):  # the definition, one token at a time, for a stride of 1
            seen = sequence[None, max(0, place - 16) : place]
            nats += F.cross_entropy(network(seen)[0][0, -1], sequence[place]).item()
    assert surprisal(network, tokens, ENCODING, stride=1, batch=4).nats == pytest.approx(nats, rel=1e-5)


def test_a_recurrent_model_reads_each_piece_from_its_begin():
    network = model("lstm")
    measured = surprisal(network, shard([2000, 70]), ENCODING)
    sequence = torch.from_numpy(np.asarray(shard([2000, 70]).tokens, np.int64))
    with torch.no_grad():
        nats = sum(
            F.cross_entropy(network(part[None, :-1])[0][0], part[1:], reduction="sum").item()
            for part in (sequence[:2000], sequence[2000:])
        )
    assert measured.nats == pytest.approx(nats, rel=1e-4)


def test_figures_a_note_and_a_second_count_strokes_and_time():
    tokens = np.array([388, 356, 60, 256 + 99, 188, 256 + 49, 389], np.uint16)
    total = surprisal(EvenChances(), TokenShard(tokens, np.array([0, 7])), ENCODING)
    assert (total.notes, total.seconds) == (1, 1.5)
    assert total.nats_per_note == pytest.approx(6 * np.log(390), rel=1e-5)
    assert total.nats_per_second == pytest.approx(4 * np.log(390), rel=1e-5)


def test_a_senseless_stride_is_refused():
    with pytest.raises(UsageError, match="stride"):
        surprisal(EvenChances(), shard([9]), ENCODING, stride=9)
