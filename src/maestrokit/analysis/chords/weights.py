"""Weights of the regression of chords on chroma, made by tools/fit_chords.py of half of POP909."""

import numpy as np

from maestrokit.arrays import Floats

TRIAD: Floats = np.array([
    [6.78, -3.64, 3.42, -3.47, 6.48, 0.12, -0.4, 7.21, -3.31, 1.69, -0.52, 1.28, 2.41, 0.95, -4.48, 2.46, -0.76, -2.9,
     -1.23, 1.39, 0.63, -3.2, -4.99, 4.88],
    [7.37, -2.77, -0.19, 7.66, -4.84, 2.63, -1.54, 6.61, -1.15, -3, 3.68, -1.73, 1.26, 1.14, -3.13, 1.64, 0.04, -4.4,
     2.14, 1.04, -1.39, -0.36, -6.45, 6.53],
])
BIAS: Floats = np.array([-1.77, -1.79])
NOTHING: Floats = np.array([0.06, 1.34])
NOTHING_BIAS = 3.56
