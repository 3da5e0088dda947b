"""Layer by layer, a difference means something only beside the step that float32 takes at numbers of that size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.experiment.reporting.folder import Run


@dataclass(frozen=True)
class LayerTrace:
    """Keras against Kaca after one layer; ``step`` is the distance from the layer's largest value to the next float32."""

    name: str
    kind: str
    shape: str
    largest_value: float
    max_abs_diff: float
    mean_abs_diff: float
    step: float

    @property
    def steps(self) -> float:
        """The largest difference in float32 steps."""
        return self.max_abs_diff / self.step


def layer_traces(run: Run) -> list[LayerTrace]:
    """Read trace.json; an empty list if the run has none."""
    return [
        LayerTrace(
            name=str(row.get("layer")),
            kind=str(row.get("class") or ""),
            shape=_shape(row.get("output_shape")),
            largest_value=float(row.get("largest_value") or 0.0),
            max_abs_diff=float(row.get("max_abs_diff") or 0.0),
            mean_abs_diff=float(row.get("mean_abs_diff") or 0.0),
            step=_step(float(row.get("largest_value") or 0.0)),
        )
        for row in run.trace
    ]


def _step(value: float) -> float:
    """Return the gap between float32 numbers at this value; at 0 and for what is not finite, that at 1."""
    size = np.float32(abs(value))
    return float(np.spacing(size if np.isfinite(size) and size > 0 else np.float32(1.0)))


def _shape(value: Any) -> str:
    if not isinstance(value, (list, tuple)):
        return str(value or "")
    return " × ".join("n" if size is None else f"{size:,}" for size in value)
