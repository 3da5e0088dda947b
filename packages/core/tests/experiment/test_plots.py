"""The figures are read back: what is drawn where, what is written, and that nothing in them comes from outside."""

import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.experiment.report import curves, plots, svg
from core.experiment.report.curves import Curve
from core.experiment.report.plots import Dot
from core.experiment.report.statistics import Interval

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
HOSTILE = "<script>alert(1)</script> & $x^2$"


def dots(values, **options):
    return [Dot(f"units={2**row}", value, None, row, **options) for row, value in enumerate(values)]


def interval_plot(rows, **options):
    return plots.interval_plot(rows, "macro F1", "scores", "what it shows", **options)


def loss_plot(lines, name="training"):
    return curves.loss_plot(lines, curves.shared_limits(lines), "epoch", name, "what it shows")


FIGURES = {
    "intervals": lambda label: interval_plot([Dot(label, 0.7, Interval(0.6, 0.8), 0, also=(0.69, 0.71), published=0.5)]),
    "differences": lambda label: interval_plot([Dot(label, -0.1, Interval(-0.2, 0.01), 1)], zero=True),
    "classes": lambda label: plots.class_plot([label, "other"], [np.array([0.5, 0.6])], "classes", "what it shows"),
    "layers": lambda label: plots.layer_plot([label, "flatten"], [1e-6, 0.0], [1e-7, 1e-7], 0, "layers", "what it shows"),
    "losses": lambda label: loss_plot([Curve(label, [[2.0, 1.0, 0.5]], 0), Curve("b", [[2.0, 1.0, 0.9]], 1)]),
    "course": lambda label: curves.course_plot(
        Curve(label, [[2.0, 1.0]], 0), Curve(label, [[2.1, 1.5]], 0), [], (Interval(0.0, 2.2), 2), "a", "what it shows"
    ),
}  # fmt: skip


def texts(drawing):
    return ["".join(node.itertext()) for node in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


def marks(drawing, color):
    """Centres of the markers painted in a series color, in the order of drawing."""
    found = []
    for node in ElementTree.fromstring(drawing).iter(f"{SVG}use"):
        if f"fill: {color}" in node.get("style", "") or f"fill:{color}" in node.get("style", ""):
            found.append((float(node.get("x")), float(node.get("y"))))
    return found


def series(position):
    return f"var(--series-{position}, {svg.SERIES[position]})"


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_figure_is_one_inline_picture_with_a_description(draw):
    drawing = draw("kernel_size=3")
    root = ElementTree.fromstring(drawing)
    assert drawing.startswith("<svg ")
    assert (root.tag, root.get("role"), root.get("aria-label")) == (f"{SVG}svg", "img", "what it shows")
    assert root.get("viewBox")
    assert root.get("width") is None


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_figure_needs_nothing_from_outside(draw):
    drawing = draw("kernel_size=3")
    without_names = re.sub(r'xmlns(:xlink)?="[^"]*"', "", drawing)
    assert "http" not in without_names
    targets = [node.get(LINK) for node in ElementTree.fromstring(drawing).iter() if node.get(LINK)]
    identities = [node.get("id") for node in ElementTree.fromstring(drawing).iter() if node.get("id")]
    assert all(target[1:] in identities for target in targets)


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_figure_wears_the_colors_of_the_page(draw):
    drawing = draw("kernel_size=3")
    bare = re.sub(r"var\(--[a-z0-9-]+, #[0-9a-f]{6}\)", "", drawing)
    assert re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", bare) == []
    assert "DejaVu" not in drawing


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "course"])
def test_a_label_is_text_and_only_text(name):
    drawing = FIGURES[name](HOSTILE)
    assert "<script" not in drawing
    assert HOSTILE in texts(drawing)


def test_figures_on_one_page_share_no_ids():
    names = ("first", "second")
    found = [re.findall(r' id="([^"]+)"', loss_plot([Curve("a", [[2.0, 1.0]], 0)], name)) for name in names]
    assert found[0]
    assert not set(found[0]) & set(found[1])


def test_the_description_is_escaped():
    drawing = plots.interval_plot(dots([0.5]), "macro F1", "scores", '"><script>alert(1)</script>')
    assert "<script" not in drawing
    assert ElementTree.fromstring(drawing).get("aria-label") == '"><script>alert(1)</script>'


def test_dots_stand_where_their_values_are():
    drawing = interval_plot(dots([0.5, 0.9, 0.6]))
    (low,), (high,), (between,) = (marks(drawing, series(position)) for position in range(3))
    assert (between[0] - low[0]) / (high[0] - low[0]) == pytest.approx(0.25, abs=1e-5)  # SVG keeps 6 decimals
    assert low[1] < high[1] < between[1]  # the first row is on top
    assert [text for text in texts(drawing) if text in (".500", ".900", ".600")] == [".500", ".900", ".600"]


def test_differences_carry_their_sign():
    written = texts(interval_plot(dots([-0.05, 0.012]), zero=True))
    assert "−.050" in written
    assert "+.012" in written
    assert "0" in written


def test_classes_are_ordered_from_easy_to_hard():
    scores = [np.array([0.5, 0.9, 0.7]), np.array([0.6, 0.8, 0.7])]
    drawing = plots.class_plot(["cat", "ship", "deer"], scores, "classes", "")
    assert [text for text in texts(drawing) if text.isalpha()] == ["ship", "deer", "cat"]
    assert len(marks(drawing, series(0))) == len(marks(drawing, series(1))) == 3


def test_layers_without_a_difference_say_zero():
    written = texts(plots.layer_plot(["rescaling", "dense"], [0.0, 3.2e-7], [1e-7, 1e-7], 0, "layers", ""))
    assert "0" in written
    assert "3.2e-07" in written


def test_layers_that_all_agree_can_be_drawn():
    written = texts(plots.layer_plot(["rescaling", "dense"], [0.0, 0.0], [0.0, 0.0], 0, "layers", ""))
    assert written.count("0") == 2


def test_mean_curve_takes_what_there_is():
    curve = Curve("a", [[2.0, 1.0, 0.5], [4.0, float("nan")]], 0)
    np.testing.assert_array_equal(curve.mean, [3.0, 1.0, 0.5])


def test_limits_hold_every_seed_and_skip_what_is_not_finite():
    loss, epochs = curves.shared_limits([Curve("a", [[2.0, 1.0], [3.0, float("inf"), 0.5]], 0)])
    assert loss.low < 0.5
    assert 3.0 < loss.high < 3.3
    assert epochs == 3


@pytest.mark.parametrize("losses", [[], [float("nan")], [1.0], [1.0, 1.0]])
def test_odd_histories_can_be_drawn(losses):
    assert ElementTree.fromstring(loss_plot([Curve("a", [losses], 0)])).tag == f"{SVG}svg"


def test_seeds_are_drawn_beside_their_mean():
    def lines(seeds):
        drawing = loss_plot([Curve("a", seeds, 0)])
        return sum(
            "stroke-opacity: 0.32" in (node.get("style") or "") for node in ElementTree.fromstring(drawing).iter()
        )

    assert lines([[2.0, 1.0]]) == 0
    assert lines([[2.0, 1.0], [2.2, 1.2], [1.9, 1.1]]) == 3


@given(st.lists(st.tuples(st.floats(-50, 350), st.sampled_from([15, 29])), min_size=1, max_size=8))
def test_labels_stand_clear_of_one_another(boxes):
    wanted, sizes = [place for place, _ in boxes], [size for _, size in boxes]
    centres = curves.spread_out(wanted, sizes, 0, 300)
    order = sorted(range(len(boxes)), key=lambda index: wanted[index])
    edges = [(centres[index] - sizes[index] / 2, centres[index] + sizes[index] / 2) for index in order]
    assert all(lower[1] <= upper[0] + 1e-9 for lower, upper in itertools.pairwise(edges))
    assert edges[0][0] >= -1e-9
    assert edges[-1][1] <= 300 + 1e-9 or sum(sizes) > 300


def test_labels_with_room_stay_where_they_want_to_be():
    assert curves.spread_out([100.0, 40.0, 200.0], [15, 15, 29], 0, 300) == [100.0, 40.0, 200.0]
