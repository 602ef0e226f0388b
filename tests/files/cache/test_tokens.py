"""Shards hold what was encoded, and are found again as long as nothing changed."""

import numpy as np
import pytest

from maestrokit.errors import BadDataError, CannotWriteError, DataWarning, NoInputError
from maestrokit.files.cache.tokens import token_shard
from maestrokit.files.midi.writer import write_midi
from maestrokit.music.encodings.events import Encoding, encode
from maestrokit.music.note_arrays import performance_from_arrays
from strategies import file_bytes, track_bytes

NOTHING = np.empty(0, np.int64)


def performance(pitch):
    return performance_from_arrays(
        *(np.array([value]) for value in (100, 900, pitch, 64)), pedal_tick=NOTHING, pedal_value=NOTHING
    )


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{pitch}.mid" for pitch in (60, 64, 67)]
    for path in paths:
        write_midi(performance(int(path.stem)), path)
    return [str(path) for path in paths]


def test_each_sequence_is_the_encoding_of_its_file(files, tmp_path):
    shard = token_shard(files, encoding=Encoding(), cache=tmp_path / "cache")
    assert len(shard) == 3
    for index, pitch in enumerate((60, 64, 67)):
        assert np.array_equal(shard.sequence(index), encode(performance(pitch), Encoding()))


def test_a_shard_is_made_once_and_again_when_an_input_changes(files, tmp_path):
    cache = tmp_path / "cache"
    token_shard(files, encoding=Encoding(), cache=cache)
    before = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    token_shard(files, encoding=Encoding(), cache=cache)
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == before
    write_midi(performance(72), files[0])
    changed = token_shard(files, encoding=Encoding(), cache=cache)
    assert 72 in changed.sequence(0)
    assert len(list(cache.iterdir())) == 2 * len(before)


def test_another_encoding_is_another_shard(files, tmp_path):
    cache = tmp_path / "cache"
    ten = token_shard(files, encoding=Encoding(), cache=cache)
    eight = token_shard(files, encoding=Encoding(step_milliseconds=8), cache=cache)
    assert not np.array_equal(ten.sequence(0), eight.sequence(0))


def test_processes_make_the_same_shard(files, tmp_path):
    alone = token_shard(files, encoding=Encoding(), cache=tmp_path / "one", jobs=1)
    shared = token_shard(files, encoding=Encoding(), cache=tmp_path / "two", jobs=2)
    assert np.array_equal(alone.tokens, shared.tokens)
    assert np.array_equal(alone.starts, shared.starts)


def test_an_unreadable_file_is_an_empty_sequence_and_named(files, tmp_path):
    (tmp_path / "64.mid").write_bytes(b"not midi")
    for _ in range(2):  # made, and found in the cache
        shard = token_shard(files, encoding=Encoding(), cache=tmp_path / "cache")
        assert [len(shard.sequence(i)) > 0 for i in range(3)] == [True, False, True]
        assert list(shard.failures) == [1] and "64.mid" in str(shard.failures[1])


def test_an_unreadable_file_has_its_present_name(files, tmp_path):
    (tmp_path / "64.mid").write_bytes(b"not midi")
    token_shard(files, encoding=Encoding(), cache=tmp_path / "cache")
    (tmp_path / "64.mid").rename(tmp_path / "other.mid")
    shard = token_shard(
        [files[0], str(tmp_path / "other.mid"), files[2]], encoding=Encoding(), cache=tmp_path / "cache"
    )
    assert "other.mid" in str(shard.failures[1])


def test_a_file_that_cannot_be_encoded_is_named(tmp_path):
    tracks = [track_bytes([(0, b"\xff\x51\x03" + tempo)]) for tempo in (b"\x07\xa1\x20", b"\x0f\x42\x40")]
    (tmp_path / "two.mid").write_bytes(file_bytes(tracks, midi_format=2))
    shard = token_shard([str(tmp_path / "two.mid")], encoding=Encoding(), cache=tmp_path / "cache")
    assert shard.failures[0].fact.startswith(f"cannot encode '{tmp_path / 'two.mid'}': its sequences")


@pytest.mark.parametrize("jobs", [1, 2])
def test_doubts_about_a_file_come_with_its_shard_under_its_present_name(files, tmp_path, jobs):
    endless = bytes.fromhex("4d546864000000060000000100604d54726b0000000800903c4000ff2f00")
    for name in ("one.mid", "other.mid"):  # made, and found in the cache
        (tmp_path / name).write_bytes(endless)
        with pytest.warns(DataWarning) as warned:
            token_shard([*files, str(tmp_path / name)], encoding=Encoding(), cache=tmp_path / "cache", jobs=jobs)
        assert [str(warning.message).startswith(f"'{tmp_path / name}': ") for warning in warned] == [True]


def test_nothing_readable_is_a_shard_of_nothing(tmp_path):
    (tmp_path / "a.mid").write_bytes(b"not midi")
    paths = [str(tmp_path / name) for name in ("a.mid", "b.mid")]
    shard = token_shard(paths, encoding=Encoding(), cache=tmp_path / "cache")
    assert [type(shard.failures[row]) for row in range(2)] == [BadDataError, NoInputError]
    assert len(shard.tokens) == 0


def test_a_part_has_its_sequences_in_the_order_asked_for(files, tmp_path):
    shard = token_shard(files, encoding=Encoding(), cache=tmp_path / "cache")
    part = shard.subset([2, 0])
    assert len(part) == 2 and all(
        np.array_equal(part.sequence(row), shard.sequence(shard_row)) for row, shard_row in ((0, 2), (1, 0))
    )


@pytest.mark.parametrize("cache", ["/proc/nowhere", "a-file"])
def test_a_cache_that_cannot_be_made_is_named_with_a_cure(files, tmp_path, cache):
    (tmp_path / "a-file").touch()
    with pytest.raises(CannotWriteError, match="cache folder") as caught:
        token_shard(files, encoding=Encoding(), cache=tmp_path / cache)
    assert "`cache`" in caught.value.hint
