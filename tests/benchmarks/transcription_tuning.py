"""Transcription of pianos that are not tuned to 440 Hz: as they are, with the tuning estimated, and with it given.

The first minutes of recordings, resampled so that their concert pitch is another one, and their notes with them. F1 of
onsets within 50 ms, the mean over recordings. At 415 and 466 Hz, a semitone away, the estimate is 440 Hz by its
definition, and notes are transcribed a semitone lower or higher than they are named.

    python tests/benchmarks/transcription_tuning.py [--data DIR] [--model NAME]
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from maestrokit.audio.resample import resample
from maestrokit.files.checkpoint import model_folder
from maestrokit.files.note_tables import parse_notes
from maestrokit.files.sound.read import read_sound
from maestrokit.inference.transcription.transcriber import in_tune, read_transcriber, transcribed
from maestrokit.metrics.pairs import onset
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance
from maestrokit.music.note_arrays import TimedNotes

RATE, SECONDS, TOLERANCE = 16000, 60, 0.05
CONCERT_PITCHES = (440.0, 415.3, 430.0, 435.0, 442.0, 446.0, 452.0, 466.2)  # Hz


def f1(notes: TimedNotes, reference: TimedNotes) -> float:
    """Return the F1 of onsets."""
    pair = [NotesAndPedal(notes_in_seconds(n.onset, n.offset, n.pitch, n.velocity), None) for n in (notes, reference)]
    return onset.scores(*pair, tolerance=Tolerance(onset=TOLERANCE))["onset_f1"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with maps/real")
    parser.add_argument("--model", default="transcription", help="name or run folder")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transcriber = read_transcriber(model_folder(options.model))
    recordings = sorted((options.data / "maps" / "real").glob("*.flac"))
    print(f"{len(recordings)} recordings, {SECONDS} s of each")
    print(f"{'concert pitch':>16}{'off':>8}{'auto':>8}{'given':>8}   estimates")
    sounds = [read_sound(path, sample_rate=RATE).samples[: SECONDS * RATE] for path in recordings]
    tables = [parse_notes(path.with_suffix(".tsv").read_bytes(), name=path.name) for path in recordings]
    for pitch in CONCERT_PITCHES:
        stretch, scores, estimates = 440 / pitch, [], []
        for sound, table in zip(sounds, tables, strict=True):
            columns: list[Any] = [column[table[0] < len(sound) / RATE] for column in table]
            reference = TimedNotes(columns[0] * stretch, columns[1] * stretch, *columns[2:])
            retuned = sound if pitch == 440 else resample(sound, from_rate=RATE, to_rate=RATE * stretch)
            transcribers = [replace(transcriber, concert_pitch=tuning) for tuning in (440.0, None, pitch)]
            scores.append([f1(transcribed([retuned], tuned).notes, reference) for tuned in transcribers])
            estimates.append(in_tune([retuned], transcriber)[1].concert_pitch or 0.0)
        means = "".join(f"{value:8.3f}" for value in np.mean(scores, axis=0))
        print(f"{pitch:13.1f} Hz{means}   {min(estimates):.1f}..{max(estimates):.1f} Hz", flush=True)


if __name__ == "__main__":
    main()
