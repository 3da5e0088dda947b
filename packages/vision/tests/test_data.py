"""Images: splits that share nothing and hold every class in its share, a cache, and a loud fallback."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from experiment_files import config_of
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.experiment.command.options import read_options
from core.experiment.data.sources import hub_is_reachable
from core.experiment.data.splits import stratified_order
from core.experiment.errors import DataUnavailableError, OptionError
from vision import cifar10, data
from vision.options import VisionDataOptions
from vision.task import VisionTask

DATA = os.environ.get("KACA_DATA_DIR")
pytest_plugins = "offline"


def options(**changes):
    return read_options(VisionDataOptions, config_of(VisionTask())["data"] | changes, "data")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache for the module: decoding 60,000 images takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KACA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 9))
def test_any_stretch_of_a_stratified_order_holds_every_class_in_its_share(labels, start, length, seed):
    labels = np.array(labels)
    order = stratified_order(labels, np.random.default_rng(seed))
    assert sorted(order) == list(range(len(labels)))
    stretch = labels[order[start : start + length]]
    for label in np.unique(labels):
        share = (labels == label).mean() * len(stretch)
        assert abs((stretch == label).sum() - share) < 3  # an order can be off by one example at each end, and round


def rows_of(split):
    return {image.tobytes() for image in split.inputs}


def test_digits_are_three_stratified_splits_of_images_as_large_as_cifar10():
    digits = data.load_data(options(name="digits"))
    splits = (digits.train, digits.validation, digits.test)
    assert [split.inputs.shape for split in splits] == [(1197, 32, 32, 3), (300, 32, 32, 3), (300, 32, 32, 3)]
    assert {(split.inputs.dtype.name, split.labels.dtype.name) for split in splits} == {("uint8", "int64")}
    assert (digits.train.inputs.min(), digits.train.inputs.max()) == (0, 255)
    for split in splits:
        share = np.bincount(split.labels, minlength=10) / len(split)
        assert np.abs(share - 0.1).max() < 0.005  # scikit-learn has 174 to 183 of each digit
    assert not rows_of(digits.train) & rows_of(digits.test)
    assert digits.fallback is None


def test_the_split_follows_its_seed():
    prints = [data.load_data(options(name="digits", split_seed=seed)).fingerprint for seed in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]


def test_a_limit_takes_a_stratified_part_of_the_same_split():
    whole = data.load_data(options(name="digits"))
    part = data.load_data(options(name="digits", train_limit=50, test_limit=10_000))
    assert np.bincount(part.train.labels).tolist() == [5] * 10
    assert rows_of(part.train) < rows_of(whole.train)
    assert len(part.test) == 300
    with pytest.raises(OptionError, match="at least 10 examples"):
        data.load_data(options(name="digits", test_limit=9))


def test_without_network_and_mirror_digits_stand_in_and_say_so(offline):
    found = data.load_data(options())
    assert found.name == "digits"
    assert "CIFAR-10 is not at hand" in found.fallback
    assert "digits instead" in found.fallback


def test_a_fallback_that_is_forbidden_is_an_error(offline):
    with pytest.raises(DataUnavailableError, match="Hub cannot be reached"):
        data.load_data(options(fallback=False))


def test_a_mirror_without_images_is_named(offline, monkeypatch, tmp_path):
    (tmp_path / "cifar10").mkdir()
    monkeypatch.setenv("KACA_DATA_DIR", str(tmp_path))
    with pytest.raises(DataUnavailableError, match="expected parquet files"):
        data.load_data(options(fallback=False))


def test_a_broken_mirror_is_named(offline, monkeypatch, tmp_path):
    (tmp_path / "cifar10").mkdir()
    for split in ("train", "test"):
        (tmp_path / "cifar10" / f"{split}-0.parquet").write_bytes(b"PAR1 but no more")
    monkeypatch.setenv("KACA_DATA_DIR", str(tmp_path))
    with pytest.raises(DataUnavailableError, match="could not be read"):
        data.load_data(options(fallback=False))


def test_a_hub_that_does_not_answer_is_noticed(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the discard port: nobody listens
    assert not hub_is_reachable()


@pytest.mark.skipif(not DATA, reason="KACA_DATA_DIR names no local mirror of CIFAR-10")
def test_cifar10_is_40000_10000_10000_images_and_decoded_once(cache, monkeypatch):
    whole = data.load_data(options(fallback=False))
    splits = (whole.train, whole.validation, whole.test)
    assert [len(split) for split in splits] == [40_000, 10_000, 10_000]
    assert [np.bincount(split.labels).tolist() for split in splits] == [[4000] * 10, [1000] * 10, [1000] * 10]
    assert whole.classes[3] == "cat"
    assert "JPEG mirror" in whole.note

    import pyarrow.parquet

    (file,) = Path(DATA, "cifar10", "plain_text").glob("test-*.parquet")
    first = pyarrow.parquet.read_table(file).slice(0, 1).to_pylist()[0]
    with Image.open(io.BytesIO(first["img"]["bytes"])) as image:
        np.testing.assert_array_equal(whole.test.inputs[0], np.asarray(image.convert("RGB")))
    assert whole.test.labels[0] == first["label"]

    monkeypatch.setattr(cifar10, "_decode", lambda origin: pytest.fail("decoded a second time"))
    assert data.load_data(options(fallback=False)).fingerprint == whole.fingerprint


def encoded(size=(32, 32), mode="RGB"):
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "PNG")
    return buffer.getvalue()


STRANGE = {
    "another size": [(encoded((33, 32)), 0)],
    "a picture of 144 megapixels": [(encoded((12_000, 12_000), "1"), 0)],
    "no picture": [(None, 0)],
    "a broken picture": [(encoded()[:60], 0)],
    "not a picture": [(b"GIF89a", 0)],
    "a class too many": [(encoded(), 10)],
    "a class below 0": [(encoded(), -1)],
    "a class in words": [(encoded(), "cat")],
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", STRANGE)
def test_a_strange_mirror_is_named(offline, monkeypatch, tmp_path, kind):
    import pyarrow.parquet

    monkeypatch.setenv("KACA_DATA_DIR", str(tmp_path))
    (tmp_path / "cifar10").mkdir()
    image = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    pictures = pyarrow.array([{"bytes": content, "path": None} for content, _ in STRANGE[kind]], image)
    for split in ("train", "test"):
        table = pyarrow.table({"img": pictures, "label": [label for _, label in STRANGE[kind]]})
        pyarrow.parquet.write_table(table, tmp_path / "cifar10" / f"{split}-00000-of-00001.parquet")
    with pytest.raises(DataUnavailableError, match="cifar10"):
        cifar10.load_cifar10()


@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY", b"PK\x03\x04", "other"])
def test_a_damaged_cache_says_how_to_mend_it(offline, tmp_path, content):
    folder = tmp_path / "data" / "cifar10-hub"
    folder.mkdir(parents=True)
    for name in ("train_images", "train_labels", "test_images", "test_labels"):
        if content == "other":
            np.save(folder / f"{name}.npy", np.zeros(3, np.uint8))
        elif content is not None:
            (folder / f"{name}.npy").write_bytes(content)
    with pytest.raises(DataUnavailableError, match=f"delete ({folder}|it), and it is made again"):
        cifar10.load_cifar10()
