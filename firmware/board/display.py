"""An SSD1306 of 128 x 64 dots over I2C, which shows a pumpcore.screen.Screen, a page of eight dot rows at a time.

A page is a row of the screen, 128 bytes of a column each, and takes 3 ms on the bus at 400 kHz, so one is sent in a
turn of the loop's wait, and only if it has changed. The letters are framebuf's, read once at power-on; those of twice
the size have each bit doubled, and each column. What is sent lies in buffers made once: nothing is allocated.

Every few seconds it is set up and drawn anew, in case it was gone for a moment. One that does not answer stops nothing.
"""

from framebuf import MONO_VLSB, FrameBuffer
from machine import I2C

from pumpcore.screen import COLUMNS, LOWER, ROWS, SMALL, Screen
from pumpcore.units import const, later_ms, until_ms

ADDRESS = const(0x3C)
WIDTH = const(128)
FIRST_LETTER = const(32)
LETTERS = const(95)
DOTS = const(8)  # of a letter, both ways
DOUBLED = bytes((0, 3, 12, 15, 48, 51, 60, 63, 192, 195, 204, 207, 240, 243, 252, 255))  # each bit of a nibble twice

COMMANDS = const(0x00)  # the byte before commands, and before data
DATA = const(0x40)
PAGE = const(0xB0)
# SSD1306 datasheet 1.1, table 9-1: clock; 64 rows; no offset; first row 0; charge pump on; page addressing;
# columns and rows turned so that the pins are on top; pins of a 64-row panel; contrast; precharge; deselect level;
# what is in memory, not inverted; on.
START_UP = bytes((
    COMMANDS, 0xD5, 0x80, 0xA8, 0x3F, 0xD3, 0x00, 0x40, 0x8D, 0x14, 0x20, 0x02, 0xA1, 0xC8, 0xDA, 0x12,
    0x81, 0xCF, 0xD9, 0xF1, 0xDB, 0x40, 0xA4, 0xA6, 0xAF,
))  # fmt: skip
AGAIN_MS = const(5_000)  # assumed


def letters() -> bytearray:
    """The columns of every letter, one behind the other."""
    font = bytearray(LETTERS * DOTS)
    cell = bytearray(DOTS)
    canvas = FrameBuffer(cell, DOTS, DOTS, MONO_VLSB)
    for i in range(LETTERS):
        canvas.fill(0)
        canvas.text(chr(FIRST_LETTER + i), 0, 0, 1)
        font[i * DOTS : (i + 1) * DOTS] = cell
    return font


class Display:
    def __init__(self, i2c: I2C, screen: Screen) -> None:
        self.i2c = i2c
        self.screen = screen
        self.font = letters()
        self.place = bytearray((COMMANDS, PAGE, 0x00, 0x10))  # a page, from its first column
        self.page = bytearray(1 + WIDTH)
        self.page[0] = DATA
        self.shown = bytearray(ROWS * COLUMNS)  # what it shows, as `screen` has it
        self.sizes = bytearray(ROWS)
        self.next_row = 0  # to be looked at
        self.answers = False
        self.asked = False
        self.again_ms = 0  # when to ask it again

    def turn(self, now_ms: int) -> None:
        """Look at the next row, and send it if it has changed."""
        if not self.asked or until_ms(now_ms, self.again_ms) <= 0:
            self.asked = True
            self.again_ms = later_ms(now_ms, AGAIN_MS)
            self._start_up()
        elif self.answers:
            row = self.next_row
            self.next_row = (row + 1) % ROWS
            if self._changed(row):
                self._draw(row)
                self._send(row)

    def _start_up(self) -> None:
        try:
            self.i2c.writeto(ADDRESS, START_UP)
            self.answers = True
        except OSError:
            self.answers = False
        for i in range(len(self.shown)):
            self.shown[i] = 0  # no letter: all is sent anew

    def _changed(self, row: int) -> bool:
        """And note what it will show."""
        changed = self.sizes[row] != self.screen.sizes[row]
        self.sizes[row] = self.screen.sizes[row]
        for i in range(row * COLUMNS, (row + 1) * COLUMNS):
            if self.shown[i] != self.screen.text[i]:
                self.shown[i] = self.screen.text[i]
                changed = True
        return changed

    def _draw(self, row: int) -> None:
        size = self.screen.sizes[row]
        at = 1
        for i in range(COLUMNS if size == SMALL else COLUMNS // 2):
            letter = (self.screen.text[row * COLUMNS + i] - FIRST_LETTER) * DOTS
            if size == SMALL:
                for k in range(letter, letter + DOTS):
                    self.page[at] = self.font[k]
                    at += 1
            else:
                shift = 4 if size == LOWER else 0
                for k in range(letter, letter + DOTS):
                    self.page[at] = self.page[at + 1] = DOUBLED[self.font[k] >> shift & 15]
                    at += 2

    def _send(self, row: int) -> None:
        self.place[1] = PAGE + row
        try:
            self.i2c.writeto(ADDRESS, self.place)
            self.i2c.writeto(ADDRESS, self.page)
        except OSError:
            self.answers = False
