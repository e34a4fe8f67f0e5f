"""Pictures: what they show, by hand; and that their files hold it, as text, the same every time."""

import json
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from optuna.trial import TrialState
from PIL import Image

from model.goal import BIVARIATE, TERMS, TRIVARIATE, Goal
from service.analyses.report import FAILED, NOT_TRAINED, RUNNING, WAITING
from service.comparisons.best_goals import BestGoal
from service.errors import InvalidFieldError
from service.pictures import epochs, findings, goals, labels, searches
from service.pictures.axes import few_ticks
from service.pictures.chart import NODE, Parallel, signed
from service.pictures.colours import GREY, Scale, ink_on
from service.pictures.marks import Bars, Boxes, Series, Words
from service.pictures.rendering import MEDIA_TYPES, render
from service.pictures.screen.figure import DASHBOARD, plotly_figure
from service.showing import of_goals
from service.trials import TrialView
from tests.unit.reports import finding, report, summary

PUBLISHED = Goal.preset("optimized_1_100_tpe")
WEIGHTS = {"{F}{C}": "+0.98", "{F}{L}": "−0.99", "{FC}{FL}{CL}": "−0.02", "{FCL}": "−0.22", "H_res": "+0.04"}
"""Of the published goal, read from its file."""
TRAP = "$a_1$ <script>alert(1)</script> {0} %{x} & _b"


def texts(svg):
    return ["".join(node.itertext()).strip() for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def marks(picture, kind, panel=0):
    return [mark for mark in picture.panels[panel].marks if isinstance(mark, kind)]


def words(picture, panel=0):
    found = [pair for mark in marks(picture, Words, panel) for pair in zip(mark.texts, mark.x, mark.y, strict=True)]
    return {text.strip(): (x, y) for text, x, y in found}


def trial(number, value=None, state=TrialState.COMPLETE, goal=PUBLISHED, reported=None):
    return TrialView(number, state, value, (goal,), reported or {}, 1, number, None, (), None, None, None, None)


@pytest.mark.parametrize(
    ("lattice", "lines"),
    [
        (BIVARIATE, {("{1}{2}", "{1}"), ("{1}{2}", "{2}"), ("{1}", "{12}"), ("{2}", "{12}")}),
        (
            TRIVARIATE,
            {
                *((low, high) for low in ("{F}{C}{L}",) for high in ("{F}{C}", "{F}{L}", "{C}{L}")),
                *(("{F}{C}", high) for high in ("{F}{CL}", "{C}{FL}")),
                *(("{F}{L}", high) for high in ("{F}{CL}", "{L}{FC}")),
                *(("{C}{L}", high) for high in ("{C}{FL}", "{L}{FC}")),
                *((f"{{{a}}}{{{b}}}", f"{{{a}}}") for a, b in (("F", "CL"), ("C", "FL"), ("L", "FC"))),
                *((low, "{FC}{FL}{CL}") for low in ("{F}{CL}", "{C}{FL}", "{L}{FC}")),
                *(("{FC}{FL}{CL}", high) for high in ("{FC}{FL}", "{FC}{CL}", "{FL}{CL}")),
                *((("{F}", "{FC}{FL}")), ("{C}", "{FC}{CL}"), ("{L}", "{FL}{CL}")),
                *(("{FC}{FL}", high) for high in ("{FC}", "{FL}")),
                *(("{FC}{CL}", high) for high in ("{FC}", "{CL}")),
                *(("{FL}{CL}", high) for high in ("{FL}", "{CL}")),
                *((low, "{FCL}") for low in ("{FC}", "{FL}", "{CL}")),
            },
        ),
    ],
    ids=["bivariate", "trivariate"],
)
def test_lines_of_a_lattice_join_neighbours_alone(lattice, lines):
    found = goals.neighbours(lattice)

    assert {(lattice.names[low], lattice.names[high]) for low, high in found} == lines
    assert len(found) == len(lines)


@pytest.mark.parametrize("goal", [PUBLISHED, Goal((0.1, -0.2, 0.3, 0.4, 0.5))], ids=["trivariate", "bivariate"])
def test_every_line_of_a_lattice_goes_up_and_no_two_nodes_touch(goal):
    (graph,) = goals.goal([goal], "a goal").panels

    assert all(graph.nodes[low].y + 1 == graph.nodes[high].y for low, high in graph.edges)
    places = [(node.x, node.y) for node in graph.nodes]
    apart = [abs(a[0] - b[0]) >= 1 or abs(a[1] - b[1]) >= 1 for i, a in enumerate(places) for b in places[:i]]
    assert all(apart)


def test_a_goal_shows_every_term_with_its_weight():
    svg = render(goals.goal([PUBLISHED], "a goal"), "svg")

    shown = texts(svg)
    assert set(TERMS) <= set(shown)
    for term, weight in WEIGHTS.items():
        assert shown[shown.index(term) + 1] == weight


def test_each_layer_has_a_lattice_of_its_own_unless_all_have_the_same_goal():
    other = Goal.preset("heuristic")

    assert [p.title for p in goals.goal([PUBLISHED, other], "g").panels] == ["hidden layer 1", "hidden layer 2"]
    assert [p.title for p in goals.goal([PUBLISHED, PUBLISHED], "g").panels] == [""]


def test_goals_side_by_side_are_columns_and_those_of_other_neurons_another_table():
    bivariate = Goal((0.1, -0.2, 0.3, 0.4, 0.5))
    picture = goals.side_by_side(
        {"a": [PUBLISHED] * 2, "b": [PUBLISHED, Goal.preset("heuristic")], "c": [bivariate]}, ""
    )

    first, second = picture.panels
    assert list(first.columns) == ["a", "b, layer 1", "b, layer 2"]
    assert list(first.cells[1]) == [PUBLISHED.gamma[1], PUBLISHED.gamma[1], 1.0]
    assert [list(row) for row in second.cells] == [[0.1], [-0.2], [0.3], [0.4], [0.5]]


@pytest.mark.parametrize(
    ("names", "angle", "lines"),
    [
        (["first, trial 12", "second, trial 14"], 0, ["first, trial 12", "second, trial 14"]),
        ([f"study-{i}, trial 12" for i in range(9)], 0, [f"study-{i},<br>trial 12" for i in range(9)]),
        ([f"{i}, of_a_long_name" for i in range(9)], -90, [f"{i}, of_a_long_name" for i in range(9)]),
    ],
)
def test_names_lie_above_their_columns_where_each_fits_and_are_upright_elsewhere(names, angle, lines):
    figure = plotly_figure(goals.side_by_side({name: [PUBLISHED] for name in names}, "goals"))

    assert (figure.layout.xaxis.tickangle, list(figure.layout.xaxis.ticktext)) == (angle, lines)


@pytest.mark.parametrize(
    ("value", "written"), [(0.0, "0"), (-0.0, "0"), (-0.0035, "−0.00"), (0.0035, "+0.00"), (-0.5, "−0.50")]
)
def test_only_a_weight_of_exactly_zero_has_no_sign(value, written):
    assert signed(value) == written


def test_zeroing_has_rows_in_the_published_order_with_the_mean_its_interval_and_what_is_not_known():
    found = [
        finding("{F}{C}", weight="{F}{C}", change=summary(-0.3, -0.1)),
        finding("{F}{C}{L}", NOT_TRAINED, weight="{F}{C}{L}", note="it is zero already"),
        finding("H_res", FAILED, weight="H_res"),
        finding("{F}{L}", WAITING, weight="{F}{L}"),
    ]

    picture = findings.zeroing(report("zeroing", found))

    (chart,) = picture.panels
    assert list(chart.y.rows) == ["{F}{C}{L}", "{F}{C}", "{F}{L}", "H_res"]
    mean = next(series for series in marks(picture, Series) if any(series.intervals))
    assert (list(mean.x), list(mean.intervals)) == ([-0.2], [(-0.3, -0.1)])
    said = words(picture)
    assert {text: said[text] for text in ("it is zero already", "waiting", "failed")} == {
        "it is zero already": (0, 0),
        "waiting": (0, 2),
        "failed": (0, 3),
    }
    assert said["−0.2000"][1] == 1


def test_weights_of_layers_are_panels():
    found = [finding(name, weight=name, change=summary(-0.1, 0.1)) for name in ("10:{F}", "2:{F}", "2:{F}{C}")]

    picture = findings.zeroing(report("zeroing", found))

    assert [(p.title, list(p.y.rows)) for p in picture.panels] == [
        ("hidden layer 2", ["{F}{C}", "{F}"]),
        ("hidden layer 10", ["{F}"]),
    ]


def test_a_single_network_has_no_interval():
    picture = findings.zeroing(report("zeroing", [finding("{F}", weight="{F}", change=summary(-0.1))], seeds=1))

    (series,) = marks(picture, Series)
    assert (list(series.x), list(series.intervals)) == ([-0.1], [None])


def test_cumulative_zeroing_begins_at_the_baseline_and_has_a_gap_where_nothing_is_known():
    found = [
        finding("{F}", accuracy=summary(0.9, 0.8)),
        finding("{C}", RUNNING),
        finding("{L}", NOT_TRAINED),
        finding("{FC}", accuracy=summary(0.2, 0.4)),
    ]

    picture = findings.cumulative(report("cumulative_zeroing", found))

    curve = next(series for series in marks(picture, Series) if series.intervals)
    assert list(curve.y) == pytest.approx([0.95, 0.85, float("nan"), 0.95, 0.3], nan_ok=True)
    assert list(picture.panels[0].x.rows) == ["the whole goal", "{F}", "{C}", "{L}", "{FC}"]
    assert words(picture)["running"][0] == 2


def test_cumulative_zeroing_has_the_intervals_of_paired_changes_around_the_means():
    found = [
        finding("{F}", accuracy=summary(0.93, 0.95), change=summary(-0.02, -0.01)),
        finding("{C}", NOT_TRAINED),
        finding("{L}", accuracy=summary(0.1, 0.96), change=summary(-9.0, 9.0)),
    ]

    picture = findings.cumulative(report("cumulative_zeroing", found))

    curve = next(series for series in marks(picture, Series) if series.intervals)
    assert curve.name == "mean, 95 % interval of the change"
    assert list(curve.intervals) == [None, pytest.approx((0.93, 0.94)), None, (0.0, 1.0)]
    assert picture.panels[0].y.limits == pytest.approx((-0.06, 1.06))
    assert not set(marks(picture, Series)[0].x) & set(curve.x)


def test_an_analysis_that_waits_says_for_what():
    picture = findings.cumulative(report("cumulative_zeroing", [], waits_for="mnist-zeroing"))

    assert "waits for mnist-zeroing" in texts(render(picture, "svg"))


def test_sensitivity_has_a_panel_for_each_change_and_boxes_from_quartile_to_quartile():
    runs = summary(0.0, 0.1, 0.2, 0.3, 0.8)
    found = [finding(f"{{F}} {by}", weight="{F}", change=runs) for by in ("-10 %", "+10 %", "-0.1", "+0.1")]

    picture = findings.sensitivity(report("sensitivity", found))

    assert [panel.title for panel in picture.panels] == ["−10 %", "+10 %", "−0.1", "+0.1"]
    (box,) = marks(picture, Boxes)[0].boxes
    assert (box.low, box.lower_quartile, box.median, box.upper_quartile, box.high) == (0.0, 0.1, 0.2, 0.3, 0.8)


def test_confirmation_shows_the_searched_value_beside_the_mean():
    best = finding("trial 7", accuracy=summary(0.90, 0.94), trial=7, searched=0.95)
    others = [finding("trial 9", WAITING, trial=9, searched=0.93)]

    picture = findings.confirmation(replace(report("confirmation", others), baseline=best))

    by_name = {series.name: series for series in marks(picture, Series)}
    assert list(by_name["in the search"].x) == [0.95, 0.93]
    assert list(by_name["mean, 95 % interval"].x) == pytest.approx([0.92])
    assert list(picture.panels[0].y.rows) == ["trial 7", "trial 9"]


def test_a_searched_value_does_not_cover_the_mean_that_it_is_equal_to():
    best = finding("trial 7", accuracy=summary(0.90, 0.94), trial=7, searched=0.92)
    svg = render(findings.confirmation(replace(report("confirmation", []), baseline=best)), "svg").decode()

    markers = [node.get("style", "") for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}use")]
    searched = [style for style in markers if "stroke: #d55e00" in style]
    assert searched
    assert all("fill-opacity: 0" in style for style in searched)


def test_a_design_has_no_picture_of_its_own():
    with pytest.raises(ValueError, match="design"):
        findings.picture_of(report("design", []))


def test_history_has_the_best_so_far_and_tells_pruned_and_failed_trials_apart():
    trials = [
        trial(0, 0.5),
        trial(1, state=TrialState.FAIL),
        trial(2, 0.4),
        trial(3, state=TrialState.PRUNED, reported={1: 0.2, 2: 0.3}),
        trial(4, 0.7),
    ]

    picture = searches.history(trials, "history")

    by_name = {series.name: series for series in marks(picture, Series)}
    assert list(by_name["best so far"].y) == [0.5, 0.5, 0.7, 0.7]
    assert (list(by_name["pruned"].x), list(by_name["pruned"].y)) == ([3], [0.3])
    assert list(by_name["failed"].x) == [1]
    assert len({series.look.marker for series in by_name.values()}) == 4


@pytest.mark.parametrize(
    ("first", "last", "ticks"),
    [
        (0, 0, [0]),
        (0, 9, [0, 2, 4, 6, 8]),
        (1, 25, [5, 10, 15, 20, 25]),
        (7, 8, [7, 8]),
        (11, 17, [11, 12, 13, 14, 15, 16, 17]),
        (0, 1999, [0, 500, 1000, 1500]),
    ],
)
def test_trials_and_epochs_are_counted_in_whole_numbers_of_those_that_there_are(first, last, ticks):
    history = searches.history([trial(number, 0.5) for number in (first, last)], "history")
    rows = "".join(f"0,{epoch},0.1\n" for epoch in (first, last))
    atoms = epochs.atoms_over_epochs(f"network,epoch,output {{1}}\n{rows}".encode(), "atoms")

    assert [list(picture.panels[0].x.ticks) for picture in (history, atoms)] == [ticks, ticks]


def test_parallel_coordinates_draw_the_best_trial_last_the_first_of_equals():
    trials = [
        trial(0, 0.5),
        trial(1, 0.9),
        trial(2, 0.9, goal=Goal.preset("heuristic")),
        trial(3, state=TrialState.FAIL),
    ]

    (panel,) = searches.parallel_coordinates(trials, TERMS, "weights").panels

    assert isinstance(panel, Parallel)
    assert list(panel.values) == [0.5, 0.9, 0.9]
    assert panel.names[panel.best] == "trial 1, 0.9000"
    assert list(panel.lines[panel.best]) == list(PUBLISHED.gamma)


def test_importances_are_bars_in_the_order_given():
    picture = searches.importances([("{C}", 0.5, 0.1), ("{F}", 0.2, None)], "importances")

    (bars,) = marks(picture, Bars)
    assert (list(bars.lengths), list(bars.spreads)) == ([0.5, 0.2], [0.1, None])
    assert list(picture.panels[0].y.rows) == ["{C}", "{F}"]


HISTORY = b"""network,epoch,training_accuracy,hidden 1 self-cosine distance,hidden 1 {F}{C},hidden 1 H_res,output {1}{2}
0,1,0.5,0.1,0.1,0.5,0.2
0,2,0.5,0.1,0.2,0.5,0.2
1,1,0.5,nan,0.3,0.7,0.4
"""


def curves(picture, panel=0):
    return [series for series in marks(picture, Series, panel) if len(series.notes) > 1]


def test_atoms_are_means_over_the_networks_that_came_to_an_epoch():
    picture = epochs.atoms_over_epochs(HISTORY, "atoms")

    (atom,), (rest,), (other,) = (curves(picture, panel) for panel in range(3))
    assert [list(curve.y) for curve in (atom, rest, other)] == [
        pytest.approx(means) for means in ([0.2, 0.2], [0.6, 0.5], [0.3, 0.2])
    ]
    assert list(atom.x) == [1, 2]


def test_without_an_epoch_there_is_nothing_to_draw_yet():
    (chart,) = epochs.atoms_over_epochs(HISTORY.splitlines()[0], "atoms").panels

    assert not chart.y.label


def test_the_residual_entropy_is_beneath_the_atoms_that_it_would_make_one_line_of():
    picture = epochs.atoms_over_epochs(HISTORY, "atoms")

    assert [(panel.title, set(words(picture, i))) for i, panel in enumerate(picture.panels)] == [
        ("hidden 1", {"{F}{C}"}),
        ("", {"H_res"}),
        ("output", {"{1}{2}"}),
    ]
    assert picture.panels[0].y.limits == pytest.approx((-0.012, 0.212))


@pytest.mark.parametrize("file_format", ["svg", "html"])
def test_of_a_network_that_diverged_the_atoms_are_drawn_until_it_did(file_format):
    history = b"network,epoch,hidden 1 {F}{C},hidden 1 {F},hidden 1 H_res\n0,1,0.1,nan,0.5\n0,2,nan,nan,inf\n"

    picture = epochs.atoms_over_epochs(history, "atoms")

    assert [set(words(picture, place)) for place in range(2)] == [{"{F}{C}"}, {"H_res"}]
    assert render(picture, file_format)


@pytest.fixture
def all_atoms():
    """Of which most are about zero at the end."""
    header = ",".join(["network", "epoch", *(f"hidden 1 {term}" for term in TERMS)])
    rows = "\n".join(",".join(["0", str(epoch), "0.1", "-0.03", *["0.001"] * 17]) for epoch in (1, 2))
    return epochs.atoms_over_epochs(f"{header}\n{rows}\n".encode(), "atoms")


def test_no_two_atoms_have_the_same_look_in_colour_or_in_print(all_atoms):
    looks = [series.look for series in curves(all_atoms)]

    assert len(looks) == 18
    assert len({(look.colour, look.dash) for look in looks}) == 18
    assert len({(look.dash, look.marker) for look in looks}) == 18


def test_names_of_atoms_are_beside_the_data_and_take_no_room_from_it(all_atoms):
    (chart, _) = all_atoms.panels

    assert chart.y.limits == pytest.approx((-0.0378, 0.1078))
    assert len(words(all_atoms)) == 18
    assert all(x > 2 and chart.y.limits[0] < y < chart.y.limits[1] for x, y in words(all_atoms).values())


def test_a_curve_ends_at_the_last_epoch_and_what_leads_to_its_name_is_grey(all_atoms):
    beside = [series for series in marks(all_atoms, Series) if max(series.x) > 2 and len(set(series.y)) > 1]

    assert len(beside) > 10
    assert {series.look.colour for series in beside} == {GREY}


def test_labels_are_apart_in_the_order_of_what_they_label():
    found = labels.apart([0.0, 5.0, 0.0, 0.5], 1.0, (-9.0, 9.0))

    ordered = sorted(found)
    assert all(high - low >= 1 - 1e-12 for low, high in pairwise(ordered))
    assert sorted(range(4), key=lambda i: found[i]) == [0, 2, 3, 1]
    assert found[1] == 5.0


def test_labels_are_within_limits():
    assert labels.apart([0.0, 0.0, 0.0, 4.0], 1.0, (0.0, 4.0)) == [0.5, 1.5, 2.5, 3.5]


PICTURES = {
    "goal": lambda: goals.goal([PUBLISHED], "a goal"),
    "side by side": lambda: goals.side_by_side({TRAP: [PUBLISHED]}, "goals"),
    "sensitivity": lambda: findings.sensitivity(
        report("sensitivity", [finding("{F} +0.1", weight="{F}", change=summary(0.1, 0.1))])
    ),
    "cumulative": lambda: findings.cumulative(report("cumulative_zeroing", [finding("{F}", WAITING)])),
    "importances": lambda: searches.importances([("{F}", 0.0, None)], "importances"),
    "parallel coordinates": lambda: searches.parallel_coordinates([trial(0, 0.5)], TERMS, "weights"),
    "history": lambda: searches.history([trial(0, state=TrialState.FAIL)], "history"),
    "atoms": lambda: epochs.atoms_over_epochs(HISTORY, "atoms"),
    "nothing yet": lambda: searches.history([], "history"),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("file_format", MEDIA_TYPES)
def test_the_same_picture_is_the_same_file(name, file_format):
    first, second = (render(PICTURES[name](), file_format) for _ in range(2))

    assert first == second


def test_a_png_is_as_wide_as_a_page_and_not_empty():
    image = Image.open(BytesIO(render(PICTURES["atoms"](), "png")))
    image.load()

    assert image.format == "PNG"
    assert image.width == 7 * 150
    assert len(image.convert("L").getcolors(256)) > 20


def test_a_picture_grows_with_its_rows():
    def height(count):
        rows = [(f"weight {i}", 0.1, None) for i in range(count)]
        return Image.open(BytesIO(render(searches.importances(rows, "importances"), "png"))).height

    assert height(380) > 380 * 20
    assert height(19) < 2000


def test_names_are_text_in_an_svg_whatever_they_look_like():
    svg = render(goals.lattices({TRAP: PUBLISHED}, TRAP, TRAP), "svg")

    assert texts(svg).count(TRAP) == 3
    assert not list(ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}script"))


def test_names_are_text_in_a_page_whatever_they_look_like():
    page = render(goals.lattices({TRAP: PUBLISHED}, TRAP, TRAP), "html").decode()

    assert "<script>alert(1)" not in page
    assert f"<title>{TRAP.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</title>" in page


def test_a_page_asks_nobody_for_anything():
    page = render(PICTURES["goal"](), "html").decode()

    assert "plotly.js v" in page
    assert "<script src" not in page
    assert "<link" not in page


def test_a_figure_has_every_term_and_lists_instead_of_encoded_arrays():
    document = plotly_figure(goals.goal([PUBLISHED], "a goal")).to_json()

    (shown, _) = json.loads(document)["data"]
    assert {f"{term}<br><b>{weight}</b>" for term, weight in WEIGHTS.items()} <= set(shown["text"])
    assert "bdata" not in document


@pytest.mark.parametrize("change", [-1 / 3, 0.12345678, 2 / 3])
def test_what_is_written_at_the_end_of_an_axis_is_not_outside(change):
    picture = findings.zeroing(report("zeroing", [finding("{F}", weight="{F}", change=summary(change, change / 7))]))

    figure = plotly_figure(picture)

    (written,) = (trace for trace in figure.data if trace.mode == "text")
    assert written.x[0] <= figure.layout.xaxis.range[1]


@pytest.mark.parametrize("goal", [PUBLISHED, Goal((0.1, -0.2, 0.3, 0.4, 0.5))], ids=["trivariate", "bivariate"])
def test_a_bar_of_colours_is_no_longer_than_its_picture(goal):
    figure = plotly_figure(goals.goal([goal], "a goal"))

    margin = figure.layout.margin
    assert figure.data[1].marker.colorbar.len <= figure.layout.height - margin.t - margin.b


@pytest.mark.parametrize("name", ["goal", "sensitivity", "parallel coordinates", "history", "cumulative"])
def test_a_figure_for_the_dashboard_is_as_high_as_its_place(name):
    assert plotly_figure(PICTURES[name](), DASHBOARD).layout.height <= DASHBOARD + 1


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="pdf"):
        render(PICTURES["goal"](), "pdf")


@pytest.mark.parametrize(
    ("limits", "ticks"),
    [
        ((-0.08, 0.05), [-0.06, 0]),
        ((-0.21, 0.19), [-0.15, 0, 0.15]),
        ((-0.001, 0.014), [0, 0.01]),
        ((-0.3, 0.01), [-0.2, 0]),
    ],
)
def test_a_narrow_axis_of_changes_has_zero_and_a_number_on_either_side_where_there_is_room(limits, ticks):
    assert few_ticks(limits) == pytest.approx(ticks)


def test_every_panel_of_a_sensitivity_has_few_ticks():
    found = [finding(f"{{F}} {by}", weight="{F}", change=summary(-0.03, 0.04)) for by in ("-10 %", "+10 %")]

    picture = findings.sensitivity(report("sensitivity", found))

    assert [len(panel.x.ticks) for panel in picture.panels] == [3, 3]


def test_the_longest_name_is_within_its_box_where_the_dashboard_shows_a_goal():
    figure = plotly_figure(goals.goal([PUBLISHED], "a goal"), DASHBOARD)

    card, letter, margin = 650, 0.61 * figure.data[0].textfont.size, figure.layout.margin
    left, right = figure.layout.xaxis.range
    box = NODE[0] * (card - margin.l - margin.r) / (right - left)
    assert max(map(len, TERMS)) * letter < box


@pytest.mark.parametrize(("value", "colour"), [(-1, "#67001f"), (0, "#f7f7f7"), (1, "#053061"), (7, "#053061")])
def test_weights_are_red_below_zero_and_blue_above(value, colour):
    assert Scale.of_weights().colour(value) == colour


def test_what_stands_on_a_colour_can_be_read():
    assert [ink_on(colour) for colour in ("#053061", "#67001f", "#f7f7f7")] == ["#ffffff", "#ffffff", "#000000"]


def test_more_goals_side_by_side_than_can_be_drawn_in_a_moment_are_refused():
    def deep(n_layers):
        layers = tuple(Goal.of({"{F}": place / 100}) for place in range(n_layers))
        return BestGoal("deep", 0, "single_trial", layers, {})

    assert of_goals([deep(30), deep(30)]).panels
    with pytest.raises(InvalidFieldError, match="61 goals"):
        of_goals([deep(30), deep(31)])
