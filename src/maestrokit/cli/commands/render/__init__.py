"""``maestrokit render``: performances into audio."""

from typing import Annotated

import typer

from maestrokit.bounds import Within
from maestrokit.cli.choices import kept_in, one_of
from maestrokit.cli.options import Batch, Inputs, Outputs, Provenance, Reading

EXAMPLES = (
    ("Render a performance with the shipped piano", "maestrokit render take.mid -o take.flac"),
    (
        "Render it in C major, in a hall",
        "maestrokit transpose take.mid | maestrokit render - --room hall -o take-in-C.flac",
    ),
    (
        "Make mono recordings of a folder at 16 kHz, two at once",
        "maestrokit render takes --sample-rate 16000 --channels 1 --jobs 2 -d rendered",
    ),
)
REFERENCES = (
    "Dannenberg, The interpretation of MIDI velocity, International Computer Music Conference (2006)",
    "Holm, Salamander Grand Piano V3, https://archive.org/details/SalamanderGrandPianoV3 (CC BY 3.0)",
)


def run(
    inputs: Inputs,
    outputs: Outputs,
    reading: Reading,
    running: Batch,
    provenance: Provenance,
    samples: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Use the piano in PATH: a folder of the Salamander's samples, or a soundfont (.sf2, .sf3). "
            "Default: the shipped compact Salamander.",
        ),
    ] = None,
    sample_rate: Annotated[int, typer.Option(metavar="HZ", help="Samples per second."), Within(8000, 192_000)] = 44100,
    channels: Annotated[int, typer.Option(metavar="N", help="1 is mono, 2 is stereo."), Within(1, 2)] = 2,
    room: Annotated[
        str,
        typer.Option(
            metavar="NAME|SECONDS",
            help="none, small, hall, or the reverberation time in seconds.",
            autocompletion=one_of(lambda: ("none", *kept_in("maestrokit.audio.effects.room:NAMED")())),
        ),
    ] = "small",
    gain: Annotated[
        float,
        typer.Option(
            metavar="DB", help="Raise the level by DB. Peaks near full scale are limited softly, not clipped."
        ),
        Within(-60, 40),
    ] = 0.0,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="flac, wav or ogg. Default: the suffix of --output; wav on standard output, flac under --directory.",
            autocompletion=one_of(kept_in("maestrokit.files.formats:SOUND.formats")),
        ),
    ] = None,
) -> None:
    """Render performances to audio with a sampled piano, with its pedals.

    A note begins at the sample nearest to its onset. Standard output is a WAV stream that can be played while it is
    written. Memory does not grow with the performance, except for OGG.
    """
    from maestrokit.cli import batch
    from maestrokit.cli import plan as streams
    from maestrokit.cli.commands.render.work import Rendering
    from maestrokit.files import walk
    from maestrokit.files.formats import SOUND, chosen_format

    chosen = chosen_format(format_, outputs.output, SOUND, default="wav" if outputs.directory is None else "flac")
    work = Rendering(chosen, reading.repair, provenance.made_by, samples, sample_rate, channels, room, gain)
    _ = work.room_of_name
    plan = streams.convert(inputs, outputs, running, suffixes=walk.MIDI_SUFFIXES, suffix=f".{chosen}")
    for task in plan.tasks[:1]:
        streams.refuse_terminal(task.target, "sound")
    batch.run("render", work, plan, running)
