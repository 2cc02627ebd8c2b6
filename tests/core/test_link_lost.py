"""A host that says it is there, and goes away."""

import pytest

from linked import Linked
from pumpcore.alarms import LINK_LOST
from pumpcore.link import LOST_MS
from pumpcore.states import SILENCE
from pumpcore.units import CLOCK_MASK


def lost(**how):
    """A pump that infuses, and whose host said that it is there and then no more."""
    pump = Linked(**how)
    pump.infuse()
    assert pump.ask(b"alive") == "ok"
    pump.wait(LOST_MS - 1)
    assert not pump.controller.alarms.latched & 1 << LINK_LOST
    pump.step(1)
    return pump


def test_a_host_that_was_there_is_missed_after_10_s_and_the_infusion_goes_on():
    pump = lost()
    assert pump.controller.alarms.latched & 1 << LINK_LOST
    ordered = pump.ordered
    pump.wait(60_000)
    assert pump.state == "INFUSING" and pump.ordered > ordered
    assert pump.log()[-2:] == ["LINK_LOST", ("alarm", LINK_LOST, 1)]


def test_reading_and_even_commanding_is_not_saying_that_one_is_there():
    pump = Linked()
    pump.infuse()
    pump.ask(b"alive")
    for _ in range(20):
        pump.wait(500)
        pump.ask(b"status")
        pump.ask(b"silence")
    assert pump.controller.alarms.latched & 1 << LINK_LOST


def test_a_host_that_goes_on_saying_so_is_never_missed_and_one_that_never_did_neither():
    pump, quiet = Linked(), Linked()
    quiet.infuse()
    for _ in range(30):
        pump.ask(b"alive")
        pump.wait(LOST_MS - 1, LOST_MS - 1)
        quiet.wait(LOST_MS, LOST_MS)
    assert pump.controller.alarms.latched == quiet.controller.alarms.latched == 0


def test_a_host_that_comes_back_is_noted_and_the_alarm_can_be_acknowledged():
    pump = lost()
    assert pump.ask(b"alive") == "ok"
    assert pump.log()[-1] == "LINK_BACK"
    assert pump.ask(b"acknowledge") == "ok 2"
    pump.wait(5_000)
    assert pump.controller.alarms.latched == 0
    pump.wait(5_000)
    assert pump.controller.alarms.latched == 1 << LINK_LOST, "and missed once more"


@pytest.mark.parametrize("missed", [False, True])
def test_a_host_that_says_goodbye_is_not_missed_any_more(missed):
    """Also if that is the first it says after it was missed, and the board writes no `link_up` of its own."""
    pump = lost() if missed else Linked()
    pump.ask(b"alive")
    if missed:
        pump.wait(LOST_MS)
        assert pump.inputs.link_up == 0
    assert pump.ask(b"bye") == "ok"
    pump.ask(b"acknowledge")
    pump.wait(5 * LOST_MS)
    assert pump.inputs.link_up == 1
    assert pump.controller.alarms.latched == 0


def test_a_lost_link_ends_the_silence_that_came_over_it():
    pump = Linked()
    pump.infuse()
    pump.inputs.on_mains = 0
    pump.ask(b"alive")
    pump.ask(b"silence")
    pump.wait(LOST_MS - 1)
    assert pump.outputs.silent
    pump.step(1)
    assert (pump.inputs.link_up, pump.outputs.silent) == (0, 0)


def test_while_the_link_is_lost_a_silence_is_for_whoever_stands_at_the_pump():
    pump = lost()
    assert pump.ask(b"silence") == "ok 2"
    pump.step(1)
    assert not pump.outputs.silent
    pump.step(key=SILENCE)
    pump.wait(5_000)
    assert pump.outputs.silent


def test_a_board_that_knows_better_is_believed_while_no_host_is_watched():
    pump = Linked()
    pump.inputs.link_up = 0
    pump.step(1)
    assert pump.controller.alarms.latched & 1 << LINK_LOST


def test_the_clock_may_wrap_meanwhile():
    pump = lost(clock_ms=CLOCK_MASK - 5_000)
    assert pump.clock_ms < LOST_MS
    assert pump.controller.alarms.latched & 1 << LINK_LOST
