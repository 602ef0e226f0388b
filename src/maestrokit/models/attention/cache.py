"""The cache of a transformer: what attention and convolutions need of the positions so far."""

from dataclasses import dataclass

from torch import Tensor

from maestrokit.errors import UsageError


@dataclass
class Cache:
    """Keys and values of the positions so far, in all layers, so that each is computed once."""

    keys: list[Tensor]
    """One a layer, (batch, kv_heads, room, dim); rotated if positions are rotary."""
    values: list[Tensor]
    """Likewise, not rotated."""
    recent: list[Tensor]
    """The last inputs of the short convolutions, two a layer, (batch, REACH, width); empty if there are none."""
    used: int = 0
    """How many of `room` are filled, the oldest first."""
    position: int = 0
    """Positions seen in all; more than `used` once the oldest are forgotten."""
    pinned: int = 0
    """How many of the oldest are never forgotten."""

    def selected(self, rows: Tensor) -> "Cache":
        """Return the cache of some rows of the batch."""
        keys, values, recent = ([part[rows] for part in store] for store in (self.keys, self.values, self.recent))
        return Cache(keys, values, recent, self.used, self.position, self.pinned)

    def make_room(self, time: int) -> None:
        """Forget the oldest positions where the room is full, an eighth of it at once."""
        room = self.keys[0].shape[2]
        if time > room:
            raise UsageError(f"{time} tokens at once, and the transformer's attention reaches back over {room}")
        if self.used + time > room:
            keep, pinned = min(self.used, room - max(time, room // 8)), self.pinned
            for store in (*self.keys, *self.values):
                store[:, :, pinned:keep] = store[:, :, self.used - keep + pinned : self.used].clone()
            self.used = keep

    def append(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write the newest keys and values of a layer behind the others; return all."""
        end = self.used + k.shape[2]
        self.keys[layer][:, :, self.used : end] = k
        self.values[layer][:, :, self.used : end] = v
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]

    def advance(self, time: int) -> None:
        """Count positions that all layers have appended."""
        self.used, self.position = self.used + time, self.position + time
