"""Checkpoints: folders of plain files, in which nothing is ever unpickled.

===================== ==================================================================================
config.json           the family, its settings, the encoding or features it expects, and how it was made
model.safetensors     the weights to use: those that scored best
log.jsonl             one record a line: what was learnt when
resume.safetensors    all that training needs to resume exactly: weights, optimizers, averages, counts
===================== ==================================================================================
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maestrokit.errors import BadDataError, CannotWriteError, LockedError, NoInputError, choices_hint, reason
from maestrokit.files.atomic import write_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

CONFIG, WEIGHTS, LOG, RESUME = "config.json", "model.safetensors", "log.jsonl", "resume.safetensors"
PICKLES = b"\x80", b"PK"  # how pickles begin, and archives of them
CARD = "CARD.md"  # of shipped models only
SEARCH = "tune.json"  # of searches for settings only
SHIPPED = Path(__file__).parent.parent / "weights"
LARGEST_CONFIG = 1 << 20  # bytes; no config is near it, and no hostile file gets further
PROGRESS = "progress"  # the one metadata key: several are not written in a stable order


def model_folder(name: str, *tasks: str) -> Path:
    """Return the folder of a checkpoint: the shipped model of that name, or else a run folder.

    A shipped name means the same in every folder; a run folder of that name is reached by ``./NAME``. NoInputError
    says that there is none, and lists the shipped models for some tasks, or all.
    """
    if re.fullmatch(r"[a-z0-9-]+", name) and (SHIPPED / name / CONFIG).exists():
        return SHIPPED / name
    if (Path(name) / CONFIG).exists():
        return Path(name)
    fact = f"no model '{name}': neither a shipped model nor a run folder"
    known = [model for model in shipped_models() if not tasks or read_config(SHIPPED / model).get("task") in tasks]
    raise NoInputError(fact, f"{choices_hint(name, known)}, or a run folder of train", parameter="model")


def is_shipped(folder: Path) -> bool:
    """Return whether a folder is that of a shipped model."""
    return folder.parent == SHIPPED


def model_name(folder: Path) -> str:
    """Return what messages call a model: the name of a shipped one, else its folder."""
    return folder.name if is_shipped(folder) else str(folder)


def family_with_article(config: Mapping[str, Any]) -> str:
    """Return the family of a model, as it stands in a sentence.

    >>> family_with_article({"family": "lstm"}), family_with_article({"family": "gan"})
    ('an lstm', 'a gan')
    """
    family = str(config["family"])
    return f"{'an' if family.startswith('lstm') else 'a'} {family}"


def shipped_models(*, task: str | None = None) -> list[str]:
    """Return the names of the models that ship, all or those for a task.

    Parameters
    ----------
    task : str, optional
        Only models for this task, such as 'events' or 'transcription'. Default is all.

    Returns
    -------
    list of str
        Names in alphabetical order.
    """
    folders = sorted(path.parent for path in SHIPPED.glob(f"*/{CONFIG}"))
    return [folder.name for folder in folders if task in (None, read_config(folder).get("task"))]


def digest_of_names(paths: Iterable[str]) -> str:
    """Return a digest of the names of files, wherever they lie and in whatever order.

    >>> digest_of_names(["a/one.mid", "two.mid"]) == digest_of_names(["two.mid", "b/one.mid"])
    True
    """
    names = sorted(Path(path).name for path in paths)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Write ``config.json``, with sorted keys."""
    _write_json(folder / CONFIG, config)


def read_config(folder: Path) -> dict[str, Any]:
    """Return ``config.json``; NoInputError if there is none, BadDataError if it is not that of a model."""
    data = _read(folder / CONFIG, limit=LARGEST_CONFIG)
    try:
        config = json.loads(data)
    except (ValueError, RecursionError):
        raise _unusable(folder, "its config.json is not JSON") from None
    if not isinstance(config, dict) or not isinstance(config.get("family"), str):
        hint = "a checkpoint of maestrokit is made by 'maestrokit train'"
        raise _unusable(folder, "its config.json names no model family", hint)
    return config


def write_weights(folder: Path, weights: Mapping[str, "Tensor"]) -> None:
    """Write ``model.safetensors``."""
    write_bytes(folder / WEIGHTS, _saved(weights, {}))


def has_weights(folder: Path) -> bool:
    """Return whether training in this folder has come to a model."""
    return (folder / WEIGHTS).exists()


def read_weights(folder: Path) -> dict[str, "Tensor"]:
    """Return ``model.safetensors``; BadDataError if it is damaged or something else, such as a pickle."""
    weights = _loaded(folder / WEIGHTS)[0]
    _check_finite(folder / WEIGHTS, all(bool(tensor.isfinite().all()) for tensor in weights.values()))
    return weights


def read_weight_arrays(folder: Path) -> "dict[str, NDArray[np.float32]]":
    """Return ``model.safetensors`` as arrays, without torch; raises as :func:`read_weights`."""
    import numpy as np
    from safetensors.numpy import load

    arrays: dict[str, NDArray[Any]] = _parsed(folder / WEIGHTS, load)[0]
    _check_finite(folder / WEIGHTS, all(bool(np.isfinite(array).all()) for array in arrays.values()))
    return {name: array.astype("float32") for name, array in arrays.items()}


def write_resume(folder: Path, tensors: Mapping[str, "Tensor"], progress: Mapping[str, Any]) -> None:
    """Write ``resume.safetensors``: all of it or, if killed meanwhile, the old one stays."""
    write_bytes(folder / RESUME, _saved(tensors, progress))


def read_resume(folder: Path) -> tuple[dict[str, "Tensor"], dict[str, Any]]:
    """Return the tensors and the progress of ``resume.safetensors``; raises as :func:`read_weights`."""
    return _loaded(folder / RESUME)


def has_resume(folder: Path) -> bool:
    """Return whether training in this folder can be resumed."""
    return (folder / RESUME).exists()


def write_search(folder: Path, search: Mapping[str, Any]) -> None:
    """Write ``tune.json``: what a search for good settings tried, and how good each was."""
    _write_json(folder / SEARCH, search)


def read_search(folder: Path) -> dict[str, Any]:
    """Return ``tune.json``; nothing if there is none, BadDataError if it is not a JSON object."""
    if not has_search(folder):
        return {}
    try:
        search = json.loads(_read(folder / SEARCH))
    except (ValueError, RecursionError):
        search = None
    if not isinstance(search, dict):
        raise _unusable(folder, "its tune.json is not a JSON object", "remove it to begin anew")
    return search


def has_config(folder: Path) -> bool:
    """Return whether a folder has a ``config.json``."""
    return (folder / CONFIG).exists()


def has_search(folder: Path) -> bool:
    """Return whether the folder is that of a search for settings."""
    return (folder / SEARCH).exists()


def adopt(folder: Path, other: Path) -> None:
    """Make the settings, the weights and the log of another run those of a folder."""
    for name in (LOG, WEIGHTS, CONFIG):
        write_bytes(folder / name, _read(other / name))


def append_log(folder: Path, record: Mapping[str, Any]) -> None:
    """Write one more line of ``log.jsonl``."""
    try:
        with (folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
    except OSError as error:
        raise CannotWriteError(f"cannot write '{folder / LOG}': {error.strerror}", path=str(folder / LOG)) from None


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Return the records of ``log.jsonl``; a last line that was cut while being written is left out."""
    path, records = folder / LOG, []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else ():
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records


def cut_log(folder: Path, *, step: int) -> None:
    """Drop the records of later steps than `step`: training resumes from there and will write them again."""
    remaining = [record for record in read_log(folder) if record["step"] <= step]
    write_bytes(folder / LOG, "".join(json.dumps(record) + "\n" for record in remaining).encode())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the run folder exclusively; the lock ends with the process, however that ends.

    A folder that is made for this, and is still empty at the end, is removed. LockedError says that another process
    holds it.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise CannotWriteError(f"cannot write '{folder}': {error.strerror}", path=str(folder)) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        hint = "wait for it, or choose another folder"
        raise LockedError(f"'{folder}' is in use by another training", hint) from None
    try:
        yield
    finally:
        if is_new and [path.name for path in folder.iterdir()] == ["lock"]:
            (folder / "lock").unlink()
            folder.rmdir()
        os.close(descriptor)


def _read(path: Path, *, limit: int | None = None) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read() if limit is None else file.read(limit + 1)
    except OSError as error:
        hint = "a checkpoint is a folder with config.json and model.safetensors"
        if path.name == WEIGHTS and has_resume(path.parent):
            hint = "its training has not come to its first validation; run the same command again to resume it"
        raise NoInputError(f"cannot read '{path}': {reason(error)}", hint, path=str(path)) from None
    if limit is not None and len(data) > limit:
        raise _unusable(path, "too large")
    return data


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_bytes(path, (json.dumps(content, indent=1, sort_keys=True) + "\n").encode())


def _unusable(path: Path, fact: str, hint: str | None = None) -> BadDataError:
    return BadDataError(f"cannot use '{path}': {fact}", hint, path=str(path))


def _check_finite(path: Path, is_finite: bool) -> None:
    """Refuse weights that are not all numbers."""
    if not is_finite:
        raise _unusable(
            path, "not all of its weights are finite numbers", "train it again, with a smaller learning rate"
        )


def _saved(tensors: Mapping[str, "Tensor"], progress: Mapping[str, Any]) -> bytes:
    from safetensors.torch import save

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return save(plain, metadata={PROGRESS: json.dumps(progress, sort_keys=True)})


def _loaded(path: Path) -> tuple[dict[str, "Tensor"], dict[str, Any]]:
    from safetensors.torch import load

    return _parsed(path, load)


def _parsed(path: Path, load: Callable[[bytes], Any]) -> tuple[Any, dict[str, Any]]:
    """Return what a function of safetensors makes of a file, and the progress in its header."""
    from safetensors import SafetensorError

    data = _read(path)
    try:
        tensors = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        progress = json.loads(header.get("__metadata__", {}).get(PROGRESS, "{}"))
    except (SafetensorError, ValueError, KeyError, RuntimeError, OverflowError) as error:
        fact = f"not a safetensors file, or damaged ({str(error).splitlines()[0][:120]})"
        hint = "copy it again, or train again in another folder"
        if data.startswith(PICKLES):
            hint = "pickled checkpoints (.pt, .ckpt) are never opened: they can run code"
        elif path.name == RESUME and has_weights(path.parent):
            hint = "go on in another folder: `init` begins with the weights here"
        raise _unusable(path, fact, hint) from None
    return tensors, progress
