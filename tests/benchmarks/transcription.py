"""Transcription of real piano recordings, beside basic-pitch where a Python has it; scores as mir_eval's.

The means over recordings of the F1 of notes (onsets within 30, 50 and 100 ms; with offsets; with velocities) and of
frames, and the processor time for a second of sound, without loading the models.

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
from maestrokit.files.note_tables import parse_notes
from maestrokit.files.sound.read import read_sound, write_sound
from maestrokit.inference.transcription import read_transcriber, transcribed
from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, compare

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
}
HEADS = (*SHOWN.values(), "CPU s a second")
WIDEST = 26  # characters of names
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

Rows = np.ndarray
Result = tuple[Rows, float]
"""Onset, offset, pitch and velocity, shape (4, notes), and seconds of processor time."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=Path(__file__).resolve().parents[3] / "shared/data/maps/real", type=Path)
    parser.add_argument("--model", default="transcription")
    parser.add_argument("--seconds", type=float, default=np.inf, help="of each recording, from its start")
    parser.add_argument("--peer", help="a Python that has basic-pitch")
    parser.add_argument("--files", action="store_true", help="print each recording too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    paths = sorted(options.data.glob("*.flac"))
    if not paths:
        raise SystemExit(f"no recordings in '{options.data}'")
    with tempfile.TemporaryDirectory() as folder:
        clips = [clip(path, Path(folder), options.seconds) for path in paths]
        references = [reference(path, options.seconds) for path in paths]
        systems = {f"maestrokit {options.model}": ours(options.model, clips)}
        if options.peer:
            systems["basic-pitch"] = theirs(options.peer, clips)
        else:
            print("basic-pitch: skipped, no --peer given", file=sys.stderr)
        lengths = np.array([read_sound(path).duration for path in clips])
    print(f"{len(paths)} recordings, {lengths.sum():.0f} s")
    print(f"{'system':{WIDEST}}" + "".join(f"  {name}" for name in HEADS))
    for name, results in systems.items():
        scores = [scored(rows, truth) for (rows, _), truth in zip(results, references, strict=True)]
        if options.files:
            for path, each in zip(paths, scores, strict=True):
                print(row(path.stem, [each[key] for key in SHOWN]))
        means = [float(np.mean([each[key] for each in scores])) for key in SHOWN]
        print(row(name, [*means, sum(seconds for _, seconds in results) / float(lengths.sum())]))


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


def reference(path: Path, seconds: float) -> Rows:
    """Return the notes that begin in the clip, none of them longer than it."""
    rows = parse_notes(path.with_suffix(".tsv").read_bytes(), name=str(path))
    rows = rows[:, rows[0] < seconds]
    return np.stack([rows[0], np.minimum(rows[1], seconds), rows[2], rows[3]])


def ours(model: str, clips: list[Path]) -> list[Result]:
    """Transcribe as the command does."""
    transcriber = read_transcriber(model_folder(model))

    def one(path: Path) -> Rows:
        notes = transcribed([read_sound(path, sample_rate=transcriber.sample_rate).samples], transcriber).notes
        return np.array([notes.onset, notes.offset, notes.pitch, notes.velocity], np.float64)

    one(clips[0])
    return [timed(lambda path=path: one(path)) for path in clips]


def timed(work: Callable[[], Rows]) -> Result:
    """Return what a function returns, and the processor time that it took."""
    begun = time.process_time()
    rows = work()
    return rows, time.process_time() - begun


def theirs(python: str, clips: list[Path]) -> list[Result]:
    """Let basic-pitch transcribe with its own thresholds."""
    done = subprocess.run(
        [python, "-c", PEER, str(clips[0]), *map(str, clips)], capture_output=True, text=True, check=True
    )
    answers = [json.loads(line[1:]) for line in done.stdout.splitlines() if line.startswith("@")]
    return [(np.array(rows, np.float64).reshape(-1, 4).T, seconds) for rows, seconds in answers]


def scored(rows: Rows, truth: Rows) -> dict[str, float]:
    """Return the scores of one recording."""
    return compare(NotesAndPedal(piece(rows), None), NotesAndPedal(piece(truth), None), tolerances=TOLERANCES)


def piece(rows: Rows) -> Piece:
    """Return notes as the metrics want them."""
    return notes_in_seconds(rows[0], rows[1], rows[2].astype(np.int64), rows[3].astype(np.int64))


if __name__ == "__main__":
    main()
