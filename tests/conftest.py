"""Fixtures that every folder of tests shares."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real corpora: ``MAESTROKIT_TEST_DATA``, or ``shared/data`` beside the checkout."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MAESTROKIT_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no corpora at '{folder}'; set MAESTROKIT_TEST_DATA")
    return folder
