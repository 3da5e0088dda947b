"""What the original study printed for a variant, next to what came out here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.experiment.reporting.folder import Json, same_label
from core.experiment.reporting.standing import Standing
from core.experiment.reporting.wording import fraction


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


def printed_values(original: Any, standings: Sequence[Standing]) -> list[Printed]:
    """Rows in the study's order. A value is a number for both sides, or {"keras": ..., "scratch": ..., "note": ...}."""
    if not isinstance(original, dict):
        return []
    rows = []
    for label, value in original.items():
        if value is None:
            continue
        given: Json = value if isinstance(value, dict) else {"keras": value, "scratch": value}
        found = next((standing for standing in standings if same_label(standing.label, str(label))), None)
        keras = given.get("keras")
        rows.append(
            Printed(
                label=found.label if found else str(label),
                keras=_text(keras),
                scratch=_text(given.get("scratch")),
                note=str(given.get("note") or ""),
                keras_value=float(keras) if isinstance(keras, (int, float)) else None,
                standing=found,
            )
        )
    return rows


def _text(value: Any) -> str:
    return fraction(float(value)) if isinstance(value, (int, float)) else str(value or "–")
