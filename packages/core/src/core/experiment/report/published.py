"""The published results of a variant, next to what came out here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.experiment.records import PublishedValue
from core.experiment.report.folder import same_label
from core.experiment.report.ranking import RankedVariant
from core.experiment.report.wording import fraction


@dataclass(frozen=True)
class PublishedRow:
    """One row: the published values as text (a number, or a word like "error"), and ours, None where the variant is missing."""

    label: str
    keras: str
    scratch: str
    note: str
    keras_value: float | None
    variant: RankedVariant | None

    @property
    def difference(self) -> float | None:
        """Ours minus the published score, for Keras."""
        if self.variant is None or self.keras_value is None:
            return None
        return self.variant.score - self.keras_value


def published_rows(
    original: Mapping[str, float | str | PublishedValue | None] | None, variants: Sequence[RankedVariant]
) -> list[PublishedRow]:
    """Return rows in the published order. A value is a number for both sides, or {"keras": ..., "scratch": ..., "note": ...}."""
    rows = []
    for label, value in (original or {}).items():
        if value is None:
            continue
        given = value if isinstance(value, PublishedValue) else PublishedValue(keras=value, scratch=value)
        found = next((variant for variant in variants if same_label(variant.label, label)), None)
        rows.append(
            PublishedRow(
                label=found.label if found else label,
                keras=_text(given.keras),
                scratch=_text(given.scratch),
                note=given.note or "",
                keras_value=given.keras if isinstance(given.keras, float) and math.isfinite(given.keras) else None,
                variant=found,
            )
        )
    return rows


def _text(value: Any) -> str:
    return fraction(float(value)) if isinstance(value, (int, float)) else str(value or "–")
