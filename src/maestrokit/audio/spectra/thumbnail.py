"""A spectrum of any length as a picture has room for it: the longer, the more frames share a column."""

import numpy as np
from numpy.typing import NDArray

COLUMNS = 8192  # kept at most: a picture of several rows shows as many


class Thumbnail:
    """The loudest of each so many frames of a spectrum that passes in parts; memory does not grow.

    >>> thumbnail = Thumbnail(100.0)
    >>> for level in range(9000):
    ...     thumbnail.feed(np.full((1, 2), level, np.float32))
    >>> thumbnail.levels.shape, thumbnail.columns_per_second, thumbnail.levels[1].tolist()
    ((4500, 2), 50.0, [3.0, 3.0])
    """

    def __init__(self, frames_per_second: float) -> None:
        self.frames_per_second = frames_per_second
        self._pool = 1  # frames that share a column
        self._parts: list[NDArray[np.float32]] = []
        self._columns = 0
        self._rest: NDArray[np.float32] | None = None

    def feed(self, levels: NDArray[np.float32]) -> None:
        """Look at the next frames, shape (frames, bins)."""
        frames = levels if self._rest is None else np.concatenate([self._rest, levels])
        stop = len(frames) // self._pool * self._pool
        self._rest = frames[stop:]
        if stop:
            self._parts.append(frames[:stop].reshape(-1, self._pool, frames.shape[1]).max(axis=1))
            self._columns += stop // self._pool
        while self._columns > COLUMNS:
            self._halve()

    def _halve(self) -> None:
        columns = np.concatenate(self._parts)
        if len(columns) % 2:  # the odd one waits for its partner, as the frame that it may become
            assert self._rest is not None
            self._rest = np.concatenate([np.repeat(columns[-1:], self._pool, axis=0), self._rest])
            columns = columns[:-1]
        self._pool *= 2
        self._parts = [columns.reshape(-1, 2, columns.shape[1]).max(axis=1)]
        self._columns = len(self._parts[0])

    @property
    def columns_per_second(self) -> float:
        """Of :attr:`levels`."""
        return self.frames_per_second / self._pool

    @property
    def levels(self) -> NDArray[np.float32]:
        """In dB, shape (columns, bins)."""
        last = [] if self._rest is None or not len(self._rest) else [self._rest.max(axis=0, keepdims=True)]
        return np.concatenate([*self._parts, *last])
