"""The work of ``maestrokit render`` on one performance, which ``generate`` does too for outputs that are audio."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maestrokit.errors import UsageError

if TYPE_CHECKING:
    from maestrokit.audio.effects.room import Room
    from maestrokit.cli.batch import Notes
    from maestrokit.cli.plan import Task
    from maestrokit.files.sound.write import Blocks
    from maestrokit.music.performance import Performance


@dataclass(frozen=True)
class Rendering:
    """The work of the command on one task; a class, so that it can be sent to other processes."""

    format: str
    repair: bool
    made_by: str | None
    samples: str | None = None
    sample_rate: int = 44100
    channels: int = 2
    room: str = "small"
    gain: float = 0.0

    def __call__(self, task: "Task") -> "Notes":
        """Read the performance, render it, write the sound; return its length and peak."""
        from maestrokit.cli.performances import read_performance

        return self.render(read_performance(task.source, repair=self.repair), task.target)

    def render(self, performance: "Performance", target: str) -> "Notes":
        """Render a performance, write the sound; return its length and peak."""
        from maestrokit.cli.batch import Notes
        from maestrokit.files.pianos.find import default_piano, read_piano
        from maestrokit.files.sound.write import write_blocks
        from maestrokit.music.provenance_events import commands
        from maestrokit.music.timing import tempo_map, tick2second
        from maestrokit.synth.render import stream
        from maestrokit.synth.timbre import Timbre

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
        """The room of that name or decay time.

        Raises
        ------
        UsageError
            If there is none.
        """
        from maestrokit.audio.effects.room import NAMED, SMALL, Room

        if self.room == "none":
            return None
        if self.room in NAMED:
            return NAMED[self.room]
        try:
            decay = float(self.room)
        except ValueError:
            decay = 0.0
        if not 0.05 <= decay <= 20:
            raise UsageError(
                f"no room '{self.room}'",
                "use none, small, hall, or 0.05 to 20 seconds of reverberation",
                parameter="room",
            )
        return Room(decay=decay, wet=SMALL.wet)


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
