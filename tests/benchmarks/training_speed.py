"""Training speed of maestrokit's transformers and LSTM, beside the same sizes in plain torch.nn; one thread.

    python tests/benchmarks/training_speed.py [--width W] [--layers N] [--batch N] [--length N] ..

Times are of the processor, so that other work on the machine counts less, and each is the best of several turns. The
first plain network is a stack of torch.nn.TransformerEncoderLayer with a causal mask, which is the same network; the
second is a stack of torch.nn.TransformerDecoderLayer that attends to its own input once more, as decoders do in
torch.nn. All have the same optimizer, clipping and loss.

Then follows the network of transcription, as it ships and twice as wide, on windows of the default length and of twice
it: first with glibc as it is, which returns arrays of more than 32 MB to the system when they are freed, then reusing
them, as `maestrokit train` does.

The last line is the transformer of notes in the sizes of the shipped one and the precision that training chooses, one
note a token. Its share of the core's peak is that of operations of matrix products in a step, as torch counts them, in
those that products of large square matrices of that precision reach.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.flop_counter import FlopCounterMode

from maestrokit.inference.device import reuse_freed_memory
from maestrokit.inference.note_models.batches import padded
from maestrokit.models import cnn, lstm, transformer
from maestrokit.models.contract import TrainedModel
from maestrokit.models.kernels.switch import plain_torch
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import excerpt
from maestrokit.music.encodings.step_notes import reconciled
from maestrokit.music.piano_range import KEYS
from maestrokit.training.device import DistributedContext, has_fast_bfloat16
from maestrokit.training.loop import Training
from maestrokit.training.settings import TrainingSettings

VOCABULARY = 390
WINDOWS = 512, 1024  # frames
FRAMES_PER_SECOND = 100
Step = Callable[[], object]


class PlainTransformer(nn.Module):
    """A decoder of torch.nn."""

    def __init__(self, sizes: argparse.Namespace, dropout: float, *, is_decoder: bool) -> None:
        super().__init__()
        kind = nn.TransformerDecoderLayer if is_decoder else nn.TransformerEncoderLayer
        layer = kind(sizes.width, sizes.heads, sizes.hidden, dropout, batch_first=True, norm_first=True)
        self.is_decoder = is_decoder
        self.embedding, self.context = nn.Embedding(VOCABULARY, sizes.width), nn.Embedding(sizes.length, sizes.width)
        self.stack = (
            nn.TransformerDecoder(layer, sizes.layers)
            if is_decoder
            else nn.TransformerEncoder(layer, sizes.layers, enable_nested_tensor=False)
        )
        self.norm, self.output = nn.LayerNorm(sizes.width), nn.Linear(sizes.width, VOCABULARY)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(sizes.length))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return logits, (batch, time, vocabulary)."""
        x = self.embedding(tokens) + self.context.weight
        if self.is_decoder:
            x = self.stack(x, x, tgt_mask=self.mask, memory_mask=self.mask)
        else:
            x = self.stack(x, mask=self.mask)
        return self.output(self.norm(x))


class PlainLstm(nn.Module):
    """torch.nn.LSTM between an embedding and a linear layer."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.embedding, self.output = nn.Embedding(VOCABULARY, width), nn.Linear(width, VOCABULARY)
        self.recurrent = nn.LSTM(width, width, layers, batch_first=True)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return logits, (batch, time, vocabulary)."""
        return self.output(self.recurrent(self.embedding(tokens))[0])


class RandomTokens:
    """Training data of one batch of random tokens."""

    def __init__(self, batch: int, length: int) -> None:
        tokens = torch.randint(0, VOCABULARY, (batch, length + 1), generator=torch.Generator().manual_seed(1))
        self.only_batch = {"tokens": tokens[:, :-1], "target": tokens[:, 1:]}

    def batches(self, epoch: int) -> int:
        """Return the number of batches of an epoch: without end."""
        return 1 << 30

    def validation_batches(self) -> int:
        """Return the number of batches to validate on: none."""
        return 0

    def batch(self, epoch: int, index: int) -> dict[str, torch.Tensor]:
        """Return the one batch."""
        return self.only_batch


def plain_step(model: nn.Module, data: RandomTokens) -> Step:
    """Return a plain training step of PyTorch."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step() -> None:
        loss = F.cross_entropy(model(data.only_batch["tokens"]).flatten(0, 1), data.only_batch["target"].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()

    return step


def maestrokit_step(model: TrainedModel, data: RandomTokens) -> Step:
    """Return the step of maestrokit's training loop."""
    folder, context = Path(tempfile.mkdtemp()), DistributedContext(torch.device("cpu"))
    return Training(model, data, TrainingSettings(), folder=folder, context=context)._step  # type: ignore[arg-type]


def seconds_per_step(steps: dict[str, Step], *, turns: int) -> dict[str, float]:
    """Return the least CPU seconds of each step, measured in alternation."""
    best = dict.fromkeys(steps, float("inf"))
    for repetition in range(turns + 1):
        for name, step in steps.items():
            start = time.process_time()
            step()
            if repetition:
                best[name] = min(best[name], time.process_time() - start)
    return best


def notes_batch(batch: int, length: int) -> dict[str, torch.Tensor]:
    """Return excerpts of random notes, some ten a second."""
    generator, rows = np.random.default_rng(0), []
    for _ in range(batch):
        onset = np.cumsum(generator.integers(0, 20, 2 * length))
        pitch, velocity_bin = generator.integers(30, 90, len(onset)), generator.integers(0, 32, len(onset))
        notes = reconciled(onset, onset + generator.integers(5, 100, len(onset)), pitch, velocity_bin)
        rows.append(excerpt(notes, 1, 1 + length, Encoding()))
    return padded(rows)


def print_transcription(channels: Sequence[int], *, batch: int, turns: int) -> None:
    """Print the speed of the transcription network, before and after freed memory is reused."""
    steps, seconds = {}, {}
    for count, frames in product(channels, WINDOWS):
        data, name = RandomTokens(1, 1), f"{count} channels, {frames} frames"
        data.only_batch = {
            "levels": torch.rand(batch, frames, 294) * -60,
            "target": torch.rand(batch, len(cnn.HEADS), frames // cnn.STRIDE, KEYS).round(),
            "pedal": torch.rand(batch, frames // cnn.STRIDE).round(),
        }
        steps[name] = maestrokit_step(cnn.Model(cnn.Config(channels=count)), data)
        seconds[name] = batch * frames / FRAMES_PER_SECOND
    memory_returned = seconds_per_step(steps, turns=turns)
    reuse_freed_memory()
    memory_reused = seconds_per_step(steps, turns=turns)
    print(f"network of transcription, {batch} windows: seconds of recordings a second")
    print(f"{'':28}{'returned':>10}{'reused':>10}{'ratio':>8}")
    for name in steps:
        rates = seconds[name] / memory_returned[name], seconds[name] / memory_reused[name]
        print(f"{name:28}{rates[0]:10.1f}{rates[1]:10.1f}{rates[1] / rates[0]:8.2f}")


def peak_operations(precision: torch.dtype, *, turns: int, size: int = 2048) -> float:
    """Return the operations a CPU second that products of large matrices reach."""
    matrix = torch.ones(size, size, dtype=precision)
    return 2 * size**3 / seconds_per_step({"product": lambda: matrix @ matrix}, turns=turns)["product"]


def print_notes(*, batch: int, length: int, turns: int) -> None:
    """Print tokens a second of the transformer of notes, and its share of the core's peak."""
    config = transformer.Config(encoding="notes", hidden=1152, length=length, conditions="density,loudness")
    model, data = transformer.new_model(config), RandomTokens(1, 1)
    data.only_batch = notes_batch(batch, length)
    step = maestrokit_step(model, data)
    with FlopCounterMode(display=False) as counter, plain_torch():
        torch.stack([part.sum() for part in model.nats(data.only_batch)[0].values()]).sum().backward()
        operations = counter.get_total_flops()
    precision = torch.bfloat16 if has_fast_bfloat16() else torch.float32
    seconds = seconds_per_step({"ours": step}, turns=turns)["ours"]
    share = operations / seconds / peak_operations(precision, turns=turns)
    print(f"transformer of notes, {batch} x {length}, {str(precision).removeprefix('torch.')}")
    print(f"{'ours':28}{batch * length / seconds:8.0f}   {share:.0%} of the core's peak")


def print_speeds(title: str, steps: dict[str, Step], *, tokens: int, turns: int) -> None:
    """Print tokens per second, and the ratio to each plain network."""
    seconds = seconds_per_step(steps, turns=turns)
    peers = [name for name in steps if name.startswith("torch")]
    print(title)
    print(f"{'':28}tokens/s" + "".join(f"   / {name}" for name in peers))
    for name, value in seconds.items():
        ratios = "".join(f"{seconds[peer] / value:>{len(peer) + 5}.2f}" for peer in peers)
        print(f"{name:28}{tokens / value:8.0f}{ratios}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = {"width": 128, "layers": 4, "heads": 4, "hidden": 512, "batch": 4, "length": 384, "turns": 6}
    for name, value in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    torch.set_num_threads(1)
    tokens = options.batch * options.length
    for dropout in (0.0, 0.1):
        torch.manual_seed(0)
        data = RandomTokens(options.batch, options.length)
        shape = {name: getattr(options, name) for name in ("width", "layers", "heads", "hidden", "length")}
        shape["kv_heads"] = options.heads  # as torch's
        steps = {
            "torch encoder layers": plain_step(PlainTransformer(options, dropout, is_decoder=False), data),
            "torch decoder layers": plain_step(PlainTransformer(options, dropout, is_decoder=True), data),
            **{
                f"ours, {variant}": maestrokit_step(
                    transformer.Model(transformer.Config(**shape, dropout=dropout, variant=variant)), data
                )
                for variant in transformer.VARIANTS
            },
        }
        title = (
            f"transformers {options.width} x {options.layers}, {options.batch} x {options.length} tokens, "
            f"dropout {dropout}"
        )
        print_speeds(title, steps, tokens=tokens, turns=options.turns)
    data = RandomTokens(16, 96)
    lstm_steps = {
        "torch LSTM": plain_step(PlainLstm(256, 2), data),
        "ours": maestrokit_step(lstm.Model(lstm.Config(width=256, layers=2, dropout=0.0)), data),
    }
    print_speeds("LSTMs 256 x 2, 16 x 96 tokens, dropout 0.0", lstm_steps, tokens=16 * 96, turns=options.turns)
    print_transcription((48, 96), batch=3, turns=options.turns)
    print_notes(batch=2, length=1024, turns=options.turns)


if __name__ == "__main__":
    main()
