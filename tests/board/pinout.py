"""Writes hardware/pinout.csv from the table of pins that the drivers have:

    python tests/board/pinout.py hardware/pinout.csv

Columns: GPIO number, pin of the Pico's header (empty: on the board itself), name, direction, what.
"""

import csv
import io
import sys
from pathlib import Path

from board.pins import PICO

COLUMNS = ("gpio", "pin", "name", "direction", "what")
GROUNDS_AND_MORE = {3, 8, 13, 18, 23, 28, 30, 33}  # among the pins 1 to 34: ground, and 30 is RUN
_free = [pin for pin in range(1, 35) if pin not in GROUNDS_AND_MORE]
# Raspberry Pi Pico datasheet, figure 2: GPIO 0 to 22 and 26 to 28 go round the header in this order.
HEADER = dict(zip([*range(23), 26, 27, 28], _free, strict=True))


def lines():
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((gpio, HEADER.get(gpio, ""), *rest) for gpio, *rest in PICO)
    return text.getvalue().splitlines()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("\n".join(lines()) + "\n", encoding="utf-8")
