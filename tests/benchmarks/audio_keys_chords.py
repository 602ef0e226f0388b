"""Keys of Mozart's movements and chords of POP909, estimated from rendered sound, beside librosa; chords by mir_eval.

    python tests/benchmarks/audio_keys_chords.py [--data DIR] [--movements N] [--movement-seconds S] [--songs N]
        [--seconds S]

Keys are scored on the first seconds of each movement, against the annotated global key; beside maestrokit the same
profiles on the mean of librosa's constant-Q chroma. Chords: the weighted majmin score of mir_eval on the first S
seconds of the odd-numbered songs (the even-numbered were used to choose the numbers), beside major and minor templates
on the same librosa chroma, frame by frame with a median over a second.
"""

import argparse
import time
import warnings
from pathlib import Path

import librosa
import mir_eval
import numpy as np
from annotated import mozart_movements, pop909_songs
from asap import DATA, RENDERED_SOUNDS, SAMPLE_RATE
from scipy.ndimage import median_filter

from maestrokit.analysis.chords.from_audio import NO_CHORD, chords_of_chroma
from maestrokit.analysis.chroma import chroma, salience
from maestrokit.audio.effects.room import SMALL
from maestrokit.files.pianos.find import default_piano, read_piano
from maestrokit.files.sound.read import read_sound, write_sound
from maestrokit.music.keys import Key, estimate, key_scores
from maestrokit.music.performance import Performance
from maestrokit.synth.render import render
from maestrokit.synth.timbre import Timbre

NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
LIBROSA_HOP = 1024  # samples


def sound_of(name: str, performance: Performance, seconds: float | None, *, piano: str = "") -> np.ndarray:
    """Return the first seconds, or all, on the shipped or another piano in a small room; cached in a file."""
    length = "whole" if seconds is None else f"{seconds:g}"
    path = RENDERED_SOUNDS / f"{name}-{length}{f'-{Path(piano).name}' if piano else ''}.flac"
    if not path.exists():
        RENDERED_SOUNDS.mkdir(exist_ok=True)
        timbre, instrument = Timbre(room=SMALL), read_piano(piano) if piano else default_piano()
        sound = render(performance, instrument, sample_rate=SAMPLE_RATE, timbre=timbre, end=seconds)
        write_sound(path, sound if seconds is None else sound[: int(seconds * SAMPLE_RATE)], sample_rate=SAMPLE_RATE)
    return read_sound(path, sample_rate=SAMPLE_RATE).samples


def librosa_chroma(samples: np.ndarray) -> np.ndarray:
    """Return librosa's constant-Q chroma, shape (12, frames)."""
    return librosa.feature.chroma_cqt(y=samples, sr=SAMPLE_RATE, hop_length=LIBROSA_HOP)  # (12, frames)


def chord_label(chord: int) -> str:
    """Return a chord of the 25 classes in Harte's syntax."""
    return "N" if chord == NO_CHORD else f"{NAMES[chord % 12]}:{'min' if chord >= 12 else 'maj'}"


def maestrokit_chords(samples: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return intervals and labels of the chords that maestrokit estimates."""
    estimate = chords_of_chroma(salience([samples]), length=len(samples) / SAMPLE_RATE)
    return np.column_stack([estimate.start, estimate.end]), [chord_label(chord) for chord in estimate.chord.tolist()]


def librosa_chords(samples: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return intervals and labels by triad templates on librosa's chroma."""
    chroma_frames = librosa_chroma(samples)
    templates = np.array(
        [np.roll(np.isin(np.arange(12), tones), root) for tones in ((0, 4, 7), (0, 3, 7)) for root in range(12)], float
    )
    smooth_chroma = median_filter(chroma_frames, (1, round(SAMPLE_RATE / LIBROSA_HOP)))
    best = (templates @ smooth_chroma).argmax(axis=0)
    first = np.flatnonzero(np.diff(best, prepend=-1))
    edges = np.append(first * LIBROSA_HOP / SAMPLE_RATE, len(samples) / SAMPLE_RATE)
    return np.column_stack([edges[:-1], edges[1:]]), [chord_label(chord) for chord in best[first].tolist()]


def majmin_score(reference: tuple[np.ndarray, list[str]], estimate: tuple[np.ndarray, list[str]], end: float) -> float:
    """Return mir_eval's weighted majmin score up to a moment."""
    reference_intervals, reference_labels = mir_eval.util.adjust_intervals(
        *reference, t_min=0.0, t_max=end, start_label="N", end_label="N"
    )
    estimated_intervals, estimated_labels = mir_eval.util.adjust_intervals(
        *estimate, t_min=0.0, t_max=end, start_label="N", end_label="N"
    )
    intervals, reference_chords, estimated_chords = mir_eval.util.merge_labeled_intervals(
        reference_intervals, reference_labels, estimated_intervals, estimated_labels
    )
    return float(
        mir_eval.chord.weighted_accuracy(
            mir_eval.chord.majmin(reference_chords, estimated_chords), np.diff(intervals, axis=1)[:, 0]
        )
    )


def print_keys(data: Path, count: int, seconds: float) -> None:
    """Print how many global keys are estimated correctly."""
    correct, cpu_seconds, scored = np.zeros(2), np.zeros(2), 0
    for movement in list(mozart_movements(data))[:count]:
        samples = sound_of(f"mozart-{movement.name}", movement.performance, seconds)
        for method in range(2):
            start = time.process_time()
            chroma_sum = chroma(salience([samples])).sum(axis=0) if method == 0 else librosa_chroma(samples).sum(axis=1)
            key: Key = estimate(key_scores(chroma_sum)).key
            cpu_seconds[method] += time.process_time() - start
            correct[method] += key == movement.key
        scored += 1
    print(
        f"keys of {scored} movements, the first {seconds:g} s: maestrokit {correct[0] / scored:.3f}, librosa "
        f"{correct[1] / scored:.3f}; CPU s a file {cpu_seconds[0] / scored:.2f}, {cpu_seconds[1] / scored:.2f}"
    )


def print_chords(data: Path, count: int, seconds: float, parity: int) -> None:
    """Print the mean majmin scores of every other song."""
    scores = []
    for song in list(pop909_songs(data))[parity::2][:count]:
        samples = sound_of(f"pop909-{song.name}", song.performance, seconds)
        end = min(len(samples) / SAMPLE_RATE, float(song.intervals[-1, 1]))
        reference = (song.intervals, list(song.labels))
        scores.append([majmin_score(reference, method(samples), end) for method in (maestrokit_chords, librosa_chords)])
    mean = np.mean(scores, axis=0)
    print(f"chords of {len(scores)} songs, majmin: maestrokit {mean[0]:.3f}, librosa and templates {mean[1]:.3f}")


def main() -> None:
    """Print the scores of keys and of chords."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--movements", type=int, default=30)
    parser.add_argument("--songs", type=int, default=50)
    parser.add_argument("--movement-seconds", type=float, default=150.0, help="of each movement")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each song")
    parser.add_argument("--tuned", action="store_true", help="the songs that the numbers were chosen on")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print_keys(options.data, options.movements, options.movement_seconds)
    print_chords(options.data, options.songs, options.seconds, 0 if options.tuned else 1)


if __name__ == "__main__":
    main()
