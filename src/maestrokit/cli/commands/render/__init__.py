"""``maestrokit render``: performances into audio."""

from maestrokit.cli.commands.render.options import RenderOptions
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
    options: RenderOptions,
) -> None:
    """Render performances to audio with a sampled piano, with its pedals.

    A note begins at the sample nearest to its onset. Standard output is a WAV stream that can be played while it is
    written. Memory does not grow with the performance, except for OGG.
    """
    from maestrokit.cli import batch, planning
    from maestrokit.cli.commands.render.work import Rendering
    from maestrokit.files import walk
    from maestrokit.files.formats import SOUND, chosen_format

    default = "wav" if outputs.directory is None else "flac"
    chosen = chosen_format(options.format_, outputs.output, SOUND, default=default)
    work = Rendering(options, chosen, reading.repair, provenance.made_by)
    _ = work.room
    plan = planning.convert(inputs, outputs, running, suffixes=walk.MIDI_SUFFIXES, suffix=f".{chosen}")
    planning.refuse_terminal(plan.targets, "sound")
    batch.run("render", work, plan, running)
