"""Empty bars: the share of bars, up to the end of the last note, in which nothing sounds.

muspy's ``empty_measure_rate`` counts a bar as empty if no note starts in it; here a held note fills the bars that it
sounds in, so that slow music is not called empty: the value here is never larger. Bars are those of :class:`Piece`.

References
----------
Dong, H.-W. et al. MuseGAN: multi-track sequential generative adversarial networks for symbolic music generation and
accompaniment. AAAI 2018.
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import SHARE, Metric
from maestrokit.metrics.piece import Piece


def empty_bars(piece: Piece) -> Floats:
    """Return the share of empty bars, 0..1, shape (1,)."""
    if len(piece) == 0:
        return np.array([np.nan])
    first = np.floor(piece.onset_bar)
    stop = np.maximum(np.ceil(piece.offset_bar), first + 1)  # a note that ends on a bar line is not in the next bar
    rows = np.argsort(first, kind="stable")
    reach = np.maximum.accumulate(stop[rows])
    gaps = np.maximum(first[rows][1:] - reach[:-1], 0).sum() + first[rows][0]
    return np.array([gaps / reach[-1]])


METRICS = {"empty_bars": Metric("", "closer", empty_bars, bounds=SHARE)}
