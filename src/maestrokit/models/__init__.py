"""The model families: one file each, no file opened. This one loads no torch, so that the families can be listed."""

from maestrokit import registry


def families() -> list[str]:
    """Return the names of all families: the modules beside the contract.

    >>> families()
    ['cnn', 'gan', 'lstm', 'transformer']
    """
    return [name for name in registry.names(__name__) if name not in ("contract", "kernels")]
