"""Transcription of real piano recordings, beside basic-pitch where a Python has it; scores as mir_eval's.

The means over recordings of the F1 of notes (onsets within 30, 50 and 100 ms; with offsets; with velocities) and of
frames, of the seconds with the pedal down, and the processor time for a second of sound, without loading the models.
The pedal is also scored over the seconds of all recordings together, since the mean counts a recording in which it is
hardly ever down as much as one in which it always is.

What is scored is the default output, read as by a program that lets the sustain pedal hold notes, against the MIDI file
of the same name, read alike. (Tables of notes of MAPS have the releases of keys in their place, whatever the pedal
does: ``--tables`` takes those as the truth.)

With ``--shifts`` it is told of each recording how far off its onsets are: what F1 within 50 ms would be if all of them
were moved by the one shift that is best for this recording. That is no result: it shows how much of what is missing is
a matter of when a note is said to begin.

    python tests/benchmarks/transcription.py --seconds 60 --peer /path/to/python/with/basic-pitch
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from maestrokit.files.checkpoint import model_folder
from maestrokit.files.midi import read_midi
from maestrokit.files.note_tables import parse_notes
from maestrokit.files.sound.read import read_sound, write_sound
from maestrokit.inference.notes_to_performance import transcript
from maestrokit.inference.transcription.transcriber import read_transcriber, transcribed, with_pedal
from maestrokit.metrics.matching import match_notes
from maestrokit.metrics.pairs import onset
from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, compare
from maestrokit.music.sustain import interval_union

TOLERANCES = [Tolerance(onset=seconds) for seconds in (0.03, 0.05, 0.1)]
SHOWN = {
    "onset_f1@30ms": "onset 30 ms",
    "onset_f1@50ms": "50 ms",
    "onset_f1@100ms": "100 ms",
    "onset_precision@50ms": "precision",
    "onset_recall@50ms": "recall",
    "onset_offset_f1@50ms": "+ offset",
    "onset_offset_velocity_f1@50ms": "+ velocity",
    "frame_f1": "frame",
    "pedal_frame_f1@50ms": "pedal",
}
HEADS = (*SHOWN.values(), "CPU s a second")
WIDEST = 26  # characters of names
SHIFTS = range(-60, 61, 5)  # ms
FARTHEST = 0.15  # seconds between onsets that may be one
PEER = """
import json, sys, time
from basic_pitch.inference import predict, Model
from basic_pitch import ICASSP_2022_MODEL_PATH
model = Model(ICASSP_2022_MODEL_PATH)
predict(sys.argv[1], model)
for path in sys.argv[2:]:
    begun = time.process_time()
    notes = predict(path, model)[2]
    rows = [[float(a), float(b), int(p), round(float(v) * 127)] for a, b, p, v, _ in notes]
    print("\\n@" + json.dumps([rows, time.process_time() - begun]))
"""

Result = tuple[NotesAndPedal, float]
"""What was found, and seconds of processor time."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=Path(__file__).resolve().parents[3] / "shared/data/maps/real", type=Path)
    parser.add_argument("--model", default="transcription")
    parser.add_argument("--seconds", type=float, default=np.inf, help="of each recording, from its start")
    parser.add_argument("--peer", help="a Python that has basic-pitch")
    parser.add_argument("--tables", action="store_true", help="the truth is the tables of notes")
    parser.add_argument("--files", action="store_true", help="print each recording too")
    parser.add_argument("--shifts", action="store_true", help="print how far off the onsets of each recording are")
    options = parser.parse_args()
    torch.set_num_threads(1)
    paths = sorted(options.data.glob("*.flac"))
    if not paths:
        raise SystemExit(f"no recordings in '{options.data}'")
    with tempfile.TemporaryDirectory() as folder:
        clips = [clip(path, Path(folder), options.seconds) for path in paths]
        references = [reference(path, options.seconds, is_table=options.tables) for path in paths]
        systems = {f"maestrokit {options.model}": ours(options.model, clips)}
        if options.peer:
            systems["basic-pitch"] = theirs(options.peer, clips)
        else:
            print("basic-pitch: skipped, no --peer given", file=sys.stderr)
        lengths = np.array([read_sound(path).duration for path in clips])
    print(f"{len(paths)} recordings, {lengths.sum():.0f} s")
    if options.shifts:
        found = [result for result, _ in systems[f"maestrokit {options.model}"]]
        print_shifts([path.stem for path in paths], found, references)
        return
    print(f"{'system':{WIDEST}}" + "".join(f"  {name}" for name in HEADS))
    for name, results in systems.items():
        pairs = zip(results, references, strict=True)
        scores = [compare(found, truth, tolerances=TOLERANCES) for (found, _), truth in pairs]
        if options.files:
            for path, each in zip(paths, scores, strict=True):
                print(row(path.stem, [each.get(key, np.nan) for key in SHOWN]))
        means = [mean_of([each[key] for each in scores if key in each]) for key in SHOWN]
        print(row(name, [*means, sum(seconds for _, seconds in results) / float(lengths.sum())]))
        if (score := pooled_pedal_f1([found for found, _ in results], references)) is not None:
            print(f"{'pedal, all recordings together':{len(row('', [0.0] * 8))}}  {score:5.3f}")


def pooled_pedal_f1(found: Sequence[NotesAndPedal], truth: Sequence[NotesAndPedal]) -> float | None:
    """Return the F1 of the seconds with the pedal down in all recordings; None if a side knows no pedal."""
    down = np.zeros(3)  # seconds: in both, found, true
    for one, other in zip(found, truth, strict=True):
        if one.pedal is None or other.pedal is None:
            return None
        both = interval_union(np.concatenate([one.pedal, other.pedal]))
        lengths = [float(np.sum(part[:, 1] - part[:, 0])) for part in (one.pedal, other.pedal, both)]
        down += (lengths[0] + lengths[1] - lengths[2], lengths[0], lengths[1])
    return 2 * float(down[0]) / max(float(down[1] + down[2]), 1e-9)


def print_shifts(names: Sequence[str], found: Sequence[NotesAndPedal], truth: Sequence[NotesAndPedal]) -> None:
    """Print how far from the truth the onsets of each recording are, and F1 as they are and by the best shift."""
    print(f"{'':{WIDEST}}  notes  median, ms  middle half, ms  50 ms  best shift, ms  50 ms then")
    rows = []
    for name, one, other in zip(names, found, truth, strict=True):
        pairs = match_notes(one.notes, other.notes, tolerance=Tolerance(onset=FARTHEST), with_offsets=False)
        late = 1000 * (one.notes.onset[pairs[:, 1]] - other.notes.onset[pairs[:, 0]])
        each = {shift: f1_shifted(one, other, shift / 1000) for shift in SHIFTS}
        best = max(each, key=lambda shift: (each[shift], -abs(shift)))
        rows.append((each[0], each[best]))
        middle = np.subtract(*np.percentile(late, [75, 25]))
        print(f"{name.removeprefix('MAPS_MUS-'):{WIDEST}}  {len(other.notes.onset):5}  {np.median(late):10.0f}"
              f"  {middle:15.0f}  {each[0]:5.3f}  {best:14}  {each[best]:10.3f}")  # fmt: skip
    mean, shifted = np.mean(rows, axis=0)
    print(f"{'mean':{WIDEST}}  {'':5}  {'':10}  {'':15}  {mean:5.3f}  {'':14}  {shifted:10.3f}")


def f1_shifted(found: NotesAndPedal, truth: NotesAndPedal, seconds: float) -> float:
    """Return the F1 of onsets within 50 ms if all that were found were so much later."""
    notes = found.notes.replace(onset=found.notes.onset + seconds, offset=found.notes.offset + seconds)
    return onset.scores(NotesAndPedal(notes, None), truth, tolerance=Tolerance())["onset_f1"]


def mean_of(values: list[float]) -> float:
    """Return the mean of the recordings that have a score; not a number if none has."""
    return float(np.mean(values)) if values else np.nan


def row(name: str, values: Sequence[float]) -> str:
    """Return a row of the table."""
    return f"{name:{WIDEST}}" + "".join(f"  {value:{len(head)}.3f}" for head, value in zip(HEADS, values, strict=False))


def clip(path: Path, folder: Path, seconds: float) -> Path:
    """Write the start of a recording as a plain WAV, which every system reads."""
    sound = read_sound(path)
    end = len(sound.samples) if seconds == np.inf else int(seconds * sound.sample_rate)
    target = folder / f"{path.stem}.wav"
    write_sound(target, sound.samples[:end], sample_rate=sound.sample_rate)
    return target


def reference(path: Path, seconds: float, *, is_table: bool) -> NotesAndPedal:
    """Return the notes that begin in the clip, none of them longer than it, and the pedal."""
    if is_table:
        rows = parse_notes(path.with_suffix(".tsv").read_bytes(), name=str(path))
        return NotesAndPedal(piece(rows), None).until(seconds)
    return NotesAndPedal.of(read_midi(path.with_suffix(".mid")), extends_by_pedal=True).until(seconds)


def ours(model: str, clips: list[Path]) -> list[Result]:
    """Transcribe as the command does."""
    transcriber = read_transcriber(model_folder(model))

    def one(path: Path) -> NotesAndPedal:
        sound = read_sound(path, sample_rate=transcriber.sample_rate)
        result = with_pedal(transcribed([sound.samples], transcriber), "cc64", has_pedal=transcriber.predicts_pedal)
        return NotesAndPedal.of(transcript(*result), extends_by_pedal=True).until(sound.duration)

    one(clips[0])
    return [timed(lambda path=path: one(path)) for path in clips]


def timed(work: Callable[[], NotesAndPedal]) -> Result:
    """Return what a function returns, and the processor time that it took."""
    begun = time.process_time()
    found = work()
    return found, time.process_time() - begun


def theirs(python: str, clips: list[Path]) -> list[Result]:
    """Let basic-pitch transcribe with its own thresholds."""
    done = subprocess.run(
        [python, "-c", PEER, str(clips[0]), *map(str, clips)], capture_output=True, text=True, check=True
    )
    answers = [json.loads(line[1:]) for line in done.stdout.splitlines() if line.startswith("@")]
    return [(NotesAndPedal(piece(np.array(rows).reshape(-1, 4).T), None), seconds) for rows, seconds in answers]


def piece(rows: np.ndarray) -> Piece:
    """Return notes, shape (4, notes), as the metrics want them."""
    return notes_in_seconds(rows[0], rows[1], rows[2].astype(np.int64), rows[3].astype(np.int64))


if __name__ == "__main__":
    main()
