"""The options of ``maestrokit transcribe``."""

from typing import Annotated

import typer

from maestrokit.bounds import Within
from maestrokit.cli.choices import ASIDE, kept_in, models_for, one_of

PEDALS = ("cc64", "extend", "none")

Model = Annotated[
    str,
    typer.Option(
        metavar="NAME|RUN",
        help="The name of a shipped model, or a run folder of train cnn.",
        autocompletion=one_of(models_for("transcription")),
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="mid; tsv (onset, offset, pitch, velocity); or npz, with the model's posteriors of each 20 ms frame. "
        "Default: the suffix of --output, else mid.",
        autocompletion=one_of(kept_in("maestrokit.files.formats:NOTES.formats")),
    ),
]
OnsetThreshold = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Least onset posterior of a note, 0..1; a lower one finds more notes. Default: fitted to the model.",
    ),
    Within(0, 1, above=True, below=True),
]
MinNote = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Least duration of a note. Default: fitted to the model."),
    Within(0, 60),
]
Pedal = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="cc64: notes last as long as they sound, and the sustain pedal is written, too. extend: they last so "
        "long, and no pedal is written. none: no pedal is written, and notes that it held end where the next key "
        "is struck. Default: cc64 if the model transcribes the pedal, else extend.",
        autocompletion=one_of(lambda: PEDALS),
    ),
]
Tempo = Annotated[
    str | None,
    typer.Option(
        metavar="BPM",
        help="Write this tempo, or with 'track' the beats tracked in the notes, as a tempo map, with a time signature "
        "where the meter is clear. No note moves. Without it the file says that its tempo has no meaning.",
        autocompletion=one_of(lambda: ("track",)),
    ),
]
SilenceThreshold = Annotated[
    float | None,
    typer.Option(
        metavar="DBFS",
        help="Discard notes where the recording is quieter than this, measured over 0.2 s. Default: -80.",
    ),
    Within(-200, 0),
]
MinConfidence = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Discard notes where the mean posterior of those around them, over some seconds, is lower, 0..1; 0 keeps "
        "all. Default: fitted to the model.",
    ),
    Within(0, 1, below=True),
]
Plot = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Draw the notes over the spectrum into FILE (.png, .svg or .pdf), velocities as colour, and the pedal "
        "below.",
    ),
    ASIDE,
]
Threads = Annotated[int, typer.Option(metavar="N", help="Threads for each input."), Within(1, 1024)]
