"""Annotated chords: Harte's labels as root, quality, bass and tones."""

import pytest

from maestrokit.analysis.chords.labels import UNKNOWN, chord_labels, harte_label_of, label_of
from maestrokit.analysis.chords.names import harte_label
from maestrokit.analysis.chords.templates import NO_CHORD, QUALITIES, QUALITY_NAMES
from maestrokit.errors import BadDataError


@pytest.mark.parametrize(
    ("text", "root", "quality", "bass", "tones"),
    [
        ("C", 0, "maj", 0, (0, 4, 7)),
        ("C:maj/3", 0, "maj", 4, (0, 4, 7)),
        ("F#:min7/b7", 6, "min7", 4, (1, 4, 6, 9)),
        ("Bb:maj6", 10, "maj", 10, (2, 5, 7, 10)),
        ("D:9", 2, "7", 2, (0, 2, 6, 9)),
        ("E:sus4(b7)", 4, "sus4", 4, (2, 4, 9, 11)),
        ("Cb:hdim7", 11, "hdim7", 11, (2, 5, 9, 11)),
        ("A:minmaj7", 9, "min", 9, (0, 4, 8, 9)),
    ],
)
def test_labels_in_hartes_syntax(text, root, quality, bass, tones):
    assert harte_label_of(text) == (root, QUALITY_NAMES.index(quality), bass, tones)


def test_no_chord_unknown_chords_and_unknown_qualities():
    assert harte_label_of("N") == (NO_CHORD, NO_CHORD, NO_CHORD, ())
    assert harte_label_of("X") == (UNKNOWN, UNKNOWN, UNKNOWN, ())
    assert harte_label_of("C:5") == (0, UNKNOWN, 0, (0, 7))


@pytest.mark.parametrize("text", ["H:maj", "C:", "C:foo", "", "C:maj/x", "maj", "C:(", "440"])
def test_what_is_no_chord_is_refused(text):
    with pytest.raises(BadDataError, match="is no chord in Harte's syntax"):
        harte_label_of(text)


def test_our_own_labels_come_back():
    for root in range(12):
        for index, quality in enumerate(QUALITIES):
            for inversion, degree in enumerate(quality.degrees):
                label = harte_label_of(harte_label(root, index, inversion))
                assert (label.root, label.quality, label.bass) == (root, index, (root + degree) % 12)


def test_chords_that_overlap_or_do_not_last_are_refused():
    labels = [harte_label_of("C:maj"), harte_label_of("G:maj")]
    assert len(chord_labels([0, 1.0], [1.0, 2.0], labels)) == 2
    for start, end in (([0, 0.5], [1.0, 2.0]), ([0, 1.0], [1.0, 1.0]), ([0, 1.0], [1.0, float("nan")])):
        with pytest.raises(BadDataError, match=r"chord 2, from .* does not follow the one before it"):
            chord_labels(start, end, labels)


def test_quality_of_tones_in_any_octave():
    assert label_of([7, 59, 62, 65], root=7, bass=11) == (7, QUALITY_NAMES.index("7"), 11, (2, 5, 7, 11))
