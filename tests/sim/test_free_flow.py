"""Fluid that runs in by itself: what it is called while the pump stands, and that nobody is given it twice.

20 mL/h through an 0.8 mm tube; the door open, 4.59 kPa of height over 0.1019 kPa s/uL give 45 uL/s.
"""

import pytest

from pumpcore.alarms import DOOR_OPEN, FREE_FLOW
from pumpsim.scenario import Event
from stories import BAG_KPA, BAG_R, LINE_R, OPEN_R, OUT_R, PATIENT_KPA, alarms, fault, ran

OPEN_UL_S = (BAG_KPA - PATIENT_KPA) / (BAG_R + OPEN_R + LINE_R + OUT_R)
LOOK_S = 1.1


@pytest.mark.parametrize("flow_sensor", [True, False])
@pytest.mark.parametrize("state", ["PAUSED", "READY"])
def test_an_open_door_through_which_it_flows_is_named_while_the_pump_stands(state, flow_sensor):
    """50 uL by the flow sensor, three drops of 50 uL without: 1.1 and 3.3 s; the open door is the reason."""
    event = Event(at_s=30.0, action="pause") if state == "PAUSED" else Event(at_s=230.0, action="start")
    pump = {"flow_sensor": flow_sensor}
    bench = ran("peristaltic", fault("door-open", 60, 120), event=[event], pump=pump, duration_s=200.0)
    (at_s, one), (again_s, other) = alarms(bench)
    assert {one, other} == {"DOOR_OPEN", "FREE_FLOW"}
    assert at_s == again_s <= 60 + 150 / OPEN_UL_S + LOOK_S
    assert (bench.outputs.alarm_reason, bench.outputs.alarm_shown) == (DOOR_OPEN, FREE_FLOW)
    assert bench.record.rows[-1].state == state
