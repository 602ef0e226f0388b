"""Chords of a recording by a trained network that runs in numpy.

The network is that of the task ``chords`` of ``train cnn``; its weights are handed in. It sees a spectrum of three bins
a semitone over 1.8 s about each cell of 100 ms, and tells root, bass and, for each root, the quality [1]. Residual
convolutions over keys come first; then the octaves of each pitch class are put together, and what follows is a circle
of pitch classes on which all roots share their weights. A cell may lie in two chords: the network has learnt which
share of it belongs to which, so that boundaries are located within it.

References
----------
.. [1] B. McFee and J. P. Bello, "Structured Training for Large-Vocabulary Chord Recognition", ISMIR 2017.
.. [2] F. Korzeniowski and G. Widmer, "A Fully Convolutional Deep Auditory Model for Musical Chord Recognition", MLSP
   2016.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.chords.from_notes import Chords
from maestrokit.analysis.chords.segments import ChordScores, segmented
from maestrokit.analysis.chords.spectrum import SILENT, network_input, reference_level, unpacked_levels
from maestrokit.analysis.chroma import BINS_A_SEMITONE, SPECTRUM
from maestrokit.analysis.convolution import Weights, convolved, log_softmax, norm_relu, norm_shapes
from maestrokit.arrays import Floats

CELL_FRAMES = 2  # frames of the spectrum for a cell of the output
CELL_SECONDS = CELL_FRAMES / SPECTRUM.frames_per_second
LOWEST, OCTAVES = 3, 6  # C1, in keys above A0, and how many octaves from it are seen
KEYS = 12 * OCTAVES
STEM = (5, 5)  # frames and bins
FIRST_BIN = BINS_A_SEMITONE * LOWEST - STEM[1] // 2 + 1
BINS = BINS_A_SEMITONE * (KEYS - 1) + STEM[1]
KEY_LAYERS = (((3, 3), (1, 1)), ((3, 3), (1, 1)), ((1, 3), (1, 12)))
"""Kernel and dilation of the convolutions over keys, (cells, keys)."""
CIRCLE_LAYERS = ((1, 12), (5, 1))
"""Kernels of the convolutions over pitch classes, (cells, pitch classes), in turn."""
HEADS = ("root", "bass", "tones")  # of each pitch class; qualities follow
BLOCK = 256  # cells at a time


@dataclass(frozen=True, eq=False)
class ChordNetwork:
    """A network that tells chords.

    Parameters
    ----------
    weights : mapping of arrays
        Of the network, by the names that they have in training.
    duration_scores : float64, shape (cells,)
        Log-probability of chords that last 1, 2, .. cells; of longer ones, that of the last for each further cell.
    """

    weights: Weights
    duration_scores: Floats


def weight_shapes(*, qualities: int, channels: int, width: int, depth: int) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the weights of a network, by its settings in training."""
    shapes: dict[str, tuple[int, ...]] = {
        "stem.weight": (channels, 1, *STEM),
        "key_offset": (channels, 1, KEYS),
        "fold.weight": (width, OCTAVES * channels, 1, 1),
        "heads.weight": (len(HEADS) + qualities, width, 1, 1),
        "heads.bias": (len(HEADS) + qualities,),
        "nothing.weight": (2, 2 * width),
        "nothing.bias": (2,),
        **norm_shapes("fold_norm", OCTAVES * channels),
        **norm_shapes("norm", width),
    }
    for layer, (kernel, _) in enumerate(KEY_LAYERS):
        shapes[f"key_layers.{layer}.mix.weight"] = (channels, channels, *kernel)
        shapes |= norm_shapes(f"key_layers.{layer}.norm", channels)
    for layer in range(depth):
        shapes[f"circle.{layer}.mix.weight"] = (width, width, *CIRCLE_LAYERS[layer % len(CIRCLE_LAYERS)])
        shapes |= norm_shapes(f"circle.{layer}.norm", width)
    return shapes


def chords_of_levels(packed: NDArray[np.uint8], network: ChordNetwork, *, length: float) -> Chords:
    """Return the chords of a recording.

    Parameters
    ----------
    packed : uint8, shape (frames, bins)
        Its spectrum, from :func:`maestrokit.analysis.chords.spectrum.packed_levels`.
    network : ChordNetwork
    length : float, in seconds
        The last chord lasts up to it.
    """
    if not len(packed):
        return segmented(ChordScores.silent(0), network.duration_scores, cell_seconds=CELL_SECONDS, length=0.0)
    reference = reference_level(packed)
    if reference <= SILENT:
        scores = ChordScores.silent(-(-len(packed) // CELL_FRAMES))
    else:
        scores = chord_scores(packed, reference, network.weights)
    return segmented(scores, network.duration_scores, cell_seconds=CELL_SECONDS, length=length)


def chord_scores(packed: NDArray[np.uint8], reference: float, weights: Weights) -> ChordScores:
    """Return the log-probabilities in the cells of a spectrum, (frames, bins); the network's ``forward`` in numpy.

    The reference is the level of its loud frames, in dB.
    """
    layers = depth(weights)
    reach = 2 + sum(kernel[0] // 2 for kernel, _ in KEY_LAYERS)
    reach += sum(CIRCLE_LAYERS[layer % len(CIRCLE_LAYERS)][0] // 2 for layer in range(layers))
    cells = -(-len(packed) // CELL_FRAMES)
    parts = []
    for first in range(0, cells, BLOCK):
        start, end = max(0, first - reach), min(cells, first + BLOCK + reach)
        levels = unpacked_levels(packed[start * CELL_FRAMES : end * CELL_FRAMES])
        part = _outputs(network_input(levels, reference), weights, layers)
        parts.append(ChordScores(*(output[first - start : first - start + BLOCK] for output in part)))
    return ChordScores(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def depth(weights: Weights) -> int:
    """Return how many convolutions over pitch classes a network has."""
    return sum(name.startswith("circle.") and name.endswith(".mix.weight") for name in weights)


def _outputs(levels: NDArray[np.float32], weights: Weights, layers: int) -> ChordScores:
    seen = levels[None, :, FIRST_BIN : FIRST_BIN + BINS]
    x = convolved(seen, weights["stem.weight"], stride=(CELL_FRAMES, BINS_A_SEMITONE), padding=(STEM[0] // 2, 0))
    x = x + weights["key_offset"]  # (channels, cells, keys)
    for layer, (_, dilation) in enumerate(KEY_LAYERS):
        normed = norm_relu(x, weights, f"key_layers.{layer}.norm")
        x = x + convolved(normed, weights[f"key_layers.{layer}.mix.weight"], dilation=dilation)
    channels, cells, _ = x.shape
    folded = x.reshape(channels, cells, OCTAVES, 12).transpose(0, 2, 1, 3).reshape(channels * OCTAVES, cells, 12)
    x = convolved(norm_relu(folded, weights, "fold_norm"), weights["fold.weight"])
    for layer in range(layers):
        kernel = weights[f"circle.{layer}.mix.weight"]
        normed = norm_relu(x, weights, f"circle.{layer}.norm")
        around = np.concatenate([normed, normed[:, :, : kernel.shape[3] - 1]], axis=2)
        x = x + convolved(around, kernel, padding=(kernel.shape[2] // 2, 0))
    x = norm_relu(x, weights, "norm")
    heads = convolved(x, weights["heads.weight"]) + weights["heads.bias"][:, None, None]  # (heads, cells, 12)
    pooled = np.concatenate([x.mean(axis=2), x.max(axis=2)]).T  # (cells, 2 * width)
    nothing = pooled @ weights["nothing.weight"].T + weights["nothing.bias"]
    root, bass = (np.column_stack([heads[row], nothing[:, row]]) for row in (0, 1))
    quality = heads[len(HEADS) :].transpose(1, 2, 0)
    return ChordScores(log_softmax(root), log_softmax(bass), log_softmax(quality))
