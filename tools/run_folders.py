"""The run folder that the command line of a tool names."""

from pathlib import Path


def run_folder(name: str) -> Path:
    """Return the absolute path of a run folder, so that its name never means a shipped model."""
    return Path(name).resolve()
