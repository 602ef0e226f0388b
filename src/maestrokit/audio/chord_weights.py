"""Weights of the regression of chords on chroma, made by tests/benchmarks/fit_audio_chords.py of half of POP909."""

import numpy as np

from maestrokit.music.columns import Floats

TRIAD: Floats = np.array([
    [6.04, -3.64, 2.88, -3.98, 5.88, -0.44, -1.19, 6.88, -3.59, 1.08, -0.62, 0.65, 0.68, 1.31, -3.14, 2.66, -0.29,
     -0.83, 1.11, 0.26, 0.48, -0.19, -3.05, 4.09],
    [6.68, -2.65, -0.6, 7.12, -5.01, 2.29, -2.48, 6.25, -1.54, -3.43, 3.4, -2.16, -0.02, 0.97, -2.13, 1.57, 0.54, -2.27,
     2.57, 0.36, -0.68, 1.58, -4.52, 5],
])
BIAS: Floats = np.array([-1.88, -1.85])
NOTHING: Floats = np.array([1.32, -1.73])
NOTHING_BIAS = 3.73
