"""Performances of a MAESTRO split, for several benchmarks."""

from pathlib import Path

import numpy as np

from maestrokit.files.datasets import maestro


def evenly_spaced(root: Path, split: str, count: int, *, among: slice = slice(None)) -> list[Path]:
    """Return some performances of a split, evenly spaced in the order of names, or of a part of these."""
    table = maestro.table_path(root)
    if table is None:
        raise SystemExit(f"no MAESTRO at '{root}'; name its folder with --data")
    names = sorted(entry.midi_filename for entry in maestro.select(maestro.read_table(table), split=split))[among]
    indices = np.unique(np.linspace(0, len(names) - 1, count).astype(np.int64))
    return [root / names[index] for index in indices]
