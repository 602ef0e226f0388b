"""Scales from files."""

import pytest

from maestrokit.errors import BadDataError
from maestrokit.listening.scales import Scale, parse_scales

EMOTION = '[[scale]]\nname = "emotion"\nquestion = "How much emotion?"\nhigh_label = "much"\n'


def test_a_scale_goes_from_1_to_5_and_in_pairs_from_0_to_1() -> None:
    assert parse_scales(EMOTION, name="s.toml", design="mos") == (
        Scale("emotion", 1, 5, "How much emotion?", "", "much"),
    )
    (scale,) = parse_scales(EMOTION, name="s.toml", design="pairs")
    assert (scale.low, scale.high) == (0, 1)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("x = ", "not TOML"),
        ("", "it needs 1 to 20 tables"),
        ("scale = 3", "it needs 1 to 20 tables"),
        ('[[scale]]\nname = "a"', "a scale has no 'question'"),
        (EMOTION + "colour = 1", "a scale has no setting 'colour'"),
        (EMOTION + 'low = "1"', "low of a scale is no whole number"),
        (EMOTION + "low = true", "low of a scale is no whole number"),
        (EMOTION + "low = 7", "the scale 'emotion' goes from 7 to 5"),
        (EMOTION.replace('"emotion"', '"a b"'), "a scale cannot be called 'a b'"),
        (EMOTION.replace('"emotion"', '"human"'), "the scale 'human' goes from 0"),
        (EMOTION.replace('"emotion"', "3"), "the name of a scale is no text"),
        (EMOTION * 2, "two scales are called 'emotion'"),
        (EMOTION.replace("How", "H" * 400), "the question of a scale is no text of up to 300"),
    ],
)
def test_what_is_no_scale_is_refused(text: str, fact: str) -> None:
    with pytest.raises(BadDataError) as caught:
        parse_scales(text, name="s.toml", design="mos")
    assert str(caught.value).startswith("cannot read 's.toml': ") and fact in str(caught.value)
