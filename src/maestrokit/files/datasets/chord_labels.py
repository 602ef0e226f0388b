"""Chords that lie beside recordings and performances: Harte's labels in text, POP909's layout, DCML's harmonies."""

from pathlib import Path

import numpy as np

from maestrokit.analysis.chords.labels import ChordLabels, chord_labels, harte_label_of, label_of
from maestrokit.errors import BadDataError, NoInputError, unreadable
from maestrokit.files.datasets.dcml import HARMONIES_SUFFIX, NOTES_SUFFIX, read_harmonies, read_score
from maestrokit.files.midi import read_midi
from maestrokit.files.streams import decoded, read_bytes
from maestrokit.files.walk import SOUND_SUFFIXES, has_suffix
from maestrokit.music.performance import Performance
from maestrokit.music.timing import tempo_map, tick2second

TEXT_SUFFIXES = (".lab", ".txt")
POP909_MIDI, POP909_SOUND = "chord_midi.txt", "chord_audio.txt"
HINT = "a chord file has a line a chord: start and end in seconds, and a label such as C:maj or Eb:min7/b3"


def chords_beside(path: str, performance: Performance | None = None) -> ChordLabels:
    """Return the chords in the file that belongs to a recording or a performance.

    That is, in this order: ``NAME.lab`` or ``NAME.txt`` in Harte's syntax; ``NAME.harmonies.tsv`` by DCML, beside it or
    in the folder ``harmonies`` beside its own, whose quarter notes become seconds by the tempo map of the performance;
    or ``chord_midi.txt``, of recordings ``chord_audio.txt``, as in POP909.

    Raises
    ------
    NoInputError
        If there is no such file.
    BadDataError
        If it is malformed.
    """
    chord_file = find_chords(path)
    if has_suffix(chord_file.name, (HARMONIES_SUFFIX,)):
        if performance is None:
            raise BadDataError(f"cannot learn from '{path}': harmonies by DCML go with scores", path=path)
        return _harmonies(chord_file, performance)
    return read_chords(chord_file)


def find_chords(path: str) -> Path:
    """Return the file of chords that belongs to a recording or a performance; raises as :func:`chords_beside`."""
    folder, name = Path(path).parent, piece_of(path)
    pop909 = POP909_SOUND if has_suffix(path, SOUND_SUFFIXES) else POP909_MIDI
    candidates = [
        *(folder / f"{name}{suffix}" for suffix in TEXT_SUFFIXES),
        folder / f"{name}{HARMONIES_SUFFIX}",
        folder.parent / "harmonies" / f"{name}{HARMONIES_SUFFIX}",
        folder / pop909,
    ]
    chord_file = next((candidate for candidate in candidates if candidate.is_file()), None)
    if chord_file is None:
        raise NoInputError(f"no chords for '{path}'", "put a file of its name with .lab or .txt beside it", path=path)
    return chord_file


def piece_of(path: str) -> str:
    """Return what piece a file is of: its name without suffix.

    >>> piece_of("notes/K279-1.notes.tsv"), piece_of("001/001.mid")
    ('K279-1', '001')
    """
    name = Path(path).name
    return name[: -len(NOTES_SUFFIX)] if has_suffix(name, (NOTES_SUFFIX,)) else Path(path).stem


def read_music(path: str) -> Performance:
    """Return the performance in a MIDI file, or in a table of notes by DCML."""
    return read_score(path) if has_suffix(path, (NOTES_SUFFIX,)) else read_midi(path)


def read_chords(path: Path | str) -> ChordLabels:
    """Return the chords of a file with a line a chord: start, end, and a label in Harte's syntax, spaces between.

    Empty lines and those that begin with # are passed over. BadDataError says which line is wrong.
    """
    try:
        lines = decoded(read_bytes(path)).splitlines()
    except ValueError as error:
        raise unreadable(path, f"not a chord file ({error})", HINT) from None
    start, end, labels = [], [], []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            first, last, label = words
            start.append(float(first))
            end.append(float(last))
            labels.append(harte_label_of(label))
        except BadDataError as error:
            raise unreadable(path, f"line {number}: {error.fact}", HINT) from None
        except ValueError:
            raise unreadable(path, f"line {number} is not a start, an end and a chord", HINT) from None
    if not labels:
        raise unreadable(path, "it names no chord", HINT)
    try:
        return chord_labels(start, end, labels)
    except BadDataError as error:
        raise unreadable(path, error.fact, HINT) from None


def _harmonies(path: Path, performance: Performance) -> ChordLabels:
    """Return harmonies in seconds, by the tempo map of their performance."""
    _, harmonies = read_harmonies(path)
    if performance.division < 0:
        raise BadDataError(f"cannot use '{path}': its MIDI file has no quarter notes", path=str(path))
    ticks = (
        np.array([[float(harmony.start), float(harmony.end)] for harmony in harmonies]).reshape(-1, 2)
        * performance.division
    )
    seconds = tick2second(ticks, tempo_map(performance))
    labels = [label_of(harmony.tones, root=harmony.root, bass=harmony.bass) for harmony in harmonies]
    try:
        return chord_labels(seconds[:, 0], seconds[:, 1], labels)
    except BadDataError as error:
        raise unreadable(path, error.fact) from None
