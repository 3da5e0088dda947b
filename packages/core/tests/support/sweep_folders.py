"""Sweep folders with made-up but plausible numbers, as the harness would leave them, for tests of the report."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.metrics import accuracy_score, f1_score

Array = npt.NDArray[Any]
Json = dict[str, Any]

IMAGE_CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
TEXT_CLASSES = ["negative", "neutral", "positive"]
SENTENCES = [
    "Makanannya enak sekali, pelayanannya ramah, dan tempatnya bersih.",
    "Sudah menunggu dua jam tetapi pesanan tidak kunjung datang; sangat mengecewakan.",
    "Rapat akan diadakan pada hari Senin pukul sembilan pagi di kantor pusat.",
    "Kamarnya lumayan, walaupun pendingin udaranya agak berisik dan air panasnya baru keluar setelah menunggu lama.",
]
LAYERS = [
    ("rescaling", "Rescaling", [None, 32, 32, 3], 1.0),
    ("conv2d", "Conv2D", [None, 32, 32, 32], 1.61),
    ("conv2d_1", "Conv2D", [None, 32, 32, 32], 3.92),
    ("max_pooling2d", "MaxPooling2D", [None, 16, 16, 32], 3.92),
    ("conv2d_2", "Conv2D", [None, 16, 16, 64], 9.47),
    ("flatten", "Flatten", [None, 4096], 9.47),
    ("dense", "Dense", [None, 128], 21.3),
    ("dense_1", "Dense", [None, 10], 0.9999),
]


def make_sweep(
    folder: Path,
    variants: list[tuple[dict[str, Any], float]],
    *,
    kind: str = "image",
    seeds: int = 1,
    examples: int = 400,
    classes: list[str] | None = None,
    sentences: list[str] | None = None,
    about: dict[str, Any] | None = None,
    flip: int = 0,
    **result: Any,
) -> Path:
    """Write a sweep; every variant comes with the share of labels it gets right, ``flip`` labels differ in scratch."""
    names = classes or (IMAGE_CLASSES if kind == "image" else TEXT_CLASSES)
    shown = None if kind == "image" else sentences or SENTENCES
    generator = np.random.default_rng(7)
    labels = generator.integers(len(names), size=examples)
    hard = generator.normal(size=examples)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sweep.json").write_text(json.dumps({"command": "uv run python -m vision.run", **(about or {})}))
    for number, (variant, skill, seed) in enumerate((*item, seed) for item in variants for seed in range(seeds)):
        job = folder / str(number)
        job.mkdir()
        luck = generator.normal(scale=0.03) if seeds > 1 else 0.0
        keras = _probabilities(labels, hard, skill + luck, len(names), generator)
        scratch = keras + generator.normal(scale=4e-8, size=keras.shape).astype(np.float32)
        scratch[:flip] = np.roll(scratch[:flip], 1, axis=1)
        np.savez(job / "predictions.npz", labels=labels, keras=keras, scratch=scratch)
        _dump(job / "result.json", _result(number, variant, seed, labels, keras, scratch, names) | result)
        _dump(job / "history.json", _history(skill, generator))
        _dump(job / "trace.json", _trace(generator))
        _dump(job / "samples.json", _samples(labels, keras, scratch, names, shown, generator))
    return folder


def _probabilities(labels: Array, hard: Array, skill: float, classes: int, generator: np.random.Generator) -> Array:
    easy = 0.75 * hard + 0.66 * generator.normal(size=len(labels)) < np.quantile(hard, np.clip(skill, 0.02, 0.98))
    neighbour = np.where(generator.random(len(labels)) < 0.6, labels ^ 1, generator.integers(classes, size=len(labels)))
    chosen = np.where(easy, labels, np.minimum(neighbour, classes - 1))
    logits = generator.normal(size=(len(labels), classes)) + 6.0 * np.eye(classes)[chosen]
    powers = np.exp(logits)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def _result(
    number: int, variant: Json, seed: int, labels: Array, keras: Array, scratch: Array, names: list[str]
) -> Json:
    ours, theirs = scratch.argmax(axis=1), keras.argmax(axis=1)
    options = {"labels": range(len(names)), "average": "macro", "zero_division": 0}
    difference = np.abs(keras - scratch)
    return {
        "experiment": "kernel_size",
        "variant": variant,
        "seed": seed,
        "dataset": "cifar10" if len(names) == 10 else "nusax",
        "n_test": len(labels),
        "keras_macro_f1": float(f1_score(labels, theirs, **options)),
        "scratch_macro_f1": float(f1_score(labels, ours, **options)),
        "keras_accuracy": float(accuracy_score(labels, theirs)),
        "label_match": float((ours == theirs).mean()),
        "max_abs_diff": float(difference.max()),
        "mean_abs_diff": float(difference.mean()),
        "max_abs_diff_float64": 3.1e-15,
        "keras_rounding": 8.4e-7,
        "parameters": 550_570 + 100_000 * number,
        "train_seconds": 412.3 + 31 * number,
        "keras_predict_seconds": 3.21,
        "scratch_predict_seconds": 21.74,
        "run_dir": str(number),
        "classes": names,
        "fallback": None,
        "reused": number == 0,
        "epochs": 15,
        "provenance": {
            "git_commit": "7973ae9c0ffee7973ae9c0ffee7973ae9c0ffee0",
            "versions": {"python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.0", "numpy": "2.4.6"},
            "data": {"source": "Hub: uoft-cs/cifar10", "fingerprint": "sha256:9f3c51d2", "note": "stratified split"},
            "hardware": {"processor": "Example CPU", "cores": 2, "memory_gb": 23},
            "date": f"2025-11-2{number % 10}T10:0{number % 10}:00+00:00",
            "command": "uv run python -m vision.run +exp=kernel_size",
            "config": {"train": {"epochs": 15, "batch_size": 128}},
        },
    }  # fmt: skip


def _history(skill: float, generator: np.random.Generator) -> Json:
    epochs = np.arange(15)
    loss = 0.25 + 1.6 * np.exp(-epochs / (6 - 3 * skill)) + generator.normal(scale=0.015, size=15)
    validation = 1.15 - 0.6 * skill + 1.1 * np.exp(-epochs / 3) + 0.02 * epochs + generator.normal(scale=0.03, size=15)
    return {"loss": loss.tolist(), "val_loss": validation.tolist()}


def _trace(generator: np.random.Generator) -> list[Json]:
    rows: list[Json] = []
    for depth, (layer, kind, shape, largest) in enumerate(LAYERS):
        difference = 0.0 if depth == 0 else float(largest * 6e-8 * (1 + depth) * generator.uniform(0.5, 2))
        rows.append(
            {"layer": layer, "class": kind, "output_shape": shape, "largest_value": largest}
            | {"max_abs_diff": difference, "mean_abs_diff": difference / 9}
        )
    return rows


def _samples(
    labels: Array, keras: Array, scratch: Array, names: list[str], sentences: list[str] | None, rng: np.random.Generator
) -> list[Json]:
    """Show some examples, as sentences or, where there are none, as images."""
    right = np.flatnonzero(keras.argmax(axis=1) == labels)[:10]
    wrong = np.flatnonzero(keras.argmax(axis=1) != labels)[:8]
    rows: list[Json] = []
    for index in (*right, *wrong):
        row: Json = {"index": int(index), "true": names[labels[index]]}
        for side, probabilities in (("keras", keras[index]), ("scratch", scratch[index])):
            row |= {side: names[probabilities.argmax()], f"{side}_probability": float(probabilities.max())}
        if sentences:
            rows.append(row | {"kind": "text", "text": sentences[index % len(sentences)]})
        else:
            rows.append(row | {"kind": "image", "image_png": _picture(rng)})
    return rows


def _picture(generator: np.random.Generator) -> str:
    coarse = generator.integers(256, size=(4, 4, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((32, 32), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
