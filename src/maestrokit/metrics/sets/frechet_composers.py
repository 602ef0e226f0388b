"""Frechet distance of two sets of performances, by what the shipped network that tells composers makes of them.

Each piece is cut into windows of 20 s; of up to three, spread over the piece, the input of the network's last layer is
projected on 64 random directions (:mod:`maestrokit.inference.embedding`). The value is the squared Frechet distance of
the two sets of windows, each taken as a normal distribution with a covariance shrunken after Ledoit and Wolf; it is 0
for equal sets. The pedal is applied, and velocities are part of it.

The distance of two finite sets is above 0 even if both are people's, and the more so the smaller they are. The
reference's value is therefore that of people against people: as many pieces of the reference as are scored (at most
half of it) against the rest.

It is about pitches more than about rhythm. Of 45 validation performances of MAESTRO against 45 of its training split,
those with shuffled pitches are 3.5 times as far as they are themselves, and those with each pitch moved by up to a
semitone 1.5 times; with onsets moved to a grid of 250 ms they are as near, which ``frechet_lstm`` takes for 2.9 times.

The network makes no music, so that no system is scored by its own model, but it has learnt from the training split of
MAESTRO. This is not the distance on CLaMP 2's embeddings that some papers report, nor FMD or FAD, and its values are
comparable only with those of this very network.

References
----------
Heusel, M. et al. GANs trained by a two time-scale update rule converge to a local Nash equilibrium. NeurIPS 2017.
Retkowski, J., Stepniak, J. and Modrzejewski, M. Frechet music distance: a metric for generative symbolic music
evaluation. 2024.
"""

from maestrokit.metrics.contract import Metric
from maestrokit.metrics.frechet import distances

METRICS = {
    "frechet_composers": Metric(
        "", "lower", None, of_set=distances, is_distributed=False, is_ragged=True, embedding="composers"
    )
}
