"""MAESTRO to events: the whole corpus into shards, and one file after the other beside miditok.

    python tests/benchmarks/tokenizing_speed.py [--data DIR] [--jobs N] [--files N]

The first line is the wall-clock time of writing the shards anew, as the first training on a corpus does. The table is
of processor time per file; miditok's MIDI-like encoding has the same events as maestrokit's.
"""

import argparse
import importlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from maestrokit.files import walk
from maestrokit.files.cache.tokens import token_shard
from maestrokit.files.midi import read_midi
from maestrokit.music.encodings.events import Encoding, encode

ROOT = Path(__file__).resolve().parents[3] / "shared" / "data"


def miditok_tokenizer() -> Callable[[str], int] | None:
    """Return a function that tokenizes a file by miditok, or None if it is not installed."""
    try:
        miditok, symusic = importlib.import_module("miditok"), importlib.import_module("symusic")
    except ImportError:
        return None
    config = miditok.TokenizerConfig(num_velocities=32, use_sustain_pedals=False, encode_ids_split="no")
    tokenizer = miditok.MIDILike(config)

    def count(path: str) -> int:
        sequences = tokenizer.encode(symusic.Score(path), no_preprocess_score=False)
        return sum(len(sequence.ids) for sequence in (sequences if isinstance(sequences, list) else [sequences]))

    return count


def milliseconds(tokenize: Callable[[str], int], path: str) -> float:
    """Return the processor time of one file."""
    start = time.process_time()
    tokenize(path)
    return 1000 * (time.process_time() - start)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MAESTROKIT_TEST_DATA", ROOT)))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--files", type=int, default=30, help="of the table")
    options = parser.parse_args()
    paths = [source.path for source in walk.walk([str(options.data / "maestro-v3.0.0")], suffixes=(".midi",)).sources]
    encoding = Encoding()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        shard = token_shard(paths, encoding=encoding, cache=Path(folder), jobs=options.jobs)
        elapsed = time.perf_counter() - start
    print(
        f"{len(paths)} files, {len(shard.tokens) / 1e6:.1f} M events: {elapsed:.1f} s on the clock, "
        f"{options.jobs} jobs; load of this machine {os.getloadavg()[0]:.1f}"
    )
    tokenizers: dict[str, Callable[[str], int]] = {"maestrokit": lambda path: len(encode(read_midi(path), encoding))}
    if (tokenize_by_miditok := miditok_tokenizer()) is not None:
        tokenizers["miditok"] = tokenize_by_miditok
    sample = [paths[row] for row in np.linspace(0, len(paths) - 1, options.files).astype(int)]
    for tokenize in tokenizers.values():
        tokenize(sample[0])
    times = {
        name: np.array([[milliseconds(tokenize, path) for path in sample]]) for name, tokenize in tokenizers.items()
    }
    print(f"{'ms a file':12}  median     p90  x ours")
    for name, file_times in times.items():
        ratio = np.median(file_times / times["maestrokit"])
        print(f"{name:12}{np.median(file_times):8.1f}{np.quantile(file_times, 0.9):8.1f}{ratio:8.1f}")
    if tokenize_by_miditok is None:
        print("miditok is not installed")


if __name__ == "__main__":
    main()
