"""A folder is a registry: the modules of a package, by name, found without importing them."""

import importlib
import pkgutil
from types import ModuleType


def names(package: str, *, folders: bool = True) -> list[str]:
    """Return the sorted module names in a package, imported or not; those with a leading underscore are private.

    Parameters
    ----------
    package : str
        Its name, with dots.
    folders : bool
        Whether modules that are folders count, too.

    Examples
    --------
    >>> "quantize" in names("maestrokit.cli.commands")
    True
    """
    modules = pkgutil.iter_modules(importlib.import_module(package).__path__)
    return sorted(
        module.name for module in modules if not module.name.startswith("_") and (folders or not module.ispkg)
    )


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
