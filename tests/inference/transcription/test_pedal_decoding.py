"""The sustain pedal: two thresholds, no flutter, no seams."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrokit.errors import UsageError
from maestrokit.inference.transcription.pedal_decoding import PedalDecoder, PedalDecoding

DECODING = PedalDecoding(down=0.6, up=0.4, shortest=0.05)


def decoded(posterior: list[float], *, block: int = 1000) -> np.ndarray:
    decoder = PedalDecoder(DECODING, frame_seconds=0.02)
    for first in range(0, len(posterior), block):
        decoder.feed(np.array(posterior[first : first + block], np.float32))
    return decoder.finish()


def test_it_is_down_from_one_threshold_to_the_other() -> None:
    assert np.allclose(decoded([0.1, 0.5, 0.7, 0.5, 0.45, 0.5, 0.3, 0.5]), [[0.04, 0.12]])


def test_held_to_the_end_it_ends_there() -> None:
    assert np.allclose(decoded([0.0, 0.9, 0.9, 0.9]), [[0.02, 0.08]])


def test_short_touches_and_short_lifts_are_none() -> None:
    assert decoded([0.0, 0.9, 0.0, 0.0]).shape == (0, 2)
    assert np.allclose(decoded([0.9, 0.9, 0.9, 0.0, 0.9, 0.9, 0.0]), [[0.0, 0.12]])


def test_never_down_there_are_no_intervals() -> None:
    assert decoded([0.5] * 9).shape == (0, 2) and decoded([]).shape == (0, 2)


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(1, 9))
def test_parts_do_not_matter_and_intervals_are_in_order(posterior: list[float], block: int) -> None:
    whole = decoded(posterior)
    assert np.array_equal(decoded(posterior, block=block), whole)
    assert (np.diff(whole.ravel()) > 0).all()


def test_thresholds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(UsageError):
        PedalDecoding(down=0.3, up=0.5)


def test_latencies_move_intervals_which_then_may_touch() -> None:
    decoding = PedalDecoding(down_latency=0.02, up_latency=-0.04)
    decoder = PedalDecoder(decoding, frame_seconds=0.02)
    decoder.feed(np.repeat(np.array([0, 1, 0, 1], np.float32), 10))
    assert decoder.finish().round(3).tolist() == [[0.18, 0.44], [0.58, 0.8]]
    decoder = PedalDecoder(PedalDecoding(down_latency=0.08, up_latency=-0.08), frame_seconds=0.02)
    decoder.feed(np.repeat(np.array([1, 0, 1], np.float32), 6))
    assert decoder.finish().round(3).tolist() == [[0.0, 0.36]]
    with pytest.raises(UsageError, match="down_latency"):
        PedalDecoding(down_latency=0.1)
