"""The Chromium that tests of pages drive; they are skipped where there is none, but not where one is asked for."""

import os
import shutil

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run")  # fmt: skip

IS_NEEDED = bool(os.environ.get("CHROMIUM_IS_NEEDED"))
in_chromium = pytest.mark.skipif(CHROMIUM is None and not IS_NEEDED, reason="there is no Chromium")


def need_chromium() -> str:
    """Return the path of Chromium; skip the module without it, unless CHROMIUM_IS_NEEDED is set."""
    if IS_NEEDED:
        assert CHROMIUM is not None, "there is no Chromium"
        return CHROMIUM
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium", allow_module_level=True)
    return CHROMIUM
