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
from asap import DATA, SAMPLE_RATE, AnnotatedPerformance, annotated_performances, rendered_sound

from maestrokit.analysis.beats.from_audio import recorded_beats
from maestrokit.analysis.beats.from_notes import Beats, performed_beats
from maestrokit.analysis.chroma import salience
from maestrokit.analysis.onsets import onset_features
from maestrokit.files.checkpoint import model_folder
from maestrokit.files.midi import read_midi
from maestrokit.inference.notes_to_performance import tracked_transcript
from maestrokit.inference.transcription.transcriber import Transcriber, read_transcriber, transcribed

NO_DOWNBEATS = np.empty(0)


def beats_from_notes(performance: AnnotatedPerformance) -> tuple[np.ndarray, np.ndarray]:
    """Return beats and downbeats tracked on the notes."""
    beats = performed_beats(read_midi(performance.midi))
    return beats.time, beats.downbeats


def beats_from_sound(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return beats and downbeats tracked on the sound."""
    beats: Beats = recorded_beats(onset_features([samples]), salience([samples]))
    return beats.time, beats.downbeats


def beats_from_transcript(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the beats and downbeats that ``transcribe --tempo track`` finds: those of the transcribed notes."""
    notes, pedal = transcribed([samples], shipped_transcriber())
    _, beats = tracked_transcript(notes, pedal)
    return beats.time, beats.downbeats


@cache
def shipped_transcriber() -> Transcriber:
    """Return the shipped transcription model."""
    torch.set_num_threads(1)
    return read_transcriber(model_folder("transcription"))


def beats_from_librosa(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return librosa's beats; it has no downbeats."""
    return librosa.beat.beat_track(y=samples, sr=SAMPLE_RATE, units="time")[1], NO_DOWNBEATS


def scores(performance: AnnotatedPerformance, beats: np.ndarray, downbeats: np.ndarray, seconds: float) -> list[float]:
    """Return F-measure, CMLt, AMLt and the F-measure of downbeats."""
    reference_beats, reference_downbeats, beats, downbeats = (
        mir_eval.beat.trim_beats(times[times < seconds])
        for times in (performance.beats, performance.downbeats, beats, downbeats)
    )
    if len(beats) < 2:
        return [0.0] * 4
    _, cmlt, _, amlt = mir_eval.beat.continuity(reference_beats, beats)
    return [
        mir_eval.beat.f_measure(reference_beats, beats),
        cmlt,
        amlt,
        mir_eval.beat.f_measure(reference_downbeats, downbeats) if len(downbeats) else 0.0,
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--count", type=int, default=1000, help="performances, evenly spaced")
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--notes-only", action="store_true")
    parser.add_argument("--tuned", action="store_true", help="the half that the weights were fitted on")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    performances = [
        performance for performance in annotated_performances(options.data) if performance.is_tuned_on == options.tuned
    ]
    rows = np.unique(np.linspace(0, len(performances) - 1, min(options.count, len(performances))).round().astype(int))
    methods = {"notes": beats_from_notes}
    if not options.notes_only:
        methods |= {"sound": beats_from_sound, "transcript": beats_from_transcript, "librosa": beats_from_librosa}
    results: dict[str, list[list[float]]] = {method: [] for method in methods}
    cpu_seconds = dict.fromkeys(methods, 0.0)
    for performance in (performances[row] for row in rows):
        samples = NO_DOWNBEATS if options.notes_only else rendered_sound(performance, options.seconds)
        for method, track in methods.items():
            start = time.process_time()
            beats, downbeats = track(performance if method == "notes" else samples)  # type: ignore[operator]
            cpu_seconds[method] += time.process_time() - start
            results[method].append(scores(performance, beats, downbeats, options.seconds))
    print(f"{len(rows)} performances, the first {options.seconds:g} s of each")
    print(f"{'':12}{'F':>8}{'CMLt':>8}{'AMLt':>8}{'downbeat F':>12}{'CPU s a file':>14}")
    for method, values in results.items():
        mean = np.mean(values, axis=0)
        downbeats_cell = "       -" if method == "librosa" else f"{mean[3]:8.3f}"
        print(
            f"{method:12}{mean[0]:8.3f}{mean[1]:8.3f}{mean[2]:8.3f}    "
            f"{downbeats_cell}{cpu_seconds[method] / len(rows):14.2f}"
        )


if __name__ == "__main__":
    main()
