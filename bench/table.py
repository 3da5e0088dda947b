"""The results as a table: for the terminal and, as Markdown, for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.contenders import KACA
from bench.timing import Timing


def head(names: Sequence[str], what: str = "network", rows: str = "rows", unit: str = "ms") -> list[str]:
    """Return the names of the columns."""
    return [what, rows, *(f"{name}, {unit}" for name in names), *(f"x {name}" for name in names if name != KACA)]


def rows(timings: Iterable[Timing], names: Sequence[str]) -> list[list[str]]:
    """Write one line for each network and batch: milliseconds, then how many times as long as Kaca the others take."""
    return [
        [
            timing.network,
            str(timing.rows),
            *(milliseconds(timing.seconds.get(name)) for name in names),
            *(ratio(timing.ratio(name)) for name in names if name != KACA),
        ]
        for timing in timings
    ]


def plain(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Put a table in columns."""
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]

    def write(line: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        return "  ".join([first, *others])

    return "\n".join([write(head), *(write(line) for line in lines)])


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown, numbers to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *lines))


def milliseconds(seconds: float | None) -> str:
    """Write seconds as milliseconds, three digits of them."""
    if seconds is None:
        return "-"
    return (
        f"{seconds * 1e3:.2f}"
        if seconds < 0.01
        else f"{seconds * 1e3:.1f}"
        if seconds < 0.1
        else f"{seconds * 1e3:.0f}"
    )


def ratio(times: float | None) -> str:
    """Write how many times as long."""
    return "-" if times is None else f"{times:.2f}" if times < 10 else f"{times:.0f}"
