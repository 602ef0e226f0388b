"""Matrices as small pictures."""

import base64
import io

import numpy as np
from PIL import Image

from maestrokit.plots.inline.matrix import LEVELS, heat_map, picture


def test_a_picture_has_the_values_as_opacity() -> None:
    values = np.random.default_rng(0).uniform(size=(7, 5))
    values[2, 3], values[0, 0] = np.nan, 2.0
    head, _, data = picture(values).partition(",")
    assert head == "data:image/png;base64"
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA")
    assert image.size == (5, 7)
    opacity = np.array(image)[:, :, 3] / 255
    assert np.abs(opacity - np.clip(np.nan_to_num(values), 0, 1)).max() <= 0.5 / (LEVELS - 1) + 1e-9


def test_rows_are_named_from_above() -> None:
    svg = heat_map(np.eye(2), rows=["one", "two"], columns=["a", "b"], label="x")
    assert 'y="25%" dy=".32em">one<' in svg and 'y="75%" dy=".32em">two<' in svg
    assert 'x="25%" y="100%" dy="14">a<' in svg
