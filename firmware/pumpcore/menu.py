"""A prescription entered with four keys, for a pump without a host.

Digits are turned up and down one by one, never typed: a key that bounces turns one digit by one, where everybody
sees it, and cannot make 100 of 10. Behind the last digit stands what the pump has read; only there does UP confirm.
These are the same two steps as over the link: what waits is `waiting.Waiting`, and it lapses as it does there. A menu
that nobody touches for as long closes too. It opens only while the motor stands and a prescription would be taken,
and closes once that is no longer so.

    page     UP                DOWN               NEXT              BACK
    CLOSED                                        RATE
    RATE     digit up          digit down         next digit, VTBI  digit before, CLOSED
    VTBI     digit up          digit down         next digit, then  digit before, RATE
                                                  REVIEW
    REVIEW   asks for PROGRAM  CLOSED                               VTBI
"""

from .dose import refuse_program
from .records import ACCEPTED, NOTHING_ASKED
from .setup import Setup
from .states import PROGRAM, REFUSED, next_state
from .units import const, until_ms
from .waiting import LAPSES_MS, Waiting

# Keys.
UP = const(1)  # START
DOWN = const(2)  # STOP
NEXT = const(3)  # SELECT
BACK = const(4)  # SILENCE

# Pages.
CLOSED = const(0)
RATE = const(1)
VTBI = const(2)
REVIEW = const(3)

RATE_PLACES = (100_000, 10_000, 1_000, 100, 10, 1)  # 0.01 mL/h: 1000 mL/h to 0.01
VTBI_PLACES = (1_000_000, 100_000, 10_000, 1_000, 100)  # uL: 1000 mL to 0.1
KVO_CML_H = const(100)  # 1 mL/h, or the rate if that is less; assumed, as pumps on the market have 1 to 5


class Menu:
    """`page` is what is shown, `cursor` the digit that UP and DOWN turn, `refusal` the controller's answer to what is
    entered: ACCEPTED if REVIEW would be confirmed."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.waiting = Waiting()
        self.page = CLOSED
        self.cursor = 0
        self.rate_cml_h = self.vtbi_ul = self.kvo_cml_h = 0
        self.refusal = ACCEPTED
        self.touched_ms = 0

    def look(self, now_ms: int, state: int) -> None:
        """Close what has lapsed, or has no place in this state."""
        if self.page and (
            next_state(state, PROGRAM) == REFUSED
            or until_ms(self.touched_ms, now_ms) >= LAPSES_MS
            or self.waiting.lapse(now_ms)
        ):
            self._close()

    def press(self, now_ms: int, key: int, state: int) -> int:
        """A key was pressed; what it asks the controller for."""
        self.touched_ms = now_ms
        if self.page == CLOSED:
            if key == NEXT and next_state(state, PROGRAM) != REFUSED:
                self._open()
            return NOTHING_ASKED
        if self.page == REVIEW:
            return self._decide(key)
        if key == NEXT:
            self._next(now_ms)
        elif key == BACK:
            self._back()
        else:
            self._turn(1 if key == UP else -1)
        return NOTHING_ASKED

    def _open(self) -> None:
        """With nothing entered: what somebody has left there is nobody's prescription."""
        self.page = RATE
        self.cursor = 0
        self.rate_cml_h = self.vtbi_ul = self.kvo_cml_h = 0

    def _close(self) -> None:
        self.page = CLOSED
        self.waiting.request = NOTHING_ASKED

    def _decide(self, key: int) -> int:
        if key == UP and self.refusal == ACCEPTED:
            self._close()
            return PROGRAM
        if key == DOWN:
            self._close()
        elif key == BACK:
            self.waiting.request = NOTHING_ASKED
            self.page = VTBI
        return NOTHING_ASKED

    def _next(self, now_ms: int) -> None:
        self.cursor += 1
        if self.page == RATE and self.cursor == len(RATE_PLACES):
            self.page = VTBI
            self.cursor = 0
        elif self.page == VTBI and self.cursor == len(VTBI_PLACES):
            self.cursor -= 1
            self._review(now_ms)

    def _back(self) -> None:
        self.cursor -= 1
        if self.cursor >= 0:
            return
        if self.page == RATE:
            self._close()
        else:
            self.page = RATE
            self.cursor = len(RATE_PLACES) - 1

    def _turn(self, by: int) -> None:
        """The digit goes round, and carries nothing over."""
        if self.page == RATE:
            self.rate_cml_h = _turned(self.rate_cml_h, RATE_PLACES[self.cursor], by)
        else:
            self.vtbi_ul = _turned(self.vtbi_ul, VTBI_PLACES[self.cursor], by)

    def _review(self, now_ms: int) -> None:
        """Show what the pump reads, and let it wait if it could be done."""
        self.page = REVIEW
        self.kvo_cml_h = min(self.rate_cml_h, KVO_CML_H)
        self.refusal = refuse_program(self.setup, self.rate_cml_h, self.vtbi_ul, self.kvo_cml_h)
        if self.refusal == ACCEPTED:
            self.waiting.program(now_ms, self.rate_cml_h, self.vtbi_ul, self.kvo_cml_h)


def _turned(value: int, place: int, by: int) -> int:
    digit = value // place % 10
    return value + ((digit + by) % 10 - digit) * place
