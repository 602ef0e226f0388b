"""Transcription of MAESTRO validation excerpts rendered on a piano that was not trained on; scores as mir_eval's.

    python tests/benchmarks/transcription_unseen.py --piano FILE.sf2 [--data DIR] [--excerpts N] [--seconds S]

The excerpts are spread over the validation split, rendered by maestrokit in a small room. Means over excerpts.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from performances import evenly_spaced

from maestrokit.audio.effects.room import SMALL
from maestrokit.files.checkpoint import model_folder
from maestrokit.files.midi import read_midi
from maestrokit.files.pianos.find import read_piano
from maestrokit.inference.notes_to_performance import transcript
from maestrokit.inference.transcription.transcriber import Transcriber, read_transcriber, transcribed, with_pedal
from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, compare
from maestrokit.music.note_arrays import TimedNotes, timed_notes
from maestrokit.music.performance import Performance
from maestrokit.music.sustain import pedal_intervals
from maestrokit.synth.render import render
from maestrokit.synth.timbre import Timbre

SHOWN = (
    "onset_f1",
    "onset_precision",
    "onset_recall",
    "onset_offset_f1",
    "onset_offset_velocity_f1",
    "frame_f1",
    "pedal_frame_f1",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with maestro-v3.0.0")
    parser.add_argument("--piano", type=Path, required=True, help="a soundfont or a folder of samples, not trained on")
    parser.add_argument("--model", default="transcription")
    parser.add_argument("--excerpts", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each excerpt")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transcriber, piano = read_transcriber(model_folder(options.model)), read_piano(options.piano)
    rows = []
    for seed, path in enumerate(evenly_spaced(options.data / "maestro-v3.0.0", "validation", options.excerpts)):
        performance = read_midi(path)
        last = max(0.0, timed_notes(performance, pedal_extends=True).onset[-1] - options.seconds)
        start = float(np.random.default_rng(seed).uniform(0, last))
        end, rate = start + options.seconds, transcriber.sample_rate
        sound = render(performance, piano, timbre=Timbre(room=SMALL), sample_rate=rate, start=start, end=end)
        rows.append(scores(sound, transcriber, reference_between(performance, start, end)))
    print(f"{len(rows)} excerpts of {options.seconds:g} s, played by {options.piano.name}, heard by {options.model}")
    print("\t".join(SHOWN))
    print("\t".join(f"{np.nanmean([row.get(name, np.nan) for row in rows]):.3f}" for name in SHOWN))


def scores(sound: np.ndarray, transcriber: Transcriber, reference: NotesAndPedal) -> dict[str, float]:
    """Return the scores of the default output for one excerpt, with notes held by the pedal."""
    result = with_pedal(transcribed([sound], transcriber), "cc64", has_pedal=transcriber.predicts_pedal)
    estimate = NotesAndPedal.of(transcript(*result), extends_by_pedal=True).until(len(sound) / transcriber.sample_rate)
    return compare(estimate, reference, tolerances=[Tolerance()])


def reference_between(performance: Performance, start: float, end: float) -> NotesAndPedal:
    """Return the notes with onsets between two moments, and the pedal."""
    notes = timed_notes(performance, pedal_extends=True)
    rows = (notes.onset >= start) & (notes.onset < end)
    inside = TimedNotes(*(column[rows] for column in notes))
    moved = inside._replace(onset=inside.onset - start, offset=np.minimum(inside.offset, end) - start)
    pedal = np.clip(pedal_intervals(performance), start, end) - start
    return NotesAndPedal(as_piece(moved), pedal[pedal[:, 1] > pedal[:, 0]])


def as_piece(notes: TimedNotes) -> Piece:
    """Return notes as the metrics read them."""
    return notes_in_seconds(notes.onset, notes.offset, notes.pitch, notes.velocity)


if __name__ == "__main__":
    main()
