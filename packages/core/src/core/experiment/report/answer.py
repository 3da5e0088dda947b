"""The question of a sweep is answered in a line that the intervals support, and in no other."""

from __future__ import annotations

from core.experiment.report.ranking import AgainstBest, Group
from core.experiment.report.statistics import Interval
from core.experiment.report.wording import between, fraction, listed, numeral, plural

DECIMALS = 3  # what 400 or 10,000 examples can support
SPELLED_OUT = 3  # more variants than this are summed up


def answer(groups: list[Group], examples: int, unit: str) -> list[str]:
    """Return one sentence for each group of variants that are compared with one another."""
    return [_sentence(group, examples, unit) for group in groups]


def caution(groups: list[Group]) -> str:
    """Return what the intervals of the answer do not cover."""
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
    start = f"With {group.name}, " if group.name else ""
    best, value = group.short(group.best), _with_interval(group.best.score, group.best.interval)
    if not group.others:
        return f"{start}Macro F1 is {value} ({best}); there is no other variant to compare it with."
    if any(other.difference is None for other in group.others):
        count = numeral(len(group.others) + 1)
        return f"{start}{best} scores {value}, the highest of {count}, but with no interval to judge that by."
    tied = [other for other in group.others if not _is_lower(other)]
    lower = [other for other in group.others if _is_lower(other)]
    if not tied:
        return f"{start}{best} is best at {value}; {_lower(group, lower)}."
    measure = plural(examples, unit) + (f" and {plural(len(group.best.runs), 'seed')}" if group.best.spread else "")
    if not lower:
        nothing = f"no difference that {measure} can show" if start else f"No difference that {measure} can show"
        return f"{start}{nothing}: {best} scores {value}; {_below(group, tied)}."
    names = listed([group.short(item.variant) for item in tied], last="or")
    gaps = f"{'difference' if len(tied) == 1 else 'differences'} {', '.join(_loss(item) for item in tied)}"
    return (
        f"{start}{best} scores highest, {value}, but {measure} cannot tell it from {names} ({gaps}); "
        f"{_lower(group, lower)}."
    )


def _below(group: Group, tied: list[AgainstBest]) -> str:
    if len(tied) > SPELLED_OUT:
        return f"the other {numeral(len(tied))} are below by {_range(tied)}, all within the margin"
    return listed([f"{group.short(item.variant)} is below by {_loss(item)}" for item in tied])


def _lower(group: Group, lower: list[AgainstBest]) -> str:
    if len(lower) > SPELLED_OUT:
        return f"the other {numeral(len(lower))} are lower by {_range(lower)}"
    first, *rest = lower
    spelled = [f"{group.short(first.variant)} is lower by {_loss(first)}"]
    return listed(spelled + [f"{group.short(item.variant)} by {_loss(item)}" for item in rest])


def _range(others: list[AgainstBest]) -> str:
    losses = [-item.difference.estimate for item in others if item.difference is not None]
    return f"{fraction(min(losses), DECIMALS)} to {fraction(max(losses), DECIMALS)}"


def _loss(other: AgainstBest) -> str:
    """Write how much is lost as a positive number, its interval turned round."""
    difference = other.difference
    if difference is None:
        return fraction(None)
    turned = Interval(-difference.interval.high, -difference.interval.low)
    return _with_interval(-difference.estimate, turned)


def _with_interval(value: float, interval: Interval | None) -> str:
    brackets = f"\u00a0{between(interval, DECIMALS)}" if interval is not None else ""
    return fraction(value, DECIMALS) + brackets


def _is_lower(other: AgainstBest) -> bool:
    return other.difference is not None and other.difference.is_clear
