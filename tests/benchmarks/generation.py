"""Generation: with cached keys and values against none, and eight at once against one; CPU time on one thread.

    python tests/benchmarks/generation.py [--model NAME] [--seconds S]
"""

import argparse
import time

import torch

from maestrokit.inference.events import Wish, generate, load_event_model
from maestrokit.models import transformer
from maestrokit.music.tokens import Encoding


class WithoutCache(torch.nn.Module):
    """The same model, made to read everything anew for each event, as far back as its view reaches."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model, self.config = model, model.config

    def initial_state(self, batch: int, *, length: int) -> torch.Tensor:
        return torch.empty(batch, 0, dtype=torch.long)

    def forward(self, tokens: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        state = torch.cat((state, tokens), 1)[:, -self.config.length :]
        return self.model(state)[0], state


def measured(model: torch.nn.Module, encoding: Encoding, *, seconds: float, count: int) -> float:
    """Return events a CPU second."""
    started = time.process_time()
    made = generate(model, encoding, Wish(duration=seconds, count=count, seed=1))  # type: ignore[arg-type]
    return sum(map(len, made)) / (time.process_time() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="", help="run folder or shipped model; default is an untrained one")
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, encoding = transformer.Model(transformer.Config(width=128, layers=4, length=512)).eval(), Encoding()
    if options.model:
        model, encoding = load_event_model(options.model)
    measured(model, encoding, seconds=1.0, count=1)  # warm
    cached = measured(model, encoding, seconds=options.seconds, count=1)
    plain = measured(WithoutCache(model), encoding, seconds=options.seconds, count=1)
    many = measured(model, encoding, seconds=options.seconds, count=8)
    print(f"cached            {cached:8.0f} events a CPU second")
    print(f"without cache     {plain:8.0f}   ratio {cached / plain:.1f}")
    print(f"eight at once     {many:8.0f}   ratio {many / cached:.1f}")


if __name__ == "__main__":
    main()
