"""Fifty generated minutes of each shipped model against as many of people, beside other people's.

    python tests/benchmarks/generated_sets.py [--data DIR] [--pieces N] [--seconds S] [--models NAME,..] [--keep DIR]

The reference is minutes of every other validation performance by name, from the second on: those that
``tools/fit_sampling.py`` does not use. The column of humans, minutes of train performances, is the ceiling: no
generated set can be expected to be more like the reference than other human performances are. Humans go through the
tokens that models are trained on, in which notes last as long as the pedal holds them. `reference` is the value of the
validation minutes themselves, another set of people's. A star: outside the 95 % interval of the humans. The last row
counts the metrics without a star, those of how two distributions overlap or diverge left out: the count of the
reference is what can be expected of a set that people played.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from metrics_controls import summary, with_onsets
from performances import evenly_spaced

from maestrokit.files.midi import read_midi
from maestrokit.metrics import score_sets
from maestrokit.metrics.contract import Row
from maestrokit.metrics.piece import Piece, piece_of
from maestrokit.music.encodings.events import Encoding, decode, encode

COMPARED = (".overlapped_area", ".kl")  # metrics of a whole set, whose value for the reference itself is fixed
UNSEEN = slice(1, None, 2)  # of the validation performances, by name: those that sampling is not fitted to


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with maestro-v3.0.0")
    parser.add_argument("--pieces", type=int, default=50, help="of each set")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each piece")
    parser.add_argument("--models", default="transformer,lstm", help="names or run folders, commas between")
    parser.add_argument("--temperature", help="default: as generate has it for the model")
    parser.add_argument("--top-p", help="likewise")
    parser.add_argument("--keep", type=Path, help="folder for what is generated, kept for the next time")
    options = parser.parse_args()
    root, names = options.data / "maestro-v3.0.0", options.models.split(",")
    reference, human = (
        [summary(random_stretch(piece, options.seconds, seed)) for seed, piece in enumerate(pieces)]
        for pieces in (
            read_pieces(root, "validation", options.pieces, UNSEEN),
            read_pieces(root, "train", options.pieces, slice(None)),
        )
    )
    columns = {"human": metric_rows(human, reference)}
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            folder = (options.keep or Path(scratch)) / Path(name).name
            columns[Path(name).name] = metric_rows(generated_summaries(name, folder, options), reference)
    print(f"{options.pieces} pieces of {options.seconds:g} s in each set")
    print_table(columns)


def print_table(columns: dict[str, list[Row]]) -> None:
    """Print the scores of humans, and beside them those of the reference itself and of models."""
    headings = "".join(f"{name:>13}" for name in list(columns)[1:])
    print(f"{'metric':<43}{'reference':>10} {'human':>9}{'95 % interval':>18}{headings}")
    inside = np.zeros(len(columns), np.int64)  # of the reference and of each model
    models = [{row.metric: row.value for row in rows} for rows in list(columns.values())[1:]]
    for human in columns["human"]:
        is_value = not human.metric.endswith(COMPARED)
        values = [human.reference, *(scores.get(human.metric) for scores in models)]
        is_inside = [value is not None and human.low <= value <= human.high for value in values]
        inside += is_value * np.array(is_inside)
        stars = [
            " " if inside_interval or value is None else "*"
            for value, inside_interval in zip(values, is_inside, strict=True)
        ]
        cells = ["-" if value is None else f"{value:.3f}" for value in values]
        marked = "".join(f"{cell:>12}{star}" for cell, star in zip(cells[1:], stars[1:], strict=True))
        interval, star = f"{human.low:.3f}..{human.high:.3f}", stars[0] if is_value else " "
        print(f"{human.metric:<43}{cells[0]:>10}{star}{human.value:>9.3f}{interval:>18}{marked}")
    metric_count = sum(not row.metric.endswith(COMPARED) for row in columns["human"])
    print(
        f"{f'without a star, of {metric_count}':<43}{inside[0]:>10}{'':28}"
        + "".join(f"{count:>12} " for count in inside[1:])
    )


def read_pieces(root: Path, split: str, count: int, among: slice) -> list[Piece]:
    """Return evenly spaced performances of a part of a split, as models see them."""
    encoding, paths = Encoding(), evenly_spaced(root, split, count, among=among)
    return [piece_of(decode(encode(read_midi(path), encoding), encoding)) for path in paths]


def metric_rows(summaries: list[score_sets.Summary], reference: list[score_sets.Summary]) -> list[Row]:
    """Return the scores of a set against the reference."""
    metrics = score_sets.metrics(corpora=["reference"])
    return score_sets.score(summaries, reference, metrics, generator=np.random.default_rng(0))[1]


def random_stretch(piece: Piece, seconds: float, seed: int) -> Piece:
    """Return a stretch of a piece from a random note on."""
    last = max(piece.onset[-1] - seconds, piece.onset[0])
    start = piece.onset[np.searchsorted(piece.onset, np.random.default_rng(seed).uniform(piece.onset[0], last))]
    part = piece.select((piece.onset >= start) & (piece.onset < start + seconds))
    return with_onsets(part, part.onset - start)


def generated_summaries(name: str, folder: Path, options: argparse.Namespace) -> list[score_sets.Summary]:
    """Return the summaries of the pieces that a model generates with seed 1."""
    sampling_options = ["--temperature", options.temperature] if options.temperature else []
    sampling_options += ["--top-p", options.top_p] if options.top_p else []
    performances = map(read_midi, generated_files(name, folder, options.pieces, options.seconds, sampling_options))
    return [summary(piece_of(performance), performance) for performance in performances]


def generated_files(name: str, folder: Path, count: int, seconds: float, options: Sequence[str] = ()) -> list[Path]:
    """Return the files of pieces by a model with seed 1; they are generated if there is no such folder."""
    if not folder.exists():
        command = [sys.executable, "-m", "maestrokit", "generate", "--model", name, "--seed", "1", *options]
        command += ["--count", str(count), "--duration", f"{seconds:g}s", "-d", str(folder), "--quiet"]
        command += ["--pedal", "extend"]  # as the tokens of people have it
        subprocess.run(command, check=True)
    return sorted(folder.glob("*.mid"), key=lambda path: int(path.stem))[:count]


if __name__ == "__main__":
    main()
