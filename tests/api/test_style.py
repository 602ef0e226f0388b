"""Performances in another style, from the library."""

import maestrokit
from small_models import saved_style_model


def test_a_file_or_a_performance_becomes_the_same(tmp_path, demo_folder):
    model, path = str(saved_style_model(tmp_path / "styles")), demo_folder / "bach-prelude.mid"
    by_path = maestrokit.transfer_style(path, "pop", model=model)
    by_value = maestrokit.transfer_style(maestrokit.read_midi(path), "pop", model=model)
    assert by_path == by_value
    assert maestrokit.transfer_style(path, "pop", model=model, strength=0.0).notes == maestrokit.read_midi(path).notes
