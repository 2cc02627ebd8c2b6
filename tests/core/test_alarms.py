"""The table of alarms against what Open PCA Pump asks for, and the latch: what it shows, keeps and forgets."""

import pytest

from pumpcore import alarms as alarms_module
from pumpcore.alarms import (
    ACTION_NAMES,
    AIR_BUBBLE,
    BATTERY_LOW,
    FREE_FLOW,
    GO_ON,
    HIGH,
    INFUSION_COMPLETE,
    LOW,
    MEDIUM,
    NO_ALARM,
    ON_BATTERY,
    OVERHEAT,
    PAUSED_TOO_LONG,
    PRIORITY_NAMES,
    STOP_PUMP,
    TABLE,
    TO_KVO,
    Alarm,
    Alarms,
)
from pumpcore.states import PAUSE, RESUME
from stepper import Rig

# Open PCA Pump 1.0.0: Table 4 where it stands there. "goes on" where we differ is written in the row's reference.
BY_HEART = {
    "OCCLUSION_DOWNSTREAM": (1, "MEDIUM", "stop"),
    "AIR_BUBBLE": (2, "MEDIUM", "stop"),
    "RESERVOIR_EMPTY": (3, "MEDIUM", "stop"),
    "RESERVOIR_LOW": (4, "LOW", "go on"),
    "INFUSION_NEAR_END": (5, "LOW", "go on"),
    "INFUSION_COMPLETE": (6, "LOW", "kvo"),
    "OCCLUSION_PARTIAL": (7, "LOW", "go on"),
    "OCCLUSION_UPSTREAM": (8, "MEDIUM", "stop"),
    "AIR_ACCUMULATED": (9, "MEDIUM", "stop"),
    "OVER_INFUSION": (10, "HIGH", "kvo"),
    "UNDER_INFUSION": (11, "LOW", "go on"),
    "FREE_FLOW": (12, "HIGH", "stop"),
    "MOTOR_STALL": (13, "HIGH", "stop"),
    "DOOR_OPEN": (14, "MEDIUM", "stop"),
    "SYRINGE_UNSEATED": (15, "MEDIUM", "stop"),
    "SYRINGE_WRONG": (16, "MEDIUM", "stop"),
    "BATTERY_LOW": (17, "LOW", "go on"),
    "BATTERY_EMPTY": (18, "HIGH", "stop"),
    "ON_BATTERY": (19, "LOW", "go on"),
    "OVERHEAT": (20, "MEDIUM", "stop"),
    "SENSOR_FAULT": (21, "MEDIUM", "stop"),
    "SELF_TEST_FAILED": (22, "LOW", "stop"),
    "MEMORY_FAULT": (23, "LOW", "stop"),
    "CLOCK_FAULT": (24, "LOW", "stop"),
    "LINK_LOST": (25, "LOW", "go on"),
    "PAUSED_TOO_LONG": (26, "LOW", "go on"),
    "DOSE_LIMIT": (27, "LOW", "kvo"),
    "RESTART_LIMIT": (28, "MEDIUM", "stop"),
    "GUARD_STOPPED": (29, "HIGH", "stop"),
}

# The table


def test_the_table_by_heart():
    """Once more, from the other side: a change of a code, a priority or an action must be meant."""
    rows = {row.name: (code, PRIORITY_NAMES[row.priority], ACTION_NAMES[row.action]) for code, row in enumerate(TABLE)}
    assert rows.pop("") == (NO_ALARM, "", "go on")
    assert rows == BY_HEART


def test_every_code_is_its_row_and_every_row_has_a_code():
    for code, row in enumerate(TABLE[1:], 1):
        assert getattr(alarms_module, row.name) == code


def test_a_row_keeps_what_it_is_given():
    row = Alarm("NAME", HIGH, TO_KVO, "Text", "Open PCA")
    assert (row.name, row.priority, row.action, row.text, row.reference) == ("NAME", HIGH, TO_KVO, "Text", "Open PCA")


def test_priorities_and_actions_are_ordered_and_small():
    """`max` of two of them is the stronger, and all codes fit one mask of a 32-bit board."""
    assert 0 < LOW < MEDIUM < HIGH == len(PRIORITY_NAMES) - 1
    assert GO_ON < TO_KVO < STOP_PUMP == len(ACTION_NAMES) - 1
    assert 1 << (len(TABLE) - 1) < 2**30


def test_a_text_is_short_plain_and_no_other_alarms():
    """A line of 40 characters, of what any display has; and every choice says where it comes from."""
    texts = [row.text for row in TABLE[1:]]
    assert len(set(texts)) == len(texts)
    for row in TABLE[1:]:
        assert row.text.isascii() and row.text.isprintable()
        assert 5 <= len(row.text) <= 40
        assert row.text[0].isupper() and not row.text[1:].isupper() and row.text == row.text.strip()
        assert row.reference.startswith(("Open PCA ", "IEC 60601", "market: ", "recalls: ", "blind for a hazard"))
    assert (TABLE[NO_ALARM].text, TABLE[NO_ALARM].reference) == ("", "")


# The latch


def everything(alarms):
    return (alarms.latched, alarms.raised, alarms.reason, alarms.shown, alarms.wanted, alarms.announced)


def raised(*codes):
    alarms = Alarms()
    for code in codes:
        alarms.raise_alarm(code)
    return alarms


def test_nothing_has_been_raised_at_power_on():
    assert everything(Alarms()) == (0, 0, 0, 0, GO_ON, 0)


@pytest.mark.parametrize("code", range(1, len(TABLE)))
def test_an_alarm_is_latched_shown_and_wants_what_its_row_says(code):
    bit = 2**code
    stops = TABLE[code].action == STOP_PUMP
    assert everything(raised(code)) == (bit, bit, code if stops else NO_ALARM, code, TABLE[code].action, bit)


def test_the_first_that_stopped_is_the_reason_and_the_highest_is_shown():
    alarms = raised(BATTERY_LOW, AIR_BUBBLE, OVERHEAT)
    assert (alarms.reason, alarms.shown) == (AIR_BUBBLE, AIR_BUBBLE)  # the earlier of two that are equal
    alarms.raise_alarm(FREE_FLOW)
    assert (alarms.reason, alarms.shown) == (AIR_BUBBLE, FREE_FLOW)
    alarms.raise_alarm(ON_BATTERY)
    assert alarms.shown == FREE_FLOW
    assert alarms.latched == alarms.raised == alarms.announced == 2**17 + 2**2 + 2**20 + 2**12 + 2**19


def test_what_does_not_stop_is_no_reason():
    assert everything(raised(BATTERY_LOW, INFUSION_COMPLETE))[2:5] == (NO_ALARM, BATTERY_LOW, TO_KVO)


def test_the_strongest_action_is_wanted_whatever_comes_after():
    assert raised(AIR_BUBBLE, INFUSION_COMPLETE, BATTERY_LOW).wanted == STOP_PUMP
    assert raised(BATTERY_LOW, INFUSION_COMPLETE).wanted == TO_KVO


def test_one_that_stands_is_told_once_and_wants_its_action_each_time():
    alarms = raised(AIR_BUBBLE)
    alarms.raised, alarms.wanted = 0, GO_ON  # the next step
    alarms.raise_alarm(AIR_BUBBLE)
    assert everything(alarms) == (4, 0, AIR_BUBBLE, AIR_BUBBLE, STOP_PUMP, 4)


def test_acknowledged_it_is_gone_and_not_told_again_before_the_next_start():
    alarms = raised(AIR_BUBBLE, FREE_FLOW)
    alarms.acknowledge()
    assert (alarms.latched, alarms.reason, alarms.shown) == (0, NO_ALARM, NO_ALARM)
    alarms.raise_alarm(AIR_BUBBLE)
    assert (alarms.latched, alarms.reason, alarms.shown) == (0, NO_ALARM, NO_ALARM)
    alarms.rearm()
    assert alarms.announced == 0
    alarms.raise_alarm(AIR_BUBBLE)
    assert (alarms.latched, alarms.reason, alarms.shown) == (4, AIR_BUBBLE, AIR_BUBBLE)


def test_what_is_forgotten_may_be_told_again_and_nothing_else():
    alarms = raised(BATTERY_LOW, ON_BATTERY)
    alarms.acknowledge()
    alarms.forget(ON_BATTERY)
    assert alarms.announced == 2**17
    alarms.forget(AIR_BUBBLE)  # was not raised
    assert alarms.announced == 2**17
    alarms.raise_alarm(BATTERY_LOW)
    assert alarms.latched == 0
    alarms.raise_alarm(ON_BATTERY)
    assert alarms.latched == 2**19


def test_a_pause_of_ten_minutes_is_an_alarm_that_changes_nothing_else():
    """Through the controller: LOW, once, and the pump may go on."""
    rig = Rig(173_530)
    rig.start(1_000)
    rig.run(5_000)
    rig.ask(PAUSE)
    paused_ms, state = rig.now_ms, rig.outputs.state
    rig.run(paused_ms + 599_999)
    assert rig.outputs.alarms == 0
    rig.step(paused_ms + 600_000)
    assert (rig.outputs.alarms, rig.outputs.alarms_raised) == (1 << PAUSED_TOO_LONG, 1 << PAUSED_TOO_LONG)
    assert (rig.outputs.alarm_shown, rig.outputs.alarm_reason, rig.outputs.state) == (PAUSED_TOO_LONG, NO_ALARM, state)
    rig.run(paused_ms + 1_200_000)
    assert rig.outputs.alarms_raised == 0
    given = rig.stepper.given
    rig.ask(RESUME)
    rig.run(rig.now_ms + 60_000)
    assert rig.stepper.given > given
