"""Speed of generation: notes and seconds of music per CPU second, for one and for eight pieces at once, and a command.

    python tests/benchmarks/generation_speed.py [--model NAME] [--seconds S]

The pieces are those of eight seeds, since pieces differ in how dense they are. For models of events also: with and
without a cache, and steps in numpy against those in torch. Times are of the processor, so that waiting for other work
does not count, though what shares its caches does; each is the best of three.
"""

import argparse
import math
import os
import subprocess
import sys
import time

import torch

from maestrokit.inference.generation.events import GenerationConfig, generate
from maestrokit.inference.sequence_model import SequenceModel, load_event_model
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import note_sequence

REPEATS = 3
PIECES = 8


class TorchSteps(torch.nn.Module):
    """The same model, of a class that has no faster steps than those in torch."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model, self.config, self.initial_state = model, model.config, model.initial_state

    def forward(self, tokens: torch.Tensor, state: object) -> tuple[torch.Tensor, object]:
        """Return logits and the state."""
        return self.model(tokens, state)


class WithoutCache(torch.nn.Module):
    """The same model without a cache: for each event it reads its whole context again."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model, self.config = model, model.config

    def initial_state(self, batch: int, *, length: int) -> torch.Tensor:
        """Return a state that holds no tokens."""
        return torch.empty(batch, 0, dtype=torch.long)

    def forward(self, tokens: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits and the tokens read so far."""
        state = torch.cat((state, tokens), 1)[:, -getattr(self.config, "length", 1 << 20) :]
        return self.model(state)[0], state


def events_per_cpu_second(model: torch.nn.Module, encoding: Encoding, *, seconds: float, count: int) -> float:
    """Return events per CPU second."""
    start = time.process_time()
    pieces = generate(model, encoding, GenerationConfig(duration=seconds, count=count, seed=1))  # type: ignore[arg-type]
    return sum(map(len, pieces)) / (time.process_time() - start)


def command_seconds(model: str) -> float:
    """Return the CPU seconds of a command that generates half a minute of music."""
    before = os.times()
    arguments = ["generate", "--model", model, "--seed", "1", "--duration", "30s", "-o", os.devnull]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "maestrokit", *arguments], check=True, env=environment)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def compare_steps(model: torch.nn.Module, encoding: Encoding, *, seconds: float) -> None:
    """Print how much faster a model of events is than in plain torch."""
    cached = events_per_cpu_second(model, encoding, seconds=seconds, count=1)
    torch_steps = events_per_cpu_second(TorchSteps(model), encoding, seconds=seconds, count=1)
    uncached = events_per_cpu_second(WithoutCache(model), encoding, seconds=seconds / 4, count=1)
    print(f"events a CPU second, steps in numpy {cached:8.0f}")
    print(f"steps in torch                      {torch_steps:8.0f}   ratio {cached / torch_steps:.1f}")
    print(f"without cache                       {uncached:8.0f}   ratio {cached / uncached:.1f}")


def generation_rates(loaded: SequenceModel, *, seconds: float, count: int) -> tuple[float, float, float]:
    """Return notes and seconds of music per CPU second, by default sampling, and notes per second of the music."""
    cpu_seconds, notes = 0.0, 0
    for seed in range(1, PIECES + 1, count):
        config = GenerationConfig(seconds, count, seed).with_sampling(loaded.sampling, {})
        least = math.inf
        for _ in range(REPEATS):
            start = time.process_time()
            pieces = generate(loaded.model, loaded.encoding, config)
            least = min(least, time.process_time() - start)
        cpu_seconds += least
        notes += sum(len(note_sequence(tokens, loaded.encoding).pitch) for tokens in pieces)
    return notes / cpu_seconds, seconds * PIECES / cpu_seconds, notes / (seconds * PIECES)


def main() -> None:
    """Print the speeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="transformer", help="shipped model, or run folder")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    loaded = load_event_model(options.model)
    generation_rates(loaded, seconds=1.0, count=1)  # warm
    print(f"{options.model:20}notes a CPU second  x playback  notes a second of music")
    for count in (1, PIECES):
        notes, playback, density = generation_rates(loaded, seconds=options.seconds, count=count)
        print(f"{f'{count} at once':20}{notes:18.0f}{playback:12.0f}{density:25.1f}")
    command = min(command_seconds(options.model) for _ in range(REPEATS))
    print(f"generate --duration 30s {command:5.1f} CPU s, start-up included")
    if not isinstance(loaded.model, NoteModel):
        compare_steps(loaded.model, loaded.encoding, seconds=options.seconds)


if __name__ == "__main__":
    main()
