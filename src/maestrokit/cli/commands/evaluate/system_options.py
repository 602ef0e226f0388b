"""The options of ``maestrokit evaluate --system``."""

from dataclasses import dataclass
from typing import Annotated

import typer

from maestrokit.bounds import DAY, Within


@dataclass(frozen=True)
class SystemScoring:
    """Several systems, scored beside one another."""

    system: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATH|MODEL",
            help="Score the performances of PATH, or as many new ones by MODEL, as a column of one table. May be "
            "repeated. MODEL is a run folder of train or a shipped model: model:MODEL where a file has its name.",
        ),
    ] = None
    pieces: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Of each --system, score N pieces, spread evenly over all. Default: as many as every PATH has, at "
            "most half of --reference; 50 if there is no PATH.",
        ),
        Within(3, 10_000),
    ] = None
    seconds: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Of each piece of a --system, score a stretch so long. Default: what nine of ten pieces of every "
            "system have, at most 60; models make 30 s.",
        ),
        Within(1, DAY),
    ] = None
