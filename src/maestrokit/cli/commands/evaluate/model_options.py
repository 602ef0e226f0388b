"""The options of ``maestrokit evaluate --model``."""

from dataclasses import dataclass
from typing import Annotated

import typer

from maestrokit.bounds import COUNT
from maestrokit.cli.choices import assigned_to, kept_in, models_for, one_of


@dataclass(frozen=True)
class ModelScoring:
    """The scoring of a model instead of the performances themselves."""

    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|RUN",
            help="Score, instead of the inputs, how well a model predicts their events or notes, or transcribes "
            "recordings: the name of a shipped model, or a run folder of train.",
            autocompletion=one_of(models_for(None)),
        ),
    ] = None
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="With --model, also score 5-grams of PATH, or of the train split of a MAESTRO root."
        ),
    ] = None
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="With --model, take only N inputs, spread evenly over all."), COUNT
    ] = None
    stride: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="With --model, the step of its window, in events or notes. A smaller one is slower and gives each "
            "more context. Default: half the window.",
        ),
        COUNT,
    ] = None
    sweep: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=VALUES",
            help="With a --model that transcribes, score each of several values of a threshold: "
            "onset_threshold=0.2..0.6, with a step 0.2..0.6/0.05, or 0.2,0.3,0.5.",
            autocompletion=assigned_to(kept_in("maestrokit.cli.commands.evaluate.sweep:SWEPT")),
        ),
    ] = None
