"""The way from the bag: pressures and drops beside steps, each verdict just before and just at its limit.

A drop of 1/20 mL is 50 uL; a step carries 50,000 pL, so 1000 steps are a drop.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.setup import Setup
from pumpcore.supply import BLOCKED, EMPTY, FREE, WELL, Supply
from pumpcore.units import CLOCK_MASK

STEP_PL = 50_000
DROP = 1_000  # steps
LIMIT_PA = 30_000


def supply_of(drops_per_ml=20, upstream_pa=LIMIT_PA, step_pl=STEP_PL):
    supply = Supply(Setup(step_pl, 500_000, upstream_pa=upstream_pa, drops_per_ml=drops_per_ml))
    supply.begin()
    return supply


def pump(supply, drops, first=0, supply_pa=0, steps=DROP):
    """A drop falls with each look, `steps` after the last."""
    return [supply.look(steps, supply_pa, first + n) for n in range(1, drops + 1)]


@pytest.mark.parametrize(
    ("per_ml", "drop_ul"), [(0, 0), (1, 1_000), (10, 100), (15, 66), (20, 50), (60, 16), (100, 10)]
)
def test_the_volume_of_a_drop(per_ml, drop_ul):
    assert supply_of(per_ml).drop_ul == drop_ul


def test_the_verdicts_are_four():
    assert (WELL, BLOCKED, EMPTY, FREE) == (0, 1, 2, 3)


def test_at_power_on_nothing_is_counted_yet():
    """Before any begin(): the third drop is free flow, with its 150 uL against two drops' 100."""
    supply = Supply(Setup(STEP_PL, 500_000, upstream_pa=LIMIT_PA, drops_per_ml=20))
    assert (supply.late_ul, supply.window_ul, supply.fallen_ul, supply.rest_pl) == (0, 0, 0, 0)
    assert [supply.look(0, 0, drops) for drops in (40, 41, 42, 43)] == [WELL] * 3 + [FREE]


def test_without_an_inlet_sensor_all_is_well():
    supply = supply_of(upstream_pa=0)
    assert supply.look(0, -90_000, 0) == WELL
    assert supply.look(0, -90_000, 500) == WELL
    assert supply.look(10**6, 0, 500) == WELL


# Blocked


@pytest.mark.parametrize(("supply_pa", "verdict"), [(-29_999, WELL), (-30_000, BLOCKED), (-30_001, BLOCKED)])
@pytest.mark.parametrize("per_ml", [0, 20])
def test_blocked_from_the_limit_on(supply_pa, verdict, per_ml):
    supply = supply_of(per_ml)
    assert supply.look(10, supply_pa, 0) == verdict
    assert supply.was_blocked == (verdict == BLOCKED)
    assert supply.look(10, 0, 0) == WELL


def test_a_clamp_left_closed():
    """No drop falls while the pressure sinks by 1 kPa in a fifth of a drop: only its limit tells."""
    supply = supply_of()
    assert set(pump(supply, 25)) == {WELL}
    verdicts = [supply.look(DROP // 5, -1_000 * n, 25) for n in range(1, 31)]
    assert verdicts == [WELL] * 29 + [BLOCKED]


@pytest.mark.parametrize(("sunk_pa", "verdict"), [(3_999, EMPTY), (4_000, EMPTY), (4_001, WELL)])
@pytest.mark.parametrize("steady_pa", [-3_000, 0, 700])
def test_an_inlet_that_sinks_is_waited_for(sunk_pa, verdict, steady_pa):
    supply = supply_of()
    supply.look(0, steady_pa, 0)
    supply.look(DROP, steady_pa, 1)
    assert supply.look(4 * DROP + 20, steady_pa - sunk_pa, 1) == verdict


# Empty


@pytest.mark.parametrize(("per_ml", "late_ul"), [(10, 400), (15, 264), (20, 200), (60, 64)])
def test_a_dry_bag_is_found_when_more_than_four_drops_are_late(per_ml, late_ul):
    """Four drops' volume to the microlitre and no look longer; 20 steps are 1 uL."""
    supply = supply_of(per_ml)
    assert supply.look(0, 0, 7) == WELL
    assert supply.look(20 * 30, 0, 8) == WELL  # a drop: nothing is late
    assert supply.look(20 * late_ul, 0, 8) == WELL
    assert supply.look(19, 0, 8) == WELL
    assert supply.look(1, 0, 8) == EMPTY
    assert supply.look(20, 0, 9) == WELL
    assert supply.look(20 * late_ul + 19, 0, 9) == WELL
    assert supply.look(1, 0, 9) == EMPTY


def test_late_is_counted_over_windows_and_from_a_start():
    supply = supply_of()
    supply.look(0, 0, 0)
    pump(supply, 8)
    assert supply.look(4 * DROP, 0, 8) == WELL  # a window of ten drops ends on the way
    assert supply.look(20, 0, 8) == EMPTY
    supply.begin()
    assert supply.look(4 * DROP, 0, 8) == WELL
    supply.begin()
    assert supply.look(4 * DROP, 0, 8) == WELL
    assert supply.look(20, 0, 8) == EMPTY


def test_without_a_drop_chamber_a_bag_never_runs_dry():
    supply = supply_of(0)
    assert [supply.look(100_000, 0, 5 * n) for n in range(20)] == [WELL] * 20


# Free flow


def test_free_flow_while_the_rollers_stand_is_the_third_drop():
    supply = supply_of()
    assert [supply.look(0, 0, drops) for drops in (5, 5, 6, 6, 7, 7, 8, 8)] == [WELL] * 6 + [FREE] * 2
    supply.begin()
    assert [supply.look(0, 0, drops) for drops in (8, 10, 11)] == [WELL, WELL, FREE]


@pytest.mark.parametrize("per_ml", [10, 15, 20, 60, 100])
def test_two_drops_early_are_where_the_last_one_hung(per_ml):
    """Of a window, with nothing pumped and with two drops' volume: the next microlitre decides."""
    drop_ul = 1_000 // per_ml
    supply = supply_of(per_ml)
    supply.look(0, 0, 0)
    assert supply.look(0, 0, 2) == WELL
    supply = supply_of(per_ml)
    supply.look(0, 0, 0)
    assert supply.look(20 * 2 * drop_ul, 0, 4) == WELL
    supply = supply_of(per_ml)
    supply.look(0, 0, 0)
    assert supply.look(20 * 2 * drop_ul - 1, 0, 4) == FREE


def test_free_flow_while_pumping():
    """Every third drop comes of itself: three drops early are six of the rollers'."""
    supply = supply_of()
    supply.look(0, 0, 0)
    verdicts = [supply.look(667, 0, n) for n in range(1, 10)]
    assert verdicts == [WELL] * 6 + [FREE] * 3


@pytest.mark.parametrize(("pumped_ul", "window_ul"), [(500, 500), (501, 0)])
def test_a_window_is_ten_drops(pumped_ul, window_ul):
    supply = supply_of()
    supply.look(0, 0, 0)
    supply.look(pumped_ul * 20, 0, 0)
    assert (supply.window_ul, supply.fallen_ul) == (window_ul, 0)
    supply.look(0, 0, 1)
    assert supply.fallen_ul == 50


def test_a_drop_with_the_end_of_a_window_counts_in_the_next():
    supply = supply_of()
    supply.look(0, 0, 0)
    supply.look(9_000, 0, 9)
    supply.look(1_020, 0, 11)
    assert (supply.window_ul, supply.fallen_ul) == (0, 100)


@pytest.mark.parametrize("per_ml", [10, 15, 20, 60])
@pytest.mark.parametrize("percent", [90, 108])
def test_rollers_a_tenth_off_are_well_for_hours(per_ml, percent):
    """1 L, of which they carry so much where they should carry 100."""
    supply = supply_of(per_ml)
    verdicts = set()
    steps = drops = 0
    supply.look(0, 0, 0)
    while drops < per_ml * 1_000:
        steps += 97
        drops = steps * STEP_PL * per_ml * percent // 10**11
        verdicts.add(supply.look(97, 0, drops))
    assert verdicts == {WELL}


def test_after_a_clamp_the_supply_may_fill_up_until_the_next_start():
    supply = supply_of()
    supply.look(0, 0, 0)
    assert supply.look(100, -30_000, 0) == BLOCKED
    assert [supply.look(0, -1_000, n) for n in range(1, 12)] == [WELL] * 11
    supply.begin()
    assert not supply.was_blocked
    assert [supply.look(0, 0, n) for n in range(12, 15)] == [WELL, WELL, FREE]


@pytest.mark.parametrize("back", [-1, -DROP, -(10**6)])
def test_steps_back_pump_nothing(back):
    """They neither make a drop early nor take back what is late."""
    supply = supply_of()
    supply.look(0, 0, 0)
    assert supply.look(0, 0, 2) == WELL
    assert supply.look(back, 0, 2) == WELL
    assert (supply.late_ul, supply.window_ul, supply.fallen_ul, supply.rest_pl) == (0, 0, 100, 0)
    assert supply.look(4 * DROP, 0, 2) == WELL
    assert supply.look(back, 0, 2) == WELL
    assert supply.look(20, 0, 2) == EMPTY


def test_blocked_comes_before_free_flow():
    supply = supply_of()
    supply.look(0, 0, 0)
    assert supply.look(0, -30_000, 3) == BLOCKED
    supply.begin()
    assert supply.look(0, 0, 6) == FREE


# Counting


@pytest.mark.parametrize("start", [0, 1, CLOCK_MASK - 2, CLOCK_MASK, 2**29 - 1])
def test_drops_are_counted_across_the_wrap_and_from_any_number(start):
    supply = supply_of()
    supply.look(0, 0, start)
    assert supply.fallen_ul == 0
    for n in range(1, 6):
        assert supply.look(DROP, 0, (start + n) & CLOCK_MASK) == WELL
    assert (supply.window_ul, supply.fallen_ul, supply.late_ul) == (250, 250, 0)


def test_a_counter_that_goes_back_has_seen_no_drop():
    supply = supply_of()
    supply.look(0, 0, 100)
    supply.look(DROP, -500, 99)
    assert (supply.fallen_ul, supply.late_ul, supply.steady_pa) == (0, 50, 0)
    supply.look(0, -600, 100)
    assert (supply.fallen_ul, supply.late_ul, supply.steady_pa) == (50, 0, -600)


@settings(max_examples=100, deadline=None)
@given(step_pl=st.integers(1, 235_000), looks=st.lists(st.integers(0, 400), max_size=60))
def test_what_is_pumped_is_the_steps_to_the_picolitre(step_pl, looks):
    supply = supply_of(1, step_pl=step_pl)  # a window of 10 mL
    for steps in looks:
        supply.look(steps, 0, 0)
    assert supply.window_ul * 1_000_000 + supply.rest_pl == supply.late_ul * 1_000_000 + supply.rest_pl
    assert supply.late_ul * 1_000_000 + supply.rest_pl == step_pl * sum(looks)


def test_begin_starts_all_counts_and_keeps_the_drops_read():
    supply = supply_of()
    supply.look(0, 0, 10)
    supply.look(100, 0, 12)
    supply.look(100, 0, 12)
    supply.begin()
    assert (supply.late_ul, supply.window_ul, supply.fallen_ul) == (0, 0, 0)
    supply.look(0, 0, 13)
    assert supply.fallen_ul == 50


def test_a_clamp_that_stays_closed_is_told_at_every_look_and_after_a_start():
    supply = supply_of()
    assert [supply.look(1, -40_000, 0) for _ in range(3)] == [BLOCKED] * 3
    supply.begin()
    assert not supply.was_blocked
    assert supply.look(0, -40_000, 0) == BLOCKED
    assert supply.was_blocked
