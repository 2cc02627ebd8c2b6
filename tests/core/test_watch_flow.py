"""What flows against what is pumped: free flow at rest too, with its cause, and what is booked of it."""

import pytest

from pumpcore.alarms import (
    DOOR_OPEN,
    FREE_FLOW,
    OCCLUSION_UPSTREAM,
    OVER_INFUSION,
    RESERVOIR_EMPTY,
    SENSOR_FAULT,
    SYRINGE_UNSEATED,
    UNDER_INFUSION,
)
from watched import Bench

FLOW_CODES = {FREE_FLOW, OVER_INFUSION, UNDER_INFUSION, RESERVOIR_EMPTY, SENSOR_FAULT}


@pytest.mark.parametrize(
    ("steps", "flowed_nl", "looks", "code"),
    [
        (0, 10_000, 6, FREE_FLOW),  # 50 uL with rollers, and 8.3 nL a second are the sensor's
        (5, 1_160, 300, OVER_INFUSION),  # 16 % more for 5 min; free flow is what rollers do not do, 13 % and 50 uL
        (5, 800, 300, UNDER_INFUSION),
        (100, 1, 16, RESERVOIR_EMPTY),  # 20 uL a second, to 300
        (100, 0, 60, SENSOR_FAULT),
    ],
)
def test_what_the_flow_sensor_finds(steps, flowed_nl, looks, code):
    """A look each second, and only its finding."""
    bench = Bench(flow_sensor=1, steps_per_turn=0, drops_per_ml=0)
    bench.watch.flow.slack_nl = 0
    bench.watch.flow.change()
    found = []
    for n in range(looks + 1):
        bench.inputs.flowed_nl = (bench.inputs.flowed_nl + flowed_nl * (n > 0)) % 2**30
        found.append(bench.look(1_000 * n, steps * (n > 0), pressure_pa=1_000 + n % 2) & FLOW_CODES)
    assert found[-1] == {code} and not any(found[:-1])


@pytest.mark.parametrize("moving", [True, False])
def test_free_flow_is_told_at_rest_too(moving):
    bench = Bench()
    bench.moving = moving
    assert [bench.look(20 * n, drops=n) for n in range(1, 5)] == [set(), set(), {FREE_FLOW}, {FREE_FLOW}]


@pytest.mark.parametrize("flow_sensor", [0, 1])
def test_free_flow_that_goes_on_after_it_was_acknowledged_is_raised_again(flow_sensor):
    """150 uL a second at rest: found by three drops or 50 uL, acknowledged, found again; not once it has ended."""
    bench = Bench(flow_sensor=flow_sensor)
    bench.moving = False
    found = []

    def run(looks, drops):
        for _ in range(looks):
            bench.inputs.drops += drops
            bench.inputs.flowed_nl += 50_000 * drops
            bench.alarms.raised = 0
            bench.watch.look(0, bench.inputs, 0, False)
            found.append(bool(bench.alarms.raised & 1 << FREE_FLOW))

    run(4, 3)
    assert found == [True, False, False, False]
    bench.watch.acknowledge()
    bench.alarms.acknowledge()
    run(4, 3)
    assert found[4:] == [True, False, False, False]
    bench.watch.acknowledge()
    bench.alarms.acknowledge()
    run(50, 0)
    assert not any(found[8:])


def test_an_acknowledgement_of_another_alarm_leaves_what_flows_as_it_is():
    """A supply that was blocked fills up again once its clamp is opened, also after somebody has seen the alarm."""
    bench = Bench()
    assert bench.look(20, supply_pa=-40_000) == {OCCLUSION_UPSTREAM}
    bench.watch.acknowledge()
    bench.alarms.acknowledge()
    assert bench.look(40, supply_pa=0, drops=6) == set()


@pytest.mark.parametrize("flow_sensor", [0, 1])
@pytest.mark.parametrize(
    ("open_", "causes"),
    [
        ({}, []),
        ({"door_closed": 0}, [DOOR_OPEN]),
        ({"seated": 0}, [SYRINGE_UNSEATED]),
        ({"door_closed": 0, "seated": 0, "barrel_um": 0}, [DOOR_OPEN, SYRINGE_UNSEATED]),
    ],
)
def test_free_flow_at_rest_names_what_is_open_and_that_comes_first(flow_sensor, open_, causes):
    """An open door alone is none of the pump's business while it stands; acknowledged, all is found anew."""
    bench = Bench(flow_sensor=flow_sensor)
    bench.moving = False
    assert bench.look(20, **open_) == set()
    assert bench.look(40, drops=3, flowed_nl=150_000) == {FREE_FLOW, *causes}
    assert bench.alarms.reason == [*causes, FREE_FLOW][0]
    assert bench.alarms.shown == FREE_FLOW
    bench.watch.acknowledge()
    bench.alarms.acknowledge()
    bench.alarms.raised = 0
    bench.inputs.drops, bench.inputs.flowed_nl = 6, 300_000
    bench.watch.look(60, bench.inputs, 0, False)
    assert bench.alarms.latched == bench.alarms.raised == sum(1 << code for code in (FREE_FLOW, *causes))


@pytest.mark.parametrize(("flow_sensor", "booked_ul"), [(1, 520), (0, 500)])
def test_what_flows_by_the_open_door_is_booked(flow_sensor, booked_ul):
    """130 uL each second, by the flow sensor; by whole drops of 50 uL where there is none."""
    bench = Bench(flow_sensor=flow_sensor)
    for n in range(5):
        bench.look(1_000 * n, door_closed=0, flowed_nl=130_000 * n, drops=130 * n // 50)
    assert bench.watch.dose.free_ul == bench.watch.dose.pumped_ul == booked_ul


def test_once_the_flow_sensor_is_known_dead_drops_are_booked_until_it_counts_again():
    """A drop of 50 uL a look, carried by the rollers until SENSOR_FAULT; then by itself past the open door."""
    bench = Bench(flow_sensor=1)
    for n in range(1, 61):
        found = bench.look(1_000 * n, steps=250, drops=n)
    assert found == {SENSOR_FAULT}
    bench.moving = False
    bench.watch.acknowledge()
    for n in range(61, 65):
        bench.look(1_000 * n, door_closed=0, drops=n)
    assert bench.watch.dose.free_ul == 4 * 50
    for n in range(65, 67):
        bench.look(1_000 * n, flowed_nl=(n - 64) * 50_000, drops=n)
    assert 299 <= bench.watch.dose.free_ul <= 300
