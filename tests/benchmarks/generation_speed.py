"""Generation: notes and seconds of music a second of a processor, one piece at a time and eight at once, and a command.

    python tests/benchmarks/generation_speed.py [--model NAME] [--seconds S]

The pieces are those of eight seeds, since pieces differ in how dense they are. Of models of events also: with a cache
against none, and steps in numpy against torch's. Times are of the processor, so that waiting for other work does not
count, though what shares its caches does; each is the best of three.
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

TURNS = 3
PIECES = 8


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


def generated_a_second(loaded: SequenceModel, *, seconds: float, count: int) -> tuple[float, float, float]:
    """Return the notes, and the seconds of music, that are made in a CPU second, sampled as by default; and its
    density, in notes per second."""
    total, notes = 0.0, 0
    for seed in range(1, PIECES + 1, count):
        config = GenerationConfig(seconds, count, seed).with_sampling(loaded.sampling, {})
        best = math.inf
        for _ in range(TURNS):
            started = time.process_time()
            made = generate(loaded.model, loaded.encoding, config)
            best = min(best, time.process_time() - started)
        total += best
        notes += sum(len(note_sequence(tokens, loaded.encoding).pitch) for tokens in made)
    return notes / total, seconds * PIECES / total, notes / (seconds * PIECES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="transformer", help="shipped model, or run folder")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    loaded = load_event_model(options.model)
    generated_a_second(loaded, seconds=1.0, count=1)  # warm
    print(f"{options.model:20}notes a CPU second  x playback  notes a second of music")
    for count in (1, PIECES):
        notes, playback, density = generated_a_second(loaded, seconds=options.seconds, count=count)
        print(f"{f'{count} at once':20}{notes:18.0f}{playback:12.0f}{density:25.1f}")
    command = min(command_seconds(options.model) for _ in range(TURNS))
    print(f"generate --duration 30s {command:5.1f} CPU s, start-up included")
    if not isinstance(loaded.model, NoteModel):
        compare_steps(loaded.model, loaded.encoding, seconds=options.seconds)


if __name__ == "__main__":
    main()
