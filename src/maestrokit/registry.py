"""A folder is a registry: the modules of a package, by name, found without importing them."""

import importlib
import pkgutil
from types import ModuleType


def names(package: str) -> list[str]:
    """Return the sorted module names in a package, imported or not; those with a leading underscore are private.

    >>> "quantize" in names("maestrokit.cli.commands")
    True
    """
    folder = importlib.import_module(package)
    return sorted(module.name for module in pkgutil.iter_modules(folder.__path__) if not module.name.startswith("_"))


def load(package: str, name: str) -> ModuleType:
    """Import one module of a package.

    Raises
    ------
    KeyError
        If the package has no such module.
    """
    if name not in names(package):
        raise KeyError(name)
    return importlib.import_module(f"{package}.{name}")
