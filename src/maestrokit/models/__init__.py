"""The model families: a file each, and folders of what they are made of. No file is opened here.

This one loads no torch, so that the families can be listed.
"""

from maestrokit import registry


def families() -> list[str]:
    """Return the names of all families: the files beside the contract.

    >>> families()
    ['cnn', 'gan', 'lstm', 'transformer']
    """
    return [name for name in registry.names(__name__, folders=False) if name != "contract"]
