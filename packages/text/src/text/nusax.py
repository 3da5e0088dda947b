"""NusaX-Senti (Winata et al., EACL 2023): a thousand sentences and their translations, from a local mirror or from the Hub.

The splits are the same in every language: no translation of a test sentence is in any language's training split.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from core.experiment.cache import cache_folder, whole_folder
from core.experiment.data.sources import OfficialSplits, checked_labels, mirror_folder, reading_cache, require_hub
from core.experiment.errors import DataUnavailableError
from core.experiment.task import Split

HUB_NAME = "indonlp/NusaX-senti"
HUB_REVISION = "refs/convert/parquet"  # the repository itself is a script, which `datasets` no longer runs
HUB_SOURCE = f"Hugging Face Hub, {HUB_NAME}"
MIRROR_SOURCE = "local mirror (KACA_DATA_DIR/nusax_senti)"
CLASSES = ("negative", "neutral", "positive")
SPLITS = ("train", "validation", "test")

LabelledSentences = list[tuple[str, int]]  # a sentence and its class


def load_language(language: str) -> OfficialSplits:
    """Load one language; raises DataUnavailableError without mirror, cache and network."""
    mirror = mirror_folder("nusax_senti")
    if mirror is not None:
        rows = {name: _read_parquet(mirror / language, name) for name in SPLITS}
        return OfficialSplits(_splits(rows, mirror / language), MIRROR_SOURCE)
    folder = cache_folder() / "data" / f"nusax-hub-{language}"
    if not folder.is_dir():
        require_hub("NusaX", "nusax_senti")
        with whole_folder(folder) as part:
            for name, found in _download(language).items():
                (part / f"{name}.json").write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    with reading_cache(folder):
        kept = {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in SPLITS}
        return OfficialSplits(_splits(kept, folder), HUB_SOURCE)


def _read_parquet(folder: Path, split: str) -> LabelledSentences:
    """Read one split of a mirror; raises DataUnavailableError if it is missing or broken."""
    import pyarrow.parquet  # noqa: PLC0415  # not needed where the Hub's cache is at hand

    files = sorted(folder.glob(f"{split}-*.parquet"))
    if not files:
        raise DataUnavailableError(f"{folder}: expected {split}-*.parquet of NusaX, found none")
    try:
        tables = [pyarrow.parquet.read_table(file, columns=["text", "label"]).to_pydict() for file in files]
    except (OSError, ValueError) as error:  # pyarrow's own errors are kinds of these
        raise DataUnavailableError(f"NusaX could not be read from {folder}: {error}") from error
    return [row for table in tables for row in zip(table["text"], table["label"], strict=True)]


def _download(language: str) -> dict[str, LabelledSentences]:
    """Read all splits from the Hub; raises DataUnavailableError if they cannot be read."""
    import datasets  # noqa: PLC0415  # takes seconds, and only the first run ever needs it

    try:
        splits = datasets.load_dataset(HUB_NAME, data_dir=language, revision=HUB_REVISION)
        return {name: list(zip(splits[name]["text"], splits[name]["label"], strict=True)) for name in SPLITS}
    except (OSError, ValueError, KeyError, datasets.exceptions.DatasetsError) as error:
        raise DataUnavailableError(f"NusaX could not be read from {HUB_SOURCE}: {error}") from error


def _splits(found: dict[str, LabelledSentences], folder: Path) -> dict[str, Split]:
    """Return sentences and labels of each split. Raises `DataUnavailableError` for what is neither."""
    splits = {}
    for name, rows in found.items():
        texts, labels = [text for text, _ in rows], [label for _, label in rows]
        if not all(isinstance(text, str) for text in texts):
            raise DataUnavailableError(f"{folder}, {name}, is damaged: expected sentences")
        splits[name] = Split(np.array(texts, dtype=object), checked_labels(labels, CLASSES, f"{folder}, {name},"))
    return splits
