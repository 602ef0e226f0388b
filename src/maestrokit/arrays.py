"""Types of arrays, and tables of equally long ones."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]
Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, eq=False)
class Columns:
    """A table: each field of a subclass is one array, all of one length, row i of each belonging together."""

    def __len__(self) -> int:
        return len(next(iter(vars(self).values())))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return all(np.array_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash

    def select(self, rows: Integers | Mask | slice) -> Self:
        """Return the chosen rows, by index array, mask or slice, in that order."""
        if isinstance(rows, np.ndarray):
            rows = np.flatnonzero(rows) if rows.dtype == bool else rows
            return type(self)(**{name: column.take(rows) for name, column in vars(self).items()})  # quicker than [rows]
        return type(self)(**{name: column[rows] for name, column in vars(self).items()})

    def replace(self, **columns: Any) -> Self:
        """Return the same table with some columns exchanged."""
        return replace(self, **columns)

    @classmethod
    def empty(cls) -> Self:
        """Return the table without rows."""
        return cls(
            **{
                f.name: np.empty(0, object if f.type == "Objects" or f.type is Objects else np.int64)
                for f in fields(cls)
            }
        )

    @classmethod
    def concatenate(cls, tables: Iterable[Self]) -> Self:
        """Return the rows of several tables below one another."""
        parts = list(tables)
        if not parts:
            return cls.empty()
        return cls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)})


def following(values: NDArray[Number], *, key: NDArray[Any], order: NDArray[Any], otherwise: float) -> NDArray[Number]:
    """Return for each row the value in the next row of its key, by some order; a default where there is none.

    >>> following(np.array([7, 8, 9]), key=np.array([1, 2, 1]), order=np.array([0, 1, 2]), otherwise=-1).tolist()
    [9, -1, -1]
    """
    rows = np.lexsort((order, key))
    here, after = rows[:-1], rows[1:]
    again = key[here] == key[after]
    result = np.full_like(values, otherwise)
    result[here[again]] = values[after[again]]
    return result


def sums_between(values: NDArray[Any], first: Integers, after: Integers) -> Floats:
    """Return the sums of rows from some up to others.

    >>> sums_between(np.array([1.0, 2.0, 4.0]), np.array([0, 1]), np.array([2, 1])).tolist()
    [3.0, 0.0]
    """
    total = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0, dtype=np.float64)])
    return np.asarray(total[after] - total[first])
