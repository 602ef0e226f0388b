"""How much of a score is recovered from a performance, its beats given: ``quantize --beats FILE --grid ...`` on ASAP.

    python tests/benchmarks/score_quantization.py [--data DIR] [--count N]

Prints the onset F-measure in score time: an onset of the quantized performance is right if the score has an onset of
the same pitch within a twentieth of a beat, each counted once. The score's own positions come from the annotated beats
of the score MIDI. Beside it the same performances on the same beats, but without a grid; last, the best grid of
each.

A beat counts as a quarter note here whatever the meter, so that ``1/16`` is a quarter of an annotated beat.
"""

import argparse
import csv
import os
from pathlib import Path

import mir_eval
import numpy as np

from maestrokit.files.midi import read_midi
from maestrokit.music.edits.retime import parse_beats
from maestrokit.music.performance import Performance
from maestrokit.music.quantization.grid import parse_note_values
from maestrokit.music.quantization.quantize import Quantization, quantize
from maestrokit.music.timing import second2tick, tempo_map, tick2second

DATA = Path(os.environ.get("MAESTROKIT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
TOLERANCE = 0.05  # beats
GRIDS = {"beats only": "", "1/16": "1/16", "1/16,1/12": "1/16,1/12", "1/16,1/24": "1/16,1/24", "1/32,1/24": "1/32,1/24"}


def beat_positions(performance: Performance, beats: np.ndarray) -> np.ndarray:
    """Return the onsets of a quantized performance in beats after the first annotated one."""
    first = second2tick(beats[0], tempo_map(performance))
    return (performance.notes.onset_tick - first) / performance.division


def score_positions(score: Performance, beats: np.ndarray) -> np.ndarray:
    """Return the onsets of a score in beats after the first annotated one."""
    seconds = tick2second(score.notes.onset_tick, tempo_map(score))
    inside = np.interp(seconds, beats, np.arange(len(beats)))
    before = (seconds - beats[0]) / (beats[1] - beats[0])
    after = len(beats) - 1 + (seconds - beats[-1]) / (beats[-1] - beats[-2])
    return np.where(seconds < beats[0], before, np.where(seconds > beats[-1], after, inside))


def onset_f_measure(
    reference: np.ndarray, reference_pitch: np.ndarray, estimate: np.ndarray, estimate_pitch: np.ndarray
) -> float:
    """Return the F-measure of onsets of equal pitch, one to one, within the tolerance."""
    start = min(reference.min(), estimate.min())
    spans = [np.column_stack([times - start, times - start + 1]) for times in (reference, estimate)]
    hertz = [mir_eval.util.midi_to_hz(pitch) for pitch in (reference_pitch, estimate_pitch)]
    return float(
        mir_eval.transcription.precision_recall_f1_overlap(
            spans[0], hertz[0], spans[1], hertz[1], onset_tolerance=TOLERANCE, pitch_tolerance=25.0, offset_ratio=None
        )[2]
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--count", type=int, default=20, help="performances, evenly spaced over the set")
    options = parser.parse_args()
    folder = options.data / "asap"
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    rows = [rows[index] for index in np.unique(np.linspace(0, len(rows) - 1, options.count).round().astype(int))]
    print("performance\t" + "\t".join(GRIDS) + "\tbest grid")
    scores = []
    for row in rows:
        beats, score_beats = (
            parse_beats((folder / row[name]).read_text(encoding="utf-8"), name=row[name])
            for name in ("performance_annotations", "midi_score_annotations")
        )
        if len(beats) != len(score_beats):
            print(f"# {row['midi_performance']} left out: {len(beats)} beats played, {len(score_beats)} in the score")
            continue
        performance, score = (read_midi(folder / row[name]) for name in ("midi_performance", "midi_score"))
        reference = score_positions(score, score_beats)
        results = []
        for values in GRIDS.values():
            settings = Quantization(note_values=parse_note_values(values) if values else ())
            result, _ = quantize(performance, settings, beats=beats)
            results.append(
                onset_f_measure(reference, score.notes.pitch, beat_positions(result, beats), result.notes.pitch)
            )
        results.append(max(results[1:]))
        scores.append(results)
        print(row["midi_performance"] + "\t" + "\t".join(f"{value:.3f}" for value in results), flush=True)
    for name, average in (("mean", np.mean), ("median", np.median)):
        print(f"{name} of {len(scores)}\t" + "\t".join(f"{value:.3f}" for value in average(scores, axis=0)))


if __name__ == "__main__":
    main()
