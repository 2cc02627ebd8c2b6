"""The ring of events: what is noted, in which order, and what is written over."""

import pytest

from linked import Linked, frame
from pumpcore.alarms import LINK_LOST, OCCLUSION_DOWNSTREAM, ON_BATTERY
from pumpcore.events import BOOT, EVENTS, LINK, NUMBER_MASK, RAISED, Events
from pumpcore.records import ACCEPTED, REFUSED_HERE, Inputs, Outputs
from pumpcore.states import ALARM, IDLE, INFUSING, PAUSE, PAUSED, PROGRAM, READY, RESUME, SILENCE, START


def test_an_infusion_as_it_is_told():
    pump = Linked()
    pump.infuse()
    pump.step(key=PAUSE)
    pump.step(key=RESUME)
    pump.inputs.pressure_pa = 50_000
    pump.step(5_000)
    pump.ask(b"pause")
    pump.ask(b"acknowledge")
    assert pump.log() == [
        ("request", PROGRAM, ACCEPTED), ("state", READY, IDLE),
        ("request", START, ACCEPTED), ("state", INFUSING, READY),
        ("request", PAUSE, ACCEPTED), ("state", PAUSED, INFUSING),
        ("request", RESUME, ACCEPTED), ("state", INFUSING, PAUSED),
        ("state", ALARM, INFUSING), ("alarm", OCCLUSION_DOWNSTREAM, 1),
        ("request", PAUSE, REFUSED_HERE),
        ("request", 7, ACCEPTED), ("state", PAUSED, ALARM), ("alarm", OCCLUSION_DOWNSTREAM, 0),
    ]  # fmt: skip


def test_several_alarms_of_a_step_are_noted_by_number_and_once():
    pump = Linked()
    pump.inputs.on_mains, pump.inputs.link_up = 0, 0
    for _ in range(5):
        pump.step(1_000)
    assert pump.log() == [("alarm", ON_BATTERY, 1), ("alarm", LINK_LOST, 1)]


def test_an_alarm_raised_anew_while_it_is_latched_is_noted_too():
    events, inputs, outputs = Events(), Inputs(), Outputs()
    for _ in range(2):
        outputs.alarms = outputs.alarms_raised = 2
        events.follow(5, inputs, outputs)
    assert events.count == 2
    outputs.alarms_raised = 0
    events.follow(5, inputs, outputs)
    assert events.count == 2
    outputs.alarms = 0
    events.follow(6, inputs, outputs)
    assert (events.kinds[2], events.codes[2], events.values[2], events.clocks_ms[2]) == (RAISED, 1, 0, 6)


def test_an_event_is_read_by_its_number_and_has_the_clock_of_its_step():
    pump = Linked(clock_ms=7_000)
    pump.step(500)
    pump.step(500, key=SILENCE)
    assert pump.ask(b"event 0") == f"ok 0 7500 {LINK} {BOOT} 0"
    assert pump.ask(b"event 1") == f"ok 1 8000 3 {SILENCE} {ACCEPTED}"
    assert pump.ask(b"event 2") == "no event"
    assert pump.ask(b"event 1073741823") == "no event"


def test_the_oldest_are_written_over_and_are_said_to_be_gone():
    pump = Linked()
    for _ in range(EVENTS):
        pump.step(key=SILENCE)
    assert pump.ask(b"counts") == f"ok 0 0 1 {EVENTS + 1}"
    assert pump.ask(b"event 0") == "no event"
    assert pump.ask(b"event 1") == f"ok 1 0 3 {SILENCE} {ACCEPTED}"
    assert pump.ask(b"event %d" % EVENTS).startswith(f"ok {EVENTS} ")
    assert pump.ask(b"event %d" % (EVENTS + 1)) == "no event"


def test_an_event_that_is_written_over_in_the_very_step_is_gone_and_no_other_is_told_for_it():
    pump = Linked()
    for _ in range(EVENTS - 1):
        pump.step(key=SILENCE)
    assert pump.ask(b"event 0").startswith("ok 0 ")
    line = frame(b">7 event 0")
    pump.say(line[:-1])
    pump.inputs.on_mains = 0  # noted in the step that has the frame, in the full ring
    assert pump.link.events.count == EVENTS
    assert pump.say(line[-1:]) == frame(b"<7 no event")


@pytest.mark.parametrize("count", [0, 1, EVENTS, EVENTS + 1, NUMBER_MASK])
def test_what_is_kept(count):
    events = Events()
    events.count = count
    kept = [number for number in range(max(0, count - 2 * EVENTS), count + 3) if events.keeps(number)]
    assert kept == list(range(max(0, count - EVENTS), count))


def test_numbers_begin_anew_after_their_largest():
    events = Events()
    events.count = NUMBER_MASK
    events.note(0, LINK, BOOT)
    assert events.count == 0 and not events.keeps(0)
