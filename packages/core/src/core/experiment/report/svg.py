"""A figure becomes a piece of the page: text stays text, colors become the page's own, and a sentence says what it shows.

Matplotlib writes fixed colors and fonts. They are exchanged for CSS variables and the page's font, so that a figure follows
light, dark and print like the rest of the page.
"""

from __future__ import annotations

import functools
import io
import re
import warnings
from collections.abc import Callable
from typing import ParamSpec

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Parameters = ParamSpec("Parameters")

INK, MUTED, RULE, PAPER = "#1b1f25", "#5c6570", "#d9dee4", "#fdfdfc"
# Okabe & Ito (2008), "Color Universal Design", its two lightest colors darkened to stand out from white paper.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#b0568b", "#a87800", "#3b3f98", "#6b6b6b")
DASHES = ("solid", (0, (5, 1.6)), (0, (1.2, 1.4)))  # the colors come round again with another dash

LONGEST_LABEL = 1_000
#: Losses and differences beyond this cannot be drawn on an axis together with others.
LARGEST_DRAWN = 1e30

_VARIABLES = {INK: "--ink", MUTED: "--muted", RULE: "--rule", PAPER: "--paper"}
_VARIABLES |= {shade: f"--series-{number}" for number, shade in enumerate(SERIES)}

_STYLE = {
    "svg.fonttype": "none",  # text as text: it can be read aloud, searched and copied
    "text.parse_math": False,  # a "$" in a class name is a dollar
    "font.family": "sans-serif",
    "font.size": 11.5,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 11,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.solid_capstyle": "round",
}


def color(position: int) -> str:
    """Return the color of the variant at this position."""
    return SERIES[position % len(SERIES)]


def dash(position: int) -> object:
    """Return the line style of the variant at this position."""
    return DASHES[position // len(SERIES) % len(DASHES)]


def in_figure(label: str) -> str:
    """Return a label as a figure shows it: whole, unless it would take seconds to lay out; the tables have it whole."""
    return label if len(label) <= LONGEST_LABEL else f"{label[:LONGEST_LABEL]}…"


def styled(draw: Callable[Parameters, Markup]) -> Callable[Parameters, Markup]:
    """Let a function that draws a figure do so in the page's style; Matplotlib's own settings come back after it."""

    @functools.wraps(draw)
    def draw_in_style(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Markup:
        with mpl.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return draw_in_style


def canvas(width: float, height: float, *, left: float, right: float, top: float, bottom: float) -> tuple[Figure, Axes]:
    """Return an empty figure of so many CSS pixels, with one pair of axes that leaves so many free on each side."""
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height)
    return figure, figure.add_axes(box)


def markup(figure: Figure, name: str, description: str) -> Markup:
    """Write the figure as inline SVG; ``name`` keeps its inner ids apart from those of other figures on the page."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}), warnings.catch_warnings():
        # The browser's fonts show the text; what Matplotlib's own font lacks only makes a measure inexact.
        warnings.filterwarnings("ignore", r"Glyph \d+|Matplotlib currently does not support")
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)  # it would hold for the whole page
    text = re.sub(r"<[^>]*>", _restyled, text)  # tags alone: what a figure says may look like anything
    view = re.search(r'viewBox="[^"]*"', text)
    if view is None:
        raise ValueError("Matplotlib wrote an SVG without a viewBox.")
    head = Markup('<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {} ').format(
        Markup(view[0])
    )
    label = Markup('role="img" aria-label="{}">').format(escape(description))
    return head + label + Markup(text[text.index(">") + 1 :])


def _restyled(tag: re.Match[str]) -> str:
    """Put the page's colors and font in a tag, and take its id away if it is a group."""
    text = re.sub(r'^<g id="[^"]*"', "<g", tag[0])
    text = re.sub(r"font: (?:(\d{3}) )?([\d.]+)px [^;\"]*", _font, text)  # Matplotlib 3.9
    text = re.sub(r"font-family: [^;\"]*(; )?", "", text)  # and later
    return re.sub("|".join(_VARIABLES), lambda match: f"var({_VARIABLES[match[0]]}, {match[0]})", text)


def _font(match: re.Match[str]) -> str:
    weight = f"font-weight: {match[1]}; " if match[1] else ""
    return f"{weight}font-size: {match[2]}px"
