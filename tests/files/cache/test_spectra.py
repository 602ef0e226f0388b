"""Arrays in the cache: computed once, and opened only while they are read."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from maestrokit.files.cache.spectra import kept_array

OPEN_FILES = Path("/proc/self/fd")


def test_an_array_is_computed_once_and_read_in_parts(tmp_path: Path) -> None:
    calls = []

    def compute() -> NDArray[np.int64]:
        calls.append(1)
        return np.arange(12).reshape(6, 2)

    arrays = [kept_array("content", compute, cache=tmp_path) for _ in range(2)]
    assert len(calls) == 1 and len(arrays[1]) == 6
    assert arrays[1][2:4].tolist() == [[4, 5], [6, 7]] and arrays[0][:].tolist() == compute().tolist()


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="the system does not list open files")
def test_arrays_are_not_left_open(tmp_path: Path) -> None:
    before = len(list(OPEN_FILES.iterdir()))
    arrays = [kept_array(number, lambda: np.zeros((3, 2)), cache=tmp_path) for number in range(20)]
    sums = [float(array[1:].sum()) for array in arrays]
    assert len(list(OPEN_FILES.iterdir())) <= before and sums == [0.0] * 20
