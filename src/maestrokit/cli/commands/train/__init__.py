"""``maestrokit train``: models from performances and recordings."""

from dataclasses import dataclass
from typing import Annotated

import typer

from maestrokit.bounds import COUNT, SEED
from maestrokit.cli.choices import assigned_to, kept_in, models_for, one_of, tasks, training_settings
from maestrokit.cli.options import ASIDE, Running

EXAMPLES = (
    (
        "Train a small transformer on MAESTRO for an hour",
        "maestrokit train transformer maestro-v3.0.0 -o runs/t1 --time-limit 1h --set width=192 --set layers=4",
    ),
    (
        "Go on where it stopped, for another hour",
        "maestrokit train transformer maestro-v3.0.0 -o runs/t1 --time-limit 2h --set width=192 --set layers=4",
    ),
    (
        "Fine-tune it on your own performances",
        "maestrokit train transformer takes -o runs/t2 --init runs/t1 --steps 500",
    ),
    (
        "Search for good settings by five trainings of ten minutes, widths among them",
        "maestrokit train transformer takes -o runs/search --tune 5 --time-limit 10m --set 'width=128..512'",
    ),
)
SETTINGS = True  # the man page tells what --set may name
REFERENCES = (
    "Huang et al., Music Transformer, ICLR 2019",
    "Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019",
    "Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024",
)


@dataclass(frozen=True)
class Searching:
    """The search for good settings."""

    tune: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Search for good settings by N trainings, each up to --steps, --time-limit or --patience; bad ones "
            "are ended early. Searched are learning_rate 1e-4..1e-3, batch 32..128, length 128..1024, dropout 0..0.5, "
            "weight_decay 1e-4..0.1, but for those that are given, and what --set gives as NAME=LOW..HIGH or NAME=A|B. "
            "RUN gets tune.json, trials/0 .., and the weights of the best.",
        ),
        COUNT,
    ] = None
    tune_storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Note trials in this storage of Optuna, such as sqlite:////shared/tune.db or mysql://.., instead of "
            "RUN/tune.db; several machines that use one, each with its own RUN, share a search.",
        ),
    ] = None


# What is trained for, and where.
Task = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What to train for, where the family can do several things.",
        autocompletion=one_of(tasks),
    ),
]

Device = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="cpu, cuda, or auto: a GPU if there is one.",
        autocompletion=one_of(kept_in("maestrokit.training.settings:DEVICES")),
    ),
]


def run(
    family: Annotated[
        str,
        typer.Argument(
            metavar="FAMILY",
            help="Kind of model: lstm, transformer, cnn.",
            autocompletion=one_of(kept_in("maestrokit.models:families")),
        ),
    ],
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA...",
            help="Files, folders or a MAESTRO root, whose official split is kept; of all "
            "else 80 % of the pieces are for training, 10 % for validation and 10 % for tests.",
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run; a run found there goes on.")
    ],
    running: Running,
    searching: Searching,
    task: Task = None,
    init: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|RUN",
            help="Begin with the weights of a shipped model or of another run, to fine-tune them; parts that --set "
            "adds begin new.",
            autocompletion=one_of(models_for(None)),
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(metavar="N", help="End after N steps of the optimizer.")] = None,
    time_limit: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="End after TIME of training (90s, 30m, 1h30m), resumed time counted in."),
    ] = None,
    patience: Annotated[
        int | None, typer.Option(metavar="N", help="End after N validations without improvement (10); 0 is never.")
    ] = None,
    batch: Annotated[int | None, typer.Option(metavar="N", help="Examples a batch.")] = None,
    length: Annotated[int | None, typer.Option(metavar="N", help="Tokens that a sequence model sees at once.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(metavar="RATE", help="Highest rate; it rises to it and falls along a cosine.")
    ] = None,
    dropout: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Share of activations left out in training.")
    ] = None,
    weight_decay: Annotated[
        float | None, typer.Option(metavar="RATE", help="L2 decay of the weights of matrices.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any other setting of model, data or training: maestrokit-train(1) explains them, a wrong NAME lists "
            "them.",
            autocompletion=assigned_to(training_settings),
        ),
    ] = None,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Draw the learning curves into FILE (.png, .svg or .pdf), anew with each validation."
        ),
        ASIDE,
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Decides all that is drawn at random."), SEED] = 0,
    device: Device = "auto",
    cache: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Keep prepared data in DIR instead of the user's cache folder; they are found again by content.",
        ),
    ] = None,
) -> int:
    """Train a model, or go on training it.

    The run folder holds config.json, model.safetensors (the best weights by validation), log.jsonl, and
    resume.safetensors, from which the same command line goes on exactly, however the training was stopped.
    The first Ctrl-C or SIGTERM ends training after the step at hand, and saves.
    """
    from pathlib import Path

    from maestrokit.cli.commands.train.work import print_plan, run_search, run_training, settings_of
    from maestrokit.cli.parse import parse_duration
    from maestrokit.files.cache import default_cache
    from maestrokit.files.checkpoint import model_folder
    from maestrokit.training.device import find_context
    from maestrokit.training.run import TrainingSpec
    from maestrokit.training.tuning import Search

    named = {
        "steps": steps, "patience": patience, "batch": batch, "length": length, "learning_rate": learning_rate,
        "dropout": dropout, "weight_decay": weight_decay, "seed": seed,
        "time_limit": None if time_limit is None else parse_duration(time_limit),
    }  # fmt: skip
    spec = TrainingSpec(
        family,
        task or "",
        data,
        Path(output),
        settings_of(named, settings or []),
        None if init is None else model_folder(init),
        Path(cache) if cache else default_cache(),
        running.workers,
    )
    if running.dry_run:
        print_plan(spec, is_search=searching.tune is not None)
        return 0
    context = find_context(device)
    try:
        if searching.tune is not None:
            return run_search(spec, Search(searching.tune, searching.tune_storage or ""), context, running, plot)
        return run_training(spec, context, running, plot)
    finally:
        context.leave()
