"""The pictures are made, hold what they are said to hold, and no text in them covers another or is cut off."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from pumphost.capture import Capture
from pumphost.errors import BadInput
from pumphost.pictures import Event, draw_capture, draw_delivery, draw_trumpet
from pumphost.trumpet import analyse

CODES = [
    *("OCCLUSION_DOWNSTREAM", "OCCLUSION_UPSTREAM", "AIR_BUBBLE", "AIR_ACCUMULATED", "RESERVOIR_LOW"),
    *("RESERVOIR_EMPTY", "INFUSION_NEAR_END", "INFUSION_COMPLETE", "OVER_INFUSION", "UNDER_INFUSION"),
    *("FREE_FLOW", "MOTOR_STALL", "DOOR_OPEN"),
]
TOUCH_PX = 1.0  # extents are those of the glyphs' boxes; a shared edge is no overlap


def trace_of(duration_s: float, rate_ml_h: float = 5.0, every_s: float = 1.0) -> dict[str, Any]:
    t_s = np.arange(0.0, duration_s + every_s / 2, every_s)
    flow = rate_ml_h * (1 + 0.1 * np.sin(t_s / 7))
    volume = rate_ml_h * t_s / 3600
    names = ("t_s", "set_rate_ml_h", "flow_ml_h", "pumped_ml", "delivered_ml", "pressure_kpa", "reading_kpa")
    pressure = 3 + np.cos(t_s / 50)
    numbers = (t_s, np.full_like(t_s, rate_ml_h), flow, volume, 0.98 * volume, pressure, pressure + 0.1)
    return {**dict(zip(names, numbers, strict=True)), "state": ["RUN"] * len(t_s), "alarm": [""] * len(t_s)}


def alarms(*times_s: float) -> list[Event]:
    return [(t_s, "alarm", CODES[i % len(CODES)], "raised") for i, t_s in enumerate(times_s)]


def capture_of(volume_ml: Callable[[float], float], duration_s: float = 7200.0, every_s: float = 10.0) -> Capture:
    t_s = np.arange(0.0, duration_s + every_s / 2, every_s)
    return Capture(Path("bench.csv"), t_s, np.array([volume_ml(t) for t in t_s.tolist()]))


def flow_ratio(ratio: float) -> Callable[[float], float]:
    return lambda t_s: ratio * 5.0 * t_s / 3600


# ---- bad input

BAD_FILES = [
    ("absent/picture.png", ["No such file", "a folder that exists"]),
    ("picture.xyz", ["xyz", "not supported", ".png"]),
    (".", ["s a directory", ".png"]),
]


@pytest.mark.parametrize(("name", "says"), BAD_FILES, ids=[row[0] for row in BAD_FILES])
def test_a_file_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path, name: str, says: list[str]) -> None:
    file = tmp_path / name
    with pytest.raises(BadInput) as caught:
        draw_capture(capture_of(flow_ratio(1.0)), file, "title")
    assert "\n" not in str(caught.value)
    for part in [str(file), *says]:
        assert part in str(caught.value)


def test_a_trace_of_one_row_is_refused(tmp_path: Path) -> None:
    trace = {name: column[:1] for name, column in trace_of(10.0).items()}
    with pytest.raises(BadInput, match=r"'short'.*1 row.*at least 2"):
        draw_delivery(trace, [], tmp_path / "picture.png", "short")


# ---- every picture: a PNG, 1200 px wide, no text over another


def delivery(duration_s: float, events: list[Event], rate_ml_h: float = 5.0, every_s: float = 1.0) -> Any:
    return lambda file: draw_delivery(trace_of(duration_s, rate_ml_h, every_s), events, file, "a run", 60.0)


def trumpet(volume_ml: Callable[[float], float]) -> Any:
    return lambda file: draw_trumpet(analyse(capture_of(volume_ml), 5.0), file, "a curve")


USER: list[Event] = [(0.0, "user", "START", "5"), (60.0, "user", "PAUSE", ""), (61.0, "user", "RESUME", "")]
FAULTS: list[Event] = [
    (100.0, "fault", "air-train", "on"),
    (101.0, "fault", "door-open", "on"),
    (140.0, "fault", "air-train", "off"),
    (290.0, "fault", "occlusion-downstream", "on"),
]
CROWD = alarms(*np.linspace(50.0, 90.0, 60).tolist())
PICTURES = {
    "nothing happens": delivery(300.0, []),
    "five minutes": delivery(300.0, USER + FAULTS + alarms(200.0)),
    "a day": delivery(86_400.0, USER + alarms(80_000.0, 84_000.0, 86_399.0)),
    "no flow": delivery(300.0, USER, rate_ml_h=0.0),
    "tiny flow": delivery(300.0, USER, rate_ml_h=0.01),
    "great flow": delivery(7_000.0, USER, rate_ml_h=1200.0),
    "all at the start": delivery(3600.0, USER + alarms(*[0.0] * 13)),
    "all at the end": delivery(3600.0, FAULTS + alarms(*[3600.0] * 13)),
    "a crowd": delivery(300.0, USER + FAULTS + CROWD + alarms(*np.linspace(250.0, 300.0, 26).tolist())),
    "after the last row": delivery(300.0, alarms(300.5)),
    "a long label at the end": delivery(300.0, [(300.0, "user", "SET_RATE", "refused because it is out of all range")]),
    "the same again and again": delivery(3600.0, [(60.0 * k, "user", "acknowledge", "") for k in range(61)]),
    "capture": lambda file: draw_capture(capture_of(flow_ratio(1.0)), file, "a capture"),
    "short capture": lambda file: draw_capture(capture_of(flow_ratio(1.0), 10.0), file, "a capture"),
    "long title": lambda file: draw_capture(capture_of(flow_ratio(1.0)), file, "a long $title of\na capture " * 20),
    "trumpet, exact": trumpet(flow_ratio(1.0)),
    "trumpet, no flow": trumpet(flow_ratio(0.0)),
    "trumpet, bias": trumpet(flow_ratio(2.2345)),
    "trumpet, ten times": trumpet(flow_ratio(11.0)),
    "trumpet, sine": trumpet(lambda t_s: flow_ratio(1.0)(t_s) + 0.05 * np.sin(t_s / 80)),
    "trumpet, never below": trumpet(lambda t_s: flow_ratio(1.001)(t_s) + 0.5 * (t_s // 6000)),
    "trumpet, boluses": trumpet(lambda t_s: 3.0 * (t_s // 700)),
}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[Text, tuple[str, Bbox]]:
    """The texts that are really drawn, and where; of tick labels, matplotlib keeps more than it draws."""
    texts: dict[Text, tuple[str, Bbox]] = {}
    draw = Text.draw

    def note(self: Text, renderer: Any) -> None:
        draw(self, renderer)
        if self.get_visible() and self.get_text().strip():
            texts[self] = (self.get_text(), self.get_window_extent(renderer))

    monkeypatch.setattr(Text, "draw", note)
    return texts


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_legible(name: str, tmp_path: Path, drawn: dict[Text, tuple[str, Bbox]]) -> None:
    file = tmp_path / "picture.png"
    PICTURES[name](file)
    head = file.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    assert width == 1200
    assert 450 <= height <= 1600
    assert len(drawn) > 15
    for text, box in drawn.values():
        assert 0 <= box.x0 < box.x1 <= width, text
        assert 0 <= box.y0 < box.y1 <= height, text
    for (one, here), (other, there) in combinations(drawn.values(), 2):
        across = min(here.x1, there.x1) - max(here.x0, there.x0)
        up = min(here.y1, there.y1) - max(here.y0, there.y0)
        assert across <= TOUCH_PX or up <= TOUCH_PX, f"{one!r} and {other!r} overlap by {across:.1f} x {up:.1f} px"


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    PICTURES["five minutes"](one)
    PICTURES["five minutes"](other)
    assert one.read_bytes() == other.read_bytes()


def test_a_name_without_an_ending_is_kept_and_is_a_png(tmp_path: Path) -> None:
    draw_capture(capture_of(flow_ratio(1.0)), tmp_path / "picture", "a capture")
    assert (tmp_path / "picture").read_bytes()[:4] == b"\x89PNG"


# ---- what a delivery picture holds


def strip_of(figure: Figure) -> list[str]:
    """The labels above the panels; the first text of the sheet is the title."""
    return sorted(text.get_text() for text in figure.axes[0].texts[1:])


def drawn_volume(axes: Axes, name: str) -> list[float]:
    (line,) = [line for line in axes.lines if str(line.get_label()).startswith(name)]
    return np.asarray(line.get_ydata(), dtype=float).tolist()


def test_programmed_is_the_integral_of_the_set_rate(tmp_path: Path) -> None:
    # 60 mL/h for 60 s, then 120 mL/h for 30 s, then nothing: 1 mL, then 2 mL in all, and there it stays.
    trace = {name: column[:4] for name, column in trace_of(10.0).items()}
    trace |= {"t_s": [0.0, 60.0, 90.0, 100.0], "set_rate_ml_h": [60.0, 120.0, 0.0, 0.0]}
    figure = draw_delivery(trace, [], tmp_path / "picture.png", "a run")
    assert drawn_volume(figure.axes[1], "programmed") == pytest.approx([0.0, 1.0, 2.0, 2.0], abs=1e-12)


# (until, state, set rate in mL/h), the volumes at the beginning and after each; 6 mL are to be infused.
PROGRAMMED = {
    "to the end, then at the KVO rate": (
        [(180.0, "INFUSING", 120.0), (540.0, "KVO", 10.0)],
        [0.0, 6.0, 7.0],
    ),
    "what flows by itself ends it early, and is not programmed": (
        [(120.0, "INFUSING", 120.0), (360.0, "KVO", 60.0), (420.0, "KVO", 60.0)],
        [0.0, 4.0, 9.0, 10.0],
    ),
    "the same with no KVO": ([(120.0, "INFUSING", 120.0), (150.0, "DONE", 0.0), (420.0, "DONE", 0.0)], [0, 4, 5, 6]),
    "an alarm stops the pump alone, a pause the prescription too": (
        [(60.0, "INFUSING", 120.0), (90.0, "ALARM", 0.0), (190.0, "PAUSED", 0.0), (220.0, "INFUSING", 120.0)],
        [0.0, 2.0, 3.0, 3.0, 4.0],
    ),
    "an alarm at the KVO rate, and one that went there early": (
        [(60.0, "INFUSING", 120.0), (180.0, "KVO", 60.0), (240.0, "KVO", 60.0), (300.0, "ALARM", 0.0)],
        [0.0, 2.0, 6.0, 7.0, 8.0],
    ),
    "the same volume once more": (
        [(180.0, "INFUSING", 120.0), (200.0, "DONE", 0.0), (210.0, "READY", 0.0), (390.0, "INFUSING", 120.0)],
        [0.0, 6.0, 6.0, 6.0, 12.0],
    ),
}


@pytest.mark.parametrize("case", PROGRAMMED.values(), ids=PROGRAMMED)
def test_programmed_is_the_set_rate_until_the_volume_is_in(tmp_path: Path, case: Any) -> None:
    spans, volumes = case
    last = spans[-1]
    trace = {name: column[: len(volumes)] for name, column in trace_of(10.0).items()}
    trace |= {"t_s": [0.0, *(until for until, _, _ in spans)]}
    trace |= {"state": [state for _, state, _ in [*spans, last]], "set_rate_ml_h": [r for _, _, r in [*spans, last]]}
    figure = draw_delivery(trace, [], tmp_path / "picture.png", "a run", programmed_ml=6.0)
    assert drawn_volume(figure.axes[1], "programmed") == pytest.approx(volumes, abs=1e-9)


def test_where_the_volume_is_not_known_the_kvo_rate_begins_with_its_state(tmp_path: Path) -> None:
    trace = {name: column[:3] for name, column in trace_of(10.0).items()}
    trace |= {"t_s": [0.0, 60.0, 120.0], "state": ["INFUSING", "KVO", "KVO"], "set_rate_ml_h": [120.0, 60.0, 60.0]}
    figure = draw_delivery(trace, [], tmp_path / "picture.png", "a run")
    assert drawn_volume(figure.axes[1], "programmed") == pytest.approx([0.0, 2.0, 3.0], abs=1e-9)


def test_labels_say_what_happened(tmp_path: Path) -> None:
    events: list[Event] = [
        (0.0, "user", "START", ""),
        (10.0, "state", "RUN", "IDLE"),
        (50.0, "user", "SET_RATE", "12.5"),
        (90.0, "alarm", "AIR_BUBBLE", "raised"),
        (95.0, "alarm", "AIR_BUBBLE", "cleared"),
        (99.0, "alarm", "AIR_BUBBLE", "raised"),
        (250.0, "alarm", "AIR_BUBBLE", "raised"),
        (260.0, "fault", "door-open", "on"),
        (270.0, "fault", "door-open", "off"),
    ]
    figure = draw_delivery(trace_of(300.0), events, tmp_path / "picture.png", "a run")
    labels = ["air bubble", "air bubble (2 times)", "fault: door open", "set rate 12.5", "start"]
    assert strip_of(figure) == labels


def left_of(figure: Figure, label: str) -> list[float]:
    """Where the labels of these words begin, in px from where the first second is drawn."""
    zero = figure.axes[1].get_window_extent().x0
    return sorted(text.get_window_extent().x0 - zero for text in figure.axes[0].texts if text.get_text() == label)


def test_what_comes_again_is_labelled_at_its_own_time_where_there_is_room(tmp_path: Path) -> None:
    events: list[Event] = [(0.0, "user", "acknowledge", ""), (960.0, "user", "acknowledge", "")]
    figure = draw_delivery(trace_of(5400.0), events, tmp_path / "picture.png", "a run")
    first, again = left_of(figure, "acknowledge")
    counted = draw_delivery(trace_of(5400.0), [*events[:1], *events], tmp_path / "picture.png", "a run")
    assert left_of(counted, "acknowledge (2 times)") == [first] and left_of(counted, "acknowledge") == [again]
    across = figure.axes[1].get_window_extent().width
    assert again - first == pytest.approx(across * 960 / 5400, abs=1.0)
    assert 0 <= first < 6


def test_what_is_counted_keeps_its_value(tmp_path: Path) -> None:
    events: list[Event] = [
        (t_s, "user", "program", value) for t_s, value in ((0, "20 mL/h"), (9, "20 mL/h"), (18, "5 mL/h"))
    ]
    figure = draw_delivery(trace_of(3600.0), events, tmp_path / "picture.png", "a run")
    assert strip_of(figure) == ["program 20 mL/h (2 times)", "program 5 mL/h"]


def test_the_order_of_the_events_does_not_matter(tmp_path: Path) -> None:
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    draw_delivery(trace_of(300.0), USER + FAULTS + CROWD, one, "a run")
    draw_delivery(trace_of(300.0), (USER + FAULTS + CROWD)[::-1], other, "a run")
    assert one.read_bytes() == other.read_bytes()


def test_every_raised_alarm_is_a_line_across_the_panels(tmp_path: Path) -> None:
    figure = draw_delivery(trace_of(300.0), CROWD, tmp_path / "picture.png", "a run")
    bottom = figure.axes[-1].get_window_extent().y0
    top = figure.axes[1].get_window_extent().y1
    ends = [np.asarray(line.get_ydata(), dtype=float) for line in figure.axes[0].lines]
    assert sum(end.min() <= bottom + 0.5 and end.max() >= top for end in ends) == len(CROWD) == 60


@pytest.mark.parametrize(
    ("faults", "shaded"),
    [
        ([(100.0, "on"), (140.0, "off"), (290.0, "on")], [[100.0, 140.0], [290.0, 400.0]]),
        ([(100.0, "on"), (120.0, "on"), (140.0, "off"), (150.0, "off")], [[100.0, 150.0]]),  # two at once: once
        ([], []),
    ],
)
def test_a_fault_is_shaded_from_on_to_off_or_to_the_end(tmp_path: Path, faults: Any, shaded: Any) -> None:
    events = [(t_s, "fault", "air-bubble", value) for t_s, value in faults]
    figure = draw_delivery(trace_of(400.0), events, tmp_path / "picture.png", "a run")
    panel = figure.axes[1].get_window_extent()
    spans = [path.get_paths()[0].get_extents() for path in figure.axes[0].collections]
    seconds = sorted([round((x - panel.x0) / panel.width * 400.0, 3) for x in (box.x0, box.x1)] for box in spans)
    assert seconds == shaded


@pytest.mark.parametrize(
    ("duration_s", "label", "end"), [(300, "min", 5.0), (10_800, "min", 180.0), (86_400, "h", 24.0)]
)
def test_time_is_in_minutes_or_hours_as_fits(tmp_path: Path, duration_s: int, label: str, end: float) -> None:
    figure = draw_delivery(trace_of(duration_s, every_s=10.0), [], tmp_path / "picture.png", "a run")
    assert figure.axes[-1].get_xlabel() == f"time, {label}"
    assert all(axes.get_xlim() == (0.0, end) for axes in figure.axes[1:])


def test_the_threshold_is_drawn_only_if_it_is_known(tmp_path: Path) -> None:
    known = draw_delivery(trace_of(300.0), [], tmp_path / "picture.png", "a run", 60.0).axes[-1]
    unknown = draw_delivery(trace_of(300.0), [], tmp_path / "picture.png", "a run").axes[-1]
    assert [str(line.get_label()) for line in known.lines] == [
        "as the pump reads it",
        "line pressure",
        "alarm at 60 kPa",
    ]
    assert [str(line.get_label()) for line in unknown.lines] == ["as the pump reads it", "line pressure"]
    assert known.get_ylim()[1] > 60.0 > unknown.get_ylim()[1]


def test_a_capture_counts_from_its_first_sample(tmp_path: Path) -> None:
    # A balance that is not tared: 500 mL stood on it. 5 mL/h throughout, so every 30 s mean is 5 mL/h.
    capture = capture_of(lambda t_s: 500.0 + 5.0 * t_s / 3600)
    _, volumes, flows = draw_capture(capture, tmp_path / "picture.png", "a capture").axes
    assert drawn_volume(volumes, "recorded")[::720] == pytest.approx([0.0, 10.0], abs=1e-9)
    assert len(flows.patches) == 1
    assert flows.patches[0].get_data().values == pytest.approx([5.0] * 240, abs=1e-6)


def test_the_trumpet_says_its_values(tmp_path: Path) -> None:
    result = analyse(capture_of(lambda t_s: 5.0 * t_s / 3600 + 0.05 * np.sin(t_s / 80)), 5.0)
    curve = draw_trumpet(result, tmp_path / "picture.png", "a curve").axes[2]
    values = [f"{value:+.1f}".replace("-", "\N{MINUS SIGN}") for value in (*result.ep_max, *result.ep_min)]
    assert sorted(text.get_text() for text in curve.texts) == sorted(values)


@pytest.mark.parametrize("peak_at", [0.05, 0.5, 0.97])
def test_a_peak_far_above_the_rate_is_cut_off_and_said(tmp_path: Path, peak_at: float) -> None:
    trace = trace_of(600.0)
    trace["flow_ml_h"][int(600 * peak_at)] = 287.0
    figure = draw_delivery(trace, [], tmp_path / "picture.png", "a bolus")
    flows = figure.axes[2]
    assert flows.get_ylim()[1] == 12.5
    assert [text.get_text() for text in flows.texts] == ["up to 287 mL/h"]


def test_a_rate_within_reach_is_drawn_whole(tmp_path: Path) -> None:
    figure = draw_delivery(trace_of(600.0), [], tmp_path / "picture.png", "no bolus")
    assert figure.axes[2].get_ylim()[1] > 5.5
    assert list(figure.axes[2].texts) == []
