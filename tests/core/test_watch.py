"""Each finding under its own name, while the motor has orders; free flow at rest too."""

import pytest

from pumpcore.alarms import (
    AIR_ACCUMULATED,
    AIR_BUBBLE,
    DOOR_OPEN,
    FREE_FLOW,
    INFUSION_COMPLETE,
    INFUSION_NEAR_END,
    MOTOR_STALL,
    OCCLUSION_DOWNSTREAM,
    OCCLUSION_PARTIAL,
    OCCLUSION_UPSTREAM,
    OVER_INFUSION,
    RESERVOIR_EMPTY,
    RESERVOIR_LOW,
    SENSOR_FAULT,
    SYRINGE_UNSEATED,
    SYRINGE_WRONG,
    UNDER_INFUSION,
    Alarms,
)
from pumpcore.dose import Dose
from pumpcore.records import ACCEPTED, Inputs
from pumpcore.setup import Setup
from pumpcore.states import ALARM, DONE, INFUSING, PAUSE, PAUSED, PROGRAM, RESUME, START
from pumpcore.units import CLOCK_MASK, TICKS_PER_MS
from pumpcore.watch import Watch
from stepper import Rig

STEP_PL = 200_000
UL = 5  # steps
RATE = 1_000
FLOW_CODES = {FREE_FLOW, OVER_INFUSION, UNDER_INFUSION, RESERVOIR_EMPTY, SENSOR_FAULT}


class Bench:
    """A watch with everything to watch with, and alarms that may be raised anew at each look."""

    def __init__(self, **changes):
        limits = {
            "steps_per_turn": 4_096,
            "compliance_nl_kpa": 21_700,
            "upstream_pa": 30_000,
            "drops_per_ml": 20,
            "barrel_um": 29_000,
        }
        setup = Setup(STEP_PL, 50_000, **limits | changes)
        self.alarms = Alarms()
        self.dose = Dose(setup)
        self.watch = Watch(setup, self.alarms, self.dose)
        self.inputs = Inputs()
        self.inputs.barrel_um = 29_000
        self.moving = True
        self.watch.start(0)
        self.watch.begin(0, RATE)
        self.look(0)

    def look(self, now_ms, steps=0, follow=True, **fields):
        """The codes that are raised at such inputs, which stay. The shaft follows the steps unless told not to."""
        inputs = self.inputs
        if follow:
            inputs.encoder_counts += steps
        for name, value in fields.items():
            assert hasattr(inputs, name)
            setattr(inputs, name, value)
        self.alarms.rearm()
        self.alarms.raised = 0
        self.watch.look(now_ms, inputs, steps, self.moving)
        return {code for code in range(30) if self.alarms.raised & 1 << code}

    def end(self):
        self.alarms.rearm()
        self.alarms.raised = 0
        self.watch.look_for_the_end()
        return {code for code in range(30) if self.alarms.raised & 1 << code}


FINDINGS = [
    ({"door_closed": 0}, {DOOR_OPEN}),
    ({"seated": 0}, {SYRINGE_UNSEATED}),
    ({"barrel_um": 28_600}, set()),
    ({"barrel_um": 28_599}, {SYRINGE_WRONG}),
    ({"barrel_um": 29_400}, set()),
    ({"barrel_um": 29_401}, {SYRINGE_WRONG}),
    ({"pressure_pa": 39_999}, set()),
    ({"pressure_pa": 40_000}, {OCCLUSION_DOWNSTREAM}),
    ({"pressure_pa": 150_000}, {OCCLUSION_DOWNSTREAM}),
    ({"pressure_pa": 150_001}, {SENSOR_FAULT}),
    ({"pressure_pa": -25_001}, {SENSOR_FAULT}),
    ({"supply_pa": -29_999}, set()),
    ({"supply_pa": -30_000}, {OCCLUSION_UPSTREAM}),
    ({"encoder_counts": -65}, set()),  # see test_a_motor_behind_at_two_looks
    ({"encoder_counts": 65}, {OVER_INFUSION}),
    ({"encoder_counts": 64}, set()),
    ({"door_closed": 0, "seated": 0, "barrel_um": 0}, {DOOR_OPEN, SYRINGE_UNSEATED, SYRINGE_WRONG}),
    (
        {"pressure_pa": 50_000, "supply_pa": -40_000, "encoder_counts": 99},
        {OCCLUSION_DOWNSTREAM, OCCLUSION_UPSTREAM, OVER_INFUSION},
    ),
]


@pytest.mark.parametrize(("fields", "found"), FINDINGS)
def test_found_while_moving_and_not_at_rest(fields, found):
    fields = {**fields}
    if "encoder_counts" in fields:
        fields["encoder_counts"] %= 2**30
    bench = Bench()
    bench.watch.pressure.begin(0)  # or else a high pressure is a leap
    assert bench.look(20, **fields) == found
    bench = Bench()
    bench.moving = False
    assert bench.look(20, **fields) == set()


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


@pytest.mark.parametrize(("behind", "found"), [(64, set()), (65, {MOTOR_STALL})])
def test_a_motor_behind_at_two_looks(behind, found):
    bench = Bench()
    assert bench.look(20, encoder_counts=-behind % 2**30) == set()
    assert bench.look(40, 1, follow=False, encoder_counts=(1 - behind) % 2**30) == found
    bench.moving = False
    assert bench.look(60, 1, follow=False, encoder_counts=(2 - behind) % 2**30) == set()


def test_a_finding_that_ends_and_comes_again():
    bench = Bench()
    assert [bench.look(20 * n, door_closed=n % 2) for n in range(4)] == [{DOOR_OPEN}, set(), {DOOR_OPEN}, set()]


def test_without_a_barrel_to_compare_every_syringe_is_right():
    assert Bench(barrel_um=0).look(20, barrel_um=12_345) == set()


def test_a_climb_is_an_occlusion_and_half_of_the_limit_a_warning():
    """10 mL/h: 640 Pa a block; found at the sixth level. 20 kPa once they do not look like the beginning of a climb."""
    bench = Bench()
    found = [bench.look(5_000 * (n + 1), pressure_pa=640 * n) for n in range(6)]
    assert found == [set()] * 5 + [{OCCLUSION_DOWNSTREAM}]
    bench = Bench()
    assert bench.look(5_000, pressure_pa=20_000) == set()
    assert bench.look(9_999, pressure_pa=20_001) == set()
    assert bench.look(10_000, pressure_pa=20_000) == set()
    assert bench.look(15_000, pressure_pa=20_000) == {OCCLUSION_PARTIAL}
    assert bench.look(15_020, pressure_pa=-70_000) == {SENSOR_FAULT}  # which says nothing of the line
    assert bench.look(15_040, pressure_pa=40_000) == {OCCLUSION_DOWNSTREAM}


def restless(bench):
    """Up and down by 2 kPa, two blocks each, as noise does. What was found."""
    found = set()
    for n in range(6):
        found |= bench.look(5_000 * (n + 1), pressure_pa=2_000 * (n // 2 % 2))
    assert bench.watch.pressure.unrest == 10
    return found


@pytest.mark.parametrize(("unrest", "found_at"), [(0, 4), (10, 9)])
def test_a_climb_is_waited_for_while_the_readings_go_up_and_down(unrest, found_at):
    """10 mL/h: 640 Pa a block, 448 of them summed, found at the fifth level. The climb itself is a move, seen at the
    third: with 10 before, 9, 8, 13, 12, ... and 6, no more than one move, at the tenth."""
    bench = Bench()
    assert restless(bench) == set()
    bench.watch.pressure.unrest = unrest
    found = [bench.look(5_000 * (n + 7), pressure_pa=640 * (n + 1)) for n in range(10)]
    assert found.index({OCCLUSION_DOWNSTREAM}) == found_at


def test_the_limit_is_not_waited_for_however_restless():
    bench = Bench()
    restless(bench)
    assert bench.look(31_000, pressure_pa=19_999) == set()
    assert bench.look(31_020, pressure_pa=39_999) == set()
    assert bench.watch.pressure.restless()
    assert bench.look(31_040, pressure_pa=40_000) == {OCCLUSION_DOWNSTREAM}


def test_a_reading_out_of_range_is_not_summed():
    bench = Bench()
    assert bench.look(4_000, pressure_pa=900) == set()
    assert bench.look(4_500, pressure_pa=-25_001) == {SENSOR_FAULT}
    assert bench.look(5_000, pressure_pa=950) == set()
    assert bench.watch.downstream.level_pa == 0  # that of the first look


def test_a_stuck_sensor():
    bench = Bench()
    assert bench.look(20, pressure_pa=500) == set()
    for n in range(30):  # drops fall as the rollers carry
        assert bench.look(1_000 * (n + 1), steps=50 * UL, drops=n + 1) == set()
    assert bench.look(60_019) == set()
    assert bench.look(60_020) == {SENSOR_FAULT}
    assert bench.look(60_040, pressure_pa=501) == set()


def test_an_encoder_that_shows_the_same_number_is_a_sensor():
    """The first look was the first time: ten more, and the twelfth reading tells."""
    bench = Bench(upstream_pa=0)
    found = [bench.look(20 * n, steps=100, follow=False) for n in range(1, 13)]
    assert found == [set()] * 10 + [{SENSOR_FAULT}] * 2


def test_an_empty_bag():
    bench = Bench()
    assert bench.look(20, steps=200 * UL) == set()
    assert bench.look(40, steps=UL) == {RESERVOIR_EMPTY}
    bench.moving = False
    assert bench.look(60) == set()


@pytest.mark.parametrize("moving", [True, False])
def test_free_flow_is_told_at_rest_too(moving):
    bench = Bench()
    bench.moving = moving
    assert [bench.look(20 * n, drops=n) for n in range(1, 5)] == [set(), set(), {FREE_FLOW}, {FREE_FLOW}]


@pytest.mark.parametrize(
    ("pumped_ul", "found"),
    [
        (48_999, set()),
        (49_000, {RESERVOIR_LOW}),
        (49_499, {RESERVOIR_LOW}),
        (49_500, {RESERVOIR_LOW, RESERVOIR_EMPTY}),
    ],
)
def test_what_is_left_in_the_reservoir(pumped_ul, found):
    """50 mL, a warning at 1 mL and the end at 0.5 mL, by the steps given."""
    bench = Bench()
    bench.dose.book(pumped_ul * UL)
    assert bench.look(20) == found
    bench.moving = False
    assert bench.look(40) == set()
    bench.moving = True
    bench.dose.reload()
    assert bench.look(60) == set()


# Air


@pytest.mark.parametrize(("ul", "found"), [(99, set()), (100, {AIR_BUBBLE})])
def test_a_bubble(ul, found):
    bench = Bench()
    assert bench.look(20, air_permille=500) == set()
    assert bench.look(40, steps=ul * UL, air_permille=500) == found
    assert bench.look(60, air_permille=499) == set()


@pytest.mark.parametrize(("permille", "window_ms", "wait_ms"), [
    (0, 360, 360), (1, 360, 90), (1_000, 1_000, 250), (1_000, 20, 5), (1_000, 4, 4), (1_000, 0, 0),
])  # fmt: skip
def test_with_air_about_the_loop_comes_round_four_times_as_often(permille, window_ms, wait_ms):
    """But not sooner than after 5 ms, and never later than it would."""
    bench = Bench()
    bench.look(20, air_permille=permille)
    assert bench.watch.wait_ms(window_ms) == wait_ms


@pytest.mark.parametrize(("bubbles", "found"), [(9, set()), (10, {AIR_ACCUMULATED})])
def test_bubbles_of_99_uL_and_one_of_10(bubbles, found):
    """990 uL at most, and 1000 with the last."""
    bench = Bench(upstream_pa=0)
    for n in range(bubbles):
        assert bench.look(1_000 * n, steps=99 * UL, air_permille=1_000) == set()
        assert bench.look(1_000 * n + 500, air_permille=0) == set()
    assert bench.look(59_000, steps=10 * UL, air_permille=1_000) == found


def test_a_bubble_that_is_too_large_is_not_told_as_a_sum():
    bench = Bench(upstream_pa=0)
    assert bench.look(20, steps=1_000 * UL, air_permille=1_000) == {AIR_BUBBLE}
    assert bench.look(40, air_permille=0) == {AIR_ACCUMULATED}


def test_the_reading_of_the_air_test_is_not_air():
    """The sender is off from the first look on: the second is the test's, the third the line's."""
    bench = Bench(air_test=1, upstream_pa=0)
    assert bench.watch.detector.testing == 1
    assert bench.look(20, steps=300 * UL, air_permille=1_000) == set()
    assert (bench.watch.air.bubble_ul, bench.watch.air.sum_ul) == (0, 0)
    assert bench.watch.detector.testing == 0
    assert bench.look(40, steps=99 * UL, air_permille=1_000) == set()
    assert bench.look(60, steps=UL, air_permille=1_000) == {AIR_BUBBLE}


def test_during_the_test_the_steps_count_under_the_reading_before_it():
    """A bubble of 60 uL before the test, 40 during it: at 100 it is told, whatever the test reads."""
    bench = Bench(air_test=1, upstream_pa=0)
    assert bench.look(20, air_permille=1_000) == set()
    assert bench.look(40, air_permille=500) == set()
    assert bench.look(60_019, steps=60 * UL, air_permille=500) == set()
    assert bench.look(60_020, air_permille=500) == set()
    assert bench.watch.detector.testing == 1
    assert bench.look(60_040, steps=40 * UL - 1, air_permille=1_000) == set()
    assert (bench.watch.air.bubble_ul, bench.watch.air_permille) == (99, 500)
    assert bench.look(60_060, steps=1, air_permille=500) == {AIR_BUBBLE}
    bench = Bench(air_test=1, upstream_pa=0)
    assert bench.look(20, air_permille=1_000) == set()
    assert bench.look(40, steps=60 * UL, air_permille=1_000) == set()
    bench.look(60_020, air_permille=1_000)
    assert bench.look(60_040, steps=40 * UL, air_permille=0) == {SENSOR_FAULT, AIR_BUBBLE}


@pytest.mark.parametrize(("permille", "found"), [(900, set()), (899, {SENSOR_FAULT}), (0, {SENSOR_FAULT})])
def test_a_detector_that_sees_a_clean_line_without_its_sender(permille, found):
    bench = Bench(air_test=1)
    assert bench.look(20, air_permille=permille) == found
    assert bench.look(40, air_permille=0) == set()
    assert bench.look(60_019, air_permille=0) == set()
    assert bench.watch.detector.testing == 0
    assert bench.look(60_020, air_permille=0) == set()
    assert bench.watch.detector.testing == 1
    assert bench.look(60_040, air_permille=permille) == found


def test_a_test_that_began_goes_on_after_a_rest():
    bench = Bench(air_test=1)
    bench.moving = False
    assert bench.look(20, air_permille=0) == set()
    assert bench.watch.detector.testing == 1
    bench.moving = True
    assert bench.look(40, air_permille=0) == {SENSOR_FAULT}


def test_the_minutes_of_air_pass_at_rest_too():
    """1 mL of foam is over the limit until 15 min after the first look's minute began."""
    bench = Bench(upstream_pa=0)
    for n in range(10):
        bench.look(20 * n, steps=99 * UL, air_permille=1_000)
        bench.look(20 * n + 10, air_permille=0)
    assert bench.watch.air.sum_ul == 990
    bench.moving = False
    for minute in range(1, 15):
        bench.look(60_000 * minute)
    bench.look(899_999)
    assert bench.watch.air.sum_ul == 990
    bench.look(900_000)
    assert bench.watch.air.sum_ul == 0


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


# The end of the volume


def test_the_end_is_near_and_then_there():
    """10 mL/h is 500 uL in 3 min, and 1 uL sooner; complete at the nearest step, half of 0.2 uL before."""
    bench = Bench()
    bench.dose.program(1_000, 1_000, 0)
    bench.dose.book(498 * UL + 4)
    assert bench.end() == set()
    bench.dose.book(1)
    assert bench.end() == {INFUSION_NEAR_END}
    bench.dose.book(500 * UL + UL - 1)
    assert bench.end() == {INFUSION_NEAR_END}
    bench.dose.book(1)
    assert bench.end() == {INFUSION_NEAR_END, INFUSION_COMPLETE}
    assert bench.look(20) == set()


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
