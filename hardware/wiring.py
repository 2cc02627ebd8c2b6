"""Draws the wiring: netlist.toml into wiring.svg, the guard's chain by electrics.py into safety.svg.

    python hardware/wiring.py [FOLDER]      into out/hardware unless a folder is given

Blocks carry the names of their pins inside and those of the nets outside. Equal names are joined; lines that would
cross half the sheet are left out.
"""

import sys
from pathlib import Path
from typing import Any

import schemdraw
import schemdraw.elements as elm
from schemdraw import logic

from electrics import FAILURES, LEAST_MS, MOST_MS, TIMER_F, TIMER_OHM, driver_on, timer_ms
from netlist import SUPPLIES, read_blocks

PITCH = 0.55  # between two pins
LEAD = 2.7  # long enough for the name of a net
COLUMN = 11.2
GAP = 1.1  # between two blocks, for a title
BOX = 5.2
TEXT = 10
FONT = "Arial, sans-serif"  # schemdraw makes "sans" of a lone sans-serif, which browsers do not know
SUPPLY_COLOUR, SIGNAL_COLOUR = "#a33", "#136"
ON_COLOUR, OFF_COLOUR = "#c00", "#060"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    schemdraw.use("svg")
    schemdraw.svgconfig.text = "text"
    draw_wiring(read_blocks()).save(str(folder / "wiring.svg"))
    draw_chain().save(str(folder / "safety.svg"))
    print(f"{folder / 'wiring.svg'}\n{folder / 'safety.svg'}")


def draw_wiring(blocks: list[dict[str, Any]]) -> schemdraw.Drawing:
    drawing = schemdraw.Drawing(show=False, fontsize=TEXT, font=FONT, lw=1.2, margin=0.3)
    columns = sorted({block["column"] for block in blocks})
    heights = {column: sum(map(height, in_column(blocks, column))) for column in columns}
    for column in columns:
        top = (heights[column] - max(heights.values())) / 2
        for block in in_column(blocks, column):
            draw_block(drawing, block, column * COLUMN, top)
            top -= height(block)
    return drawing


def in_column(blocks: list[dict[str, Any]], column: int) -> list[dict[str, Any]]:
    return [block for block in blocks if block["column"] == column]


def box_height(block: dict[str, Any]) -> float:
    return (max(len(block["left"]), len(block["right"])) + 0.4) * PITCH


def height(block: dict[str, Any]) -> float:
    return box_height(block) + GAP


def draw_block(drawing: schemdraw.Drawing, block: dict[str, Any], x: float, top: float) -> None:
    """With its upper left corner at (x, top)."""
    bottom = top - box_height(block)
    drawing.add(elm.Rect(corner1=(x, bottom), corner2=(x + BOX, top), fill="#f6f6f2").at((0, 0)).theta(0))
    write(drawing, (x + BOX / 2, top + 0.28), block["title"], "center", TEXT + 1)
    for side in ("left", "right"):
        for row, (pin, net) in enumerate(block[side].items()):
            draw_pin(drawing, side == "left", x, top - (row + 0.7) * PITCH, pin, net)


def draw_pin(drawing: schemdraw.Drawing, left: bool, x: float, y: float, pin: str, net: str) -> None:
    edge, out = (x, x - LEAD) if left else (x + BOX, x + BOX + LEAD)
    colour = SUPPLY_COLOUR if net in SUPPLIES else SIGNAL_COLOUR
    drawing.add(elm.Line(color=colour).at((edge, y)).to((out, y)))
    inside, middle = (edge + 0.15 if left else edge - 0.3), (edge + out) / 2
    write(drawing, (inside, y - 0.09), pin, "left" if left else "right", TEXT - 1)
    write(drawing, (middle, y + 0.15), net, "center", TEXT - 2, colour)


def write(
    drawing: schemdraw.Drawing, at: tuple[float, float], text: str, align: str, size: int, colour: str = "black"
) -> None:
    """`at` is the middle of the text's height."""
    drawing.add(
        elm.Label(color=colour)
        .at(at)
        .theta(0)
        .label(text, loc="center", halign=align, valign="center", fontsize=size, ofst=0)
    )


def draw_chain() -> schemdraw.Drawing:
    drawing = schemdraw.Drawing(show=False, fontsize=TEXT + 1, font=FONT, lw=1.5, margin=0.3)
    draw_timer(drawing)
    draw_gate(drawing)
    draw_figures(drawing)
    draw_failures(drawing)
    return drawing


def draw_timer(drawing: schemdraw.Drawing) -> None:
    drawing.add(elm.Rect(corner1=(4, 0), corner2=(9, 5), fill="#f6f6f2").at((0, 0)).theta(0))
    write(drawing, (6.5, 1.4), "U2 retriggerable", "center", TEXT + 1)
    write(drawing, (6.5, 0.8), "monostable SN74AHC123A", "center", TEXT - 1)
    for y, pin, net in ((4.2, "B, rising edge", "GATE (GP2)"), (3.3, "A", "GND"), (2.4, "CLR", "3V3")):
        write(drawing, (4.15, y), pin, "left", TEXT)
        drawing.add(elm.Line().at((4, y)).to((2, y)))
        write(drawing, (1.85, y), net, "right", TEXT + 1, SIGNAL_COLOUR if "GATE" in net else SUPPLY_COLOUR)
    drawing.add(elm.Dot().at((3, 4.2)))
    drawing.add(elm.Line().at((3, 4.2)).to((3, 5)))
    drawing.add(elm.Resistor().at((3, 5)).to((3, 7.4)).label("10k", loc="top", ofst=0.2))
    write(drawing, (3, 7.65), "GND", "center", TEXT + 1, SUPPLY_COLOUR)
    drawing.add(elm.Line().at((5, 5)).to((5, 5.5)))
    drawing.add(elm.Line().at((8, 5)).to((8, 5.5)))
    write(drawing, (5, 4.7), "Cext", "center", TEXT - 1)
    write(drawing, (8, 4.7), "Rext/Cext", "center", TEXT - 1)
    drawing.add(elm.Capacitor().at((5, 5.5)).to((6.5, 5.5)).label("2.2 µF", ofst=0.1, fontsize=TEXT - 1))
    drawing.add(elm.Capacitor().at((6.5, 5.5)).to((8, 5.5)).label("2.2 µF", ofst=0.1, fontsize=TEXT - 1))
    drawing.add(elm.Dot().at((8, 5.5)))
    for x in (8, 9.6):
        drawing.add(elm.Line().at((8, 5.5)).to((x, 5.5)))
        drawing.add(elm.Resistor().at((x, 5.5)).to((x, 8)).label("150k", loc="bottom", ofst=0.15, fontsize=TEXT - 1))
    drawing.add(elm.Line().at((8, 8)).to((9.6, 8)))
    write(drawing, (8.8, 8.35), "3V3", "center", TEXT + 1, SUPPLY_COLOUR)


def draw_gate(drawing: schemdraw.Drawing) -> None:
    """ENABLE or not Q, then the driver."""
    write(drawing, (8.7, 3.25), "Q inverted", "right", TEXT)
    gate = drawing.add(logic.Or().at((11.5, 3)).theta(0))
    write(drawing, (12, 1.9), "U3 OR", "center", TEXT)
    drawing.add(elm.Line().at((9, gate.in1[1])).to(gate.in1))
    drawing.add(elm.Line().at((9.9, gate.in2[1])).to(gate.in2))
    drawing.add(elm.Line().at((9.9, gate.in2[1])).to((9.9, -1)))
    drawing.add(elm.Line().at((9.9, -1)).to((2, -1)))
    write(drawing, (1.85, -1), "ENABLE (GP12), low is on", "right", TEXT + 1, SIGNAL_COLOUR)
    drawing.add(elm.Dot().at((3, -1)))
    drawing.add(elm.Resistor().at((3, -1)).to((3, -3)).label("10k", loc="top", ofst=0.2))
    write(drawing, (3, -3.45), "3V3", "center", TEXT + 1, SUPPLY_COLOUR)
    drawing.add(elm.Line().at(gate.out).to((17, 3)))
    drawing.add(elm.Dot().at((14.6, 3)))
    drawing.add(elm.Resistor().at((14.6, 3)).to((14.6, 5.4)).label("10k", loc="bottom", ofst=0.2))
    write(drawing, (14.6, 5.65), "3V3", "center", TEXT + 1, SUPPLY_COLOUR)
    write(drawing, (15.9, 2.65), "DRIVER_EN", "center", TEXT, SIGNAL_COLOUR)
    drawing.add(elm.Rect(corner1=(17, 1), corner2=(21.2, 5), fill="#f6f6f2").at((0, 0)).theta(0))
    write(drawing, (17.15, 3), "EN, low is on", "left", TEXT)
    write(drawing, (19.1, 1.5), "U4 driver", "center", TEXT + 1)
    for y, net in ((4.4, "STEP (GP10)"), (3.8, "DIR (GP11)")):
        write(drawing, (17.15, y), net, "left", TEXT - 1)


def draw_figures(drawing: schemdraw.Drawing) -> None:
    sound, faulty = timer_ms(), timer_ms(resistors=1)
    lines = (
        f"t = R C = {TIMER_OHM / 2e3:.0f} kOhm x {TIMER_F / 2 * 1e6:.1f} µF = {sound.nominal:.1f} ms",
        f"{sound.least:.0f} to {sound.most:.0f} ms, with 10 % for the factor, 1 for R, 5 for C",
        f"one resistor open, or one capacitor short: {faulty.least:.0f} to {faulty.most:.0f} ms",
        f"allowed: {LEAST_MS:.0f} to {MOST_MS:.0f} ms",
    )
    for row, line in enumerate(lines):
        write(drawing, (11.2, 8.3 - 0.6 * row), line, "left", TEXT)


def draw_failures(drawing: schemdraw.Drawing) -> None:
    """What becomes of the motor when the guard wants it off and one thing has failed."""
    write(drawing, (-3.5, -4.2), "One failure, and the guard wants the motor off:", "left", TEXT + 1)
    half = (len(FAILURES) + 1) // 2
    for i, failure in enumerate(FAILURES):
        x, y = -3.5 + 13 * (i // half), -5.1 - 0.7 * (i % half)
        on = driver_on(failure.enable, failure.timer_runs, failure.driver_en)
        write(drawing, (x, y), failure.what, "left", TEXT)
        write(drawing, (x + 5.2, y), failure.then, "left", TEXT, ON_COLOUR if on else OFF_COLOUR)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path("out/hardware"))
