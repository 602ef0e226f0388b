"""Beats, bars and tempo of a recording, tracked on its sound."""

from functools import partial

from maestrokit.features.beat_records import BEAT_FIELDS, beat_series, describe_beats, frames_of_beats

NEEDS = "audio"
FIELDS = BEAT_FIELDS
FRAMES = beat_series("audio_beat", "audio_tempo", "the recording")

describe = describe_beats
frames = partial(frames_of_beats, names=tuple(FRAMES))
