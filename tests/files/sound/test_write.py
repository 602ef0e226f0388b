"""Sound that cannot be written says why."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_a_file_that_may_not_grow_says_why(tmp_path: Path, format: str) -> None:
    code = """
import resource, signal, sys
import numpy as np
from maestrokit.errors import CannotWriteError
from maestrokit.files.sound.write import write_blocks
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
noise = np.random.default_rng(0).uniform(-1, 1, (1, 100_000)).astype(np.float32)
try:
    write_blocks(sys.argv[1], [noise], format=sys.argv[2], sample_rate=16000, channels=1, comment="")
except CannotWriteError as error:
    print(error)
"""
    target = tmp_path / f"a.{format}"
    done = subprocess.run([sys.executable, "-c", code, target, format], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"cannot write '{target}': file too large" and not list(tmp_path.iterdir())
