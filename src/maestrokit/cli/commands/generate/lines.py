"""Notes as lines of JSON, written as they are made."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from maestrokit.arrays import Integers
from maestrokit.files.streams import STANDARD, write_bytes
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.step_notes import StepNotes, velocities


@dataclass
class NoteLines:
    """A line for each new note; those for standard output leave at once, those for files when all are made."""

    targets: Sequence[str]
    encoding: Encoding
    lines: dict[str, list[bytes]] = field(default_factory=dict)

    def __call__(self, rows: Integers, notes: StepNotes) -> None:
        """Write notes of the performances of those numbers."""
        velocity = velocities(notes.velocity_bin, velocity_bins=self.encoding.velocity_bins)
        columns = (rows, notes.onset, notes.offset, notes.pitch, velocity)
        for row, *note in zip(*(column.tolist() for column in columns), strict=True):
            line = self._line(*note)
            if self.targets[row] == STANDARD:
                write_bytes(STANDARD, line)
            else:
                self.lines.setdefault(self.targets[row], []).append(line)

    def close(self) -> None:
        """Write the files."""
        for target in self.targets:
            if target != STANDARD:
                write_bytes(target, b"".join(self.lines.get(target, [])))

    def _line(self, onset: int, offset: int, pitch: int, velocity: int) -> bytes:
        """Return one note, its times in seconds.

        >>> NoteLines(["-"], Encoding())._line(150, 201, 60, 66)
        b'{"onset": 1.5, "offset": 2.01, "pitch": 60, "velocity": 66}\\n'
        """
        seconds = (round(step * self.encoding.step, 6) for step in (onset, offset))
        note = dict(zip(("onset", "offset"), seconds, strict=True)) | {"pitch": pitch, "velocity": velocity}
        return json.dumps(note).encode() + b"\n"
