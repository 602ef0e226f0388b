"""The options of ``maestrokit train``."""

from dataclasses import dataclass
from typing import Annotated

import typer

from maestrokit.bounds import COUNT
from maestrokit.cli.choices import ASIDE, Sets, assigned_to, kept_in, models_for, one_of, tasks, training_settings


@dataclass(frozen=True)
class Searching:
    """The search for good settings."""

    tune: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Search for good settings by N trainings, each up to --steps, --time-limit or --patience; bad ones "
            "are ended early. The search covers learning_rate 1e-4..1e-3, batch 32..128, length 128..1024, "
            "dropout 0..0.5, weight_decay 1e-4..0.1, except those that are given, and what --set gives as "
            "NAME=LOW..HIGH or NAME=A|B. RUN gets tune.json, trials/0 .., and the weights of the best.",
        ),
        COUNT,
    ] = None
    tune_storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Keep the trials in this storage of Optuna, such as sqlite:////shared/tune.db or mysql://.., instead "
            "of in RUN/tune.db; several machines that use one, each with its own RUN, share a search.",
        ),
    ] = None


Family = Annotated[
    str,
    typer.Argument(
        metavar="FAMILY",
        help="Kind of model: lstm, transformer, cnn.",
        autocompletion=one_of(kept_in("maestrokit.models:families")),
    ),
]
Data = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA",
        help="Files, folders or a MAESTRO root, whose official split is kept; of all else 80 % of the pieces are for "
        "training, 10 % for validation and 10 % for tests.",
    ),
]
Run = Annotated[
    str, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run; an existing run is resumed.")
]
Task = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Task to train for, where the family has several.",
        autocompletion=one_of(tasks),
    ),
]
Init = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|RUN",
        help="Start from the weights of a shipped model or of another run, to fine-tune them; parts that --set adds "
        "start new.",
        autocompletion=one_of(models_for(None)),
    ),
]
Steps = Annotated[int | None, typer.Option(metavar="N", help="End after N steps of the optimizer.")]
TimeLimit = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="End after TIME of training (90s, 30m, 1h30m), resumed time included."),
]
Patience = Annotated[
    int | None,
    typer.Option(metavar="N", help="End after N validations without improvement (10); 0 is never."),
]
BatchSize = Annotated[int | None, typer.Option(metavar="N", help="Examples per batch.")]
Length = Annotated[int | None, typer.Option(metavar="N", help="Length of the sequences, in tokens or frames.")]
LearningRate = Annotated[
    float | None, typer.Option(metavar="RATE", help="Highest learning rate, after warm-up and before cosine decay.")
]
Dropout = Annotated[float | None, typer.Option(metavar="SHARE", help="Share of activations dropped in training.")]
WeightDecay = Annotated[float | None, typer.Option(metavar="RATE", help="L2 decay of the weight matrices.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any other setting of model, data or training: maestrokit-train(1) explains them, a wrong NAME lists "
        "them.",
        autocompletion=assigned_to(training_settings),
    ),
    Sets(training_settings),
]
Plot = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Draw the learning curves into FILE (.png, .svg or .pdf), anew with each validation."
    ),
    ASIDE,
]
Cache = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="Keep prepared data in DIR instead of the user's cache folder; they are identified by content.",
    ),
]
