"""Type aliases of arrays."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]
