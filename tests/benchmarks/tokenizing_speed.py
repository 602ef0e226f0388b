"""MAESTRO to events: the whole corpus into shards, and one file after the other beside miditok.

    python tests/benchmarks/tokenizing_speed.py [--data DIR] [--jobs N] [--files N]

The first line is the time on the clock of making the shards anew, as the first training on a corpus does. The table is
of processor time a file, by turns; miditok's MIDI-like encoding has the same events as ours.
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


def peer() -> Callable[[str], int] | None:
    """Return miditok's way from a file to ids, or None."""
    try:
        miditok, symusic = importlib.import_module("miditok"), importlib.import_module("symusic")
    except ImportError:
        return None
    config = miditok.TokenizerConfig(num_velocities=32, use_sustain_pedals=False, encode_ids_split="no")
    tokenizer = miditok.MIDILike(config)

    def count(path: str) -> int:
        made = tokenizer.encode(symusic.Score(path), no_preprocess_score=False)
        return sum(len(one.ids) for one in (made if isinstance(made, list) else [made]))

    return count


def milliseconds(work: Callable[[str], int], path: str) -> float:
    """Return the processor time of one file."""
    started = time.process_time()
    work(path)
    return 1000 * (time.process_time() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MAESTROKIT_TEST_DATA", ROOT)))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--files", type=int, default=30, help="of the table")
    told = parser.parse_args()
    paths = [source.path for source in walk.walk([str(told.data / "maestro-v3.0.0")], suffixes=(".midi",)).sources]
    encoding = Encoding()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        shard = token_shard(paths, encoding=encoding, cache=Path(folder), jobs=told.jobs)
        passed = time.perf_counter() - started
    print(
        f"{len(paths)} files, {len(shard.tokens) / 1e6:.1f} M events: {passed:.1f} s on the clock, {told.jobs} jobs; "
        f"load of this machine {os.getloadavg()[0]:.1f}"
    )
    works: dict[str, Callable[[str], int]] = {"maestrokit": lambda path: len(encode(read_midi(path), encoding))}
    if (other := peer()) is not None:
        works["miditok"] = other
    chosen = [paths[row] for row in np.linspace(0, len(paths) - 1, told.files).astype(int)]
    for work in works.values():
        work(chosen[0])
    times = {name: np.array([[milliseconds(work, path) for path in chosen]]) for name, work in works.items()}
    print(f"{'ms a file':12}  median     p90  x ours")
    for name, each in times.items():
        ratio = np.median(each / times["maestrokit"])
        print(f"{name:12}{np.median(each):8.1f}{np.quantile(each, 0.9):8.1f}{ratio:8.1f}")
    if other is None:
        print("miditok is not installed")


if __name__ == "__main__":
    main()
