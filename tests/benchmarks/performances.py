"""Performances of a MAESTRO split, for several benchmarks."""

from pathlib import Path

import numpy as np

from maestrokit.files.datasets import maestro


def spread(root: Path, split: str, count: int, *, among: slice = slice(None)) -> list[Path]:
    """Return so many performances of a split, evenly spread over their names, or over some of these."""
    table = maestro.table_path(root)
    if table is None:
        raise SystemExit(f"no MAESTRO at '{root}'; name its folder with --data")
    names = sorted(entry.midi_filename for entry in maestro.select(maestro.read_table(table), split=split))[among]
    places = np.unique(np.linspace(0, len(names) - 1, count).astype(np.int64))
    return [root / names[place] for place in places]
