"""Where sentences come from: the mirror's own splits, the bundled reviews, and no way from one split into another."""

import os
from collections import Counter

import numpy as np
import pytest
from experiment_files import config_of

from core.experiment.command.options import read_options
from core.experiment.data import sources
from core.experiment.errors import DataUnavailableError, OptionError
from text import nusax
from text.data import load_data
from text.options import LANGUAGES, TextDataOptions
from text.task import TextTask
from text.ulasan import CLASSES, load_ulasan

DATA = os.environ.get("KACA_DATA_DIR")
pytest_plugins = "offline"
needs_mirror = pytest.mark.skipif(not DATA, reason="KACA_DATA_DIR names no local mirror of NusaX")


def options(**changes):
    config = config_of(TextTask(), "data.fallback=false")
    return read_options(TextDataOptions, config["data"] | changes, "data")


def sentences(*splits):
    return {text for split in splits for text in split.inputs}


@needs_mirror
class TestNusax:
    def test_it_keeps_its_own_splits(self):
        dataset = load_data(options())
        assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [500, 100, 400]
        assert [Counter(split.labels.tolist())[1] for split in (dataset.train, dataset.validation, dataset.test)] == [
            119, 24, 96
        ]  # fmt: skip
        assert dataset.classes == ("negative", "neutral", "positive")
        assert dataset.fallback is None

    def test_several_languages_learn_and_one_is_tested(self):
        alone, several = load_data(options()), load_data(options(languages=["jav", "ind", "sun"]))
        assert len(several.train) == 1_500
        assert np.array_equal(several.train.inputs[500:1000], alone.train.inputs)
        assert np.array_equal(several.test.inputs, alone.test.inputs)
        assert np.array_equal(several.validation.inputs, alone.validation.inputs)
        assert several.fingerprint != alone.fingerprint
        assert "jav, ind, sun" in several.note

    def test_tested_on_a_language_that_it_never_saw(self):
        dataset = load_data(options(languages=["ind"], test_language="jav"))
        assert not sentences(dataset.test) & sentences(load_data(options()).test)

    def test_no_translation_of_a_test_or_validation_sentence_is_learnt_in_any_language(self):
        """The rows of a split are the same sentences in every language, and the splits share none of them."""
        english = nusax.load_language("eng").splits
        for language in LANGUAGES:
            splits = nusax.load_language(language).splits
            for name, split in splits.items():
                assert np.array_equal(split.labels, english[name].labels)
            learnt = sentences(splits["train"])
            assert not learnt & sentences(splits["validation"], splits["test"])

    def test_a_limit_takes_every_class_in_its_share(self):
        whole, part = load_data(options()), load_data(options(train_limit=50, test_limit=40))
        assert (len(part.train), len(part.validation), len(part.test)) == (50, 100, 40)
        assert sentences(part.train) < sentences(whole.train)
        for label in range(3):
            assert abs((part.train.labels == label).sum() - (whole.train.labels == label).sum() / 10) <= 1


def test_a_broken_mirror_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("KACA_DATA_DIR", str(tmp_path))
    (tmp_path / "nusax_senti" / "ind").mkdir(parents=True)
    with pytest.raises(DataUnavailableError, match=r"nusax_senti/ind: expected train-\*.parquet of NusaX, found none"):
        load_data(options())
    (tmp_path / "nusax_senti" / "ind" / "train-00000-of-00001.parquet").write_text("no parquet")
    with pytest.raises(DataUnavailableError, match="NusaX could not be read"):
        load_data(options())


def test_the_hub_is_read_once(monkeypatch, offline):
    rows = [("Bagus sekali", 2), ("Biasa saja", 1), ("Jelek", 0)] * 4
    downloads = []

    def download(language):
        downloads.append(language)
        return {name: [(f"{text} {name}", label) for text, label in rows] for name in nusax.SPLITS}

    monkeypatch.setattr(sources, "hub_is_reachable", lambda: True)
    monkeypatch.setattr(nusax, "_download", download)
    first, second = load_data(options()), load_data(options())
    assert downloads == ["ind"]
    assert first.fingerprint == second.fingerprint
    assert first.source == nusax.HUB_SOURCE
    assert first.test.inputs[0] == "Bagus sekali test"


def test_without_network_and_mirror_it_falls_back_and_says_so(offline):
    dataset = load_data(options(fallback=True))
    assert dataset.name == "ulasan"
    assert "NusaX is not at hand" in dataset.fallback
    assert "the bundled reviews, ulasan, instead" in dataset.fallback


def test_fallback_false_makes_that_an_error(offline):
    with pytest.raises(DataUnavailableError, match=r"NusaX is not at hand.*data\.fallback=true"):
        load_data(options())


class TestUlasan:
    def test_at_least_three_hundred_short_reviews_in_balanced_classes(self):
        whole = load_ulasan()
        assert len(whole) >= 300
        assert len(set(np.bincount(whole.labels).tolist())) == 1
        assert all(3 <= len(text.split()) <= 30 for text in whole.inputs)
        assert all(text == text.strip() and "\n" not in text for text in whole.inputs)

    def test_no_review_twice(self):
        texts = [" ".join(text.lower().split()) for text in load_ulasan().inputs]
        assert len(set(texts)) == len(texts)

    def test_its_splits_share_nothing_and_leave_nothing_out(self):
        dataset = load_data(options(name="ulasan"))
        parts = [dataset.train, dataset.validation, dataset.test]
        assert sum(len(part) for part in parts) == len(sentences(*parts)) == len(load_ulasan())
        assert [len(part) for part in parts] == [198, 50, 82]
        assert dataset.classes == CLASSES
        assert dataset.fallback is None
        for part in parts:
            assert np.ptp(np.bincount(part.labels)) <= 2  # each class in its share


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"languages": []}, "data.languages must be a list like"),
        ({"languages": "ind"}, "data.languages must be a list like"),
        ({"languages": ["ind", "xyz"]}, "data.languages must be one of 'ace', 'ban'"),
        ({"languages": ["ind", "ind"]}, "data.languages must name each language once, got ind, ind"),
        ({"test_language": "id"}, "data.test_language must be one of 'ace'"),
        ({"name": "imdb"}, "data.name must be one of 'nusax', 'ulasan'"),
        ({"train_limit": 0}, "data.train_limit must be an integer in [1, "),
    ],
)
def test_impossible_options(changes, message):
    with pytest.raises(OptionError) as error:
        options(**changes)
    assert str(error.value).startswith(message)


def test_too_few_sentences():
    with pytest.raises(OptionError, match="at least 3 examples"):
        load_data(options(name="ulasan", test_limit=2))


STRANGE = {
    "no labels": {"text": ["a"]},
    "labels that are words": {"text": ["a"], "label": ["positive"]},
    "nothing": {"text": [None], "label": [None]},
    "a class too many": {"text": ["a"], "label": [3]},
    "a class below 0": {"text": ["a"], "label": [-1]},
    "labels that are fractions": {"text": ["a"], "label": [0.5]},
    "no rows": {"text": [], "label": []},
    "sentences that are numbers": {"text": [1], "label": [0]},
    "sentences in lists": {"text": [["a"]], "label": [0]},
}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_strange_mirror_is_named(monkeypatch, tmp_path, kind):
    import pyarrow.parquet

    monkeypatch.setenv("KACA_DATA_DIR", str(tmp_path))
    folder = tmp_path / "nusax_senti" / "ind"
    folder.mkdir(parents=True)
    for split in nusax.SPLITS:
        pyarrow.parquet.write_table(pyarrow.table(STRANGE[kind]), folder / f"{split}-0.parquet")
    with pytest.raises(DataUnavailableError, match="nusax_senti/ind"):
        load_data(options())


@pytest.mark.parametrize(
    "content", ["", "{", "null", "[]", '[["a"]]', '[["a", 9]]', "[[1, 2]]", '{"a": 1}', "[" * 100_000, "\ufeff[]"]
)
def test_a_damaged_cache_says_how_to_mend_it(offline, tmp_path, content):
    folder = tmp_path / "data" / "nusax-hub-ind"
    folder.mkdir(parents=True)
    for split in nusax.SPLITS:
        (folder / f"{split}.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataUnavailableError, match=f"{folder} is damaged.*made again|delete {folder}"):
        load_data(options())
