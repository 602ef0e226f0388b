"""Token shards: many performances as events in one memory-mapped file, named by the content that made it.

A shard is two files, ``<key>.tokens.npy`` (uint16, all sequences one after the other) and ``<key>.starts.npy`` (int64,
where each begins, and the end of the last). The key is the SHA-256 of the encoding and of the bytes of every input, so
an input that changes has another shard, and a shard found under its key is never stale.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from joblib import delayed

from maestrokit.errors import BadDataError, MaestrokitError, NoInputError
from maestrokit.files.atomic import write_bytes
from maestrokit.files.midi import parse_midi
from maestrokit.files.workers import workers
from maestrokit.music.columns import Integers
from maestrokit.music.performance import Performance
from maestrokit.music.tokens import Encoding, Tokens, encode

LAYOUT = 1  # raise when the meaning of tokens changes, so that old shards are not found again

Normalize = Callable[[Performance], Performance]


@dataclass(frozen=True, eq=False)
class TokenShard:
    """Sequences of events.

    Parameters
    ----------
    tokens : uint16, shape (tokens,), memory-mapped
    starts : int64, shape (sequences + 1,)
        Sequence i is ``tokens[starts[i] : starts[i + 1]]``, from its ``begin`` to its ``end``; empty where input i
        could not be read.
    skipped : list of MaestrokitError
        Why inputs could not be read, if the shard was made now; empty for a shard found in the cache.
    """

    tokens: Tokens
    starts: Integers
    skipped: list[MaestrokitError]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def sequence(self, index: int) -> Tokens:
        """Return one sequence."""
        return self.tokens[self.starts[index] : self.starts[index + 1]]


def default_cache() -> Path:
    """Return the folder for shards: ``$XDG_CACHE_HOME/maestrokit``, as the XDG specification has it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "maestrokit"


def token_shard(
    paths: Sequence[str],
    *,
    encoding: Encoding,
    cache: Path,
    jobs: int = 1,
    normalize: Normalize | None = None,
    normalized_by: str = "",
) -> TokenShard:
    """Return the shard of some MIDI files, made if the cache does not have it.

    Parameters
    ----------
    paths : sequence of str
        In the order of the sequences.
    jobs : int
        Processes that read files.
    normalize : callable
        What is done to each performance first, such as transposing it to C; ``normalized_by`` names it in the key.

    Raises
    ------
    BadDataError
        If none of the files can be read.
    CannotWriteError
        If the cache cannot be written.
    """
    names = [asdict(encoding), LAYOUT, normalized_by, *map(_digest, paths)]
    key = hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()[:32]
    starts_path, tokens_path = cache / f"{key}.starts.npy", cache / f"{key}.tokens.npy"
    skipped: list[MaestrokitError] = []
    if not starts_path.exists():  # written last, so it vouches for the tokens
        skipped = _make(paths, tokens_path, starts_path, encoding=encoding, jobs=jobs, normalize=normalize)
    return TokenShard(
        np.load(tokens_path, mmap_mode="r", allow_pickle=False), np.load(starts_path, allow_pickle=False), skipped
    )


def _make(
    paths: Sequence[str],
    tokens_path: Path,
    starts_path: Path,
    *,
    encoding: Encoding,
    jobs: int,
    normalize: Normalize | None,
) -> list[MaestrokitError]:
    made = workers(jobs, batch_size=8)(delayed(_encoded)(path, encoding, normalize) for path in paths)
    skipped = [part for part in made if isinstance(part, MaestrokitError)]
    sequences = [np.empty(0, np.uint16) if isinstance(part, MaestrokitError) else part for part in made]
    if len(skipped) == len(made):
        raise BadDataError("none of the inputs can be read as MIDI", str(skipped[0]) if skipped else "no input given")
    tokens_path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(tokens_path, _npy(np.concatenate(sequences)))
    write_bytes(starts_path, _npy(np.cumsum([0, *map(len, sequences)], dtype=np.int64)))
    return skipped


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise NoInputError(f"cannot read '{path}': {error.strerror}") from None


def _encoded(path: str, encoding: Encoding, normalize: Normalize | None) -> Tokens | MaestrokitError:
    try:
        performance = parse_midi(Path(path).read_bytes(), name=path)
        return encode(normalize(performance) if normalize else performance, encoding)
    except MaestrokitError as error:
        return error


def _npy(array: Tokens | Integers) -> bytes:
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
