"""Make training data of real recordings whose notes a stronger model, the teacher, transcribed.

Example::

    python tools/teacher_recordings.py recordings -o taught --leave-out prelude

RECORDINGS holds recordings with the teacher's notes and pedal beside them as NAME.teacher.mid, and, where the teacher
transcribed only a span, a table teacher.tsv with the columns file, start_s and end_s. To OUT goes each span as
NAME.flac with its notes, extended by the pedal, as NAME.tsv, and its pedal as NAME.mid. The teacher's onsets are late,
by 14 ms in the median against recordings aligned to scores, and are moved earlier by that.
"""

import argparse
import csv
from pathlib import Path

import mido
import numpy as np
import soundfile

from maestrokit.files.midi import read_midi
from maestrokit.files.note_tables import dump_notes
from maestrokit.files.sound.read import read_sound
from maestrokit.music.note_arrays import timed_notes
from maestrokit.music.sustain import pedal_intervals

RATE = 16000
TEACHER_LATENCY = 0.014  # seconds
SUFFIX = ".teacher.mid"
TICKS_PER_SECOND = 960


def main() -> None:
    """Write all recordings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", metavar="RECORDINGS", type=Path, nargs="+", help="folders of recordings")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="folder to write to")
    parser.add_argument("--leave-out", nargs="*", default=[], help="names, without suffix, to keep for validation")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for folder in options.folders:
        spans = read_spans(folder)
        for midi in sorted(folder.glob(f"*{SUFFIX}")):
            name = midi.name.removesuffix(SUFFIX)
            if name not in options.leave_out:
                write_span(midi, spans.get(name), options.output / name)


def read_spans(folder: Path) -> dict[str, tuple[float, float]]:
    """Return the seconds that the teacher transcribed, by name, where a table names them."""
    table = folder / "teacher.tsv"
    if not table.exists():
        return {}
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {Path(row["file"]).stem: (float(row["start_s"]), float(row["end_s"])) for row in rows}


def write_span(midi: Path, span: tuple[float, float] | None, target: Path) -> None:
    """Write the sound, the notes and the pedal of one span."""
    recording = next(p for p in midi.parent.glob(f"{target.name}.*") if p.suffix in (".flac", ".ogg", ".wav"))
    sound = read_sound(recording, sample_rate=RATE)
    start, end = span or (0.0, sound.duration)
    samples = sound.samples[round(start * RATE) : round(end * RATE)]
    soundfile.write(target.with_suffix(".flac"), np.clip(samples, -1, 1), RATE, subtype="PCM_16")
    performance = read_midi(midi)
    notes = timed_notes(performance, pedal_extends=True)
    onset = np.maximum(notes.onset - TEACHER_LATENCY - start, 0)
    offset = np.minimum(notes.offset - TEACHER_LATENCY - start, len(samples) / RATE)
    table = dump_notes(onset, np.maximum(offset, onset + 0.02), notes.pitch, notes.velocity)
    target.with_suffix(".tsv").write_bytes(table)
    write_pedal(np.maximum(pedal_intervals(performance) - start, 0), target.with_suffix(".mid"))


def write_pedal(intervals: np.ndarray, path: Path) -> None:
    """Write a MIDI file that holds nothing but the sustain pedal, down in the given seconds."""
    events = sorted([(down, 127) for down, _ in intervals] + [(up, 0) for _, up in intervals])
    track, last_tick = mido.MidiTrack(), 0
    for seconds, value in events:
        tick = round(seconds * TICKS_PER_SECOND)
        track.append(mido.Message("control_change", control=64, value=value, time=max(0, tick - last_tick)))
        last_tick = max(last_tick, tick)
    file = mido.MidiFile(ticks_per_beat=TICKS_PER_SECOND // 2)  # 120 beats a minute, the default tempo
    file.tracks.append(track)
    file.save(path)


if __name__ == "__main__":
    main()
