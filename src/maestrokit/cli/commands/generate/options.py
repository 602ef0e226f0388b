"""The options of ``maestrokit generate``."""

from dataclasses import dataclass
from typing import Annotated

import typer

from maestrokit.bounds import DAY, LARGEST_COUNT, SHARE, Within
from maestrokit.cli.choices import ASIDE, assigned_to, classes_of_models, conditions, kept_in, models_for, one_of
from maestrokit.errors import UsageError

Prompt = Annotated[
    str | None, typer.Argument(metavar="PROMPT", help="MIDI file to continue; - is standard input."), ASIDE
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to FILE; - is standard output, the default."),
    ASIDE,
]
Directory = Annotated[
    str | None,
    typer.Option("--directory", "-d", metavar="DIR", help="Write DIR/1.mid, DIR/2.mid .. for --count N."),
    ASIDE,
]
Model = Annotated[
    str,
    typer.Option(
        metavar="NAME|RUN",
        help="The name of a shipped model, or a run folder of train.",
        autocompletion=one_of(models_for("events")),
    ),
]
Duration = Annotated[
    str, typer.Option(metavar="TIME", help="Length of the new music (30s, 2m); after a prompt, what is added.")
]
PromptSeconds = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Use only this much of the prompt, from its start."),
    Within(0, DAY),
]
Infill = Annotated[
    str | None,
    typer.Option(
        metavar="FROM..TO",
        help="Replace what lies in this span of the prompt (12..20, 1m..1m8s), and keep all else; --duration has no "
        "effect. For a model that was trained to (train --set infill=true, the default for notes).",
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        metavar="T",
        help="Below 1 is more conservative, above more varied; 0 takes the most probable. A model of notes applies "
        "this, and the three below, to time, pitch, velocity and duration each. Default: as fitted to the model, else "
        "0.95.",
    ),
    Within(0, 100),
]
TopK = Annotated[
    int | None,
    typer.Option(metavar="N", help="Sample from the N most probable; 0 from all. Default: as fitted, else 0."),
    Within(0, LARGEST_COUNT),
]
TopP = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Sample from the fewest that together have probability P. Default: as fitted, else 0.98.",
    ),
    Within(0, 1, above=True),
]
MinP = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Sample only from those at least P times as probable as the most probable. Default: as fitted, else 0.",
    ),
    SHARE,
]
Count = Annotated[int, typer.Option(metavar="N", help="Make N performances at once."), Within(1, 10_000)]

BestOf = Annotated[
    int, typer.Option(metavar="M", help="Make M candidates for each performance, and keep the best."), Within(1, 1000)
]
RankBy = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="What the best is: likelihood, that with the fewest nats a note by the model itself.",
        autocompletion=one_of(kept_in("maestrokit.inference.events:RANKINGS")),
    ),
]


@dataclass(frozen=True)
class Conditioning:
    """What the new music is conditioned on."""

    condition: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Generate under this condition, by a model that was trained with it (train --set conditions=..): a "
            "class such as composer=Chopin, or density or loudness. A part of a name is enough where no other class "
            "has it. May be repeated.",
            autocompletion=assigned_to(conditions),
        ),
    ] = None
    composer: Annotated[
        str | None,
        typer.Option(
            metavar="COMPOSER",
            help="Short for --condition composer=COMPOSER; a wrong one lists those that the model knows.",
            autocompletion=one_of(classes_of_models("composer")),
        ),
    ] = None
    density: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help="Short for --condition density=N, in notes a second. People play 6 to 19, the pedal and all voices "
            "counted; outside 2..32 is as the nearest.",
        ),
        Within(0, 1000, above=True),
    ] = None
    loudness: Annotated[
        str | None,
        typer.Option(
            metavar="N|DYNAMIC",
            help="Short for --condition loudness=N, the mean velocity, or a dynamic: pp is 40, p 50, mp 58, mf 66, "
            "f 74, ff 82. Outside 30..90 is as the nearest.",
            autocompletion=one_of(kept_in("maestrokit.music.conditions:DYNAMICS")),
        ),
    ] = None
    guidance: Annotated[
        float,
        typer.Option(
            metavar="G",
            help="How much conditions count: 1 as learned, above 1 more, at twice the time, 0 not at all.",
        ),
        Within(0, 100),
    ] = 1.0

    def by_name(self) -> dict[str, str]:
        """Return the value of each condition.

        Raises
        ------
        UsageError
            If one is no NAME=VALUE, or is given twice.
        """
        short = {"composer": self.composer, "density": self.density, "loudness": self.loudness}
        pairs = [(name, str(value)) for name, value in short.items() if value is not None]
        for text in self.condition or ():
            name, equals, value = text.partition("=")
            if not (name and equals and value):
                raise UsageError(
                    f"`condition` must be NAME=VALUE, not '{text}'", "such as composer=Chopin", parameter="condition"
                )
            pairs.append((name.strip(), value.strip()))
        values = dict(pairs)
        if len(values) < len(pairs):
            raise UsageError("one condition is given twice", "give each once", parameter="condition")
        return values
