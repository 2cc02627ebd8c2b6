"""What the display shows, as text: eight rows of sixteen characters, pairs of rows in letters of twice the size.

    nothing wrong        an alarm             the menu             what it has read
    INFUSING   (big)     LINE       (big)     RATE       (big)     rate        mL/h
        5.00   (big)     BLOCKED    (big)     0005.00    (big)         5.00   (big)
                mL/h     INFUSING    5.00           ^^             volume        mL
    gave    1.234 mL     gave    1.234 mL                 mL/h         10.0   (big)
    left    8.766 mL     left    8.766 mL     START+     STOP-     KVO 1.00   2h00m
    RESET: WATCHDOG      START = SEEN         SELECT> SILENCE<     START = CONFIRM

A driver sends the rows that have changed. Nothing is allocated, and a row of letters of twice the size is kept as
eight characters in each of its two rows.
"""

from .alarms import TABLE
from .events import RESET, SETTINGS_LOST, WATCHDOG
from .menu import CLOSED, RATE, RATE_PLACES, REVIEW, VTBI_PLACES, Menu
from .records import ACCEPTED, REFUSED_RATE, Outputs
from .states import IDLE, KVO, STATE_NAMES
from .units import const

ROWS = const(8)
COLUMNS = const(16)
SPACE = const(32)
ZERO = const(48)
POINT = const(46)

# Sizes of a row: letters of one, the upper or the lower half of those of two.
SMALL = const(0)
UPPER = const(1)
LOWER = const(2)

STATES = tuple(name.encode() for name in STATE_NAMES)
# Of an alarm's name, or rather of its text, what fits twice eight letters.
WORDS = (
    (b"", b""), (b"LINE", b"BLOCKED"), (b"AIR IN", b"LINE"), (b"EMPTY", b""), (b"NEARLY", b"EMPTY"),
    (b"NEAR THE", b"END"), (b"VOLUME", b"IS IN"), (b"PARTLY", b"BLOCKED"), (b"SUPPLY", b"BLOCKED"),
    (b"TOO MUCH", b"AIR"), (b"FLOW IS", b"TOO HIGH"), (b"FLOW IS", b"TOO LOW"), (b"FREE", b"FLOW"),
    (b"MOTOR", b"STALLED"), (b"DOOR", b"OPEN"), (b"SYRINGE", b"LOOSE"), (b"WRONG", b"SYRINGE"),
    (b"BATTERY", b"LOW"), (b"BATTERY", b"EMPTY"), (b"ON", b"BATTERY"), (b"TOO HOT", b""), (b"SENSOR", b"FAULT"),
    (b"SELFTEST", b"FAILED"), (b"MEMORY", b"FAULT"), (b"CLOCK", b"FAULT"), (b"HOST", b"LOST"),
    (b"PAUSED", b"TOO LONG"), (b"DOSE", b"LIMIT"), (b"TOO MANY", b"RESTARTS"), (b"GUARD", b"STOPPED"),
)  # fmt: skip
assert len(WORDS) == len(TABLE)
CAUSES = {0: b"", WATCHDOG: b"RESET: WATCHDOG", RESET: b"WAS RESET", SETTINGS_LOST: b"SETTINGS LOST"}


class Screen:
    """`text` holds the characters, row by row, `sizes` each row's. `cause` is why the pump has started, as BOOT
    says."""

    def __init__(self, menu: Menu, cause: int) -> None:
        self.menu = menu
        self.cause = CAUSES[cause]
        self.text = bytearray(ROWS * COLUMNS)
        self.sizes = bytearray(ROWS)

    def write(self, outputs: Outputs) -> None:
        """What is so after a step."""
        for i in range(len(self.text)):
            self.text[i] = SPACE
        for row in range(ROWS):
            self.sizes[row] = SMALL
        if self.menu.page == CLOSED:
            self._pump(outputs)
        elif self.menu.page == REVIEW:
            self._review()
        else:
            self._digits()

    # Pages

    def _pump(self, outputs: Outputs) -> None:
        if outputs.alarm_shown:
            words = WORDS[outputs.alarm_shown]
            self._big(0, words[0])
            self._big(2, words[1])
            self._put(4, 0, STATES[outputs.state])
            self._number(4, COLUMNS, outputs.rate_cml_h, 2)
            self._put(7, 0, b"START = SEEN")
        else:
            self._big(0, STATES[outputs.state])
            self._number(2, 8, outputs.rate_cml_h, 2)
            self._enlarge(2)
            self._put(4, 12, b"mL/h")
            if outputs.state == KVO:
                self._put(4, 7, b"KVO")
            elif outputs.state == IDLE:
                self._put(7, 0, self.cause)
        self._millilitres(5, b"gave", outputs.pumped_ul)
        self._millilitres(6, b"left", outputs.left_ul)

    def _digits(self) -> None:
        menu = self.menu
        rate = menu.page == RATE
        self._big(0, b"RATE" if rate else b"VOLUME")
        places = RATE_PLACES if rate else VTBI_PLACES
        value = menu.rate_cml_h if rate else menu.vtbi_ul
        for i in range(len(places)):
            self.text[2 * COLUMNS + (i if i < 4 else i + 1)] = ZERO + value // places[i] % 10
        self.text[2 * COLUMNS + 4] = POINT
        self._enlarge(2)
        at = 2 * (menu.cursor if menu.cursor < 4 else menu.cursor + 1)
        self._put(4, at, b"^^")
        self._put(5, 12, b"mL/h" if rate else b"  mL")
        self._put(6, 0, b"START+     STOP-")
        self._put(7, 0, b"SELECT> SILENCE<")

    def _review(self) -> None:
        menu = self.menu
        self._put(0, 0, b"rate        mL/h")
        self._number(1, 8, menu.rate_cml_h, 2)
        self._enlarge(1)
        self._put(3, 0, b"volume        mL")
        self._number(4, 8, menu.vtbi_ul // 100, 1)
        self._enlarge(4)
        if menu.refusal != ACCEPTED:
            self._put(6, 0, b"CANNOT BE:")
            self._put(7, 0, b"RATE" if menu.refusal == REFUSED_RATE else b"VOLUME")
            return
        self._put(6, 0, b"KVO")
        self._number(6, 8, menu.kvo_cml_h, 2)
        minutes = menu.waiting.duration_s // 60
        self._number(6, 12, minutes // 60, 0)
        self._put(6, 12, b"h")
        self.text[6 * COLUMNS + 13] = ZERO + minutes % 60 // 10
        self.text[6 * COLUMNS + 14] = ZERO + minutes % 10
        self._put(6, 15, b"m")
        self._put(7, 0, b"START = CONFIRM")

    # Parts of them

    def _put(self, row: int, column: int, word: bytes) -> None:
        at = row * COLUMNS + column
        for i in range(len(word)):
            self.text[at + i] = word[i]

    def _number(self, row: int, end: int, value: int, places: int) -> None:
        """With its last digit before column `end`."""
        at = row * COLUMNS + end - 1
        digits = 0
        while value or digits <= places:
            if digits == places and places:
                self.text[at] = POINT
                at -= 1
            self.text[at] = ZERO + value % 10
            value //= 10
            at -= 1
            digits += 1

    def _millilitres(self, row: int, word: bytes, ul: int) -> None:
        self._put(row, 0, word)
        self._number(row, 13, ul, 3)
        self._put(row, 14, b"mL")

    def _big(self, row: int, word: bytes) -> None:
        self._put(row, 0, word)
        self._enlarge(row)

    def _enlarge(self, row: int) -> None:
        """The first eight letters of this row fill it and the next."""
        self.sizes[row] = UPPER
        self.sizes[row + 1] = LOWER
        at = row * COLUMNS
        for i in range(COLUMNS // 2):
            self.text[at + COLUMNS + i] = self.text[at + i]
