"""Beats and downbeats of expressive playing, from notes and from rendered sound, beside librosa.

    python tests/benchmarks/beats.py [--data DIR] [--count N] [--seconds S] [--notes-only] [--tuned]

On the odd-numbered pieces of ASAP by name; the even-numbered, on which the weights were fitted, with ``--tuned``.
Scores are mir_eval's, the first 5 s left out: F-measure (70 ms), CMLt and AMLt, and the F-measure of downbeats.
librosa gets the same sound, and so does the shipped transcription model, whose notes are then tracked; it was trained
on other renders of MAESTRO, from which many of these performances are. Of each performance the first S seconds are
taken, for notes and sound alike.
"""

import argparse
import os
import time
import warnings
from functools import cache
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import librosa
import mir_eval
import numpy as np
import torch
from asap import DATA, SAMPLE_RATE, Take, rendered, takes

from maestrokit.analysis.beats.from_audio import recorded_beats
from maestrokit.analysis.beats.from_notes import Beats, performed_beats
from maestrokit.analysis.chroma import salience
from maestrokit.analysis.onsets import onset_features
from maestrokit.files.checkpoint import model_folder
from maestrokit.files.midi import read_midi
from maestrokit.inference.notes_to_performance import tracked_transcript
from maestrokit.inference.transcription.transcriber import Transcriber, read_transcriber, transcribed

NONE = np.empty(0)


def from_notes(take: Take) -> tuple[np.ndarray, np.ndarray]:
    beats = performed_beats(read_midi(take.midi))
    return beats.time, beats.downbeats


def from_sound(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    beats: Beats = recorded_beats(onset_features([samples]), salience([samples]))
    return beats.time, beats.downbeats


def from_transcript(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what ``transcribe --tempo track`` hears: the beats of the notes that the shipped model writes down."""
    notes, pedal = transcribed([samples], listener())
    _, beats = tracked_transcript(notes, pedal)
    return beats.time, beats.downbeats


@cache
def listener() -> Transcriber:
    """Return the shipped model."""
    torch.set_num_threads(1)
    return read_transcriber(model_folder("transcription"))


def by_librosa(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return librosa.beat.beat_track(y=samples, sr=SAMPLE_RATE, units="time")[1], NONE


def scores(take: Take, beats: np.ndarray, downbeats: np.ndarray, seconds: float) -> list[float]:
    wanted, wanted_down, beats, downbeats = (
        mir_eval.beat.trim_beats(times[times < seconds]) for times in (take.beats, take.downbeats, beats, downbeats)
    )
    if len(beats) < 2:
        return [0.0] * 4
    _, cmlt, _, amlt = mir_eval.beat.continuity(wanted, beats)
    return [
        mir_eval.beat.f_measure(wanted, beats),
        cmlt,
        amlt,
        mir_eval.beat.f_measure(wanted_down, downbeats) if len(downbeats) else 0.0,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--count", type=int, default=1000, help="performances, evenly spaced")
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--notes-only", action="store_true")
    parser.add_argument("--tuned", action="store_true", help="the half that the weights were fitted on")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = [take for take in takes(options.data) if take.is_tuned_on == options.tuned]
    rows = np.unique(np.linspace(0, len(chosen) - 1, min(options.count, len(chosen))).round().astype(int))
    ways = {"notes": from_notes}
    if not options.notes_only:
        ways |= {"sound": from_sound, "transcript": from_transcript, "librosa": by_librosa}
    found: dict[str, list[list[float]]] = {way: [] for way in ways}
    spent = dict.fromkeys(ways, 0.0)
    for take in (chosen[row] for row in rows):
        samples = NONE if options.notes_only else rendered(take, options.seconds)
        for way, track in ways.items():
            start = time.process_time()
            beats, downbeats = track(take if way == "notes" else samples)  # type: ignore[operator]
            spent[way] += time.process_time() - start
            found[way].append(scores(take, beats, downbeats, options.seconds))
    print(f"{len(rows)} performances, the first {options.seconds:g} s of each")
    print(f"{'':12}{'F':>8}{'CMLt':>8}{'AMLt':>8}{'downbeat F':>12}{'CPU s a file':>14}")
    for way, values in found.items():
        mean = np.mean(values, axis=0)
        last = "       -" if way == "librosa" else f"{mean[3]:8.3f}"
        print(f"{way:12}{mean[0]:8.3f}{mean[1]:8.3f}{mean[2]:8.3f}    {last}{spent[way] / len(rows):14.2f}")


if __name__ == "__main__":
    main()
