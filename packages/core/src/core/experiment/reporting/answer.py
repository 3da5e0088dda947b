"""The question of a sweep is answered in a line that the intervals support, and in no other."""

from __future__ import annotations

from core.experiment.reporting.standing import Comparison, Group, Standing
from core.experiment.reporting.wording import between, fraction, listed, numeral, plural
from core.experiment.statistics import Interval

DECIMALS = 3  # what 400 or 10,000 examples can support
SPELLED_OUT = 3  # more variants than this are summed up


def answer(groups: list[Group], examples: int, unit: str) -> list[str]:
    """One sentence for each group of variants that are compared with one another."""
    return [(f"{group.name}: " if group.name else "") + _sentence(group, examples, unit) for group in groups]


def caution(groups: list[Group]) -> str:
    """Say what the intervals of the answer do not cover."""
    best = groups[0].best
    if best.interval is None:
        return "Without the predictions of every run there are no intervals, so this is an order and not a result."
    if len(best.runs) == 1:
        return (
            "One seed a variant: the intervals (95%) say what other test examples would change, not what training "
            "again with another seed would."
        )
    return "Intervals are 95%, over other test examples and over other seeds."


def _sentence(group: Group, examples: int, unit: str) -> str:
    best = _scored(group.best)
    if not group.comparisons:
        return f"{best}; it is the only variant that has finished, so there is nothing to compare it with."
    if any(comparison.difference is None for comparison in group.comparisons):
        return f"{best}, the highest of {numeral(len(group.comparisons) + 1)}, but with no interval to judge it by."
    tied = [comparison for comparison in group.comparisons if not _is_lower(comparison)]
    lower = [comparison for comparison in group.comparisons if _is_lower(comparison)]
    if not tied:
        return f"{group.best.label} is best at {_value(group.best)}; {_losses(lower)}."
    measure = plural(examples, unit) + (f" and {plural(len(group.best.runs), 'seed')}" if group.best.spread else "")
    if not lower:
        return f"No difference that {measure} can show: {best}; {_ties(tied)}."
    return f"{best}, but {measure} cannot tell it from {_names(tied)} ({_gaps(tied)}); {_losses(lower)}."


def _scored(standing: Standing) -> str:
    return f"{standing.label} scores {_value(standing)}"


def _value(standing: Standing) -> str:
    return _with_interval(standing.score, standing.interval)


def _ties(tied: list[Comparison]) -> str:
    if len(tied) > SPELLED_OUT:
        return f"the other {numeral(len(tied))} are below by {_range(tied)}, all within the margin"
    return ", ".join(f"{item.standing.label} is below by {_loss(item)}" for item in tied)


def _losses(lower: list[Comparison]) -> str:
    if len(lower) > SPELLED_OUT:
        return f"the other {numeral(len(lower))} are lower by {_range(lower)}"
    first, *rest = lower
    spelled = [f"{first.standing.label} is lower by {_loss(first)}"]
    return listed(spelled + [f"{item.standing.label} by {_loss(item)}" for item in rest])


def _gaps(tied: list[Comparison]) -> str:
    return f"{'difference' if len(tied) == 1 else 'differences'} {', '.join(_loss(item) for item in tied)}"


def _names(tied: list[Comparison]) -> str:
    return listed([item.standing.label for item in tied], last="or")


def _range(comparisons: list[Comparison]) -> str:
    losses = [-item.difference.estimate for item in comparisons if item.difference is not None]
    return f"{fraction(min(losses), DECIMALS)} to {fraction(max(losses), DECIMALS)}"


def _loss(comparison: Comparison) -> str:
    """Write how much is lost as a positive number, its interval turned round."""
    difference = comparison.difference
    if difference is None:
        return fraction(None)
    turned = Interval(-difference.interval.high, -difference.interval.low)
    return _with_interval(-difference.estimate, turned)


def _with_interval(value: float, interval: Interval | None) -> str:
    brackets = f" {between(interval, DECIMALS)}" if interval is not None else ""
    return fraction(value, DECIMALS) + brackets


def _is_lower(comparison: Comparison) -> bool:
    return comparison.difference is not None and comparison.difference.is_clear
