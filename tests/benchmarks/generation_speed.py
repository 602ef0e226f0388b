"""Generation: seconds of music a second of one processor, one piece at a time and eight at once, and a whole command.

    python tests/benchmarks/generation_speed.py [--model NAME] [--seconds S]

Of models of events also: with a cache against none, and steps in numpy against torch's. Times are of the processor, so
that waiting for other work does not count, though what shares its caches does; each is the best of three.
"""

import argparse
import os
import subprocess
import sys
import time

import torch

from maestrokit.inference.events import GenerationConfig, generate
from maestrokit.inference.sequence_model import SequenceModel, load_event_model
from maestrokit.models._notes import NoteModel
from maestrokit.music.tokens import Encoding

TURNS = 3


class InTorch(torch.nn.Module):
    """The same model, of a class that nobody knows quicker steps of."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model, self.config, self.initial_state = model, model.config, model.initial_state

    def forward(self, tokens: torch.Tensor, state: object) -> tuple[torch.Tensor, object]:
        return self.model(tokens, state)


class WithoutCache(torch.nn.Module):
    """The same model, made to read everything anew for each event, as far back as its view reaches."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model, self.config = model, model.config

    def initial_state(self, batch: int, *, length: int) -> torch.Tensor:
        return torch.empty(batch, 0, dtype=torch.long)

    def forward(self, tokens: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        state = torch.cat((state, tokens), 1)[:, -getattr(self.config, "length", 1 << 20) :]
        return self.model(state)[0], state


def measured(model: torch.nn.Module, encoding: Encoding, *, seconds: float, count: int) -> float:
    """Return events a CPU second."""
    started = time.process_time()
    made = generate(model, encoding, GenerationConfig(duration=seconds, count=count, seed=1))  # type: ignore[arg-type]
    return sum(map(len, made)) / (time.process_time() - started)


def command_seconds(model: str) -> float:
    """Return the CPU seconds of a command that makes half a minute of music."""
    before = os.times()
    words = ["generate", "--model", model, "--seed", "1", "--duration", "30s", "-o", os.devnull]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "maestrokit", *words], check=True, env=environment)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def compare_steps(model: torch.nn.Module, encoding: Encoding, *, seconds: float) -> None:
    """Print how a model of events is quicker than in plain torch."""
    cached = measured(model, encoding, seconds=seconds, count=1)
    torch_steps = measured(InTorch(model), encoding, seconds=seconds, count=1)
    plain = measured(WithoutCache(model), encoding, seconds=seconds / 4, count=1)
    print(f"events a CPU second, steps in numpy {cached:8.0f}")
    print(f"steps in torch                      {torch_steps:8.0f}   ratio {cached / torch_steps:.1f}")
    print(f"without cache                       {plain:8.0f}   ratio {cached / plain:.1f}")


def times_playback(loaded: SequenceModel, *, seconds: float, count: int) -> float:
    """Return the seconds of music that are made in a CPU second, sampled as by default."""
    config = GenerationConfig(seconds, count, 1).with_sampling(loaded.sampling, {})
    best = 0.0
    for _ in range(TURNS):
        started = time.process_time()
        generate(loaded.model, loaded.encoding, config)
        best = max(best, seconds * count / (time.process_time() - started))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="transformer", help="shipped model, or run folder")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    loaded = load_event_model(options.model)
    times_playback(loaded, seconds=1.0, count=1)  # warm
    print(options.model)
    for count in (1, 8):
        print(
            f"{count} at once          {times_playback(loaded, seconds=options.seconds, count=count):6.0f} x playback"
        )
    command = min(command_seconds(options.model) for _ in range(TURNS))
    print(f"generate --duration 30s {command:5.1f} CPU s, start-up included")
    if not isinstance(loaded.model, NoteModel):
        compare_steps(loaded.model, loaded.encoding, seconds=options.seconds)


if __name__ == "__main__":
    main()
