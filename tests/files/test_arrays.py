import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from maestrokit.errors import BadDataError, NoInputError, UsageError
from maestrokit.files.arrays import dump_arrays, load_arrays, read_arrays, write_arrays

KINDS = [np.uint8, np.int8, np.int64, np.float32, np.float64, np.bool_]
named_arrays = st.dictionaries(
    st.text("abcxyz_", min_size=1, max_size=8),
    st.sampled_from(KINDS).flatmap(lambda kind: arrays_of.arrays(kind, arrays_of.array_shapes(min_side=0, max_side=4))),
    min_size=1,
    max_size=4,
)
METADATA = {"hop": 0.02, "b": [1, 2], "a": "é"}


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@given(arrays=named_arrays, compress=st.booleans())
@settings(max_examples=25)
def test_what_is_written_is_read(suffix, arrays, compress):
    data = dump_arrays(arrays, suffix=suffix, metadata=METADATA, compress=compress)
    again, metadata = load_arrays(data, suffix=suffix, name="x")
    assert metadata == METADATA
    assert again.keys() == arrays.keys()
    for name, array in arrays.items():
        assert again[name].dtype == array.dtype
        np.testing.assert_array_equal(again[name], array)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_bytes_do_not_depend_on_order_or_clock(suffix, monkeypatch):
    first = dump_arrays({"a": np.arange(3), "b": np.ones(2)}, suffix=suffix, metadata={"x": 1, "y": 2})
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 0, 0, 0, 0, 0, 0))
    assert dump_arrays({"b": np.ones(2), "a": np.arange(3)}, suffix=suffix, metadata={"y": 2, "x": 1}) == first


def test_transposed_and_scalar_arrays_keep_their_shape():
    arrays = {"t": np.arange(6).reshape(2, 3).T, "s": np.float32(1.5) * np.ones(())}
    for suffix in (".npz", ".safetensors"):
        again, _ = load_arrays(dump_arrays(arrays, suffix=suffix), suffix=suffix, name="x")
        assert again["t"].tolist() == [[0, 3], [1, 4], [2, 5]]
        assert again["s"].shape == ()


def test_numpy_reads_the_npz_without_pickle():
    data = dump_arrays({"a": np.arange(3)}, suffix=".npz", metadata=METADATA)
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        assert archive["a"].tolist() == [0, 1, 2]
        assert archive["metadata"].item() == '{"a": "\\u00e9", "b": [1, 2], "hop": 0.02}'


def test_npy_holds_one_array():
    data = dump_arrays({"a": np.arange(3)}, suffix=".npy", metadata=METADATA)
    assert np.load(io.BytesIO(data)).tolist() == [0, 1, 2]
    again, metadata = load_arrays(data, suffix=".npy", name="x")
    assert [array.tolist() for array in again.values()] == [[0, 1, 2]]
    assert metadata == {}
    with pytest.raises(UsageError, match="one array, not 2"):
        dump_arrays({"a": np.arange(3), "b": np.arange(3)}, suffix=".npy")


def test_nothing_is_unpickled():
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("unpickled",)

    buffer = io.BytesIO()
    np.save(buffer, np.array([Trap()], object), allow_pickle=True)
    with pytest.raises(BadDataError):
        load_arrays(buffer.getvalue(), suffix=".npy", name="x")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("a.npy", buffer.getvalue())
    with pytest.raises(BadDataError):
        load_arrays(archive.getvalue(), suffix=".npz", name="x")
    for suffix in (".npy", ".npz", ".safetensors"):
        with pytest.raises(BadDataError):
            load_arrays(pickle.dumps(Trap()), suffix=suffix, name="x")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors"])
@given(data=st.data())
@settings(max_examples=40)
def test_damaged_files_give_one_clear_error(suffix, data):
    sound = dump_arrays({"a": np.arange(5)}, suffix=suffix, metadata=METADATA if suffix != ".npy" else None)
    place = data.draw(st.integers(0, len(sound) - 1))
    damaged = data.draw(st.sampled_from([sound[:place], sound[:place] + b"\xff" + sound[place + 1 :], b""]))
    try:
        load_arrays(damaged, suffix=suffix, name="bad")
    except BadDataError as error:
        assert str(error).startswith("cannot read 'bad': ")
        assert "\n" not in str(error)


@pytest.mark.parametrize("wrong", [b"\xff", b"(", b"'", b"\n "])
def test_damaged_headers_are_one_clear_error(wrong):
    sound = dump_arrays({"a": np.arange(5)}, suffix=".npy")
    place = sound.index(b"(5,)") + 3
    damaged = sound[:place] + wrong + sound[place + len(wrong) :]
    with pytest.raises(BadDataError, match=r"^cannot read 'bad': not a sound \.npy file \([^\n]+\)$"):
        load_arrays(damaged, suffix=".npy", name="bad")


def test_what_cannot_be_kept_is_refused():
    with pytest.raises(UsageError, match=r"cannot keep arrays in '\.txt' files"):
        dump_arrays({"a": np.arange(3)}, suffix=".txt")
    with pytest.raises(UsageError, match="not numbers"):
        dump_arrays({"a": np.array(["x"])}, suffix=".npz")
    with pytest.raises(UsageError, match="cannot be called 'metadata'"):
        dump_arrays({"metadata": np.arange(3)}, suffix=".npz")


def test_files_there_and_back(tmp_path):
    path = tmp_path / "a.npz"
    write_arrays(path, {"a": np.arange(3)}, metadata=METADATA)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.npz"]
    arrays, metadata = read_arrays(path)
    assert arrays["a"].tolist() == [0, 1, 2]
    assert metadata == METADATA
    with pytest.raises(NoInputError, match="no such file"):
        read_arrays(tmp_path / "b.npz")
