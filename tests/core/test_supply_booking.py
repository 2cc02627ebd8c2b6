"""What has come by itself past the rollers, by drops, to be booked where there is no flow sensor.

A drop of 1/20 mL is 50 uL; a step carries 50,000 pL, so 1000 steps are a drop.
"""

import pytest

from pumpcore.setup import Setup
from pumpcore.supply import Supply
from pumpcore.units import CLOCK_MASK

DROP = 1_000  # steps
UL = 20


class Chamber:
    """Looks, and what each gives out to be booked, in nL."""

    def __init__(self, drops_per_ml=20, first=0, upstream_pa=30_000):
        self.supply = Supply(Setup(50_000, 500_000, upstream_pa=upstream_pa, drops_per_ml=drops_per_ml))
        self.supply.begin()
        self.drops, self.loose = first, False
        self.look()

    def look(self, fallen=0, steps=0, supply_pa=0):
        self.drops = (self.drops + fallen) & CLOCK_MASK
        self.supply.look(steps, supply_pa, self.drops)
        return self.supply.came_nl(self.loose)

    def run(self, looks, fallen=1, steps=0):
        return sum(self.look(fallen, steps) for _ in range(looks))


@pytest.mark.parametrize("first", [0, CLOCK_MASK - 3])
@pytest.mark.parametrize(("per_ml", "drop_nl"), [(10, 100_000), (15, 66_666), (20, 50_000), (60, 16_666)])
def test_past_an_open_door_each_drop_is_booked_as_it_falls(per_ml, drop_nl, first):
    chamber = Chamber(per_ml, first)
    chamber.loose = True
    assert [chamber.look(fallen) for fallen in (0, 1, 0, 3, 1)] == [0, drop_nl, 0, 3 * drop_nl, drop_nl]


def test_a_whole_bag_may_run_in():
    """5 L, and what is kept of them stays a small integer on a board."""
    chamber = Chamber()
    chamber.loose = True
    assert chamber.run(10_000, fallen=10) == 5_000_000_000
    assert max(abs(value) for value in vars(chamber.supply).values()) < 2**30


def test_of_the_first_drop_what_the_rollers_had_drawn_is_not_booked_again():
    chamber = Chamber()
    assert chamber.run(5, steps=DROP) == chamber.look(steps=30 * UL) == 0
    chamber.loose = True
    assert [chamber.look(0, UL), chamber.look(1), chamber.look(1)] == [0, 19_000, 50_000]


def test_nor_what_they_draw_while_the_door_is_open():
    """The motor runs on for a moment, or for good: then each drop is the rollers'."""
    chamber = Chamber()
    chamber.loose = True
    assert [chamber.look(0, 10 * UL), chamber.look(1), chamber.look(1)] == [0, 40_000, 50_000]
    assert chamber.run(20, steps=DROP) == 0


def test_a_bag_that_ran_dry_before_hangs_back_by_a_drop_at_most():
    chamber = Chamber()
    chamber.run(6, fallen=0, steps=DROP)
    chamber.loose = True
    assert [chamber.look(), chamber.look(1), chamber.look(1)] == [0, 0, 50_000]


def test_past_closed_rollers_it_is_booked_once_it_is_free_flow():
    """The third drop at rest, with the two before it; of ten drops the rollers carried, what is more than these."""
    chamber = Chamber()
    assert [chamber.look(1) for _ in range(5)] == [0, 0, 150_000, 50_000, 50_000]
    chamber = Chamber()
    assert [chamber.look(1, 400) for _ in range(6)] == [0, 0, 0, 120_000, 30_000, 30_000]


def test_after_an_acknowledgement_it_is_found_anew_and_nothing_is_booked_twice_or_lost():
    chamber = Chamber()
    assert chamber.run(4) == 200_000
    chamber.supply.begin()
    assert [chamber.look(1) for _ in range(4)] == [0, 0, 150_000, 50_000]


def test_what_was_booked_by_the_open_door_is_not_booked_as_free_flow():
    chamber = Chamber()
    chamber.loose = True
    assert chamber.run(2) == 100_000
    chamber.loose = False
    assert [chamber.look(), chamber.look(1), chamber.look(1)] == [0, 50_000, 50_000]


def test_what_was_booked_in_one_window_is_not_held_against_the_next():
    chamber = Chamber()
    chamber.loose = True
    assert chamber.run(2) == 100_000
    chamber.loose = False
    assert chamber.run(10, steps=DROP) == chamber.look(steps=UL) == 0  # two drops early all the time
    assert [chamber.look(1) for _ in range(3)] == [0, 0, 150_000]


def test_a_supply_that_fills_up_again_is_booked_only_past_an_open_door():
    chamber = Chamber()
    assert chamber.look(supply_pa=-30_000) == 0
    assert chamber.run(9) == 0
    chamber.loose = True
    assert chamber.run(2) == 100_000


def test_a_counter_that_leaps_is_not_believed_more_than_20_ml():
    chamber = Chamber()
    chamber.loose = True
    assert chamber.look(2**28) == 20_000_000
    assert chamber.look(-5 & CLOCK_MASK) == 0


@pytest.mark.parametrize("how", [{"drops_per_ml": 0}, {"upstream_pa": 0}])
def test_without_drops_nothing_is_booked(how):
    chamber = Chamber(**how)
    chamber.loose = True
    assert chamber.run(9) == chamber.run(9, steps=DROP) == 0
