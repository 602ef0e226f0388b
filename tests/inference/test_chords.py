"""Networks of chords by name and folder, and what is said of those that are damaged."""

import numpy as np
import pytest

from maestrokit.errors import BadDataError, NoInputError
from maestrokit.files import checkpoint
from maestrokit.inference.chords import load_chord_network
from small_models import saved_chord_network, saved_classifier


def test_ways_are_the_shipped_network_none_or_that_of_a_folder(tmp_path):
    assert load_chord_network("chroma") is None
    shipped = load_chord_network("network")
    assert shipped is load_chord_network("chords") and shipped.weights["stem.weight"].dtype == np.float32
    own = load_chord_network(str(saved_chord_network(tmp_path / "a", duration_weight=0.5)))
    assert own.weights["stem.weight"].shape[0] == 3 and own.duration_scores.tolist() == [-4.5, -2.5, -2.0, -2.5]


def test_other_models_and_none_are_refused(tmp_path):
    with pytest.raises(NoInputError, match="no way to tell chords 'chroms'") as error:
        load_chord_network("chroms")
    assert "did you mean 'chroma'? choose from network, chroma, or a run folder" in error.value.hint
    with pytest.raises(BadDataError, match="a cnn that does not tell chords"):
        load_chord_network(str(saved_classifier(tmp_path / "a")))


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"duration_scores": [1.0]}, "does not say how long chords last"),
        ({"duration_scores": ["a", "b"]}, "does not say how long chords last"),
        ({"duration_weight": -1}, "does not say how long chords last"),
        ({"qualities": ["maj", "min"]}, "does not say its qualities and sizes"),
        ({"model": {"channels": 3}}, "does not say its qualities and sizes"),
        ({"model": {"qualities": 11, "channels": 4, "width": 5, "depth": 3}}, "has another shape than"),
        ({"model": {"qualities": 11, "channels": 3, "width": 5, "depth": 4}}, "the weight 'circle.3"),
    ],
)
def test_damaged_models_say_what_is_wrong(tmp_path, change, fact):
    folder = saved_chord_network(tmp_path / "a")
    checkpoint.write_config(folder, checkpoint.read_config(folder) | change)
    with pytest.raises(BadDataError, match=fact):
        load_chord_network(str(folder))
