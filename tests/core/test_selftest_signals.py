"""The test of buzzer and LEDs, and the word of a user who has seen and heard it."""

import pytest

from pumpcore.alarms import CLOCK_FAULT, ON_BATTERY
from pumpcore.records import ACCEPTED, REFUSED_SELF_TEST
from pumpcore.signals import C_HZ
from pumpcore.states import ACKNOWLEDGE, INFUSING, PROGRAM, READY, SILENCE, START, STOP
from selftested import CODE, STEP_PL, raised, rig_ready
from stepper import Rig

PLAYED_MS = 3_000


def shown(rig):
    outputs = rig.outputs
    return outputs.buzzer_hz, outputs.red, outputs.yellow, outputs.cyan


ALL, NONE = (C_HZ, 1, 1, 1), (0, 0, 0, 0)


def test_at_power_on_all_signals_are_on_for_3_s_to_the_millisecond():
    rig = Rig(STEP_PL, signal_test=1)
    rig.step(0)
    assert (shown(rig), rig.outputs.signal_test) == (ALL, 1)
    rig.run(PLAYED_MS - 1)
    assert shown(rig) == ALL
    assert rig.next_ms == PLAYED_MS
    rig.run(PLAYED_MS)
    assert (shown(rig), rig.outputs.signal_test) == (NONE, 1)


def test_a_pump_that_does_not_ask_shows_nothing_and_starts():
    rig = Rig(STEP_PL)
    rig.step(0)
    assert (shown(rig), rig.outputs.signal_test) == (NONE, 0)


def test_all_of_it_can_be_done_at_one_instant():
    """Power-on, a word of the user, PROGRAM and START without the clock moving."""
    rig = Rig(STEP_PL, signal_test=1, code_sum=CODE, second_clock=1, air_test=1)
    rig.inputs.code_sum, rig.inputs.second_ms = CODE, 0
    rig.step(0)
    assert shown(rig) == ALL
    assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert (shown(rig), rig.outputs.signal_test) == (NONE, 0)
    rig.start(5_000)
    assert (rig.outputs.state, rig.now_ms) == (INFUSING, 0)


def test_signals_that_nobody_has_confirmed_start_nothing_and_are_played_again():
    rig = rig_ready(signal_test=1)
    rig.run(10_000)
    assert shown(rig) == NONE
    assert rig.ask(START) == REFUSED_SELF_TEST
    assert (rig.outputs.state, raised(rig), shown(rig)) == (READY, set(), ALL)
    rig.run(13_000)
    assert shown(rig) == NONE
    rig.run(60_000)
    assert rig.stepper.given == 0
    assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert rig.ask(START) == ACCEPTED


def test_a_word_before_the_signals_were_on_confirms_nothing():
    """ACKNOWLEDGE in the very first step; nor does any other request."""
    rig = Rig(STEP_PL, signal_test=1)
    assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert rig.outputs.signal_test == 1
    assert rig.ask(SILENCE) == ACCEPTED
    assert rig.ask(PROGRAM, rate_cml_h=5_000, vtbi_ul=1_000) == ACCEPTED
    assert rig.outputs.signal_test == 1
    assert rig.ask(START) == REFUSED_SELF_TEST


def test_unconfirmed_signals_are_reminded_of_after_30_s_and_then_every_10():
    """And no more once they are confirmed; IDLE itself has no reminder."""
    rig = Rig(STEP_PL, signal_test=1)
    began = []
    while rig.now_ms < 55_000:
        before = rig.outputs.buzzer_hz
        rig.step(rig.next_ms)
        if rig.outputs.buzzer_hz and not before and rig.now_ms > PLAYED_MS:
            began.append(rig.now_ms)
    assert began == [30_000, 30_400, 40_000, 40_400, 50_000, 50_400]
    rig.ask(ACKNOWLEDGE)
    while rig.now_ms < 200_000:
        rig.step(rig.next_ms)
        assert shown(rig) == NONE


def test_the_test_is_played_above_an_alarm_of_power_on_which_goes_on_after_it():
    rig = Rig(STEP_PL, signal_test=1)
    rig.inputs.on_mains = 0
    rig.step(0)
    assert (shown(rig), raised(rig)) == (ALL, {ON_BATTERY})
    rig.run(PLAYED_MS)
    assert (shown(rig), raised(rig)) == ((0, 0, 0, 1), {ON_BATTERY})


@pytest.mark.parametrize("jump_ms", [-60_000, -3_000, 2_500])
def test_a_clock_that_jumps_does_not_keep_all_signals_on(jump_ms):
    """The clock's fault is told instead: its LED, and its tones when their time has come."""
    rig = Rig(STEP_PL, clock_ms=100_000, signal_test=1, second_clock=1)
    rig.inputs.second_ms = 0
    rig.step(0)
    rig.inputs.second_ms = 1_000
    rig.step(1_000)
    assert (raised(rig), shown(rig)) == (set(), ALL)
    rig.clock_ms += jump_ms
    rig.step(1_000)
    assert raised(rig) == {CLOCK_FAULT}
    assert shown(rig)[1:] == (0, 0, 1)


@pytest.mark.parametrize("jump_ms", [-60_000, -3_000, 2_500])
def test_nor_where_there_is_no_second_clock(jump_ms):
    rig = Rig(STEP_PL, clock_ms=100_000, signal_test=1)
    rig.step(0)
    rig.step(1_000)
    assert shown(rig) == ALL
    rig.clock_ms += jump_ms
    rig.step(1_000)
    assert (raised(rig), shown(rig)) == (set(), NONE)


def test_confirmed_once_it_is_confirmed_until_power_off():
    rig = Rig(STEP_PL, signal_test=1)
    rig.step(0)
    rig.ask(ACKNOWLEDGE)
    for _ in range(3):
        rig.start(5_000)
        rig.run(rig.now_ms + 5_000)
        assert rig.ask(STOP) == ACCEPTED
    assert rig.outputs.signal_test == 0
