"""How often the key of a whole piece is estimated right, and how long that takes, beside partitura and music21.

    python tests/benchmarks/keys.py [--data DIR]

On the 36 movements of Mozart's sonatas annotated by DCML and the songs of POP909 that stay in one key. All get the
same notes in memory, each in its own form; the time is that of the estimate alone, median of all files, one thread.
Weighted is mir_eval's MIREX score: 0.5 for a fifth, 0.3 for the relative, 0.2 for the parallel key. Nothing was tuned
except the steepness of the confidence, on the even-numbered songs. A library that is not installed is left out.
"""

import argparse
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from annotated import mozart_movements, pop909_songs

from maestrokit.analysis.key_changes import key_spans
from maestrokit.music.keys import PROFILES, Key, estimate, find_key, key_scores, parse_key
from maestrokit.music.note_arrays import timed_notes
from maestrokit.music.performance import Performance

Piece = tuple[str, str, Performance, Key]
Finder = Callable[[Any], Key]
System = tuple[str, Callable[[Performance], Any], Finder]


def weighted_score(reference: Key, key: Key) -> float:
    """Return the MIREX score of a key."""
    import mir_eval

    return float(mir_eval.key.weighted_score(reference.name, key.name))


def unchanged(performance: Performance) -> Performance:
    """Return the performance itself, as maestrokit reads it."""
    return performance


def maestrokit_finder(profile: str) -> Finder:
    """Return maestrokit's finder with the profiles of a name."""
    return lambda performance: find_key(performance, profile=profile).key


def weighted_finder(weights: Callable[[Any, Any], Any]) -> Finder:
    """Return a finder with Albrecht and Shanahan's profiles and other weights of notes than their durations."""

    def find(performance: Performance) -> Key:
        notes = timed_notes(performance, pedal_extends=False)
        duration = notes.offset - notes.onset
        return estimate(key_scores(np.bincount(notes.pitch % 12, weights(duration, notes), minlength=12))).key

    return find


def partitura_form(performance: Performance) -> Any:
    """Return notes as partitura reads them."""
    notes = timed_notes(performance, pedal_extends=False)
    columns = [("onset_sec", "f8"), ("duration_sec", "f8"), ("pitch", "i8"), ("velocity", "i8")]
    form = np.zeros(len(notes.pitch), columns)
    form["onset_sec"], form["duration_sec"], form["pitch"] = notes.onset, notes.offset - notes.onset, notes.pitch
    return form


def partitura_finder(profiles: str) -> Finder:
    """Return partitura's finder with the profiles of a name."""
    from partitura.musicanalysis import estimate_key

    return lambda form: parse_key(estimate_key(form, key_profiles=profiles))


def music21_form(performance: Performance) -> Any:
    """Return notes as music21 reads them."""
    from music21 import note, stream

    notes, score = timed_notes(performance, pedal_extends=False), stream.Stream()
    for onset, offset, pitch in zip(notes.onset, notes.offset, notes.pitch, strict=True):
        score.insert(float(onset), note.Note(int(pitch), quarterLength=float(offset - onset)))
    return score


def music21_finder(method: str) -> Finder:
    """Return music21's finder by a method."""

    def find(score: Any) -> Key:
        result = score.analyze(method)
        return Key(result.tonic.pitchClass, result.mode)

    return find


def systems(with_peers: bool) -> list[System]:
    """Return name, form of notes and finder of each system."""
    listed: list[System] = [("maestrokit", unchanged, maestrokit_finder("albrecht-shanahan"))]
    listed += [(f"  {name}", unchanged, maestrokit_finder(name)) for name in list(PROFILES)[1:]]
    listed += [
        ("  by note count", unchanged, weighted_finder(lambda duration, notes: np.ones(len(duration)))),
        ("  by root of duration", unchanged, weighted_finder(lambda duration, notes: np.sqrt(duration))),
        ("  duration up to 0.5 s", unchanged, weighted_finder(lambda duration, notes: np.minimum(duration, 0.5))),
        ("  duration x velocity", unchanged, weighted_finder(lambda duration, notes: duration * notes.velocity)),
    ]
    for name, peer_systems in (("partitura", partitura_systems), ("music21", music21_systems)):
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed, so it is left out")
        elif with_peers:
            listed += peer_systems()
    return listed


def partitura_systems() -> list[System]:
    """Return the systems of partitura."""
    names = ("krumhansl_kessler", "kostka_payne", "temperley")
    return [(f"partitura {name}", partitura_form, partitura_finder(name)) for name in names]


def music21_systems() -> list[System]:
    """Return the systems of music21."""
    methods = ("aarden", "krumhansl", "temperley")
    return [(f"music21 {method}", music21_form, music21_finder(method)) for method in methods]


def timed_key(find: Finder, form: Any, repeats: int) -> tuple[Key, float]:
    """Return a key, and the least milliseconds of several runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        key = find(form)
        best = min(best, time.perf_counter() - start)
    return key, 1000 * best


def print_scores(pieces: list[Piece], with_peers: bool) -> None:
    """Print accuracy, weighted score and time of each system."""
    print(f"{'':24}{'Mozart':>8}{'weighted':>10}{'POP909':>8}{'weighted':>10}{'ms':>9}{'x ours':>8}")
    maestrokit_time = 0.0
    for name, form_of, find in systems(with_peers):
        rows: dict[str, list[tuple[float, float]]] = {"Mozart": [], "POP909": []}
        times = []
        for corpus, _, performance, reference in pieces:
            key, milliseconds = timed_key(find, form_of(performance), 3 if form_of is unchanged else 1)
            rows[corpus].append((float(key == reference), weighted_score(reference, key)))
            times.append(milliseconds)
        maestrokit_time = maestrokit_time or float(np.median(times))
        cells = "".join(f"{exact:8.3f}{score:10.3f}" for exact, score in (np.mean(r, 0) for r in rows.values()))
        print(f"{name:24}{cells}{np.median(times):9.3f}{np.median(times) / maestrokit_time:8.0f}")


def print_misses(pieces: list[Piece]) -> None:
    """Print the pieces whose key is wrong."""
    for corpus, name, performance, reference in pieces:
        result = find_key(performance)
        if result.key != reference:
            print(f"  {corpus} {name}: {reference} taken for {result.key} ({result.confidence:.2f})")


def print_local_keys(data: Path) -> None:
    """Print how much of the time the local key is right."""
    correct = total = constant = 0.0
    for movement in mozart_movements(data):
        spans, global_key = key_spans(movement.performance), find_key(movement.performance).key
        for (start, end), key in zip(movement.intervals, movement.local_keys, strict=True):
            overlap = np.clip(np.minimum(spans.end, end) - np.maximum(spans.start, start), 0, None)
            correct += float(overlap[spans.key == key.index].sum())
            constant += (end - start) * (global_key == key)
            total += end - start
    print(f"local keys of Mozart: {correct / total:.3f} of the time right, {constant / total:.3f} with one key a piece")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared/data")
    parser.add_argument("--ours", action="store_true", help="leave the peers out")
    options = parser.parse_args()
    pieces: list[Piece] = [
        ("Mozart", movement.name, movement.performance, movement.key) for movement in mozart_movements(options.data)
    ]
    songs = [song for song in pop909_songs(options.data) if len(song.keys) == 1]
    pieces += [("POP909", song.name, song.performance, song.keys[0]) for song in songs]
    print(f"{len(pieces)} pieces, median {int(np.median([len(piece[2].notes) for piece in pieces]))} notes")
    print_scores(pieces, not options.ours)
    print("missed:")
    print_misses(pieces)
    print_local_keys(options.data)


if __name__ == "__main__":
    main()
