"""MIDI files in and out, losing no event.

>>> from maestrokit.files.midi import dump_midi, parse_midi
>>> data = bytes.fromhex("4d54686400000006000000010060 4d54726b0000000c 00903c40 60803c00 00ff2f00")
>>> performance = parse_midi(data, name="one note")
>>> performance.notes.offset_tick.tolist()
[96]
>>> dump_midi(performance) == data
True
"""

from pathlib import Path

import numpy as np

from maestrokit.errors import BadDataError, NoInputError
from maestrokit.files.atomic import write_bytes
from maestrokit.files.midi_arrays import read_by_arrays
from maestrokit.files.midi_chunks import read_frame
from maestrokit.files.midi_reference import read_by_reference
from maestrokit.files.midi_writer import dump_midi
from maestrokit.music.columns import Objects
from maestrokit.music.performance import NOTE_ON_ENDS_IT, Notes, Performance

__all__ = ["dump_midi", "parse_midi", "read_midi", "write_midi"]


def parse_midi(data: bytes, *, name: str, repair: bool = False) -> Performance:
    """Return the performance in the bytes of a MIDI file, of type 0, 1 or 2, bare or wrapped in RIFF.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        How messages call it.
    repair : bool
        Salvage what can be salvaged: wrong chunk lengths, cut or unreadable tracks up to the fault, missing ends,
        garbage, a division or tempo of 0; and notes that never end stop with their track. Default is to raise.

    Raises
    ------
    BadDataError
        If the file is empty or not MIDI; or, without `repair`, if anything in it is broken.
    """
    frame = read_frame(data, name=name, repair=repair)
    performance = read_by_arrays(data, frame)
    if performance is None:
        performance = read_by_reference(data, frame, name=name, repair=repair)
    return _with_hanging_notes_closed(performance) if repair else performance


def read_midi(path: Path | str, *, repair: bool = False) -> Performance:
    """Return the performance in a MIDI file; see :func:`parse_midi`.

    Raises
    ------
    NoInputError
        If there is no such file, or it cannot be opened.
    BadDataError
        As :func:`parse_midi`.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise NoInputError(f"cannot read '{path}': {(error.strerror or str(error)).lower()}") from error
    return parse_midi(data, name=str(path), repair=repair)


def write_midi(performance: Performance, path: Path | str) -> None:
    """Write a performance as a MIDI file that appears whole or not at all.

    Raises
    ------
    BadDataError
        If the performance has values that MIDI cannot hold.
    CannotWriteError
        If the file cannot be written.
    """
    try:
        data = dump_midi(performance)
    except BadDataError as error:
        raise BadDataError(f"cannot write '{path}': {error.message}", error.hint) from error
    write_bytes(path, data)


def _with_hanging_notes_closed(performance: Performance) -> Performance:
    """Return the performance with every note-on that found no off turned into a note that ends with its track."""
    others = performance.others
    hanging = (others.kind == 0x90) & np.array([message[-1] > 0 for message in others.message], bool)
    if not hanging.any():
        return performance
    ons = others.take(hanging)
    events = _events_in_track(performance)
    notes = Notes.concatenate(
        [
            performance.notes,
            Notes(
                onset_tick=ons.tick,
                offset_tick=performance.track_end_tick[ons.track],
                pitch=_byte(ons.message, 1),
                velocity=_byte(ons.message, 2),
                release_velocity=np.full(len(ons), NOTE_ON_ENDS_IT),
                channel=_byte(ons.message, 0) & 0x0F,
                track=ons.track,
                onset_order=ons.order,
                offset_order=events[ons.track] + _rank(ons.track),
            ),
        ]
    )
    notes = notes.take(np.lexsort((notes.onset_order, notes.track)))
    return performance.replace(notes=notes, others=others.take(~hanging))


def _byte(messages: Objects, place: int) -> np.ndarray:
    return np.array([message[place] for message in messages], np.int64)


def _events_in_track(performance: Performance) -> np.ndarray:
    p = performance
    track = np.concatenate([p.notes.track, p.notes.track, p.controls.track, p.tempos.track, p.others.track])
    return np.bincount(track, minlength=len(p.track_end_tick))


def _rank(track: np.ndarray) -> np.ndarray:
    """Return the place of each row among the rows of its own track; rows come sorted by track."""
    return np.arange(len(track)) - np.searchsorted(track, track)
