"""What is written as HDF5 is what h5py and our own reader read: any tree of groups, arrays and attributes."""

import io

import h5py
import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import core
from core.files.hdf5_format import Dataset, open_root
from core.files.hdf5_format.write import NewDataset, NewGroup, Plan

NAMES = st.text(min_size=1, max_size=40).filter(lambda name: not set(name) & {"/", "\0"} and name not in {".", ".."})
NAMES = NAMES.filter(lambda name: name.isprintable())
DTYPES = st.sampled_from(["?", "i1", "<i2", ">i4", "<i8", "u1", "<u2", "<u4", ">u8", "<f2", "<f4", ">f4", "<f8", "V2"])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
ARRAYS = DTYPES.flatmap(
    lambda dtype: hnp.arrays(dtype.replace("V", "u"), SHAPES).map(lambda x: x.view(dtype) if "V" in dtype else x)
)
TEXTS = st.text(max_size=30).filter(lambda text: "\0" not in text)
ATTRIBUTES = st.dictionaries(
    NAMES,
    st.one_of(TEXTS, st.lists(TEXTS, min_size=1, max_size=5), hnp.arrays("<f4", (2, 3)), st.integers(0, 99)),
    max_size=3,
)
TREES = st.recursive(
    st.tuples(ARRAYS, ATTRIBUTES),
    lambda inner: st.tuples(st.dictionaries(NAMES, inner, max_size=12), ATTRIBUTES),
    max_leaves=25,
)


def planned(tree):
    content, attrs = tree
    if isinstance(content, dict):
        return NewGroup({name: planned(member) for name, member in content.items()}, attrs)
    return NewDataset(content.shape, content.dtype, lambda: content, attrs)


def written(root):
    buffer = io.BytesIO()
    plan = Plan(root)
    plan.write(buffer)
    assert plan.size == len(buffer.getvalue())
    return buffer


def same_numbers(actual, expected):
    assert actual.shape == expected.shape
    assert actual.dtype.newbyteorder("=") == expected.dtype.newbyteorder("=")
    assert np.array_equal(actual, expected) or actual.tobytes() == expected.astype(actual.dtype).tobytes()


def as_h5py(node, tree):
    content, attrs = tree
    assert set(node.attrs) == set(attrs)
    for name, value in attrs.items():
        if isinstance(value, np.ndarray):
            same_numbers(node.attrs[name], value)
        else:
            assert (list(node.attrs[name]) if isinstance(value, list) else node.attrs[name]) == value
    if isinstance(content, dict):
        assert set(node) == set(content)
        for name, member in content.items():
            as_h5py(node[name], member)
    else:
        same_numbers(node[()] if content.ndim else np.asarray(node[()], node.dtype), content)


def as_ours(node, tree):
    content, attrs = tree
    assert set(node.attrs) == set(attrs)
    for name, value in attrs.items():
        if isinstance(value, str):
            assert node.attrs[name] == value.encode()
        elif isinstance(value, list):
            assert node.attrs[name] == [item.encode() for item in value]
        else:
            np.testing.assert_array_equal(node.attrs[name], value)
    if isinstance(content, dict):
        assert set(node.links) == set(content)
        for name, member in content.items():
            as_ours(node.open(name), member)
    else:
        assert isinstance(node, Dataset)
        stored = content.astype("i1") if content.dtype == bool else content  # an enumeration of one byte
        same_numbers(node.read(), stored)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.tuples(st.dictionaries(NAMES, TREES, max_size=12), ATTRIBUTES))
def test_any_tree(tree):
    buffer = written(planned(tree))
    with h5py.File(buffer) as root:
        as_h5py(root, tree)
    as_ours(open_root(buffer), tree)


@pytest.mark.parametrize("count", [0, 1, 8, 9, 256, 257, 2_500, 9_000])
def test_a_group_of_many(count):
    names = [f"dense_{number}" for number in range(count)]
    buffer = written(NewGroup({name: NewGroup() for name in names}))
    assert set(open_root(buffer)) == set(names)
    with h5py.File(buffer, "r+") as root:  # a tree that is whole can also be changed
        assert set(root) == set(names)
        assert all(name in root for name in names[::97])
        root.create_group("another")
        for name in names[: count // 2]:
            del root[name]
        assert set(root) == {*names[count // 2 :], "another"}


@pytest.mark.parametrize("length", [0, 1, 8, 4_000, 4_096, 70_000, 1_000_000])
def test_a_long_text(length):
    buffer = written(NewGroup(attrs={"long": "é" * length, "short": "x"}))
    with h5py.File(buffer) as root:
        assert root.attrs["long"] == "é" * length
        assert root.attrs["short"] == "x"
    assert open_root(buffer).attrs["long"] == ("é" * length).encode()


@pytest.mark.parametrize("value", [np.zeros(70_000, "u1"), np.zeros(2, "c8"), np.zeros(2, "M8[s]"), np.array(["a"])])
def test_what_the_format_cannot_hold_is_an_error(value):
    with pytest.raises(core.InputError):
        Plan(NewGroup(attrs={"value": value}))


def test_arrays_are_fetched_one_by_one():
    """Copies of all arrays at once would double the memory that saving needs."""
    alive, most = set(), 0

    class Block(np.ndarray):
        def __del__(self):
            alive.discard(id(self))

    def read():
        nonlocal most
        block = np.zeros(1000, "f4").view(Block)
        alive.add(id(block))
        most = max(most, len(alive))
        return block

    written(NewGroup({str(number): NewDataset((1000,), np.dtype("f4"), read) for number in range(20)}))
    assert most <= 2


def test_keras_loads_weights_of_a_thousand_layers(tmp_path):
    model = keras.Sequential([keras.Input((2,)), *(keras.layers.Dense(2, name=f"é{number}") for number in range(600))])
    model.save(tmp_path / "model.keras")
    core.load_model(tmp_path / "model.keras").save_weights(tmp_path / "copy.weights.h5")
    weights = model.get_weights()
    model.set_weights([value * 0 for value in weights])
    model.load_weights(tmp_path / "copy.weights.h5")
    for actual, expected in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(actual, expected)
