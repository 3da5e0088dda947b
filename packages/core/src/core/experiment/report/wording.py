"""Numbers as a reader meets them: a fraction without its leading zero, a true minus, an interval in brackets."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.experiment.report.statistics import Interval

ABSENT = "–"
MINUS = "−"
NUMERALS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def fraction(value: float | None, decimals: int = 4) -> str:
    """.7573 for a score between 0 and 1; 1.0000 when it is whole."""
    if value is None or not math.isfinite(value):
        return ABSENT
    text = f"{abs(value):.{decimals}f}"
    text = text[1:] if text.startswith("0.") else text
    return MINUS + text if value < 0 and float(text) != 0 else text


def signed(value: float | None, decimals: int = 4) -> str:
    """+.0123 or −.0123 for a difference; .0000 when nothing is left of it."""
    text = fraction(value, decimals)
    return text if text in (ABSENT,) or text.startswith(MINUS) or float(text) == 0 else "+" + text


def between(interval: Interval | None, decimals: int = 4, sign: bool = False) -> str:
    """[.7491, .7652], never broken over two lines."""
    if interval is None:
        return ABSENT
    write = signed if sign else fraction
    return f"[{write(interval.low, decimals)},\u00a0{write(interval.high, decimals)}]"


def power(value: float | None) -> str:
    """3.2e-07, and 0 for exactly nothing."""
    if value is None or not math.isfinite(value):
        return ABSENT
    return "0" if value == 0 else f"{value:.1e}"


def whole(value: float | None) -> str:
    """10,000."""
    return ABSENT if value is None or not math.isfinite(value) else f"{value:,.0f}"


def fixed(value: float | None, decimals: int = 1) -> str:
    """1,234.5."""
    return ABSENT if value is None or not math.isfinite(value) else f"{value:,.{decimals}f}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def numeral(count: int) -> str:
    """Two, three, ... in words, as far as nine."""
    return NUMERALS[count] if 0 <= count < len(NUMERALS) else f"{count:,}"


def plural(count: int, noun: str) -> str:
    """1 seed, 5 seeds, 10,000 images."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"
