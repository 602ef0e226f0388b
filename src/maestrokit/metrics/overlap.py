"""How alike two sets are, by the distances within one and between both.

For each summary (a number or a histogram a piece), take the Euclidean distances between all pairs inside the
reference, and between each generated and each reference piece. If the generated pieces are drawn like the reference,
both distances have one distribution: the overlapped area of the two densities is 1 and their Kullback-Leibler
divergence 0.

Differences from mgeval, the authors' implementation: it evaluates the two densities of the KL divergence on two
grids, each spanning its own sample, so that it compares values at different distances, and changes when one outlier
moves the end of a grid; here both are on one grid, in bits. It integrates the overlap only between the smallest and
largest distance, which leaves the tails out, so that a set against itself scores less than 1, by
0.01 to 0.25, the more the more distances are near 0; here it is 1.
Densities are Gaussian kernel estimates with Scott's bandwidth there as here, found here from a histogram of 2,048
bins, which differs by less than 0.002 in the area and makes 10^6 distances cheap.

References
----------
Yang, L.-C. and Lerch, A. On the evaluation of generative models in music. Neural Computing and Applications 32, 2020.
"""

import numpy as np
from scipy import ndimage

from maestrokit.arrays import Floats

BINS = 2048
FLOOR = 1e-6  # of the probability mass is spread evenly, so that the divergence stays finite where one density is 0


def distances(first: Floats, second: Floats) -> Floats:
    """Return Euclidean distances, shape (len(first), len(second)), of summaries of shape (pieces, values)."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def within(summaries: Floats) -> Floats:
    """Return the distances between all pairs of different pieces, each once, flat."""
    rows, columns = np.triu_indices(len(summaries), 1)
    return np.asarray(distances(summaries, summaries)[rows, columns])


def densities(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the kernel densities of two samples as probabilities of the bins of one grid that holds both whole."""
    edges = bin_edges(first, second)
    return density(first, edges, bandwidth(first)), density(second, edges, bandwidth(second))


def densities_by_row(first: Floats, second: Floats) -> Floats:
    """Return the density of each row of the second sample, shape (rows, bins), on the grid of :func:`densities`.

    Their mean is the density of the whole sample: all are smoothed with its bandwidth.
    """
    edges, width = bin_edges(first, second.ravel()), bandwidth(second.ravel())
    return np.array([density(row, edges, width) for row in second])


def bin_edges(first: Floats, second: Floats) -> Floats:
    """Return the edges of bins that hold the kernel densities of two samples."""
    low, high = min(first.min(), second.min()), max(first.max(), second.max())
    margin = 5 * max(bandwidth(first), bandwidth(second)) + 1e-3 * (high - low) + 1e-9
    return np.linspace(low - margin, high + margin, BINS + 1)


def density(sample: Floats, edges: Floats, width: float) -> Floats:
    """Return the kernel density of a sample as probabilities of bins."""
    histogram, _ = np.histogram(sample, edges)
    bins = max(width / (edges[1] - edges[0]), 0.1)  # so narrow, the filter leaves all as it is
    smooth = ndimage.gaussian_filter1d(histogram.astype(np.float64), bins, mode="constant")
    return np.asarray(smooth / smooth.sum())


def bandwidth(sample: Floats) -> float:
    """Return Scott's bandwidth: the standard deviation times n^(-1/5)."""
    return float(np.std(sample, ddof=1) * len(sample) ** -0.2) if len(sample) > 1 else 0.0


def shared_area(first: Floats, second: Floats) -> float:
    """Return the overlap of two discrete densities."""
    return float(np.minimum(first, second).sum())


def divergence(first: Floats, second: Floats) -> float:
    """Return sum p log2(p / q) of two discrete densities, both floored alike."""
    p, q = ((1 - FLOOR) * density + FLOOR / len(density) for density in (first, second))
    return float(np.sum(p * np.log2(p / q)))
