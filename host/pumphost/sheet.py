"""The sheet every picture is drawn on: panels on one time axis, and marks of events across them.

A picture is 1200 px wide. Under everything lies the sheet, axes of the whole figure measured in pixels; on it stand
the title, the shaded spans of faults, the lines of alarms and, in a strip above the panels, the labels of all of them.
The strip has as many lanes as it takes: going from the latest mark to the earliest, each label takes the lowest lane
that is free to its right, there and in all lanes above, so no label covers another, nor a line that leads to one. A
mark that comes again less than the width of its label later is counted in that label; its line is still drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from pumphost.errors import BadInput

Event = tuple[float, str, str, str]  # t_s, source, code, value
Numbers = NDArray[np.float64]

DPI = 100
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 1200, 92, 214, 46, 52  # px: the figure and its margins
GAP, LANE = 16, 17  # px: between panels, and height of a lane of labels
COLUMNS = (WIDTH - LEFT - RIGHT) // 2

# Okabe and Ito's palette, told apart with any colour vision.
BLUE, VERMILION, GREEN, AMBER, PURPLE = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#AA4499"
INK, GREY = "#222222", "#6E6E6E"
DASHED: dict[str, Any] = {"color": INK, "dashes": (5, 3), "linewidth": 1.5}
LABEL: dict[str, Any] = {"fontsize": 9, "parse_math": False}
LABEL_INK = {
    "alarm": "#B34700",
    "guard": "#B34700",
    "user": "#00684C",
    "patient": "#00684C",
    "fault": "#7A5200",
}  # darker, to be read at 9 points


@dataclass(frozen=True)
class Clock:
    """The shared time axis: a span in s, drawn in min up to three hours and in h beyond."""

    start_s: float
    end_s: float

    @property
    def unit(self) -> tuple[str, float]:
        return ("min", 60.0) if self.end_s - self.start_s <= 3 * 3600 else ("h", 3600.0)

    def shown(self, t_s: ArrayLike) -> Numbers:
        return (np.asarray(t_s, dtype=np.float64) - self.start_s) / self.unit[1]

    def px(self, t_s: float) -> float:
        within = min(max(t_s, self.start_s), self.end_s)
        return LEFT + (WIDTH - LEFT - RIGHT) * (within - self.start_s) / (self.end_s - self.start_s)


def stack(clock: Clock, title: str, heights: Sequence[int], events: Sequence[Event]) -> tuple[Figure, list[Axes]]:
    """Panels one above the other on one time axis, with the marks of the events across them and labelled above them."""
    labels = _labels(clock, events)
    top = BOTTOM + sum(heights) + GAP * (len(heights) - 1)
    figure, sheet = blank(top + GAP + LANE * max((label.lane + 1 for label in labels), default=0) + TOP, title)
    _draw_marks(sheet, clock, events, top)
    for label in labels:
        y = top + GAP + LANE * label.lane
        sheet.plot([label.x] * 2, [top + 8, y + LANE - 3], color=LABEL_INK[label.source], linewidth=0.8)
        sheet.text(label.left + 4, y + 4, label.text, color=LABEL_INK[label.source], **LABEL)
    panels = []
    for height in heights:
        axes = panel(figure, LEFT, top - height, WIDTH - LEFT - RIGHT, height)
        axes.set_xlim(0.0, float(clock.shown(clock.end_s)))
        axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 3, 5, 6, 10]))
        axes.tick_params(labelbottom=height is heights[-1])
        panels.append(axes)
        top -= height + GAP
    panels[-1].set_xlabel(f"time, {clock.unit[0]}")
    return figure, panels


@dataclass(frozen=True)
class _Label:
    """A label of the strip: px of its mark and of its left edge, and its lane, 0 the lowest."""

    x: float
    left: float
    lane: int
    source: str
    text: str


def _labels(clock: Clock, events: Sequence[Event]) -> list[_Label]:
    labels: list[_Label] = []
    edges: list[float] = []  # left edge of each lane so far
    for group in reversed(_groups(clock, events)):
        text = _words(group)
        width = _width(text)
        x = clock.px(group[0][0])
        left = min(x, WIDTH - width)
        lane = next((k for k in range(len(edges)) if left + width <= min(edges[k:])), len(edges))
        edges[lane : lane + 1] = [left]
        labels.append(_Label(x, left, lane, group[0][1], text))
    return labels


def _groups(clock: Clock, events: Sequence[Event]) -> list[list[Event]]:
    """The events of each label: one, and those alike that come where the label of that one alone would stand."""
    groups: list[list[Event]] = []
    latest: dict[tuple[str, str, str], list[Event]] = {}
    for event in filter(_begins, events):
        alike = latest.get(event[1:])
        if alike and clock.px(event[0]) - clock.px(alike[0][0]) < _width(_words(alike[:1])):
            alike.append(event)
        else:
            latest[event[1:]] = [event]
            groups.append(latest[event[1:]])
    return groups


@lru_cache
def _width(text: str) -> float:
    """px that a label takes, with the room beside it."""
    ruler = FigureCanvasAgg(Figure(dpi=DPI)).figure.text(0, 0, text, **LABEL)
    return ruler.get_window_extent().width + 10


def _begins(event: Event) -> bool:
    return event[1] in ("user", "patient", "guard") or event[1::2] in (("alarm", "raised"), ("fault", "on"))


def _words(group: list[Event]) -> str:
    _, source, code, value = group[0]
    whose = f"{source}: " if source in ("fault", "patient", "guard") else ""
    words = code.replace("_", " ").replace("-", " ").lower()
    amount = f" {value}" if source in ("user", "patient") and value else ""
    return whose + words + amount + (f" ({len(group)} times)" if len(group) > 1 else "")


def _draw_marks(sheet: Axes, clock: Clock, events: Sequence[Event], top: int) -> None:
    for began_s, ended_s in _spans(clock, events):
        left, right = clock.px(began_s), clock.px(ended_s)
        sheet.fill_between([left, max(right, left + 1)], BOTTOM, top, color=AMBER, alpha=0.16, linewidth=0)
    for t_s, source, _, value in events:
        if source in ("user", "patient"):
            sheet.plot([clock.px(t_s)], [top + 5], "v", color=GREEN, markersize=7)
        elif source == "guard" or (source == "alarm" and value == "raised"):
            sheet.plot([clock.px(t_s)] * 2, [BOTTOM, top + 8], color=VERMILION, linewidth=1.1)


def _spans(clock: Clock, events: Sequence[Event]) -> list[tuple[float, float]]:
    """When there was a fault, one or several at once, in s."""
    spans, running, began_s = [], 0, 0.0
    for t_s, source, _, value in events:
        if source == "fault":
            began_s = t_s if not running else began_s
            running += 1 if value == "on" else -1
            if not running:
                spans.append((began_s, t_s))
    return [*spans, (began_s, clock.end_s)] if running else spans


def blank(height: int, title: str) -> tuple[Figure, Axes]:
    """A figure of `height` px with its title, and the axes under it, measured in px."""
    figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    sheet = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, WIDTH), ylim=(0, height))
    sheet.set_axis_off()
    heading = shorten(title, 100, placeholder=" …")
    sheet.text(LEFT, height - 30, heading, fontsize=14, fontweight="bold", color=INK, parse_math=False)
    return figure, sheet


def panel(figure: Figure, left: int, bottom: int, width: int, height: int) -> Axes:
    """Empty axes at that place; all in px."""
    across, up = figure.get_size_inches() * DPI
    axes = figure.add_axes((left / across, bottom / up, width / across, height / up))
    axes.patch.set_visible(False)
    axes.grid(color=INK, alpha=0.12, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=9.5, color=GREY, labelcolor=INK)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_label_coords(-64 / width, 0.5)
    return axes


def finish(axes: Axes, quantity: str, *drawn: ArrayLike) -> None:
    """Name the axis, make room for all that is drawn and for 0, and put the legend beside the panel."""
    values = np.concatenate([np.ravel(np.asarray(each, dtype=np.float64)) for each in drawn])
    low, high = min(0.0, float(np.nanmin(values))), max(0.0, float(np.nanmax(values)))
    room = 0.1 * (high - low) if high - low > 1e-6 else 1.0  # all but level: no scale of rounding errors
    axes.set_ylim(low - (room if low < 0.0 else 0.0), high + room)
    axes.ticklabel_format(axis="y", style="plain", useOffset=False)
    axes.set_ylabel(quantity, color=INK)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=9.5, borderaxespad=0.0)


def save(figure: Figure, file: Path | str) -> Figure:
    """Write `figure`; BadInput if that cannot be done."""
    try:
        figure.savefig(file, dpi=DPI, format=Path(file).suffix[1:] or "png")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadInput(f"{file}: {reason}; a .png file in a folder that exists is right") from error
    return figure
