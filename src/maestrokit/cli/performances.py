"""How commands read and write performances."""

from maestrokit.files import streams as files
from maestrokit.files import walk
from maestrokit.files.midi import dump_midi, parse_midi
from maestrokit.files.midi.rmid import wrapped
from maestrokit.music.performance import Performance
from maestrokit.music.provenance_events import with_command


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
