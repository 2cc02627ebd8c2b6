"""What is to be asked for instead of what a state refuses: held against the pump's own table of states."""

import pytest

from pumpcore.states import PAUSE, PROGRAM, REFUSED, REQUESTS, RESUME, SET_RATE, STATE_NAMES, STOP, TABLE, next_state
from pumphost.refusal import INSTEAD, in_this_state

HINTS = [(state, asked, way) for state, of in INSTEAD.items() for asked, way in of.items()]


@pytest.mark.parametrize(("state", "asked", "way"), HINTS)
def test_what_is_refused_has_a_way_that_the_pump_takes(state, asked, way):
    assert next_state(state, asked) == REFUSED
    for step in way:
        state = next_state(state, step)
        assert state != REFUSED
    there = {row[asked] for row in TABLE if asked in row}
    assert way[-1] == asked or state in there or (asked, way[-1]) == (SET_RATE, PROGRAM)


def test_every_state_has_words_for_every_request():
    for state, name in enumerate(STATE_NAMES):
        for request in range(REQUESTS + 1):
            assert in_this_state(name, request).startswith(f"not while the pump is {name}")
        assert (PROGRAM in INSTEAD[state]) == (next_state(state, PROGRAM) == REFUSED)
        assert STOP not in INSTEAD[state]


def test_what_has_happened_already_has_no_way():
    assert in_this_state("PAUSED", PAUSE) == "not while the pump is PAUSED"
    assert in_this_state("ALARM", RESUME) == "not while the pump is ALARM: acknowledge, then resume"
