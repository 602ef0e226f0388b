"""``maestrokit render``: performances made audible."""

from typing import TYPE_CHECKING, Annotated

import typer

from maestrokit.bounds import Within
from maestrokit.cli.choices import kept_in, one_of
from maestrokit.cli.options import Batch, Inputs, Outputs, Provenance, Reading

if TYPE_CHECKING:
    pass

EXAMPLES = (
    ("Play a performance on the piano that ships", "maestrokit render take.mid -o take.flac"),
    (
        "Play it in C major, in a hall",
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
            help="Play the piano in PATH: a folder of the Salamander's samples, or a soundfont (.sf2, .sf3). "
            "Default: the compact Salamander that ships.",
        ),
    ] = None,
    sample_rate: Annotated[int, typer.Option(metavar="HZ", help="Samples a second."), Within(8000, 192_000)] = 44100,
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
        typer.Option(metavar="DB", help="Make it louder by DB. Peaks near full scale are bent, not clipped."),
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
    """Play performances on a sampled piano, with its pedals, into sound files.

    A note begins at the sample nearest to its onset. Standard output is a WAV stream that can be played while it is
    made. Memory does not grow with the performance, except for OGG.
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
