"""The state table: what leads where, and that everything else is refused and changes nothing."""

import pytest

from pumpcore.records import ACCEPTED, REFUSED_HERE, UNKNOWN_REQUEST
from pumpcore.states import (
    ACKNOWLEDGE,
    ALARM,
    DONE,
    EVENT_NAMES,
    IDLE,
    INFUSING,
    KVO,
    MOVING,
    PAUSE,
    PAUSED,
    PROGRAM,
    PUMPING,
    READY,
    REFUSED,
    RELIEF,
    REQUESTS,
    RESTART,
    RESUME,
    SET_RATE,
    START,
    STATE_NAMES,
    STOP,
    TABLE,
    next_state,
)
from stepper import Rig

STEP_PL = 173_530
STATES = range(len(STATE_NAMES))
ASKED = range(1, REQUESTS + 1)


def rig_in(state):
    """A rig brought into `state` by what a user and the line can do."""
    rig = Rig(STEP_PL, back_off=int(state == RELIEF))
    if state == IDLE:
        return rig
    kvo = 0 if state == DONE else 100
    vtbi_ul = 20 if state in (KVO, DONE) else 1_000
    assert rig.ask(PROGRAM, rate_cml_h=5_000, vtbi_ul=vtbi_ul, kvo_cml_h=kvo) == ACCEPTED
    if state == READY:
        return rig
    assert rig.ask(START) == ACCEPTED
    rig.run(5_000)
    if state == PAUSED:
        assert rig.ask(PAUSE) == ACCEPTED
    if state == ALARM:
        rig.inputs.pressure_pa = 50_000
        rig.run(6_000)
        rig.inputs.pressure_pa = 0
    if state == RELIEF:
        rig.inputs.pressure_pa = 50_000  # and it stays there
        rig.run(5_200)
    return rig


def everything(thing):
    """All that a controller remembers, down to its numbers."""
    if hasattr(thing, "__dict__"):
        return {name: everything(value) for name, value in vars(thing).items()}
    return thing


@pytest.mark.parametrize("state", STATES, ids=STATE_NAMES)
def test_every_state_can_be_reached(state):
    rig = rig_in(state)
    assert rig.controller.state == state == rig.outputs.state


@pytest.mark.parametrize("request_", ASKED, ids=EVENT_NAMES[1 : REQUESTS + 1])
@pytest.mark.parametrize("state", STATES, ids=STATE_NAMES)
def test_each_pair_goes_where_the_table_says_or_changes_nothing(state, request_):
    rig, unasked = rig_in(state), rig_in(state)
    unasked.step(unasked.now_ms)
    answer = rig.ask(request_, rate_cml_h=700, vtbi_ul=3_000, kvo_cml_h=50)
    if next_state(state, request_) == REFUSED:
        assert answer == REFUSED_HERE
        assert everything(rig.controller) == everything(unasked.controller)
        assert rig.stepper.queue == unasked.stepper.queue
    else:
        assert answer == ACCEPTED
        assert rig.controller.state == next_state(state, request_)


@pytest.mark.parametrize("request_", [-1, REQUESTS + 1, REQUESTS + 2, REQUESTS + 3, 99, 2**29])
@pytest.mark.parametrize("state", STATES, ids=STATE_NAMES)
def test_what_only_the_controller_may_find_cannot_be_asked_for(state, request_):
    rig, unasked = rig_in(state), rig_in(state)
    unasked.step(unasked.now_ms)
    assert rig.ask(request_) == UNKNOWN_REQUEST
    assert everything(rig.controller) == everything(unasked.controller)
    assert rig.stepper.queue == unasked.stepper.queue


@pytest.mark.parametrize("state", STATES, ids=STATE_NAMES)
def test_the_motor_has_orders_only_in_the_states_that_move_it(state):
    rig = rig_in(state)
    given = rig.stepper.given
    rig.run(rig.now_ms + 60_000)
    assert (rig.stepper.given != given) == MOVING[state]
    assert (rig.stepper.given > given) == PUMPING[state]


def test_the_table_by_heart():
    """The whole table once more, from the other side: a change of either must be meant."""
    arrows = {
        (STATE_NAMES[state], EVENT_NAMES[event], STATE_NAMES[to])
        for state in STATES
        for event, to in TABLE[state].items()
    }
    acknowledged = {(name, "ACKNOWLEDGE", name) for name in STATE_NAMES if name != "ALARM"}
    stopped = {(name, "STOP", "IDLE") for name in STATE_NAMES if name != "IDLE"}
    silenced = {(name, "SILENCE", name) for name in STATE_NAMES}
    reloaded = {(name, "RELOAD", name) for name in ("IDLE", "READY", "PAUSED", "DONE")}
    assert arrows - acknowledged - stopped - silenced - reloaded == {
        ("IDLE", "PROGRAM", "READY"),
        ("READY", "PROGRAM", "READY"),
        ("DONE", "PROGRAM", "READY"),
        ("READY", "START", "INFUSING"),
        ("INFUSING", "SET_RATE", "INFUSING"),
        ("PAUSED", "SET_RATE", "PAUSED"),
        ("INFUSING", "PAUSE", "PAUSED"),
        ("KVO", "PAUSE", "PAUSED"),
        ("PAUSED", "RESUME", "INFUSING"),
        ("INFUSING", "HALT", "ALARM"),
        ("KVO", "HALT", "ALARM"),
        ("INFUSING", "KEEP_OPEN", "KVO"),
        ("INFUSING", "FINISH", "DONE"),
        ("ALARM", "ACKNOWLEDGE", "PAUSED"),
        ("ALARM", "RESTART", "INFUSING"),
        ("INFUSING", "BACK_OFF", "RELIEF"),
        ("KVO", "BACK_OFF", "RELIEF"),
        ("RELIEF", "HALT", "ALARM"),
    }
    assert acknowledged | stopped | silenced | reloaded <= arrows


def test_what_may_be_asked_for_from_outside_by_heart():
    assert [EVENT_NAMES[request] for request in ASKED] == [
        "PROGRAM", "START", "SET_RATE", "PAUSE", "RESUME", "STOP", "ACKNOWLEDGE", "RELOAD", "SILENCE",
    ]  # fmt: skip


def test_nothing_moves_without_a_start():
    """A state that stands moves only by START or RESUME; ALARM also by a line that is free again."""
    for state in (IDLE, READY, PAUSED, ALARM, DONE):
        for event, to in TABLE[state].items():
            assert not MOVING[to] or event in (START, RESUME) or (state, event) == (ALARM, RESTART)


@pytest.mark.parametrize("request_", [SET_RATE, STOP, ACKNOWLEDGE])
def test_a_pump_that_stands_still_stays_so(request_):
    rig = rig_in(PAUSED)
    rig.ask(request_, rate_cml_h=12_000)
    rig.run(rig.now_ms + 10_000)
    assert rig.stepper.queued() == 0


def test_infusing_is_the_only_state_that_ends_by_volume():
    assert [state for state in STATES if next_state(state, EVENT_NAMES.index("FINISH")) != REFUSED] == [INFUSING]
