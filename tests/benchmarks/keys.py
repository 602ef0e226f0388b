"""How often the key of a whole piece is found, and how long that takes, beside partitura and music21.

    python tests/benchmarks/keys.py [--data DIR]

On the 36 movements of Mozart's sonatas annotated by DCML and the songs of POP909 that stay in one key. All get the
same notes in memory, each in its own form; the time is for finding the key alone, median of all files, one thread.
Weighted is mir_eval's MIREX score: 0.5 for a fifth, 0.3 for the relative, 0.2 for the parallel key. Nothing was tuned
but the steepness of the confidence, on the even-numbered songs. A peer that is not installed is left out.
"""

import argparse
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from annotated import mozart, pop909

from maestrokit.analysis.key_changes import key_spans
from maestrokit.music.keys import PROFILES, Key, estimate, find_key, key_scores, parse_key
from maestrokit.music.note_arrays import timed_notes
from maestrokit.music.performance import Performance

Piece = tuple[str, str, Performance, Key]
Finder = Callable[[Any], Key]
System = tuple[str, Callable[[Performance], Any], Finder]


def weighted(reference: Key, found: Key) -> float:
    import mir_eval

    return float(mir_eval.key.weighted_score(reference.name, found.name))


def unchanged(performance: Performance) -> Performance:
    return performance


def ours(profile: str) -> Finder:
    return lambda performance: find_key(performance, profile=profile).key


def ours_by(weights: Callable[[Any, Any], Any]) -> Finder:
    """Albrecht and Shanahan's profiles with other weights of notes than their durations."""

    def find(performance: Performance) -> Key:
        notes = timed_notes(performance, pedal_extends=False)
        duration = notes.offset - notes.onset
        return estimate(key_scores(np.bincount(notes.pitch % 12, weights(duration, notes), minlength=12))).key

    return find


def partitura_form(performance: Performance) -> Any:
    notes = timed_notes(performance, pedal_extends=False)
    columns = [("onset_sec", "f8"), ("duration_sec", "f8"), ("pitch", "i8"), ("velocity", "i8")]
    form = np.zeros(len(notes.pitch), columns)
    form["onset_sec"], form["duration_sec"], form["pitch"] = notes.onset, notes.offset - notes.onset, notes.pitch
    return form


def partitura_finder(profiles: str) -> Finder:
    from partitura.musicanalysis import estimate_key

    return lambda form: parse_key(estimate_key(form, key_profiles=profiles))


def music21_form(performance: Performance) -> Any:
    from music21 import note, stream

    notes, score = timed_notes(performance, pedal_extends=False), stream.Stream()
    for onset, offset, pitch in zip(notes.onset, notes.offset, notes.pitch, strict=True):
        score.insert(float(onset), note.Note(int(pitch), quarterLength=float(offset - onset)))
    return score


def music21_finder(method: str) -> Finder:
    def find(score: Any) -> Key:
        found = score.analyze(method)
        return Key(found.tonic.pitchClass, found.mode)

    return find


def systems(every: bool) -> list[System]:
    listed: list[System] = [("maestrokit", unchanged, ours("albrecht-shanahan"))]
    listed += [(f"  {name}", unchanged, ours(name)) for name in list(PROFILES)[1:]]
    listed += [
        ("  by note count", unchanged, ours_by(lambda duration, notes: np.ones(len(duration)))),
        ("  by root of duration", unchanged, ours_by(lambda duration, notes: np.sqrt(duration))),
        ("  duration up to 0.5 s", unchanged, ours_by(lambda duration, notes: np.minimum(duration, 0.5))),
        ("  duration x velocity", unchanged, ours_by(lambda duration, notes: duration * notes.velocity)),
    ]
    for name, add in (("partitura", partitura_systems), ("music21", music21_systems)):
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed, so it is left out")
        elif every:
            listed += add()
    return listed


def partitura_systems() -> list[System]:
    names = ("krumhansl_kessler", "kostka_payne", "temperley")
    return [(f"partitura {name}", partitura_form, partitura_finder(name)) for name in names]


def music21_systems() -> list[System]:
    methods = ("aarden", "krumhansl", "temperley")
    return [(f"music21 {method}", music21_form, music21_finder(method)) for method in methods]


def timed(find: Finder, form: Any, repeats: int) -> tuple[Key, float]:
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        key = find(form)
        best = min(best, time.perf_counter() - start)
    return key, 1000 * best


def print_scores(pieces: list[Piece], every: bool) -> None:
    print(f"{'':24}{'Mozart':>8}{'weighted':>10}{'POP909':>8}{'weighted':>10}{'ms':>9}{'x ours':>8}")
    base = 0.0
    for name, form_of, find in systems(every):
        rows: dict[str, list[tuple[float, float]]] = {"Mozart": [], "POP909": []}
        spent = []
        for corpus, _, performance, reference in pieces:
            found, milliseconds = timed(find, form_of(performance), 3 if form_of is unchanged else 1)
            rows[corpus].append((float(found == reference), weighted(reference, found)))
            spent.append(milliseconds)
        base = base or float(np.median(spent))
        cells = "".join(f"{exact:8.3f}{score:10.3f}" for exact, score in (np.mean(r, 0) for r in rows.values()))
        print(f"{name:24}{cells}{np.median(spent):9.3f}{np.median(spent) / base:8.0f}")


def print_misses(pieces: list[Piece]) -> None:
    for corpus, name, performance, reference in pieces:
        found = find_key(performance)
        if found.key != reference:
            print(f"  {corpus} {name}: {reference} taken for {found.key} ({found.confidence:.2f})")


def print_local_keys(data: Path) -> None:
    right = total = constant = 0.0
    for movement in mozart(data):
        spans, whole = key_spans(movement.performance), find_key(movement.performance).key
        for (start, end), key in zip(movement.intervals, movement.local_keys, strict=True):
            shared = np.clip(np.minimum(spans.end, end) - np.maximum(spans.start, start), 0, None)
            right += float(shared[spans.key == key.index].sum())
            constant += (end - start) * (whole == key)
            total += end - start
    print(f"local keys of Mozart: {right / total:.3f} of the time right, {constant / total:.3f} with one key a piece")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared/data")
    parser.add_argument("--ours", action="store_true", help="leave the peers out")
    arguments = parser.parse_args()
    pieces: list[Piece] = [("Mozart", each.name, each.performance, each.key) for each in mozart(arguments.data)]
    songs = [song for song in pop909(arguments.data) if len(song.keys) == 1]
    pieces += [("POP909", song.name, song.performance, song.keys[0]) for song in songs]
    print(f"{len(pieces)} pieces, median {int(np.median([len(piece[2].notes) for piece in pieces]))} notes")
    print_scores(pieces, not arguments.ours)
    print("missed:")
    print_misses(pieces)
    print_local_keys(arguments.data)


if __name__ == "__main__":
    main()
