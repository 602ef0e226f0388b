"""The MIDI files beside recordings and beside their spectra, for ``maestrokit melspec --midi``."""

from pathlib import Path, PurePath

from maestrokit.audio.effects.augment import Effects
from maestrokit.audio.effects.midi import moved
from maestrokit.cli.batch import located
from maestrokit.errors import BadDataError, NoInputError
from maestrokit.files import streams
from maestrokit.files.walk import MIDI_SUFFIXES
from maestrokit.music.performance import Performance


def midi_target(target: str) -> str:
    """Return the MIDI file that is written beside an output."""
    return target if target == streams.STANDARD else str(PurePath(target).with_suffix(".mid"))


def midi_beside(source: str) -> list[str]:
    """Return the MIDI files beside a recording, the one that is read first."""
    paths = [Path(source).with_suffix(suffix) for suffix in MIDI_SUFFIXES if source != streams.STANDARD]
    return [str(path) for path in paths if path.exists()]


def midi_of(source: str) -> str:
    """Return the MIDI file beside a recording."""
    for path in midi_beside(source):
        return path
    raise NoInputError(f"no MIDI file beside '{source}'", "it must have the same name, and end in .mid or .midi")


def moved_notes(performance: Performance, effects: Effects, path: str) -> Performance:
    """Return a performance with the effects that move notes; an error names its file."""
    try:
        return moved(performance, effects)
    except BadDataError as error:
        raise located(error, path) from None
