"""Shards hold what was encoded, and are found again as long as nothing changed."""

import numpy as np
import pytest

from maestrokit.errors import BadDataError, NoInputError
from maestrokit.files.midi import write_midi
from maestrokit.files.shards import token_shard
from maestrokit.music.tokens import Encoding, encode, played

NOTHING = np.empty(0, np.int64)


def performance(pitch):
    return played(*(np.array([value]) for value in (100, 900, pitch, 64)), pedal_tick=NOTHING, pedal_value=NOTHING)


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
    one = token_shard(files, encoding=Encoding(), cache=tmp_path / "one", jobs=1)
    two = token_shard(files, encoding=Encoding(), cache=tmp_path / "two", jobs=2)
    assert np.array_equal(one.tokens, two.tokens)
    assert np.array_equal(one.starts, two.starts)


def test_an_unreadable_file_is_an_empty_sequence_and_named(files, tmp_path):
    (tmp_path / "64.mid").write_bytes(b"not midi")
    shard = token_shard(files, encoding=Encoding(), cache=tmp_path / "cache")
    assert [len(shard.sequence(i)) > 0 for i in range(3)] == [True, False, True]
    assert "64.mid" in str(shard.skipped[0])


def test_nothing_readable_is_an_error(tmp_path):
    (tmp_path / "a.mid").write_bytes(b"not midi")
    with pytest.raises(BadDataError, match="none of the inputs"):
        token_shard([str(tmp_path / "a.mid")], encoding=Encoding(), cache=tmp_path / "cache")
    with pytest.raises(NoInputError, match=r"b\.mid"):
        token_shard([str(tmp_path / "b.mid")], encoding=Encoding(), cache=tmp_path / "cache")
