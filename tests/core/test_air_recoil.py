"""What an elastic syringe pushes on after it: counted beforehand, and let to the limit slowly."""

import pytest

from detected import AIR, CLEAR, air_of, fifths, look


@pytest.mark.parametrize(("rate_cml_h", "ul"), [(3_600, 37.9), (10_000, 34.33), (18_000, 34)])
def test_what_a_syringe_will_push_on_counts_as_past(rate_cml_h, ul):
    """10 uL/kPa, 36 mL/h: 10 uL/s over 0.021 kPa s/uL are 2.1 uL. At 100 mL/h 27 whole uL/s make 5.67. Of 40 uL no
    more than 6 may count: 180 mL/h would be 10.5."""
    air = air_of(10_000, bubble_ul=40, compliance_nl_kpa=10_000)
    air.recoil.pump(rate_cml_h)
    look(air, AIR, round(ul * 100) - 1)
    assert not air.bubble_too_large()
    look(air, AIR, 1)
    assert air.bubble_too_large()


def test_before_the_motor_has_had_a_rate_it_pushes_nothing_on():
    """A bubble of 2 uL less a nanolitre is no bubble of 2 uL."""
    air = air_of(1_000, bubble_ul=2, compliance_nl_kpa=10_000)
    look(air, AIR, 1_999)
    assert not air.bubble_too_large()
    look(air, AIR, 1)
    assert air.bubble_too_large()


@pytest.mark.parametrize("setup", [{}, {"air_window_ul": 10}])
def test_with_its_tail_in_the_middle_a_bubble_is_what_has_been_counted_to_the_nanolitre(setup):
    air = air_of(1_000, bubble_ul=2, **setup)
    look(air, AIR, 0)
    look(air, 500, 1_999)
    assert not air.bubble_too_large()
    look(air, 500, 1)
    assert air.bubble_too_large()


@pytest.mark.parametrize(("permille", "stops"), [(500, False), (501, True)])
def test_with_its_tail_in_the_middle_nothing_of_a_bubble_is_to_come(permille, stops):
    """34 uL are past; 6 would come after if the middle were still in air, and then that is the limit of 40."""
    air = fifths(bubble_ul=40, compliance_nl_kpa=10_000)
    air.recoil.pump(18_000)
    look(air, AIR, 0)
    look(air, permille, 170)
    assert air.bubble_too_large() == stops


@pytest.mark.parametrize(("steps", "stops"), [(169, False), (170, True)])
def test_the_limit_less_what_comes_after(steps, stops):
    """40 uL less 6: 34 uL of a full detector, 170 steps of 0.2 uL. When its middle is clear, nothing is to come."""
    air = fifths(bubble_ul=40, compliance_nl_kpa=10_000)
    air.recoil.pump(18_000)
    look(air, CLEAR, 0)
    assert not air.bubble_too_large()
    look(air, AIR, steps)
    assert air.bubble_too_large() == stops
    look(air, CLEAR, 0)
    assert not air.bubble_too_large()


def elastic(steps, permille=AIR, **setup):
    """20 uL/kPa at 180 mL/h, where 63 uL may follow, with a limit of 100 uL; so many steps of 0.2 uL in a full
    detector, then so much."""
    air = fifths(bubble_ul=100, compliance_nl_kpa=20_000, **setup)
    air.recoil.pump(18_000)
    air.look(AIR, 0, -1, 4_000)
    air.look(permille, steps, -1, 4_000)
    return air


@pytest.mark.parametrize(("steps", "creeps"), [(184, False), (185, True)])
def test_a_bubble_comes_slowly_to_its_limit(steps, creeps):
    """From 37 uL on."""
    assert elastic(steps).recoil.creeps == creeps


@pytest.mark.parametrize(("permille", "creeps"), [(500, True), (499, False)])
def test_once_it_is_past_the_motor_has_its_rate(permille, creeps):
    air = elastic(185)
    look(air, permille, 1)
    assert air.recoil.creeps == creeps


@pytest.mark.parametrize(
    ("permille", "steps", "creeps"), [(1_000, 160, True), (1_000, 159, False), (900, 165, True), (899, 165, False)]
)
def test_the_window_before_the_middle_brings_it_nearer_to_the_limit(permille, steps, creeps):
    """32 uL are past and half of 10; or 33 and 4."""
    assert elastic(steps, permille, air_window_ul=10).recoil.creeps == creeps


def test_what_comes_by_itself_as_it_creeps_is_of_the_bubble_and_of_the_sum():
    """The pressure falls by 1 kPa: 10 uL beside the one that the motor moves."""
    air = elastic(250)
    air.look(AIR, 5, -1, 3_000)
    assert (air.bubble_ul, air.bubble_pl, air.sum_ul, air.rest_pl) == (61, 0, 61, 0)
    air.look(AIR, 5, -1, 3_000)
    assert (air.bubble_ul, air.sum_ul) == (62, 62)
    air.look(CLEAR, 5, -1, 1_000)
    assert (air.bubble_ul, air.sum_ul) == (0, 62)


def test_no_more_comes_by_itself_than_the_motor_would_have_moved_at_its_rate():
    """A step of 2.001 nL while it creeps at a twelfth of its rate: 24 nL, of ten uL that the pressure would give."""
    air = air_of(2_001, bubble_ul=1, compliance_nl_kpa=20_000)
    air.recoil.pump(18_000)
    air.look(AIR, 0, -1, 4_000)
    assert air.recoil.creeps
    air.look(AIR, 1, -1, 3_000)
    assert (air.bubble_ul, air.bubble_pl) == (0, 26_001)


def test_a_start_begins_at_full_speed():
    air = elastic(250)
    air.begin()
    assert not air.recoil.creeps
