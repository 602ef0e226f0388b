"""How well the tempo of expressive playing is estimated from onsets alone, beside pretty_midi's estimate.

    python tests/benchmarks/features_tempo.py [--data DIR]

On the performances of ASAP, whose beats are annotated. Accuracy 1: the tempo is within 8 % of the median of the
annotated one. Accuracy 2: or within 8 % of 2, 3, 3/2 or their inverses times it. Local: the share of the points of the
tempo curve for which the same holds of the annotated tempo there (pretty_midi has no curve).
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import pretty_midi

from maestrokit import features
from maestrokit.features.groups.tempo import tempo_curve
from maestrokit.files.midi import read_midi

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LEVELS = np.array([1, 2, 3, 1 / 2, 1 / 3, 3 / 2, 2 / 3])


def is_correct(estimate: np.ndarray, reference: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return whether an estimate is within 8 % of the reference on one of some metrical levels."""
    ratio = np.asarray(estimate)[..., None] / np.asarray(reference)[..., None] / levels
    return (np.abs(ratio - 1) < 0.08).any(axis=-1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    root = parser.parse_args().data / "asap"
    if not root.is_dir():
        parser.error(f"no '{root}'")
    warnings.simplefilter("ignore")
    rows: list[list[float]] = []
    seconds = np.zeros(2)
    for annotations in sorted(root.rglob("*_annotations.txt")):
        midi = annotations.with_name(annotations.name.replace("_annotations.txt", ".mid"))
        if "score" in annotations.name or not midi.exists():
            continue
        beats = np.array([float(line.split()[0]) for line in annotations.read_text().splitlines()])
        if len(beats) < 2:  # of some performances nothing is annotated
            continue
        reference = np.median(60 / np.diff(beats))
        start = time.process_time()
        view = features.note_view(read_midi(midi))
        maestrokit_tempo = features.describe(view, names=["tempo"])["tempo"]["played"]
        maestrokit_end = time.process_time()
        pretty_midi_tempo = pretty_midi.PrettyMIDI(str(midi)).estimate_tempo()
        seconds += [maestrokit_end - start, time.process_time() - maestrokit_end]
        curve_times, tempo, _ = tempo_curve(view)
        is_annotated = np.isfinite(tempo) & (curve_times > beats[0]) & (curve_times < beats[-1])
        annotated_curve = np.interp(curve_times[is_annotated], (beats[1:] + beats[:-1]) / 2, 60 / np.diff(beats))
        rows.append(
            [
                *(
                    float(is_correct(estimate, reference, levels))
                    for estimate in (maestrokit_tempo, pretty_midi_tempo)
                    for levels in (LEVELS[:1], LEVELS)
                ),
                *(
                    float(is_correct(tempo[is_annotated], annotated_curve, levels).mean())
                    for levels in (LEVELS[:1], LEVELS)
                ),
            ]
        )
    means = np.mean(rows, axis=0)
    maestrokit_ms, pretty_midi_ms = 1000 * seconds / len(rows)
    print(f"{len(rows)} performances")
    print(f"{'':14}{'accuracy 1':>12}{'accuracy 2':>12}{'local 1':>9}{'local 2':>9}{'ms a file':>11}")
    print(f"{'maestrokit':14}{means[0]:12.3f}{means[1]:12.3f}{means[4]:9.3f}{means[5]:9.3f}{maestrokit_ms:11.1f}")
    print(f"{'pretty_midi':14}{means[2]:12.3f}{means[3]:12.3f}{'-':>9}{'-':>9}{pretty_midi_ms:11.1f}")
    print(f"ratio of times {pretty_midi_ms / maestrokit_ms:.1f}")


if __name__ == "__main__":
    main()
