"""Frechet distance of two sets of performances, by what the shipped LSTM makes of them.

Each piece is cut into windows of 20 s; of up to three, spread over the piece, the states of the LSTM's last layer are
averaged over all notes and projected on 64 random directions (:mod:`maestrokit.inference.embedding`). The value is the
squared Frechet distance of the two sets of windows, each taken as a normal distribution with a covariance shrunken
after Ledoit and Wolf; it is 0 for equal sets. The pedal is applied, and velocities are part of it.

It is computed only where it is named: ``frechet_composers`` is the same by a network that makes no music
and is more about pitches, where this is more about rhythm.

The distance of two finite sets is above 0 even if both are people's, and the more so the smaller they are. The
reference's value is therefore that of people against people: as many pieces of the reference as are scored (at most
half of it) against the rest.

Pieces that the shipped LSTM itself generated have no value, by the commands that their files carry: a model sees its
own music as the most ordinary. This is not the distance on CLaMP 2's embeddings that some papers report, nor FMD or
FAD, and its values are comparable only with those of this very model.

References
----------
Heusel, M. et al. GANs trained by a two time-scale update rule converge to a local Nash equilibrium. NeurIPS 2017.
Retkowski, J., Stepniak, J. and Modrzejewski, M. Frechet music distance: a metric for generative symbolic music
evaluation. 2024.
"""

from maestrokit.metrics.contract import Metric
from maestrokit.metrics.frechet import distances

METRICS = {
    "frechet_lstm": Metric(
        "", "lower", None, of_set=distances, is_distributed=False, is_ragged=True, embedding="lstm", is_default=False
    )
}
