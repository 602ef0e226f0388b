"""Transcription of real piano recordings, beside basic-pitch if it is installed; scores as mir_eval's.

The means over recordings of the F1 of notes (onsets within 30, 50 and 100 ms; with offsets; with velocities) and of
frames, of the seconds with the pedal down, and the processor time for a second of sound, without loading the models.
The pedal is also scored over the seconds of all recordings together, since the mean counts a recording in which it is
hardly ever down as much as one in which it always is.

What is scored is the default output, with notes held by the sustain pedal, against the MIDI file of the same name, read
alike. (Tables of notes of MAPS have the releases of keys as offsets, whatever the pedal does: with ``--tables`` those
are the reference.)

With ``--shifts`` the error of the onsets is reported for each recording, and what F1 within 50 ms would be if all of
them were moved by the one shift that is best for this recording. That is no result: it shows how much of what is
missing depends on when a note is defined to begin.

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
LARGEST_ERROR = 0.15  # seconds between onsets that may be of the same note
BASIC_PITCH = """
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
"""The estimate, and seconds of processor time."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=Path(__file__).resolve().parents[3] / "shared/data/maps/real", type=Path)
    parser.add_argument("--model", default="transcription")
    parser.add_argument("--seconds", type=float, default=np.inf, help="of each recording, from its start")
    parser.add_argument("--peer", help="a Python that has basic-pitch")
    parser.add_argument("--tables", action="store_true", help="the truth is the tables of notes")
    parser.add_argument("--files", action="store_true", help="print each recording too")
    parser.add_argument("--agreement", metavar="RUN", help="print how far apart the onsets of another model are")
    parser.add_argument("--shifts", action="store_true", help="print how far off the onsets of each recording are")
    options = parser.parse_args()
    torch.set_num_threads(1)
    paths = sorted(options.data.glob("*.flac"))
    if not paths:
        raise SystemExit(f"no recordings in '{options.data}'")
    with tempfile.TemporaryDirectory() as scratch:
        clips = [write_clip(path, Path(scratch), options.seconds) for path in paths]
        references = [read_reference(path, options.seconds, is_table=options.tables) for path in paths]
        systems = {f"maestrokit {options.model}": maestrokit_results(options.model, clips)}
        if options.peer:
            systems["basic-pitch"] = basic_pitch_results(options.peer, clips)
        else:
            print("basic-pitch: skipped, no --peer given", file=sys.stderr)
        other = [result for result, _ in maestrokit_results(options.agreement, clips)] if options.agreement else None
        lengths = np.array([read_sound(path).duration for path in clips])
    print(f"{len(paths)} recordings, {lengths.sum():.0f} s")
    estimates, names = [result for result, _ in systems[f"maestrokit {options.model}"]], [path.stem for path in paths]
    if other is not None:
        print_agreement(names, estimates, other, references)
        return
    if options.shifts:
        print_shifts(names, estimates, references)
        return
    print(f"{'system':{WIDEST}}" + "".join(f"  {name}" for name in HEADS))
    for name, results in systems.items():
        pairs = zip(results, references, strict=True)
        scores = [compare(estimates, reference, tolerances=TOLERANCES) for (estimates, _), reference in pairs]
        if options.files:
            for path, recording_scores in zip(paths, scores, strict=True):
                print(table_row(path.stem, [recording_scores.get(key, np.nan) for key in SHOWN]))
        means = [
            mean_of([recording_scores[key] for recording_scores in scores if key in recording_scores]) for key in SHOWN
        ]
        print(table_row(name, [*means, sum(seconds for _, seconds in results) / float(lengths.sum())]))
        if (score := pooled_pedal_f1([estimates for estimates, _ in results], references)) is not None:
            print(f"{'pedal, all recordings together':{len(table_row('', [0.0] * 8))}}  {score:5.3f}")


def pooled_pedal_f1(estimates: Sequence[NotesAndPedal], references: Sequence[NotesAndPedal]) -> float | None:
    """Return the F1 of the seconds with the pedal down in all recordings; None if either has no pedal."""
    seconds = np.zeros(3)  # seconds: in both, estimated, reference
    for estimate, reference in zip(estimates, references, strict=True):
        if estimate.pedal is None or reference.pedal is None:
            return None
        either = interval_union(np.concatenate([estimate.pedal, reference.pedal]))
        lengths = [
            float(np.sum(intervals[:, 1] - intervals[:, 0])) for intervals in (estimate.pedal, reference.pedal, either)
        ]
        seconds += (lengths[0] + lengths[1] - lengths[2], lengths[0], lengths[1])
    return 2 * float(seconds[0]) / max(float(seconds[1] + seconds[2]), 1e-9)


def print_shifts(names: Sequence[str], estimates: Sequence[NotesAndPedal], references: Sequence[NotesAndPedal]) -> None:
    """Print the onset errors of each recording, and F1 as they are and with the best shift."""
    print(f"{'':{WIDEST}}  notes  median, ms  middle half, ms  50 ms  best shift, ms  50 ms then")
    rows = []
    for name, estimate, reference in zip(names, estimates, references, strict=True):
        pairs = match_notes(
            estimate.notes, reference.notes, tolerance=Tolerance(onset=LARGEST_ERROR), with_offsets=False
        )
        lateness = 1000 * (estimate.notes.onset[pairs[:, 1]] - reference.notes.onset[pairs[:, 0]])
        f1_of_shift = {shift: f1_shifted(estimate, reference, shift / 1000) for shift in SHIFTS}
        best = max(f1_of_shift, key=lambda shift: (f1_of_shift[shift], -abs(shift)))
        rows.append((f1_of_shift[0], f1_of_shift[best]))
        middle_half = np.subtract(*np.percentile(lateness, [75, 25]))
        print(f"{name.removeprefix('MAPS_MUS-'):{WIDEST}}  {len(reference.notes.onset):5}  {np.median(lateness):10.0f}"
              f"  {middle_half:15.0f}  {f1_of_shift[0]:5.3f}  {best:14}  {f1_of_shift[best]:10.3f}")  # fmt: skip
    unshifted, shifted = np.mean(rows, axis=0)
    print(f"{'mean':{WIDEST}}  {'':5}  {'':10}  {'':15}  {unshifted:5.3f}  {'':14}  {shifted:10.3f}")


def print_agreement(
    names: Sequence[str],
    estimates: Sequence[NotesAndPedal],
    others: Sequence[NotesAndPedal],
    references: Sequence[NotesAndPedal],
) -> None:
    """Print, of notes that two models find, the standard deviations of the onset errors, and of their difference."""
    print(f"{'':{WIDEST}}  notes of both  error, ms  of the other  of one less the other")
    rows = []
    for name, estimate, other, reference in zip(names, estimates, others, references, strict=True):
        first, second = (
            dict(
                match_notes(
                    notes_and_pedal.notes, reference.notes, tolerance=Tolerance(onset=LARGEST_ERROR), with_offsets=False
                )
            )
            for notes_and_pedal in (estimate, other)
        )
        in_both = sorted(first.keys() & second.keys())  # rows of the reference
        onsets = [
            estimate.notes.onset[[first[row] for row in in_both]],
            other.notes.onset[[second[row] for row in in_both]],
        ]
        errors = [1000 * (onset - reference.notes.onset[in_both]) for onset in onsets]
        rows.append([float(np.std(error)) for error in (*errors, errors[0] - errors[1])])
        print(f"{name.removeprefix('MAPS_MUS-'):{WIDEST}}  {len(in_both):13}  {rows[-1][0]:9.0f}  {rows[-1][1]:12.0f}"
              f"  {rows[-1][2]:21.0f}")  # fmt: skip
    mean = np.mean(rows, axis=0)
    print(f"{'mean':{WIDEST}}  {'':13}  {mean[0]:9.0f}  {mean[1]:12.0f}  {mean[2]:21.0f}")


def f1_shifted(estimate: NotesAndPedal, reference: NotesAndPedal, seconds: float) -> float:
    """Return the F1 of onsets within 50 ms if all estimated onsets were later by some seconds."""
    notes = estimate.notes.replace(onset=estimate.notes.onset + seconds, offset=estimate.notes.offset + seconds)
    return onset.scores(NotesAndPedal(notes, None), reference, tolerance=Tolerance())["onset_f1"]


def mean_of(values: list[float]) -> float:
    """Return the mean over recordings that have a score; NaN if none has."""
    return float(np.mean(values)) if values else np.nan


def table_row(name: str, values: Sequence[float]) -> str:
    """Return a row of the table."""
    return f"{name:{WIDEST}}" + "".join(f"  {value:{len(head)}.3f}" for head, value in zip(HEADS, values, strict=False))


def write_clip(path: Path, folder: Path, seconds: float) -> Path:
    """Write the start of a recording as a WAV file, which every system reads; return its path."""
    sound = read_sound(path)
    end = len(sound.samples) if seconds == np.inf else int(seconds * sound.sample_rate)
    target = folder / f"{path.stem}.wav"
    write_sound(target, sound.samples[:end], sample_rate=sound.sample_rate)
    return target


def read_reference(path: Path, seconds: float, *, is_table: bool) -> NotesAndPedal:
    """Return the notes that begin in the clip, none of them longer than it, and the pedal."""
    if is_table:
        rows = parse_notes(path.with_suffix(".tsv").read_bytes(), name=str(path))
        return NotesAndPedal(as_piece(rows), None).until(seconds)
    return NotesAndPedal.of(read_midi(path.with_suffix(".mid")), extends_by_pedal=True).until(seconds)


def maestrokit_results(model: str, clips: list[Path]) -> list[Result]:
    """Return the transcriptions of maestrokit, as its command makes them."""
    transcriber = read_transcriber(model_folder(model))

    def transcribe(path: Path) -> NotesAndPedal:
        sound = read_sound(path, sample_rate=transcriber.sample_rate)
        result = with_pedal(transcribed([sound.samples], transcriber), "cc64", has_pedal=transcriber.predicts_pedal)
        return NotesAndPedal.of(transcript(*result), extends_by_pedal=True).until(sound.duration)

    transcribe(clips[0])
    return [timed_result(lambda path=path: transcribe(path)) for path in clips]


def timed_result(transcribe: Callable[[], NotesAndPedal]) -> Result:
    """Return what a function returns, and the processor time that it took."""
    start = time.process_time()
    estimate = transcribe()
    return estimate, time.process_time() - start


def basic_pitch_results(python: str, clips: list[Path]) -> list[Result]:
    """Return the transcriptions of basic-pitch, with its own thresholds."""
    process = subprocess.run(
        [python, "-c", BASIC_PITCH, str(clips[0]), *map(str, clips)], capture_output=True, text=True, check=True
    )
    outputs = [json.loads(line[1:]) for line in process.stdout.splitlines() if line.startswith("@")]
    return [(NotesAndPedal(as_piece(np.array(rows).reshape(-1, 4).T), None), seconds) for rows, seconds in outputs]


def as_piece(rows: np.ndarray) -> Piece:
    """Return notes, shape (4, notes), as the metrics read them."""
    return notes_in_seconds(rows[0], rows[1], rows[2].astype(np.int64), rows[3].astype(np.int64))


if __name__ == "__main__":
    main()
