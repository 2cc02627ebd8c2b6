"""The peristaltic head's numbers: what a turn carries against the simulator's tube, and that all of it fits."""

from math import pi

import pytest

from head_geometry import BORES_MM, Head, head_for, heads
from pumpsim.catalogue import TUBES

HEADS = heads()
IDS = [head.tube.name for head in HEADS]


def test_there_is_a_head_for_each_bore():
    assert [head.tube.bore_mm for head in HEADS] == list(BORES_MM)


@pytest.mark.parametrize("head", HEADS, ids=IDS)
def test_it_fits(head):
    assert not [str(check) for check in head.checks() if not check.ok]


@pytest.mark.parametrize("head", HEADS, ids=IDS)
def test_a_turn_carries_what_the_simulator_says(head, record_property):
    off = head.turn_ul / head.tube.turn_ul - 1
    record_property("figure", f"a turn of the head with {head.tube.name}: {100 * off:+.2f} % of the simulator's")
    assert abs(off) < 0.01


def test_rollers_are_as_many_as_the_simulators():
    assert {head.tube.rollers for head in HEADS} == {4}


def test_one_rotor_for_all_bores_would_be_off_by_some_percent():
    """Why each bore has its own: thicker tubes lie further in, and rollers keep more out of them."""
    offs = [Head(TUBES[f"silicone {bore} mm"], 22.0) for bore in BORES_MM]
    offs = [head.turn_ul / head.tube.turn_ul - 1 for head in offs]
    assert offs == pytest.approx([0.061, 0.001, -0.050], abs=0.002)


def test_what_a_roller_keeps_out_by_hand():
    """A wedge between circle and circle: near the roller's middle the bore opens as angle squared,
    h = a^2 p (p + r) / 2 r, and what it keeps out of a bore that is small beside it is some of d wide and high."""
    head = HEADS[1]
    p, r, d = head.axles_r_mm, 5.0, head.tube.bore_mm
    closing = 2 * 1.6 * 0.15  # squeezed beyond touching
    edge = ((d + closing) * 2 * r / (p * (p + r))) ** 0.5
    bounds = [share * pi / 4 * d**2 * 2 * edge * head.middle_r_mm for share in (0.4, 1.0)]
    assert bounds[0] < head.flattened_ul < bounds[1]


def test_the_bore_pressed_flat_keeps_its_circumference():
    head = HEADS[2]
    assert head.area_mm2(0.0) == 0
    assert head.area_mm2(2.4) == pytest.approx(pi / 4 * 2.4**2)
    h, flat = 1.0, pi * (2.4 - 1.0) / 2  # a stadium: two half circles and two flats
    assert 2 * flat + pi * h == pytest.approx(pi * 2.4)
    assert head.area_mm2(h) == pytest.approx(flat * h + pi / 4 * h**2)


@pytest.mark.parametrize("head", HEADS, ids=IDS)
def test_the_door_opens_away_from_the_rollers(head):
    near = [head.closest_mm(i * 0.02) for i in range(60)]
    assert near[0] == pytest.approx(head.bed_r_mm)
    assert min(near) > head.roller_circle_mm


def test_other_tubes_are_refused():
    with pytest.raises(ValueError, match=r"bores of 0.8, 1.6, 2.4 mm, not 3.2 mm"):
        head_for(TUBES["silicone 3.2 mm"])
