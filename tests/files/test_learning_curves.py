"""The picture of a training's log."""

import pytest

pytest.importorskip("matplotlib")

from maestrokit.files.learning_curves import learning_curves_png

PNG = b"\x89PNG\r\n\x1a\n"


def log(steps: int) -> list[dict[str, object]]:
    records: list[dict[str, object]] = []
    for step in range(1, steps + 1):
        records.append({"part": "train", "step": step, "loss": 4 / step, "learning_rate": 0.1 / step})
        records.append({"part": "validation", "step": step, "loss": 4.1 / step, "accuracy": 0.5, "best": True})
    return records


@pytest.mark.parametrize("steps", [0, 1, 100])
def test_any_log_has_a_picture_always_the_same(steps: int) -> None:
    picture = learning_curves_png(log(steps))
    assert picture.startswith(PNG) and picture == learning_curves_png(log(steps))


def test_another_log_has_another_picture() -> None:
    assert learning_curves_png(log(3)) != learning_curves_png(log(4))


def test_a_log_of_validations_alone_or_of_training_alone_will_do() -> None:
    for part in ("train", "validation"):
        assert learning_curves_png([record for record in log(3) if record["part"] == part]).startswith(PNG)
