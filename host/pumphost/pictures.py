"""Pictures of a run, of a recorded capture and of its trumpet curve, drawn with matplotlib's object API."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pumphost.capture import SAMPLE_S, Capture
from pumphost.errors import BadInput
from pumphost.sheet import (
    AMBER,
    BLUE,
    COLUMNS,
    DASHED,
    GREEN,
    GREY,
    INK,
    LEFT,
    PURPLE,
    VERMILION,
    Clock,
    Event,
    Numbers,
    blank,
    finish,
    panel,
    save,
    stack,
)
from pumphost.trumpet import Trumpet

MEAN_S = 120.0  # over which a leaping flow is also shown in the mean: the trumpet's first window
LONG = 0.1  # of the rows: so long a peak is no peak, and stays in sight
LEAPS = 0.6  # of the mean flow from row to row, in the mean


def draw_delivery(
    trace: Mapping[str, Sequence[Any] | NDArray[Any]],
    events: Iterable[Event],
    file: Path | str,
    title: str,
    threshold_kpa: float | None = None,
    programmed_ml: float = math.inf,
) -> Figure:
    """Draw a run: volumes in mL, flows in mL/h and pressures in kPa, with its alarms, faults and what people did.

    trace: the columns of trace.csv by name, n >= 2 rows. events: (t_s, source, code, value) as in events.csv; drawn are
    "user", "patient", "guard", "alarm" with the value "raised", and "fault" from "on" to "off" or to the end. Air that
    went into the patient and the pressure before a peristaltic pump are drawn where there are any. threshold_kpa: the
    pressure that raises the occlusion alarm. programmed_ml: the volume to be infused. Returns the figure that was
    written; BadInput if the trace has no two rows or file cannot be written.
    """
    names = ("t_s", "set_rate_ml_h", "flow_ml_h", "pumped_ml", "delivered_ml", "pressure_kpa", "reading_kpa")
    t_s, rate, flow, pumped, delivered, pressure, reading = (
        np.asarray(trace[name], dtype=np.float64) for name in names
    )
    supply, air = (
        np.asarray(trace.get(name, np.zeros(len(t_s))), dtype=np.float64) for name in ("supply_kpa", "air_ml")
    )
    if len(t_s) < 2:
        raise BadInput(f"the trace of {title!r} has {len(t_s)} rows; a picture needs at least 2")
    programmed = _programmed(t_s, rate, trace["state"], programmed_ml)
    clock = Clock(float(t_s[0]), float(t_s[-1]))
    figure, (volumes, flows, pressures) = stack(clock, title, (230, 170, 130), sorted(events))
    x = clock.shown(t_s)
    volumes.fill_between(x, delivered, color=BLUE, alpha=0.13, linewidth=0)
    volumes.plot(x, delivered, color=BLUE, linewidth=2.4, label=f"delivered {round(delivered[-1], 4):.4g} mL")
    volumes.plot(x, pumped, color=GREY, linewidth=1.1, label=f"pumped {round(pumped[-1], 4):.4g} mL")
    volumes.plot(x, programmed, label="programmed", **DASHED)
    if air.any():
        volumes.plot(x, air, color=VERMILION, linewidth=1.4, label=f"air {round(air[-1], 4):.3g} mL")
    _draw_flow(flows, clock, t_s, delivered, flow)
    flows.plot(x, rate, drawstyle="steps-post", label="set rate", **DASHED)
    pressures.plot(x, reading, color=GREY, linewidth=0.8, label="as the pump reads it")
    _draw_dense(pressures, x, pressure, PURPLE, "line pressure")
    if supply.any():
        pressures.plot(x, supply, color=GREEN, linewidth=1.3, label="supply pressure")
    if threshold_kpa is not None:
        label = f"alarm at {threshold_kpa:.4g} kPa"
        pressures.axhline(threshold_kpa, color=VERMILION, dashes=(2, 2), linewidth=1.4, label=label)
    finish(volumes, "volume, mL", programmed, pumped, delivered)
    finish(flows, "flow, mL/h", flow, rate)
    _cut_peak(flows, x, flow, float(rate.max()))
    finish(pressures, "pressure, kPa", pressure, reading, supply, [threshold_kpa or 0.0])
    return save(figure, file)


def _draw_flow(axes: Axes, clock: Clock, t_s: Numbers, delivered_ml: Numbers, flow: Numbers) -> None:
    """The flow from row to row; where it leaps more than it flows, as a stopper that sticks and slips makes it, thin
    and under its mean over MEAN_S around each row.
    """
    x = clock.shown(t_s)
    if t_s[-1] - t_s[0] < 10 * MEAN_S or np.abs(np.diff(flow)).mean() < LEAPS * np.abs(flow).mean():
        _draw_dense(axes, x, flow, BLUE, "delivered flow")
        return
    edges_s = [np.clip(t_s + side * MEAN_S / 2, t_s[0], t_s[-1]) for side in (-1, 1)]
    before, after = (np.interp(edge_s, t_s, delivered_ml) for edge_s in edges_s)
    axes.plot(x, flow, color=BLUE, linewidth=0.7, alpha=0.35, label="delivered flow")
    mean = 3600.0 * (after - before) / (edges_s[1] - edges_s[0])
    axes.plot(x, mean, color=BLUE, linewidth=1.8, label=f"mean over {MEAN_S / 60:g} min")


def _cut_peak(axes: Axes, x: Numbers, flow: Numbers, most_rate: float) -> None:
    """What a released line gives at once can be a hundred times the rate: cut it off and say how high it was."""
    at = int(np.argmax(flow))
    if not 0.0 < 4.0 * most_rate < flow[at] or np.mean(flow > 2.5 * most_rate) > LONG:
        return
    axes.set_ylim(top=2.5 * most_rate)
    text, offset, side = f"up to {flow[at]:.3g} mL/h", (5, -4), "left"
    if x[at] > 0.8 * x[-1]:
        offset, side = (-5, -4), "right"
    place = (x[at], 2.5 * most_rate)
    note = axes.annotate(text, place, offset, textcoords="offset points", va="top", ha=side, fontsize=9, color=INK)
    note.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85})


def _programmed(t_s: Numbers, rate: Numbers, state: Sequence[str] | NDArray[Any], programmed_ml: float) -> Numbers:
    """What the prescription asked for by each row, in mL: the set rate, holding until the next row, until the volume
    to be infused is in, and the KVO rate from then on. Pauses hold it up. An alarm stops the pump but not the
    prescription, and what flows by itself ends an infusion early, but is not programmed.
    """
    volume, asked, kvo, end = 0.0, 0.0, 0.0, programmed_ml
    volumes = [volume]
    for hours, now, name in zip(np.diff(t_s) / 3600.0, rate[:-1], state[:-1], strict=True):
        if name == "KVO":
            kvo = now
            end = volume if math.isinf(end) else end  # not known: it is in now
        elif name not in ("RELIEF", "ALARM", "DONE"):
            asked = now
        if name in ("IDLE", "READY", "OFF"):  # what is started next is asked for on top
            kvo, end = 0.0, volume + programmed_ml
        first = min(asked * hours, max(end - volume, 0.0))
        volume += first
        if volume >= end and name in ("KVO", "RELIEF", "ALARM"):
            volume += kvo * (hours - (first / asked if asked else 0.0))
        volumes.append(volume)
    return np.array(volumes)


def draw_capture(capture: Capture, file: Path | str, title: str) -> Figure:
    """Draw a recorded capture: volume in mL since its first sample, and flow in mL/h as means of about 30 s.

    Returns the figure that was written; BadInput if file cannot be written.
    """
    t_s, volume = capture.t_s, capture.volume_ml - capture.volume_ml[0]
    clock = Clock(float(t_s[0]), float(t_s[-1]))
    figure, (volumes, flows) = stack(clock, title, (260, 200), [])
    edges_s = np.linspace(t_s[0], t_s[-1], max(2, int((t_s[-1] - t_s[0]) / SAMPLE_S) + 1))
    flow = 3600.0 * np.diff(np.interp(edges_s, t_s, volume)) / np.diff(edges_s)
    mean = 3600.0 * volume[-1] / (t_s[-1] - t_s[0])
    volumes.fill_between(clock.shown(t_s), volume, color=BLUE, alpha=0.13, linewidth=0)
    volumes.plot(clock.shown(t_s), volume, color=BLUE, linewidth=2.4, label=f"recorded {round(volume[-1], 4):.4g} mL")
    flows.stairs(flow, clock.shown(edges_s), baseline=None, color=BLUE, linewidth=1.3, label="flow, 30 s means")
    flows.axhline(mean, label=f"mean {mean:.4g} mL/h", **DASHED)
    finish(volumes, "volume, mL", volume)
    finish(flows, "flow, mL/h", flow)
    return save(figure, file)


def draw_trumpet(trumpet: Trumpet, file: Path | str, title: str) -> Figure:
    """Draw the start-up curve, flow in mL/h over the first 120 min, beside the trumpet curve, error in % of the set
    rate over the observation window in min. Returns the figure that was written; BadInput if it cannot be written.
    """
    figure, _ = blank(490, title)
    startup, curve = panel(figure, LEFT, 56, 424, 330), panel(figure, LEFT + 524, 56, 566, 330)
    startup.axvspan(trumpet.from_min, trumpet.to_min, color=AMBER, alpha=0.13, linewidth=0, label="analysed")
    flow: dict[str, Any] = {"color": BLUE, "linewidth": 1.5, "drawstyle": "steps-pre", "label": "flow, 30 s means"}
    startup.plot(trumpet.startup_min, trumpet.startup_ml_h, **flow)
    startup.axhline(trumpet.rate_ml_h, label=f"set rate {trumpet.rate_ml_h:g} mL/h", **DASHED)
    startup.set_xlim(0.0, float(trumpet.startup_min[-1]))
    startup.set_xlabel("time, min")
    startup.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 3, 5, 10]))
    finish(startup, "flow, mL/h", trumpet.startup_ml_h, [trumpet.rate_ml_h])
    _draw_errors(curve, trumpet)
    for axes, heading in ((startup, "Start-up curve"), (curve, "Trumpet curve")):
        axes.set_title(heading, loc="left", fontsize=11, color=INK, pad=30)
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, frameon=False, fontsize=9, borderaxespad=0.2)
    return save(figure, file)


def _draw_errors(axes: Axes, trumpet: Trumpet) -> None:
    windows, high, low = trumpet.windows_min, np.array(trumpet.ep_max), np.array(trumpet.ep_min)
    mean, largest = trumpet.mean_error_percent, float(np.abs([high, low]).max())
    axes.fill_between(windows, low, high, color=BLUE, alpha=0.10, linewidth=0)
    axes.axhline(0.0, color=INK, linewidth=0.9)
    for name, values, side, color in (("Ep max", high, "bottom", BLUE), ("Ep min", low, "top", VERMILION)):
        axes.plot(windows, values, "o-", color=color, linewidth=2, label=name)
        away = (0, 7 if side == "bottom" else -7)
        for at in zip(windows, values.tolist(), strict=True):
            text = _signed(at[1], largest)
            note = axes.annotate(text, at, away, textcoords="offset points", va=side, fontsize=9, color=INK)
            note.set_path_effects([withStroke(linewidth=3, foreground="white")])
    axes.axhline(mean, color=GREEN, dashes=(5, 3), linewidth=1.6, label=f"mean error {mean:+.3g} %")
    axes.set_xlim(0.0, 36.0)
    axes.set_xticks(windows)
    axes.set_xlabel("observation window, min")
    finish(axes, "error, % of the set rate", high, low, [mean])
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom - 0.08 * (top - bottom), top)  # room for the labels below Ep min


def _signed(value: float, largest: float) -> str:
    decimals = 2 if largest < 9.995 else 1 if largest < 99.95 else 0
    return f"{round(value, decimals) + 0.0:+.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def _draw_dense(axes: Axes, x: Numbers, y: Numbers, color: str, label: str) -> None:
    """A line; of more rows than can be told apart, the mean over every two pixels and the span of the rows in them."""
    if len(x) <= 4 * COLUMNS:
        axes.plot(x, y, color=color, linewidth=1.3, label=label)
        return
    parts = np.array_split(y, COLUMNS)
    x = np.array([part.mean() for part in np.array_split(x, COLUMNS)])
    low, high = [part.min() for part in parts], [part.max() for part in parts]
    axes.plot(x, [part.mean() for part in parts], color=color, linewidth=1.3, label=f"{label}, mean")
    axes.fill_between(x, low, high, color=color, alpha=0.25, linewidth=0, label="least to most")
