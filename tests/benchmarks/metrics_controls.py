"""Whether metrics separate music from noise: validation performances and corrupted copies, against the train split.

python tests/benchmarks/metrics_controls.py [--data DIR] [--pieces N] [--corpus N]

Columns: the reference's own value, human performances with their 95 % interval, then the same performances with the
pitches shuffled among the notes, the onsets shuffled over the duration, random notes instead, stretches of 2 s in
another order, and every 5 s transposed differently. A star: outside the interval of the humans.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from performances import evenly_spaced

from maestrokit.files.midi import read_midi
from maestrokit.inference.embedding import embeddings
from maestrokit.metrics import score_sets
from maestrokit.metrics.piece import Piece, notes_in_seconds, piece_of
from maestrokit.music.performance import Performance

Control = Callable[[Piece, np.random.Generator], Piece]


def with_onsets(piece: Piece, onset: np.ndarray) -> Piece:
    """Return the notes at other times, sorted again."""
    moved = onset - piece.onset
    return piece.replace(
        onset=onset, offset=piece.offset + moved, sounding_offset=piece.sounding_offset + moved,
        onset_bar=piece.onset_bar + moved / 2, offset_bar=piece.offset_bar + moved / 2,
    ).select(np.argsort(onset, kind="stable"))  # fmt: skip


def human(piece: Piece, generator: np.random.Generator) -> Piece:
    """Return the piece as it is."""
    return piece


def pitches(piece: Piece, generator: np.random.Generator) -> Piece:
    """Return the rhythm with the pitches shuffled."""
    return piece.replace(pitch=generator.permutation(piece.pitch))


def times(piece: Piece, generator: np.random.Generator) -> Piece:
    """Return the pitches with onsets drawn evenly."""
    return with_onsets(piece, generator.uniform(piece.onset.min(), piece.onset.max(), len(piece)))


def random(piece: Piece, generator: np.random.Generator) -> Piece:
    """Return as many random notes in the same time."""
    onset = generator.uniform(0, piece.seconds, len(piece))
    offset = onset + generator.exponential(0.3, len(piece))
    return notes_in_seconds(onset, offset, generator.integers(21, 109, len(piece)))


def stretches(piece: Piece, generator: np.random.Generator) -> Piece:
    """Return stretches of 2 s in another order."""
    stretch = (piece.onset // 2).astype(np.int64)
    order = generator.permutation(int(stretch.max()) + 1)
    return with_onsets(piece, piece.onset + 2.0 * (order[stretch] - stretch))


def keys(piece: Piece, generator: np.random.Generator) -> Piece:
    """Return every 5 s in another key."""
    stretch = (piece.onset // 5).astype(np.int64)
    shift = generator.integers(-6, 6, int(stretch.max()) + 1)[stretch]
    return piece.replace(pitch=np.clip(piece.pitch + shift, 0, 127))


CONTROLS: tuple[Control, ...] = (human, pitches, times, random, stretches, keys)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with maestro-v3.0.0")
    parser.add_argument("--pieces", type=int, default=40, help="validation performances, evenly chosen")
    parser.add_argument("--corpus", type=int, default=150, help="train performances, evenly chosen")
    options = parser.parse_args()
    root = options.data / "maestro-v3.0.0"
    validation = read_pieces(root, "validation", options.pieces)
    metrics = score_sets.metrics(corpora=["reference"])
    reference = [summary(piece) for piece in read_pieces(root, "train", options.corpus)]
    columns = []
    for control in CONTROLS:
        generator = np.random.default_rng(0)
        summaries = [summary(control(piece, generator)) for piece in validation]
        columns.append(score_sets.score(summaries, reference, metrics, generator=np.random.default_rng(0))[1])
    print(f"{'metric':<43}{'reference':>10}{'human':>9}{'95 % interval':>18}"
          + "".join(f"{control.__name__:>11}" for control in CONTROLS[1:]))  # fmt: skip
    for human_row, *control_rows in zip(*columns, strict=True):
        marked = "".join(
            f"{row.value:>10.3f}" + (" " if human_row.low <= row.value <= human_row.high else "*")
            for row in control_rows
        )
        interval = f"{human_row.low:.3f}..{human_row.high:.3f}"
        print(f"{human_row.metric:<43}{human_row.reference:>10.3f}{human_row.value:>9.3f}{interval:>18}{marked}")


def summary(piece: Piece, origin: Performance | None = None) -> score_sets.Summary:
    """Return the summary of a piece by each metric that needs no training corpus."""
    metrics = score_sets.metrics(corpora=["reference"])
    return score_sets.summarize(piece, metrics) | embeddings(piece, metrics, origin=origin)


def read_pieces(root: Path, split: str, count: int) -> list[Piece]:
    """Return that many performances of a split."""
    return [piece_of(read_midi(path)) for path in evenly_spaced(root, split, count)]


if __name__ == "__main__":
    main()
