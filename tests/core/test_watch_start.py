"""What a start and another rate begin anew, and that what happened at rest does not lock the pump up."""

import pytest

from pumpcore.alarms import FREE_FLOW, MOTOR_STALL, OVER_INFUSION
from pumpcore.records import ACCEPTED
from pumpcore.states import ALARM, DONE, INFUSING, PAUSE, PAUSED, PROGRAM, RESUME, START
from pumpcore.units import CLOCK_MASK, TICKS_PER_MS
from stepper import Rig
from watched import RATE, STEP_PL, UL, Bench

# start() and begin()


def test_a_start_begins_anew_with_shaft_supply_bubble_and_sensors():
    bench = Bench(air_test=1)
    bench.look(20, air_permille=1_000)
    bench.look(5_000, steps=98 * UL, follow=False, air_permille=1_000, drops=1, pressure_pa=1_000)
    bench.look(5_020, steps=1)
    watch = bench.watch
    assert (watch.travel.behind, watch.air.bubble_ul, watch.supply.fallen_ul) == (490, 98, 50)
    assert (watch.pressure.same_pl, watch.downstream.blocks) == (200_000, 1)
    watch.supply.was_blocked = True
    watch.start(7_000)
    assert (watch.travel.behind, watch.air.bubble_ul, watch.air.sum_ul) == (0, 0, 98)
    assert (watch.supply.fallen_ul, watch.supply.window_ul, watch.supply.was_blocked) == (0, 0, False)
    assert (watch.pressure.same_pl, watch.pressure.same_since_ms) == (0, 7_000)
    assert (watch.downstream.blocks, watch.downstream.climb) == (1, 10_240)
    assert watch.detector.testing == 0
    bench.look(7_020, steps=100, air_permille=0)
    assert (watch.travel.behind, watch.detector.testing) == (0, 1)


def test_another_rate_begins_the_sum_of_the_climb_and_nothing_else():
    """Or a bubble could slip through under a rate that is changed again and again."""
    bench = Bench()
    bench.look(5_000, steps=98 * UL, follow=False, air_permille=1_000, drops=1, pressure_pa=1_000)
    bench.look(5_020, steps=1)
    watch = bench.watch
    watch.supply.was_blocked = True
    for rate, climb in ((100, 1_024), (0, 0)):
        watch.begin(7_000, rate)
        assert (watch.downstream.blocks, watch.downstream.climb, watch.downstream.end_ms) == (0, climb, 12_000)
        assert (watch.travel.behind, watch.air.bubble_ul, watch.air.sum_ul) == (490, 98, 98)
        assert (watch.supply.fallen_ul, watch.supply.was_blocked, watch.pressure.same_pl) == (50, True, 200_000)


# Through the controller: what happened at rest does not lock the pump up


def follow(rig, ms, turned=0):
    """The shaft turns with the motor, a count to a step, `turned` ahead; drops fall as the rollers carry."""
    drops = rig.inputs.drops
    begun, then = rig.stepper.given, rig.now_ms + ms
    while rig.next_ms <= then:
        rig.stepper.advance(rig.next_ms * TICKS_PER_MS)
        rig.inputs.encoder_counts = (rig.stepper.given + turned) & CLOCK_MASK
        rig.inputs.drops = drops + (rig.stepper.given - begun) // (50 * UL)
        rig.step(rig.next_ms)


def test_drops_that_fell_at_rest_are_told_once_and_the_start_goes_on():
    """Three drops with the rollers standing are free flow; the user has seen to the clamp, and START pumps."""
    rig = Rig(STEP_PL, upstream_pa=30_000, drops_per_ml=20)
    assert rig.ask(PROGRAM, rate_cml_h=RATE, vtbi_ul=5_000) == ACCEPTED
    for drops in (1, 2, 3):
        rig.inputs.drops = drops
        rig.step(rig.next_ms)
    assert rig.outputs.alarms == 1 << FREE_FLOW
    assert rig.ask(START) == ACCEPTED
    assert (rig.outputs.state, rig.outputs.alarms) == (INFUSING, 0)
    follow(rig, 100_000)
    assert (rig.outputs.state, rig.outputs.alarms) == (INFUSING, 0)
    assert rig.outputs.pumped_ul >= 270
    for drops in range(1, 5):  # and is found again
        rig.inputs.drops += drops
        rig.step(rig.next_ms)
    assert (rig.outputs.state, rig.outputs.alarm_reason) == (ALARM, FREE_FLOW)


@pytest.mark.parametrize("turned", [-5_000, -65, 65, 5_000])
@pytest.mark.parametrize("paused", [False, True])
def test_a_screw_turned_by_hand_at_rest_does_not_stop_the_start(turned, paused):
    """Between two looks or over many; while it pumps the same is found."""
    rig = Rig(STEP_PL, steps_per_turn=4_096)
    assert rig.ask(PROGRAM, rate_cml_h=RATE, vtbi_ul=5_000) == ACCEPTED
    begin = START
    if paused:
        rig.ask(START)
        follow(rig, 10_000)
        rig.ask(PAUSE)
        assert rig.outputs.state == PAUSED
        begin = RESUME
    follow(rig, 5_000, turned)
    assert rig.outputs.alarms == 0
    assert rig.ask(begin) == ACCEPTED
    assert rig.outputs.state == INFUSING
    follow(rig, 20_000, turned)
    assert (rig.outputs.state, rig.outputs.alarms) == (INFUSING, 0)
    follow(rig, 3_000, 2 * turned)
    assert (rig.outputs.state, rig.outputs.alarms) == (
        (ALARM, 1 << MOTOR_STALL) if turned < 0 else (DONE, 1 << OVER_INFUSION)  # no KVO rate is set
    )
