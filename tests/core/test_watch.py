"""Each finding under its own name, while the motor has orders: line, shaft, holder, reservoir, the end."""

import pytest

from pumpcore.alarms import (
    DOOR_OPEN,
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
)
from watched import UL, Bench

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
