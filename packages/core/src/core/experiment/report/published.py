"""What the original study printed for a variant, next to what came out here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.experiment.records import PrintedValue
from core.experiment.report.folder import same_label
from core.experiment.report.ranking import Standing
from core.experiment.report.wording import fraction


@dataclass(frozen=True)
class Printed:
    """One row: the study's values as text (a number, or a word like "error"), and ours, None where the variant is missing."""

    label: str
    keras: str
    scratch: str
    note: str
    keras_value: float | None
    standing: Standing | None

    @property
    def difference(self) -> float | None:
        """Ours minus the study's, for Keras."""
        if self.standing is None or self.keras_value is None:
            return None
        return self.standing.score - self.keras_value


def printed_values(
    original: Mapping[str, float | str | PrintedValue | None] | None, standings: Sequence[Standing]
) -> list[Printed]:
    """Rows in the study's order. A value is a number for both sides, or {"keras": ..., "scratch": ..., "note": ...}."""
    rows = []
    for label, value in (original or {}).items():
        if value is None:
            continue
        given = value if isinstance(value, PrintedValue) else PrintedValue(keras=value, scratch=value)
        found = next((standing for standing in standings if same_label(standing.label, label)), None)
        rows.append(
            Printed(
                label=found.label if found else label,
                keras=_text(given.keras),
                scratch=_text(given.scratch),
                note=given.note or "",
                keras_value=given.keras if isinstance(given.keras, float) and math.isfinite(given.keras) else None,
                standing=found,
            )
        )
    return rows


def _text(value: Any) -> str:
    return fraction(float(value)) if isinstance(value, (int, float)) else str(value or "–")
