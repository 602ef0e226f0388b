"""The picture of a training's log."""

import pytest

pytest.importorskip("matplotlib")

from maestrokit.plots.learning_curves import learning_curves_picture

PNG = b"\x89PNG\r\n\x1a\n"


def log(steps: int) -> list[dict[str, object]]:
    records: list[dict[str, object]] = []
    for step in range(1, steps + 1):
        records.append({"part": "train", "step": step, "loss": 4 / step, "learning_rate": 0.1 / step})
        records.append({"part": "validation", "step": step, "loss": 4.1 / step, "accuracy": 0.5, "best": True})
    return records


@pytest.mark.parametrize("steps", [0, 1, 100])
def test_any_log_has_a_picture_always_the_same(steps: int) -> None:
    picture = learning_curves_picture(log(steps), format="png")
    assert picture.startswith(PNG) and picture == learning_curves_picture(log(steps), format="png")


def test_another_log_has_another_picture() -> None:
    assert learning_curves_picture(log(3), format="png") != learning_curves_picture(log(4), format="png")


def test_a_log_of_validations_alone_or_of_training_alone_will_do() -> None:
    for part in ("train", "validation"):
        assert learning_curves_picture(
            [record for record in log(3) if record["part"] == part], format="png"
        ).startswith(PNG)


@pytest.mark.parametrize(("format", "head"), [("png", PNG), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_pictures_are_of_the_format_asked_for_and_hold_no_clock(format, head):
    picture = learning_curves_picture(log(3), format=format)
    assert picture.startswith(head)
    assert b"CreationDate" not in picture and b"<dc:date>" not in picture
    assert picture == learning_curves_picture(log(3), format=format)
