"""What a file may ask for follows from the bytes that it has: holes and repetition cost its maker nothing."""

import io

import h5py
import pytest

import core
from core.files.budget import ALWAYS_ALLOWED, LARGEST_GROWTH, LARGEST_METADATA, Budget, count_bytes
from core.files.hdf5_format import open_root


def test_bytes_are_counted_without_holes_and_the_position_stays(tmp_path):
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(bytes(range(256)) * 64)
        file.truncate(2**30)
        file.seek(0, io.SEEK_END)
        file.write(b"end")
    with path.open("rb") as file:
        file.read(10)
        assert 2**14 + 3 <= count_bytes(file) < 2**20 or count_bytes(file) == 2**30 + 3  # where holes are not told
        file.seek(5)
        assert file.read(20_000)[:4] == bytes([5, 6, 7, 8])
    assert count_bytes(io.BytesIO(b"abc")) == 3
    (tmp_path / "empty").write_bytes(b"")
    with (tmp_path / "empty").open("rb") as file:
        assert count_bytes(file) == 0


def test_all_that_is_asked_for_is_added_up():
    budget = Budget(1000)
    most = LARGEST_GROWTH * 1000 + ALWAYS_ALLOWED
    budget.read.charge(most - 1)
    budget.read.require(1)
    with pytest.raises(core.ModelFileError, match="1,000 bytes"):
        budget.read.charge(2)
    budget.unpacked.charge(most)  # which is another account
    budget.charge_work(LARGEST_METADATA)
    with pytest.raises(core.ModelFileError, match="describes its content"):
        budget.charge_work(1)


def test_lines_of_all_vocabularies_are_added_up():
    budget = Budget(10**9)
    for _ in range(9):
        budget.charge_lines(110_000)
    with pytest.raises(core.ModelFileError, match="lines"):
        budget.charge_lines(110_000)


def test_a_text_that_is_named_again_and_again_is_charged_each_time():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as root:
        root.attrs["weight_names"] = "x" * 4_000_000
    attributes = open_root(buffer).attrs
    with pytest.raises(core.ModelFileError, match="describes its content"):
        [attributes["weight_names"] for _ in range(20)]
