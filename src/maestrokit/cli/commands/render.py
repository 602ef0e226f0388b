"""``maestrokit render``: performances made audible."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from maestrokit.bounds import Within
from maestrokit.cli.choices import kept_in, one_of
from maestrokit.cli.options import Inputs, Outputs, Reading, Running
from maestrokit.errors import UsageError

if TYPE_CHECKING:
    from maestrokit.audio.room import Room
    from maestrokit.cli.batch import Notes
    from maestrokit.cli.streams import Task
    from maestrokit.files.sound_output import Blocks
    from maestrokit.music.performance import Performance

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
    running: Running,
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
            autocompletion=one_of(lambda: ("none", *kept_in("maestrokit.audio.room:NAMED")())),
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
    from maestrokit.cli import batch, streams
    from maestrokit.files import walk
    from maestrokit.files.formats import SOUND, chosen_format

    chosen = chosen_format(format_, outputs.output, SOUND, default="wav" if outputs.directory is None else "flac")
    work = Rendering(chosen, reading.repair, running.made_by, samples, sample_rate, channels, room, gain)
    _ = work.room_of_name
    plan = streams.convert(inputs, outputs, running, suffixes=walk.MIDI_SUFFIXES, suffix=f".{chosen}")
    for task in plan.tasks[:1]:
        streams.refuse_terminal(task.target, "sound")
    batch.run("render", work, plan, running)


@dataclass(frozen=True)
class Rendering:
    """The work of the command on one task; a class, so that other processes can be given it."""

    format: str
    repair: bool
    made_by: str | None
    samples: str | None = None
    sample_rate: int = 44100
    channels: int = 2
    room: str = "small"
    gain: float = 0.0

    def __call__(self, task: "Task") -> "Notes":
        """Read the performance, play it, write the sound; return how loud it was."""
        from maestrokit.cli.filters import read_performance

        return self.play(read_performance(task.source, repair=self.repair), task.target)

    def play(self, performance: "Performance", target: str) -> "Notes":
        """Play a performance, write the sound; return how loud it was."""
        from maestrokit.audio.synth import stream
        from maestrokit.audio.timbre import Timbre
        from maestrokit.cli.batch import Notes
        from maestrokit.files.piano import default_piano, read_piano
        from maestrokit.files.sound_output import write_blocks
        from maestrokit.music.history import commands
        from maestrokit.music.timing import tempo_map, tick2second

        piano = default_piano() if self.samples is None else read_piano(self.samples)
        blocks = stream(
            performance,
            piano,
            sample_rate=self.sample_rate,
            channels=self.channels,
            timbre=Timbre(room=self.room_of_name),
            gain=self.gain,
        )
        seconds = float(tick2second(performance.last_tick, tempo_map(performance)))
        meter = _Meter(self.sample_rate, seconds)
        chain = [] if self.made_by is None else [*commands(performance), self.made_by]
        write_blocks(
            target,
            meter.through(blocks),
            format=self.format,
            sample_rate=self.sample_rate,
            channels=self.channels,
            comment="\n".join(chain),
        )
        seconds = meter.samples / self.sample_rate
        return Notes((f"{len(performance.notes)} notes, {seconds:.2f} s, peak {meter.peak:.3f}",))

    @property
    def room_of_name(self) -> "Room | None":
        """The room that the option means.

        Raises
        ------
        UsageError
            If it means none.
        """
        from maestrokit.audio.room import NAMED, SMALL, Room

        if self.room == "none":
            return None
        if self.room in NAMED:
            return NAMED[self.room]
        try:
            decay = float(self.room)
        except ValueError:
            decay = 0.0
        if not 0.05 <= decay <= 20:
            raise UsageError(f"no room '{self.room}'", "use none, small, hall, or 0.05 to 20 seconds of reverberation")
        return Room(decay=decay, wet=SMALL.wet)


class _Meter:
    """Listens to blocks on their way."""

    def __init__(self, sample_rate: int, seconds: float) -> None:
        self.sample_rate, self.seconds = sample_rate, seconds  # what is played, before it dies away
        self.samples = 0
        self.peak = 0.0

    def through(self, blocks: "Blocks") -> "Blocks":
        """Yield the blocks."""
        from maestrokit.files import progress

        for block in blocks:
            self.samples += block.shape[1]
            self.peak = max(self.peak, float(abs(block).max(initial=0)))
            yield block
            progress.report(min(self.samples / self.sample_rate, self.seconds), self.seconds)
