"""Keys and chords heard in rendered sound: keys of Mozart's movements, chords of POP909 by mir_eval, beside librosa.

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
from annotated import mozart, pop909
from asap import DATA, KEPT, SAMPLE_RATE
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
    """Return the first seconds, or all, on the shipped or another piano in a small room; kept for the next time."""
    length = "whole" if seconds is None else f"{seconds:g}"
    path = KEPT / f"{name}-{length}{f'-{Path(piano).name}' if piano else ''}.flac"
    if not path.exists():
        KEPT.mkdir(exist_ok=True)
        timbre, instrument = Timbre(room=SMALL), read_piano(piano) if piano else default_piano()
        sound = render(performance, instrument, sample_rate=SAMPLE_RATE, timbre=timbre, end=seconds)
        write_sound(path, sound if seconds is None else sound[: int(seconds * SAMPLE_RATE)], sample_rate=SAMPLE_RATE)
    return read_sound(path, sample_rate=SAMPLE_RATE).samples


def librosa_chroma(samples: np.ndarray) -> np.ndarray:
    return librosa.feature.chroma_cqt(y=samples, sr=SAMPLE_RATE, hop_length=LIBROSA_HOP)  # (12, frames)


def label(chord: int) -> str:
    return "N" if chord == NO_CHORD else f"{NAMES[chord % 12]}:{'min' if chord >= 12 else 'maj'}"


def our_chords(samples: np.ndarray) -> tuple[np.ndarray, list[str]]:
    found = chords_of_chroma(salience([samples]), length=len(samples) / SAMPLE_RATE)
    return np.column_stack([found.start, found.end]), [label(chord) for chord in found.chord.tolist()]


def librosa_chords(samples: np.ndarray) -> tuple[np.ndarray, list[str]]:
    folded = librosa_chroma(samples)
    templates = np.array(
        [np.roll(np.isin(np.arange(12), tones), root) for tones in ((0, 4, 7), (0, 3, 7)) for root in range(12)], float
    )
    smooth = median_filter(folded, (1, round(SAMPLE_RATE / LIBROSA_HOP)))
    path = (templates @ smooth).argmax(axis=0)
    first = np.flatnonzero(np.diff(path, prepend=-1))
    edges = np.append(first * LIBROSA_HOP / SAMPLE_RATE, len(samples) / SAMPLE_RATE)
    return np.column_stack([edges[:-1], edges[1:]]), [label(chord) for chord in path[first].tolist()]


def majmin(truth: tuple[np.ndarray, list[str]], found: tuple[np.ndarray, list[str]], end: float) -> float:
    spans, labels = mir_eval.util.adjust_intervals(*truth, t_min=0.0, t_max=end, start_label="N", end_label="N")
    ours, named = mir_eval.util.adjust_intervals(*found, t_min=0.0, t_max=end, start_label="N", end_label="N")
    merged, wanted, got = mir_eval.util.merge_labeled_intervals(spans, labels, ours, named)
    return float(mir_eval.chord.weighted_accuracy(mir_eval.chord.majmin(wanted, got), np.diff(merged, axis=1)[:, 0]))


def keys(data: Path, count: int, seconds: float) -> None:
    right, spent, number = np.zeros(2), np.zeros(2), 0
    for movement in list(mozart(data))[:count]:
        samples = sound_of(f"mozart-{movement.name}", movement.performance, seconds)
        for way in range(2):
            start = time.process_time()
            total = chroma(salience([samples])).sum(axis=0) if way == 0 else librosa_chroma(samples).sum(axis=1)
            found: Key = estimate(key_scores(total)).key
            spent[way] += time.process_time() - start
            right[way] += found == movement.key
        number += 1
    print(
        f"keys of {number} movements, the first {seconds:g} s: maestrokit {right[0] / number:.3f}, librosa "
        f"{right[1] / number:.3f}; CPU s a file {spent[0] / number:.2f}, {spent[1] / number:.2f}"
    )


def chords(data: Path, count: int, seconds: float, parity: int) -> None:
    scores = []
    for song in list(pop909(data))[parity::2][:count]:
        samples = sound_of(f"pop909-{song.name}", song.performance, seconds)
        end = min(len(samples) / SAMPLE_RATE, float(song.intervals[-1, 1]))
        truth = (song.intervals, list(song.labels))
        scores.append([majmin(truth, way(samples), end) for way in (our_chords, librosa_chords)])
    mean = np.mean(scores, axis=0)
    print(f"chords of {len(scores)} songs, majmin: maestrokit {mean[0]:.3f}, librosa and templates {mean[1]:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--movements", type=int, default=30)
    parser.add_argument("--songs", type=int, default=50)
    parser.add_argument("--movement-seconds", type=float, default=150.0, help="of each movement")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each song")
    parser.add_argument("--tuned", action="store_true", help="the songs that the numbers were chosen on")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    keys(options.data, options.movements, options.movement_seconds)
    chords(options.data, options.songs, options.seconds, 0 if options.tuned else 1)


if __name__ == "__main__":
    main()
