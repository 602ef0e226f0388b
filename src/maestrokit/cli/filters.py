"""Commands from MIDI to MIDI: read, verb, write."""

from collections.abc import Callable
from dataclasses import dataclass

from maestrokit.cli import batch, streams
from maestrokit.cli.options import Inputs, Outputs, Reading, Running
from maestrokit.files import streams as files
from maestrokit.files import walk
from maestrokit.files.midi import dump_midi, parse_midi
from maestrokit.files.rmid import wrapped
from maestrokit.music.history import with_command
from maestrokit.music.performance import Performance

Verb = Callable[[Performance], tuple[Performance, list[str]]]
"""From a performance to another one, and notes on what was done."""


@dataclass(frozen=True)
class MidiFilter:
    """The work of a MIDI filter on one task; a class, so that other processes can be given it."""

    verb: Verb
    repair: bool
    made_by: str | None

    def __call__(self, task: streams.Task) -> list[str]:
        """Read the source, apply the verb, write the target; return the verb's notes."""
        performance, notes = self.verb(read_performance(task.source, repair=self.repair))
        write_performance(performance, task.target, made_by=self.made_by)
        return notes


def run_midi_filter(
    command: str, verb: Verb, inputs: Inputs, outputs: Outputs, reading: Reading, running: Running
) -> None:
    """Run a verb over all MIDI files that the inputs mean."""
    plan = streams.convert(inputs, outputs, running, suffixes=walk.MIDI_SUFFIXES)
    for task in plan.tasks[:1]:
        streams.refuse_terminal(task.target, "MIDI")
    batch.run(command, MidiFilter(verb, reading.repair, running.made_by), plan, running)


def read_performance(path: str, *, repair: bool) -> Performance:
    """Return the performance in a MIDI file or on standard input."""
    return parse_midi(files.read_bytes(path), name=files.named(path).strip("'"), repair=repair)


def write_performance(performance: Performance, path: str, *, made_by: str | None) -> None:
    """Write a MIDI file, or standard output, with one more line of provenance unless ``made_by`` is None."""
    stamped = performance if made_by is None else with_command(performance, made_by)
    files.write_bytes(path, midi_bytes(stamped, path))


def midi_bytes(performance: Performance, path: str) -> bytes:
    """Return the bytes of a MIDI file of a name: one that ends with ``.rmi`` says that it is wrapped in RIFF."""
    data = dump_midi(performance)
    return wrapped(data) if walk.has_suffix(path, (".rmi",)) else data
