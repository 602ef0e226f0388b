"""``maestrokit train``: models from performances and recordings."""

from typing import Annotated

import typer

from maestrokit.cli import report
from maestrokit.cli.options import Running
from maestrokit.errors import UsageError

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
)
REFERENCES = (
    "Huang et al., Music Transformer, ICLR 2019",
    "Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019",
    "Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024",
)


def run(
    family: Annotated[str, typer.Argument(metavar="FAMILY", help="Kind of model: lstm, transformer, gan, cnn.")],
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
    task: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to train for, where the family can do several things.")
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Begin with the weights of a shipped model or of another run, to fine-tune them."
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(metavar="N", help="End after N steps of the optimizer.")] = None,
    time_limit: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="End after TIME of training (90s, 30m, 1h30m), resumed time counted in."),
    ] = None,
    patience: Annotated[
        int | None, typer.Option(metavar="N", help="End after N validations without improvement.")
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
            "--set", metavar="NAME=VALUE", help="Any other setting of model, data or training; a wrong NAME lists all."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Decides all that is drawn at random.")] = 0,
    device: Annotated[str, typer.Option(metavar="NAME", help="cpu, cuda, or auto: a GPU if there is one.")] = "auto",
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

    from maestrokit.cli.durations import parse_duration
    from maestrokit.files.checkpoint import model_folder
    from maestrokit.files.shards import default_cache
    from maestrokit.training.device import find_place
    from maestrokit.training.run import Order, train

    named = {
        "steps": steps,
        "patience": patience,
        "batch": batch,
        "length": length,
        "learning_rate": learning_rate,
        "dropout": dropout,
        "weight_decay": weight_decay,
        "seed": seed,
        "time_limit": None if time_limit is None else parse_duration(time_limit),
    }
    values = {name: str(value) for name, value in named.items() if value is not None}
    for setting in settings or []:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set '{setting}' is not NAME=VALUE")
        values[name.replace("-", "_")] = value
    order = Order(
        family,
        task or "",
        data,
        Path(output),
        values,
        None if init is None else model_folder(init),
        Path(cache) if cache else default_cache(),
        running.jobs,
    )
    place = find_place(device)
    outcome = train(
        order,
        place=place,
        report=_teller(running),
        warn=lambda sentence: None if running.quiet else report.say(f"note: {sentence}"),
    )
    if not running.quiet and place.is_first:
        done = outcome.progress
        report.say(f"stopped by {outcome.reason} at step {done.step} after {done.seconds:.0f} s")
    return 128 + outcome.signal_number if outcome.reason == "signal" else 0


def _teller(running: Running):  # type: ignore[no-untyped-def]
    """Return what shows the log as it grows: always at a terminal, elsewhere with -v."""
    shown = not running.quiet and (running.verbose > 0 or report.is_terminal())

    def tell(record: dict[str, object]) -> None:
        if shown:
            report.say(
                "  ".join(
                    f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
                    for name, value in record.items()
                )
            )

    return tell
