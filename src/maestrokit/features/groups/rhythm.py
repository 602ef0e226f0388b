"""Rhythm: the times between onsets."""

from typing import Any

import numpy as np

from maestrokit.features import Field
from maestrokit.features.note_views import NoteView
from maestrokit.features.statistics import entropy, mean, summary, summary_fields

NEEDS = "notes"
SHORTEST, LONGEST, BINS_AN_OCTAVE = 0.03, 3.84, 4  # of the histogram: seven octaves

FIELDS = {
    **summary_fields("inter_onset_interval", "s", "the times from one onset to the next"),
    "histogram": Field("intervals", "Those times in 28 bins, four an octave from 30 ms to 3.84 s, the last open"),
    "entropy": Field("bits", "Shannon entropy of that histogram"),
    "npvi": Field("", "Normalised pairwise variability index of those times, 0 (even) to 200"),
}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the rhythm descriptors.

    The variability index is 100 times the mean of |a - b| / ((a + b) / 2) over neighbouring intervals a, b.

    References
    ----------
    E. Grabe and E. L. Low, "Durational variability in speech and the rhythm class hypothesis", Laboratory Phonology 7
    (2002); A. D. Patel and J. R. Daniele, "An empirical comparison of rhythm in language and music", Cognition 87
    (2003).
    """
    interval = np.diff(view.group_onset)
    bin_index = np.floor(BINS_AN_OCTAVE * np.log2(interval / SHORTEST) + 1e-9).astype(np.int64)
    bins = int(BINS_AN_OCTAVE * np.log2(LONGEST / SHORTEST))
    histogram = np.bincount(np.clip(bin_index, 0, bins - 1), minlength=bins)
    here, after = interval[:-1], interval[1:]
    return {
        "inter_onset_interval": summary(interval),
        "histogram": histogram,
        "entropy": entropy(histogram),
        "npvi": mean(200 * np.abs(here - after) / (here + after)),
    }
