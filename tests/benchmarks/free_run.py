"""Whether music without a prompt gets stuck: loops, silences, copied and repeated notes, beside people's pieces.

    python tests/benchmarks/free_run.py [--data DIR] [--model NAME] [--sets 50x60,20x300] [--keep DIR]

A loop is a pattern of one to three notes that is repeated for over 8 s; a silence lasts over 6 s. A copied run is the
longest stretch of notes that some performance of the train split has, too, in any key (`copied_run`). Repeated is the
share of all stretches of 24 notes of which 80 % of the keys, in any order, are those of an earlier one of the piece.
People's pieces are as many stretches of the same length, of every other validation performance by name, from the
second on. Both go through the tokens that models are trained on, in which notes last as long as the pedal holds them.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from generated_sets import UNSEEN, generated_files, random_stretch, read_pieces
from performances import evenly_spaced

from maestrokit.files.midi import read_midi
from maestrokit.metrics.piece import Piece, piece_of
from maestrokit.metrics.sets.copying import StretchIndex, longest_runs, note_intervals
from maestrokit.metrics.sets.stuck import longest_loop, longest_silence

LOOP, SILENCE = 8.0, 6.0  # seconds
STRETCH, ALIKE = 24, 0.8  # notes that are compared, and the share of their keys that makes two of them alike
APART = 16  # notes between them at the least
ALL = 10_000  # performances; more than a split has


def human_pieces(root: Path, count: int, seconds: float) -> list[Piece]:
    """Return stretches of the performances that are long enough, evenly chosen."""
    long = [
        piece for piece in read_pieces(root, "validation", ALL, UNSEEN) if piece.onset[-1] - piece.onset[0] >= seconds
    ]
    chosen = np.linspace(0, len(long) - 1, count).astype(np.int64)
    return [random_stretch(long[row], seconds, seed) for seed, row in enumerate(chosen)]


def repeated_share(pitch: np.ndarray) -> float:
    """Return the share of stretches of notes that are like an earlier one; not a number if there is none to compare."""
    first = STRETCH + APART
    struck = np.zeros((len(pitch) + 1, 128), np.int16)
    struck[np.arange(1, len(pitch) + 1), pitch] = 1
    counts = np.cumsum(struck, axis=0, dtype=np.int16)
    stretches = counts[STRETCH:] - counts[:-STRETCH]
    shared = [
        np.minimum(stretches[row], stretches[: row - first + 1]).sum(axis=1).max()
        for row in range(first, len(stretches))
    ]
    return float(np.mean(np.array(shared) >= ALIKE * STRETCH)) if shared else np.nan


def table_row(name: str, pieces: Sequence[Piece], corpus: StretchIndex) -> str:
    """Return the row of a set of pieces."""
    loops, silences = (np.concatenate([f(piece) for piece in pieces]) for f in (longest_loop, longest_silence))
    runs = longest_runs([note_intervals(piece) for piece in pieces], corpus)
    figures = f"{(loops > LOOP).sum():>7}{loops.max():>10.1f}{(silences > SILENCE).sum():>11}{silences.max():>10.1f}"
    notes = np.median([len(piece) / piece.seconds for piece in pieces])
    repeated = np.nanmean([repeated_share(piece.pitch) for piece in pieces])
    return f"{name:<16}{notes:>9.1f}{figures}{np.median(runs):>9.0f}{runs.max():>9.0f}{repeated:>10.3f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with maestro-v3.0.0")
    parser.add_argument("--model", default="transformer", help="name or run folder")
    parser.add_argument("--sets", default="50x60,20x300", help="pieces x seconds of each, commas between")
    parser.add_argument("--keep", type=Path, help="folder for what is generated, kept for the next time")
    options = parser.parse_args()
    root = options.data / "maestro-v3.0.0"
    corpus = StretchIndex([note_intervals(piece_of(read_midi(path))) for path in evenly_spaced(root, "train", ALL)])
    print("                   notes/s  loops  longest s  silences  longest s  copied: median, longest  repeated")
    with tempfile.TemporaryDirectory() as scratch:
        for size in options.sets.split(","):
            count, seconds = (int(part) for part in size.split("x"))
            folder = (options.keep or Path(scratch)) / size / Path(options.model).name
            print(f"{count} pieces of {seconds} s")
            print(table_row("people", human_pieces(root, count, seconds), corpus))
            pieces = [piece_of(read_midi(path)) for path in generated_files(options.model, folder, count, seconds)]
            print(table_row(Path(options.model).name, pieces, corpus), flush=True)


if __name__ == "__main__":
    main()
