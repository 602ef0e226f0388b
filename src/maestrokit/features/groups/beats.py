"""Beats, bars and tempo of a performance, tracked on its notes; its tempo map is not looked at."""

from functools import partial

from maestrokit.features.beat_records import BEAT_FIELDS, beat_series, describe_beats, frames_of_beats

NEEDS = "notes"
FIELDS = BEAT_FIELDS
FRAMES = beat_series("beat", "beat_tempo")

describe = describe_beats
frames = partial(frames_of_beats, names=tuple(FRAMES))
