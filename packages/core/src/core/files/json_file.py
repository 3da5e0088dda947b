"""JSON files beside the others: an architecture (``model.to_json()``, ``config.json``), or where sharded weights lie."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from core.errors import ModelFileError
from core.files.budget import Budget
from core.files.json_text import parse_json
from core.files.limits import LARGEST_JSON
from core.files.source import Source


def is_json(file: BinaryIO) -> bool:
    """Return whether a file begins as a JSON object does, or as a text that holds one."""
    file.seek(0)
    begins = file.read(1000)
    return _text(begins).startswith(("{", '"{'))


def read_json(file: BinaryIO, what: str) -> dict[str, Any]:
    """Parse the object in a file; `json.dump(model.to_json(), file)` writes it as a text, which is parsed again."""
    file.seek(0)
    data = file.read(LARGEST_JSON + 1)
    budget = Budget.of(file)
    if _text(data[:100]).startswith('"') and len(data) <= LARGEST_JSON:
        text = json.loads(data)
        data = text.encode() if isinstance(text, str) else data
    return parse_json(data, what, budget)


def _text(data: bytes) -> str:
    """Decode the beginning of a text, without marks and spaces before it."""
    return data.decode(json.detect_encoding(data), errors="ignore").lstrip("\ufeff \t\r\n")


def read_alone(source: Source) -> dict[str, Any] | None:
    """Parse the object in a JSON file; None for a file of another kind."""
    with source.open() as file:
        return read_json(file, source.name) if is_json(file) else None


def version_of(config: Mapping[str, Any]) -> str:
    """Return the version of Keras that wrote an architecture; Keras 3 does not say it, in words that differ from Keras 2's."""
    stated = config.get("keras_version")
    if isinstance(stated, str):
        return stated
    if "keras_version" in config:
        raise ModelFileError(f"keras_version must be a text, got {stated!r}")
    old = any("batch_input_shape" in inner for inner in _configs(config)) or "module" not in config
    return "2" if old or ".engine." in str(config.get("module")) else "3"


def _configs(entry: Any) -> Iterator[Mapping[str, Any]]:
    """Go through the configs of all layers."""
    waiting = [entry]
    while waiting:
        each = waiting.pop()
        inner = each.get("config") if isinstance(each, Mapping) else None
        layers = inner.get("layers") if isinstance(inner, Mapping) else inner
        if isinstance(inner, Mapping):
            yield inner
        if isinstance(layers, list):
            waiting += layers
