"""How commands read and write performances, and what they print where many notes were lost."""

from dataclasses import dataclass

from maestrokit.files import streams, walk
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi, wrapped
from maestrokit.music.performance import Performance
from maestrokit.music.provenance_events import with_command

LARGEST_SHARE = 0.05  # of the notes of an input, up to which no note is printed


def read_performance(path: str, *, repair: bool) -> Performance:
    """Return the performance in a MIDI file or on standard input."""
    return parse_midi(streams.read_bytes(path), name=streams.named(path).strip("'"), repair=repair)


def write_performance(performance: Performance, path: str, *, made_by: str | None) -> None:
    """Write a MIDI file, or standard output, with one more line of provenance unless ``made_by`` is None."""
    stamped = performance if made_by is None else with_command(performance, made_by)
    streams.write_bytes(path, midi_bytes(stamped, path))


def midi_bytes(performance: Performance, path: str) -> bytes:
    """Return the bytes of a MIDI file of a name: one that ends with ``.rmi`` says that it is wrapped in RIFF."""
    data = dump_midi(performance)
    return wrapped(data) if walk.has_suffix(path, (".rmi",)) else data


@dataclass(frozen=True)
class Loss:
    """One kind of loss.

    Parameters
    ----------
    notes : int
        How many were lost or moved.
    of : int
        Of how many.
    what : str
        What happened to them: ``were merged into others``.
    remedy : str
        The option that helps, and how: ``use a smaller --step``.
    """

    notes: int
    of: int
    what: str
    remedy: str

    @property
    def is_large(self) -> bool:
        """Whether it concerns more than 5 % of the notes."""
        return self.notes > LARGEST_SHARE * self.of


def large_losses(*losses: Loss) -> list[str]:
    """Return one sentence on all losses that are large, and nothing if none is.

    >>> large_losses(Loss(40, 100, "were merged into others", "use a smaller --step"), Loss(1, 60, "were left out", ""))
    ['40 of 100 notes were merged into others: use a smaller --step']
    """
    large = [loss for loss in losses if loss.is_large]
    facts = " and ".join(f"{loss.notes} of {loss.of} notes {loss.what}" for loss in large)
    remedies = ", or ".join(dict.fromkeys(loss.remedy for loss in large))
    return [f"{facts}: {remedies}"] if large else []
