"""The work of ``maestrokit render`` on one performance, which ``generate`` does too for outputs that are audio."""

import contextlib
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from maestrokit.bounds import Within
from maestrokit.cli.commands.render.options import RenderOptions
from maestrokit.cli.parse import parse_time
from maestrokit.cli.report import counted
from maestrokit.errors import UsageError

if TYPE_CHECKING:
    from maestrokit.audio.effects.room import Room
    from maestrokit.cli.batch import Messages
    from maestrokit.cli.planning import Task
    from maestrokit.files.sound.write import Blocks
    from maestrokit.music.performance import Performance

DECAYS = Within(0.05, 20)  # seconds


@dataclass(frozen=True)
class Rendering:
    """The work of the command on one task; a class, so that it can be sent to other processes."""

    options: RenderOptions
    format: str
    repair: bool
    made_by: str | None

    def __call__(self, task: "Task") -> "Messages":
        """Read the performance, render it, write the sound; return its length and peak."""
        from maestrokit.cli.performances import read_performance

        return self.render(read_performance(task.source, repair=self.repair), task.target)

    def rehearse(self, task: "Task") -> None:
        """Refuse samples that are no piano."""
        from maestrokit.files.pianos.find import read_piano

        if self.options.samples is not None:
            read_piano(self.options.samples)

    def render(self, performance: "Performance", target: str) -> "Messages":
        """Render a performance, write the sound; return its length and peak."""
        from maestrokit.cli.batch import Messages
        from maestrokit.files.pianos.find import default_piano, read_piano
        from maestrokit.files.sound.write import write_blocks
        from maestrokit.music.note_arrays import note_arrays
        from maestrokit.music.provenance_events import commands
        from maestrokit.music.timing import tempo_map, tick2second
        from maestrokit.synth.render import stream
        from maestrokit.synth.timbre import Timbre

        options = self.options
        piano = default_piano() if options.samples is None else read_piano(options.samples)
        blocks = stream(
            performance, piano, sample_rate=options.sample_rate, channels=options.channels,
            timbre=Timbre(room=self.room), gain=options.gain,
        )  # fmt: skip
        blocks = chain(list(islice(blocks, 1)), blocks)  # what cannot be rendered fails before a header is written
        seconds = float(tick2second(performance.last_tick, tempo_map(performance)))
        meter = _Meter(options.sample_rate, seconds)
        made_by = [] if self.made_by is None else [*commands(performance), self.made_by]
        write_blocks(
            target, meter.through(blocks), format=self.format, sample_rate=options.sample_rate,
            channels=options.channels, comment="\n".join(made_by),
        )  # fmt: skip
        seconds = meter.samples / options.sample_rate
        done = f"{counted(len(performance.notes), 'note')}, {seconds:.2f} s, peak {meter.peak:.3f}"
        has_notes = len(note_arrays(performance).onset) > 0
        return Messages((done,), () if has_notes else ("no piano notes, so this is silence",))

    @property
    def room(self) -> "Room | None":
        """The room of that name or decay time.

        Raises
        ------
        UsageError
            If there is none.
        """
        from maestrokit.audio.effects.room import NAMED, SMALL, Room

        name = self.options.room
        if name == "none" or name in NAMED:
            return NAMED.get(name)
        with contextlib.suppress(UsageError):
            return Room(decay=float(parse_time(name, within=DECAYS)), wet=SMALL.wet)
        hint = "use none, small, hall, or a reverberation time of 50ms to 20s"
        raise UsageError(f"no room '{name}'", hint, parameter="room")


class _Meter:
    """Counts the samples of blocks, and finds their peak."""

    def __init__(self, sample_rate: int, seconds: float) -> None:
        self.sample_rate, self.seconds = sample_rate, seconds  # of the performance, without its decay
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
