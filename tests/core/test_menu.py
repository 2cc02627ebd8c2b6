"""A prescription by four keys: digits turned one by one, read back, confirmed; or nothing at all."""

import pytest

from pumpcore.menu import BACK, CLOSED, DOWN, NEXT, RATE, REVIEW, UP, VTBI, Menu
from pumpcore.records import ACCEPTED, REFUSED_RATE, REFUSED_VTBI
from pumpcore.setup import Setup
from pumpcore.states import DONE, IDLE, INFUSING, PAUSED, PROGRAM, READY, STATE_NAMES, next_state
from pumpcore.units import CLOCK_MASK
from pumpcore.waiting import LAPSES_MS

FIVE_ML_H = [NEXT, NEXT, NEXT, *[UP] * 5]  # the thousands, hundreds and tens passed over
TEN_ML = [NEXT, NEXT, UP]


@pytest.fixture
def menu():
    return Menu(Setup(173_530, 50_000))


def press(menu, *keys, state=IDLE, now_ms=0):
    """What the last of the keys asked for; none before it asks for anything."""
    asked = 0
    for key in keys:
        assert asked == 0
        asked = menu.press(now_ms, key, state)
    return asked


def enter(menu, now_ms=0):
    """5 mL/h and 10 mL, up to the page that shows what was read."""
    press(menu, NEXT, *FIVE_ML_H, NEXT, NEXT, NEXT, now_ms=now_ms)
    assert menu.page == VTBI
    press(menu, *TEN_ML, NEXT, NEXT, NEXT, now_ms=now_ms)
    assert menu.page == REVIEW


def test_what_is_entered_is_read_back_and_asked_for_once_it_is_confirmed(menu):
    enter(menu)
    assert (menu.rate_cml_h, menu.vtbi_ul, menu.kvo_cml_h) == (500, 10_000, 100)
    assert (menu.refusal, menu.waiting.duration_s) == (ACCEPTED, 7_200)
    assert press(menu, UP) == PROGRAM
    assert (menu.rate_cml_h, menu.vtbi_ul, menu.kvo_cml_h) == (500, 10_000, 100)  # to be fetched
    assert menu.page == CLOSED
    assert press(menu, UP) == 0


def test_kvo_is_never_above_the_rate(menu):
    press(menu, NEXT, NEXT, NEXT, NEXT, NEXT, UP, NEXT, NEXT, *TEN_ML, NEXT, NEXT, NEXT)
    assert (menu.rate_cml_h, menu.kvo_cml_h) == (10, 10)


def test_a_digit_goes_round_and_carries_nothing(menu):
    press(menu, NEXT, DOWN)
    assert menu.rate_cml_h == 900_000
    press(menu, NEXT, *[UP] * 12)
    assert menu.rate_cml_h == 920_000
    press(menu, BACK, UP)
    assert menu.rate_cml_h == 20_000


def test_back_goes_the_whole_way_and_changes_nothing(menu):
    enter(menu)
    assert press(menu, BACK) == 0
    assert (menu.page, menu.waiting.request) == (VTBI, 0)
    press(menu, BACK, BACK, BACK, BACK)
    assert menu.page == VTBI
    press(menu, BACK)
    assert (menu.page, menu.cursor) == (RATE, 5)
    press(menu, BACK, BACK, BACK, BACK, BACK)
    assert (menu.page, menu.cursor) == (RATE, 0)
    press(menu, BACK)
    assert menu.page == CLOSED


def test_it_opens_with_nothing_entered(menu):
    enter(menu)
    press(menu, DOWN)  # leaves
    assert (menu.page, menu.waiting.request) == (CLOSED, 0)
    press(menu, NEXT)
    assert (menu.page, menu.rate_cml_h, menu.vtbi_ul) == (RATE, 0, 0)


@pytest.mark.parametrize(
    ("rate", "vtbi", "refusal"),
    [([], TEN_ML, REFUSED_RATE), (FIVE_ML_H, [], REFUSED_VTBI), ([*[UP] * 9], TEN_ML, REFUSED_RATE)],
    ids=["no rate", "no volume", "9000 mL/h"],
)
def test_what_the_pump_cannot_do_is_shown_and_not_asked_for(menu, rate, vtbi, refusal):
    press(menu, NEXT, *rate, *[NEXT] * (6 - rate.count(NEXT)), *vtbi, *[NEXT] * (5 - vtbi.count(NEXT)))
    assert (menu.page, menu.refusal) == (REVIEW, refusal)
    assert press(menu, UP) == 0
    assert press(menu, NEXT) == 0
    assert menu.page == REVIEW


@pytest.mark.parametrize("state", range(len(STATE_NAMES)))
def test_it_opens_only_where_a_prescription_would_be_taken(menu, state):
    for key in (UP, DOWN, BACK):
        assert press(menu, key, state=state) == 0
        assert menu.page == CLOSED
    press(menu, NEXT, state=state)
    assert (menu.page == RATE) == (state in (IDLE, READY, DONE)) == (next_state(state, PROGRAM) == READY)


@pytest.mark.parametrize("state", [INFUSING, PAUSED])
def test_it_closes_when_the_pump_has_been_started_otherwise(menu, state):
    enter(menu)
    menu.look(1, READY)
    assert menu.page == REVIEW
    menu.look(1, state)
    assert (menu.page, menu.waiting.request) == (CLOSED, 0)


@pytest.mark.parametrize("now_ms", [0, CLOCK_MASK - 5_000])
def test_what_nobody_confirms_lapses_as_over_the_link(menu, now_ms):
    enter(menu, now_ms)
    menu.look((now_ms + LAPSES_MS - 1) & CLOCK_MASK, IDLE)
    assert menu.page == REVIEW
    menu.look((now_ms + LAPSES_MS) & CLOCK_MASK, IDLE)
    assert menu.page == CLOSED
    assert press(menu, UP) == 0


def test_what_waits_lapses_a_minute_after_it_was_shown_though_a_key_is_touched(menu):
    enter(menu)
    press(menu, NEXT, now_ms=LAPSES_MS - 1)  # does nothing here
    menu.look(LAPSES_MS, IDLE)
    assert menu.page == CLOSED


def test_digits_that_nobody_turns_for_a_minute_are_forgotten(menu):
    press(menu, NEXT, UP)
    press(menu, UP, now_ms=LAPSES_MS - 1)
    menu.look(2 * LAPSES_MS - 2, IDLE)
    assert menu.page == RATE
    menu.look(2 * LAPSES_MS - 1, IDLE)
    assert menu.page == CLOSED
