"""Weights as a tree of arrays, whose branches have the names of the modules of a network; without torch."""

from collections.abc import ItemsView, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Branch:
    """Weights and other branches, by attribute; those that are numbered or of a dictionary also by iterating.

    >>> tree = weight_tree({"layers.0.norm.weight": np.ones(2), "layers.1.norm.weight": np.zeros(2)})
    >>> [layer.norm.weight.tolist() for layer in tree.layers], hasattr(tree, "input")
    ([[1.0, 1.0], [0.0, 0.0]], False)
    """

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self.parts = parts

    def __getattr__(self, name: str) -> Any:
        if name == "parts" or name not in self.parts:
            raise AttributeError(name)
        return self.parts[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.parts[name] for name in sorted(self.parts, key=int))

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, name: str) -> Any:
        return self.parts[name]

    def items(self) -> ItemsView[str, Any]:
        """Return names and parts."""
        return self.parts.items()


def weight_tree(weights: Mapping[str, NDArray[np.floating]]) -> Branch:
    """Return weights, by the names that they have in a checkpoint, as a tree."""
    tree: dict[str, Any] = {}
    for name, weight in weights.items():
        *branches, leaf = name.split(".")
        at = tree
        for branch in branches:
            at = at.setdefault(branch, {})
        at[leaf] = weight
    return _grown(tree)


def _grown(parts: Mapping[str, Any]) -> Branch:
    return Branch({name: _grown(part) if isinstance(part, dict) else part for name, part in parts.items()})
