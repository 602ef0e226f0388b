"""Articulation: how long notes are held, and how they are connected."""

from typing import Any

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.features import Field
from maestrokit.features.note_views import NoteView
from maestrokit.features.statistics import mean, ratio, summary, summary_fields

NEEDS = "notes"
NEAR = 7  # semitones: the next note of the same voice is sought within a fifth
STACCATO = -0.5  # key overlap ratio up to which a note is staccato

FIELDS = {
    **summary_fields("duration", "s", "the times that keys are down"),
    **summary_fields("sounding_duration", "s", "the times that notes sound, with the sustain pedal"),
    "key_overlap_ratio": Field("ratio", "Median of (release - next onset) / (next onset - onset), next near note"),
    "sounding_overlap_ratio": Field("ratio", "The same of sounding notes, with the sustain pedal"),
    "legato": Field("share", "Notes still held when the next near note begins"),
    "staccato": Field("share", "Notes held at most half of the time to the next near note"),
    "pedalled": Field("share", "Notes that the sustain pedal lengthens"),
    "mean_pedal_extension": Field("s", "Mean time that the sustain pedal adds to a note"),
}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the articulation descriptors.

    The key overlap ratio is that of Bresin and Battel (2000), after Repp (1995): above 0 legato, -0.5 a note held for
    half of its time. They take it along written voices; a performance has none, so here the next note is the first
    later onset within a fifth. Its median is given, because held basses under fast notes make its mean meaningless.

    References
    ----------
    R. Bresin and G. U. Battel, "Articulation strategies in expressive piano performance", Journal of New Music
    Research 29 (2000). B. H. Repp, "Acoustics, perception, and production of legato articulation on a digital piano",
    JASA 97 (1995).
    """
    following = next_near_onset(view)
    followed = np.isfinite(following)
    onset, following = view.onset[followed], following[followed]
    key_ratio = (view.offset[followed] - following) / (following - onset)
    sounding_ratio = (view.sounding_offset[followed] - following) / (following - onset)
    extension = np.maximum(view.sounding_offset - view.offset, 0)
    return {
        "duration": summary(view.offset - view.onset),
        "sounding_duration": summary(view.sounding_offset - view.onset),
        "key_overlap_ratio": float(np.median(key_ratio)) if len(key_ratio) else None,
        "sounding_overlap_ratio": float(np.median(sounding_ratio)) if len(key_ratio) else None,
        "legato": ratio(np.count_nonzero(key_ratio > 0), len(key_ratio)),
        "staccato": ratio(np.count_nonzero(key_ratio <= STACCATO), len(key_ratio)),
        "pedalled": ratio(np.count_nonzero(extension > 0), len(extension)),
        "mean_pedal_extension": mean(extension),
    }


def next_near_onset(view: NoteView) -> Floats:
    """Return, for each note, the first later onset of a note within ``NEAR`` semitones; infinite if there is none."""
    following = np.full(len(view.pitch), np.inf)
    by_pitch = np.argsort(view.pitch, kind="stable")
    bounds = np.searchsorted(view.pitch[by_pitch], np.arange(129 + NEAR))
    onset = np.append(view.group_onset, np.inf)
    for pitch in np.unique(view.pitch).tolist():
        near = np.sort(view.onset_group[by_pitch[bounds[max(pitch - NEAR, 0)] : bounds[pitch + NEAR + 1]]])
        rows = by_pitch[bounds[pitch] : bounds[pitch + 1]]
        index = np.searchsorted(near, view.onset_group[rows], side="right")
        following[rows] = onset[np.append(near, -1)[index]]
    return following
