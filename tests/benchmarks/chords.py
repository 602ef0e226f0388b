"""How well chords are estimated from notes, beside plain template matching of the same spans.

    python tests/benchmarks/chords.py [--data DIR]

mir_eval.chord on the 200 songs of POP909, whose reference chords were made from the MIDI files: weighted accuracy, mean
of songs. The parameters of the method were tuned on the even-numbered songs; the odd-numbered ones are the held-out
half. The baseline takes for each span between onsets the triad whose tones sound longest. Below, as another kind of
music, the roots that DCML's annotators gave 36 movements of Mozart (cadential 6-4 chords count there as dominants,
which no listener to notes alone would say); every other movement served the tuning, the rest did not.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import mir_eval
import numpy as np
from annotated import Movement, Song, mozart_movements, pop909_songs

from maestrokit.analysis.chords.from_notes import Chords, chord_spans, note_spans, ringing_notes
from maestrokit.analysis.chords.names import harte_labels
from maestrokit.analysis.chords.templates import QUALITIES
from maestrokit.music.performance import Performance

MEASURES = ("majmin", "majmin_inv", "triads", "tetrads", "root", "seg")
Method = Callable[[Performance], Chords]


def chords_of_all_qualities(performance: Performance) -> Chords:
    """Return chords of all qualities."""
    return chord_spans(performance)


def major_and_minor_chords(performance: Performance) -> Chords:
    """Return chords that are major or minor."""
    return chord_spans(performance, qualities=("maj", "min"))


def template_chords(performance: Performance) -> Chords:
    """Return the major or minor triad whose tones sound longest in each span, decided span by span."""
    spans = note_spans(*ringing_notes(performance))
    rows = np.zeros((24, 12))
    for quality in (0, 1):
        for root in range(12):
            rows[12 * quality + root, [(root + degree) % 12 for degree in QUALITIES[quality].degrees]] = 1
    best = (spans.tones @ rows.T).argmax(axis=1)
    root = np.where(spans.tones.any(axis=1), best % 12, -1)
    zeros = np.zeros(len(best), np.int64)
    quality = np.where(root < 0, -1, best // 12)
    return Chords(spans.edges[:-1], spans.edges[1:], root, quality, root, zeros, zeros + 0.0)


def song_scores(song: Song, chords: Chords) -> list[float]:
    """Return mir_eval's scores of a song."""
    intervals = np.column_stack([chords.start, chords.end])
    scores = mir_eval.chord.evaluate(song.intervals, song.labels, intervals, harte_labels(chords))
    return [float(scores[measure]) for measure in MEASURES]


def root_score(movement: Movement, chords: Chords) -> float:
    """Return the share of the annotated time in which the root is right."""
    correct = 0.0
    for (start, end), root in zip(movement.intervals, movement.roots, strict=True):
        overlap = np.clip(np.minimum(chords.end, end) - np.maximum(chords.start, start), 0, None)
        correct += float(overlap[chords.root == root].sum())
    return correct / float(np.diff(movement.intervals, axis=1).sum())


def timed_chords(method: Method, performances: Sequence[Performance]) -> tuple[list[Chords], float]:
    """Return the chords of each performance, and the median milliseconds of one."""
    estimates, seconds = [], []
    for performance in performances:
        start = time.perf_counter()
        estimates.append(method(performance))
        seconds.append(time.perf_counter() - start)
    return estimates, 1000 * float(np.median(seconds))


def main() -> None:
    """Print the scores on both corpora."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared/data")
    options = parser.parse_args()
    songs, movements = list(pop909_songs(options.data)), list(mozart_movements(options.data))
    is_held_out = np.array([int(song.name) % 2 == 1 for song in songs])
    methods = {
        "maestrokit": chords_of_all_qualities,
        "  maj and min only": major_and_minor_chords,
        "plain templates": template_chords,
    }
    print(f"POP909: {len(songs)} songs, {is_held_out.sum()} of them held out")
    print(f"{'':20}{'half':10}" + "".join(f"{measure:>11}" for measure in MEASURES) + f"{'ms a song':>11}")
    for name, method in methods.items():
        estimates, milliseconds = timed_chords(method, [song.performance for song in songs])
        scores = np.array([song_scores(song, chords) for song, chords in zip(songs, estimates, strict=True)])
        for half, rows in (("held out", is_held_out), ("tuned", ~is_held_out), ("all", is_held_out | True)):
            cells = "".join(f"{value:11.3f}" for value in scores[rows].mean(0))
            print(f"{name:20}{half:10}{cells}{milliseconds:11.1f}")
    print(f"Mozart: {len(movements)} movements, roots")
    for name, method in methods.items():
        estimates, milliseconds = timed_chords(method, [movement.performance for movement in movements])
        roots = np.array([root_score(movement, chords) for movement, chords in zip(movements, estimates, strict=True)])
        halves = f"held out {roots[1::2].mean():.3f}, tuned {roots[::2].mean():.3f}, all {roots.mean():.3f}"
        print(f"{name:20}{halves}; {milliseconds:.1f} ms a movement")


if __name__ == "__main__":
    main()
