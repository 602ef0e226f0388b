"""Generation: with a cache against none, steps in numpy against torch's, eight at once against one; one thread.

    python tests/benchmarks/generation_speed.py [--model NAME] [--seconds S]

Times are of the processor, so that other work on the machine does not count; the last line is a whole command.
"""

import argparse
import os
import subprocess
import sys
import time

import torch

from maestrokit.inference.events import GenerationConfig, generate
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.music.tokens import Encoding


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="transformer", help="shipped model of events, or run folder")
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, encoding, _ = load_event_model(options.model)
    measured(model, encoding, seconds=1.0, count=1)  # warm
    cached = measured(model, encoding, seconds=options.seconds, count=1)
    torch_steps = measured(InTorch(model), encoding, seconds=options.seconds, count=1)
    plain = measured(WithoutCache(model), encoding, seconds=options.seconds / 4, count=1)
    many = measured(model, encoding, seconds=options.seconds, count=8)
    print(f"{options.model}: events a CPU second")
    print(f"cache, steps in numpy     {cached:8.0f}   {1000 / cached:.2f} ms an event")
    print(f"cache, steps in torch     {torch_steps:8.0f}   ratio {cached / torch_steps:.1f}")
    print(
        f"without cache             {plain:8.0f}   ratio {cached / plain:.1f} (torch's steps {torch_steps / plain:.1f})"
    )
    print(f"eight at once             {many:8.0f}   ratio {many / cached:.1f}")
    print(f"generate --duration 30s   {command_seconds(options.model):8.1f} s, start-up included")


if __name__ == "__main__":
    main()
