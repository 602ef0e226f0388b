"""Renderings of real performances."""

from pathlib import Path

import numpy as np
import pytest

from maestrokit.audio.effects.room import SMALL
from maestrokit.files.midi import read_midi
from maestrokit.files.pianos.find import default_piano
from maestrokit.synth.render import LIMIT_KNEE, render
from maestrokit.synth.timbre import Timbre


@pytest.mark.slow
@pytest.mark.parametrize("number", range(10))
def test_the_first_minute_is_loud_enough_and_not_clipped(shared_data: Path, number: int) -> None:
    paths = sorted((shared_data / "maestro-v3.0.0").rglob("*.mid*"))
    performance = read_midi(paths[number * len(paths) // 10])
    sound = render(performance, default_piano(), sample_rate=22050, timbre=Timbre(room=SMALL), end=60)
    assert 0.02 < np.abs(sound).max() < 1
    assert np.mean(np.abs(sound) > LIMIT_KNEE) < 1e-3  # bent samples are rare
