"""Token shards: many performances as events in one memory-mapped file, named by the hash of its content.

A shard is three files, ``<key>.tokens.npy`` (uint16, all sequences one after the other), ``<key>.starts.npy`` (int64,
where each begins, and the end of the last), and ``<key>.doubts.json`` (what had to be assumed of inputs, by their
rows). The key is the SHA-256 of the encoding and of the bytes of every input, so
an input that changes has another shard, and a shard found under its key is never stale.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from maestrokit.arrays import Integers
from maestrokit.errors import BadDataError, MaestrokitError, warn_of, with_doubts
from maestrokit.files.arrays import npy_bytes
from maestrokit.files.atomic import write_bytes
from maestrokit.files.cache import create
from maestrokit.files.midi import read_midi
from maestrokit.files.workers import each
from maestrokit.music.encodings.events import Encoding, Tokens, encode
from maestrokit.music.performance import Performance

LAYOUT = 2  # raise when the meaning of the files changes, so that old shards are not found again

Normalize = Callable[[Performance], Performance]
EncodingResult = tuple[Tokens | MaestrokitError, tuple[str, ...]]
"""A sequence, or why there is none, and what is in doubt about its file, which is not named."""


@dataclass(frozen=True, eq=False)
class TokenShard:
    """Sequences of events.

    Sequence i is ``tokens[starts[i] : starts[i + 1]]``, from its ``begin`` to its ``end``, or empty where input i could
    not be read.
    """

    tokens: Tokens
    starts: Integers
    failures: Mapping[int, MaestrokitError] = field(default_factory=dict)
    """Why inputs could not be read, by their rows."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def sequence(self, index: int) -> Tokens:
        """Return one sequence."""
        return self.tokens[self.starts[index] : self.starts[index + 1]]

    def subset(self, rows: Sequence[int]) -> "TokenShard":
        """Return a shard of some of the sequences, in memory."""
        return _joined([self.sequence(row) for row in rows])


def token_shard(
    paths: Sequence[str],
    *,
    encoding: Encoding,
    cache: Path,
    jobs: int = 1,
    normalize: Normalize | None = None,
    normalized_by: str = "",
) -> TokenShard:
    """Return the shard of some MIDI files, in their order, made if the cache does not have it.

    What is done to each performance first (``normalize``), such as transposing it to C, is named in the key by
    ``normalized_by``. What is in doubt about a file is a DataWarning, whether the shard is made or found.
    """
    names = [asdict(encoding), LAYOUT, normalized_by, *map(_digest, paths)]
    key = hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()[:32]
    starts_path, tokens_path = cache / f"{key}.starts.npy", cache / f"{key}.tokens.npy"
    doubts_path = cache / f"{key}.doubts.json"

    def encoded(rows: Sequence[int]) -> list[EncodingResult]:
        work = partial(_encode_with_doubts, encoding=encoding, normalize=normalize)
        return list(each(work, [paths[row] for row in rows], jobs=jobs, batch_size=8))

    if starts_path.exists():  # written last, so the others are complete
        tokens, starts = np.load(tokens_path, mmap_mode="r", allow_pickle=False), np.load(starts_path)
        empty = np.flatnonzero(np.diff(starts) == 0).tolist()
        failures = _failures(dict(zip(empty, encoded(empty), strict=True)))  # the names may be others than then
        if len(failures) == len(empty):
            _warn(paths, json.loads(doubts_path.read_bytes()))
            return TokenShard(tokens, starts, failures)
    results = encoded(range(len(paths)))
    shard = _joined([np.empty(0, np.uint16) if isinstance(part, MaestrokitError) else part for part, _ in results])
    failures = _failures(dict(enumerate(results)))
    doubts = {str(row): facts for row, (_, facts) in enumerate(results) if facts}
    _warn(paths, doubts)
    if not len(shard.tokens):
        return TokenShard(shard.tokens, shard.starts, failures)
    create(cache)
    write_bytes(tokens_path, npy_bytes(shard.tokens))
    write_bytes(doubts_path, json.dumps(doubts).encode())
    write_bytes(starts_path, npy_bytes(shard.starts))
    return TokenShard(np.load(tokens_path, mmap_mode="r"), shard.starts, failures)


def _failures(results: Mapping[int, EncodingResult]) -> dict[int, MaestrokitError]:
    return {row: part for row, (part, _) in results.items() if isinstance(part, MaestrokitError)}


def _warn(paths: Sequence[str], doubts: Mapping[str, Sequence[str]]) -> None:
    """Give what is in doubt about files under their present names."""
    warn_of(f"'{paths[int(row)]}': {fact}" for row, facts in doubts.items() for fact in facts)


def _joined(sequences: Sequence[Tokens]) -> TokenShard:
    starts = np.cumsum([0, *map(len, sequences)], dtype=np.int64)
    return TokenShard(np.concatenate([np.empty(0, np.uint16), *sequences]), starts)


def _digest(path: str) -> str:
    """Return the SHA-256 of a file; nothing for one that cannot be read."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _encode_with_doubts(path: str, *, encoding: Encoding, normalize: Normalize | None) -> EncodingResult:
    part, doubts = with_doubts(_encoded, path, encoding, normalize)
    return part, tuple(doubt.removeprefix(f"'{path}': ") for doubt in doubts)


def _encoded(path: str, encoding: Encoding, normalize: Normalize | None) -> Tokens | MaestrokitError:
    try:
        performance = read_midi(path)
    except MaestrokitError as error:
        return error
    try:
        return encode(normalize(performance) if normalize else performance, encoding)
    except BadDataError as error:
        return BadDataError(f"cannot encode '{path}': {error.fact}", error.hint, path=str(path))
