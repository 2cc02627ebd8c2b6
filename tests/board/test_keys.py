"""Four keys: debounced, each asks for what its state takes, and in the menu they turn digits."""

import pytest

from assemble import order, part, press, read, settle
from pumpcore.controller import Controller
from pumpcore.pump import Pump
from pumpcore.records import Inputs, Outputs
from pumpcore.states import (
    ACKNOWLEDGE,
    ALARM,
    IDLE,
    INFUSING,
    PAUSE,
    PROGRAM,
    READY,
    REFUSED,
    SILENCE,
    START,
    STATE_NAMES,
    next_state,
)

START_KEY, STOP_KEY, SILENCE_KEY, SELECT_KEY = 14, 15, 19, 20
DEBOUNCE_MS = 20


def test_a_press_asks_once_and_wakes_the_loop(rig, board):
    settle(board, READY)
    press(rig, START_KEY, 10, 500)
    began = rig.clock_ms
    board.wait_until(began + 1000)
    assert rig.clock_ms - began == 10 + DEBOUNCE_MS
    assert read(board).request == START
    board.wait_until(rig.clock_ms + 1000)
    assert read(board).request == 0


def test_bounce_asks_once_and_a_spike_not_at_all(rig, board):
    settle(board, INFUSING)
    levels = iter([0, 1, 1, 0, 1, 0, 0, 1, *[0] * 60, 1, 0, 1, 0, 0, *[1] * 60, *[0] * 15])
    rig.asleep = lambda: rig.levels.__setitem__(STOP_KEY, next(levels, 1))
    asked = []
    for _ in range(20):
        board.wait_until(rig.clock_ms + 20)
        asked.append(read(board).request)
    assert [request for request in asked if request] == [PAUSE]


def test_a_key_held_at_power_on_asks_for_nothing_until_it_was_let_go(rig, port):
    rig.levels[START_KEY] = 0
    board = port.Board()
    settle(board, READY)
    assert read(board).request == 0
    press(rig, START_KEY, 100, 200)
    board.wait_until(rig.clock_ms + 300)
    assert read(board).request == START


def test_stop_outdoes_start(rig, board):
    settle(board, INFUSING)
    rig.levels[START_KEY] = 0
    rig.levels[STOP_KEY] = 0
    board.wait_until(rig.clock_ms + 100)
    assert read(board).request == PAUSE


def test_stop_that_waits_to_be_read_outdoes_a_later_start(rig, board):
    settle(board, INFUSING)
    rig.levels[STOP_KEY] = 0
    press(rig, START_KEY, 5, 500)
    board.wait_until(rig.clock_ms + 100)
    rig.clock_ms += DEBOUNCE_MS
    assert read(board).request == PAUSE


def test_a_key_asks_only_for_what_its_state_takes(board):
    keys = part("keys")
    states = range(len(STATE_NAMES))
    assert len(keys.START_KEY_ASKS) == len(keys.STOP_KEY_ASKS) == len(states)
    for state in states:
        assert next_state(state, keys.START_KEY_ASKS[state]) != REFUSED
        assert next_state(state, SILENCE) != REFUSED
        if keys.STOP_KEY_ASKS[state]:
            assert next_state(state, keys.STOP_KEY_ASKS[state]) not in (REFUSED, INFUSING)
    assert keys.STOP_KEY_ASKS[IDLE] == 0
    assert next_state(ALARM, keys.START_KEY_ASKS[ALARM]) != INFUSING


def test_while_the_signals_are_not_confirmed_start_says_that_they_were_seen_and_heard(rig, board):
    settle(board, READY)
    board.obey(order(state=READY, signal_test=1))
    hit(rig, board, START_KEY)
    assert read(board).request == ACKNOWLEDGE


def test_silence_asks_for_just_that(rig, board):
    settle(board, INFUSING)
    hit(rig, board, SILENCE_KEY)
    assert read(board).request == SILENCE


@pytest.mark.parametrize("key", [START_KEY, STOP_KEY, SILENCE_KEY, SELECT_KEY])
def test_a_key_that_is_held_is_told(rig, board, key):
    assert read(board).key_down == 0
    rig.levels[key] = 0
    assert read(board).key_down == 1


# The menu


def hit(rig, board, *keys):
    """Press each for 30 ms. What it asks for wakes the loop, and the key is let go of before anybody reads it."""
    for key in keys:
        rig.levels[key] = 0
        board.wait_until(rig.clock_ms + 30)
        rig.levels[key] = 1
        for _ in range(30):
            rig.pass_ms()
            board.keys.poll(rig.clock_ms)


def enter(rig, board):
    """5 mL/h, 10 mL."""
    hit(rig, board, SELECT_KEY, *[SELECT_KEY] * 3, *[START_KEY] * 5, *[SELECT_KEY] * 3)
    hit(rig, board, SELECT_KEY, SELECT_KEY, START_KEY, *[SELECT_KEY] * 3)


def test_a_prescription_by_keys_is_asked_for_like_any_other_and_start_starts_it(rig, board):
    settle(board, IDLE)
    enter(rig, board)
    assert read(board).request == 0
    hit(rig, board, START_KEY)
    inputs = read(board)
    assert (inputs.request, inputs.rate_cml_h, inputs.vtbi_ul, inputs.kvo_cml_h) == (PROGRAM, 500, 10_000, 100)
    assert inputs.remote == 0
    board.obey(order(state=READY))
    hit(rig, board, START_KEY)
    assert read(board).request == START


def test_in_the_menu_stop_and_silence_turn_back_unless_an_alarm_sounds(rig, board):
    settle(board, IDLE)
    hit(rig, board, SELECT_KEY, SELECT_KEY, STOP_KEY)
    assert (board.menu.rate_cml_h, board.menu.cursor) == (90_000, 1)
    hit(rig, board, SILENCE_KEY)
    assert (board.menu.cursor, read(board).request) == (0, 0)
    board.obey(order(state=IDLE, alarm_shown=19))
    hit(rig, board, SILENCE_KEY)
    assert (board.menu.page, read(board).request) == (1, SILENCE)
    board.obey(order(state=IDLE, alarm_shown=19, silent=1))
    hit(rig, board, SILENCE_KEY)
    assert (board.menu.page, read(board).request) == (0, 0)


def test_what_a_key_asks_for_is_not_lost_to_another(rig, board):
    """What was entered is read once, and nothing else overwrites what a host has asked for."""
    settle(board, READY)
    inputs = Inputs()
    inputs.rate_cml_h = 777
    hit(rig, board, START_KEY)
    board.read(inputs)
    assert (inputs.request, inputs.rate_cml_h) == (START, 777)


def test_a_menu_that_nobody_confirms_closes_in_a_minute(rig, board):
    settle(board, IDLE)
    enter(rig, board)
    rig.asleep = lambda: None
    board.wait_until(rig.clock_ms + 60_000)
    assert board.menu.page == 0
    hit(rig, board, START_KEY)
    assert read(board).request == ACKNOWLEDGE


class Loop:
    """The loop of main.py around a board, in the milliseconds of its rig."""

    def __init__(self, rig, board):
        self.rig, self.board = rig, board
        self.inputs, self.outputs = Inputs(), Outputs()
        self.pump = Pump(Controller(board.setup()), board.session())

    def run(self, ms):
        """When tones began, in ms from now."""
        rig, board = self.rig, self.board
        began = []
        start_ms = rig.clock_ms
        while rig.clock_ms < start_ms + ms:
            before = self.outputs.buzzer_hz
            board.read(self.inputs)
            then_ms = self.pump.step(rig.clock_ms, self.inputs, self.outputs, board)
            board.obey(self.outputs)
            if self.outputs.buzzer_hz and not before:
                began.append(rig.clock_ms - start_ms)
            board.wait_until(min(then_ms, start_ms + ms))
        return began

    def hit(self, *keys):
        """Press each for 30 ms, and let go of it for as long."""
        for key in keys:
            for level in (0, 1):
                self.rig.levels[key] = level
                self.run(30)


@pytest.fixture
def entered(rig, board):
    """A pump whose signals were confirmed, with 5 mL/h and 10 mL read back."""
    loop = Loop(rig, board)
    loop.run(5_000)
    loop.hit(START_KEY)
    loop.hit(SELECT_KEY, *[SELECT_KEY] * 3, *[START_KEY] * 5, *[SELECT_KEY] * 3)
    loop.hit(SELECT_KEY, SELECT_KEY, START_KEY, *[SELECT_KEY] * 3)
    return loop


def test_what_waits_in_the_menu_is_reminded_of_until_it_lapses(entered):
    at_ms = entered.run(59_000)
    assert [(ms + 500) // 1_000 for ms in at_ms] == [30, 30, 40, 40, 50, 50]  # two notes each
    assert entered.board.menu.page == 3
    entered.run(1_500)
    assert entered.board.menu.page == 0
    assert entered.run(120_000) == []


@pytest.mark.parametrize(("key", "state"), [(START_KEY, READY), (STOP_KEY, IDLE), (SILENCE_KEY, IDLE)])
def test_nothing_reminds_of_it_any_more_once_it_is_confirmed_left_or_gone_back_from(entered, key, state):
    assert len(entered.run(35_000)) == 2
    entered.hit(key)
    assert (entered.outputs.state, entered.inputs.unconfirmed) == (state, 0)
    assert entered.run(59_000) == []
