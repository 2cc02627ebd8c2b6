"""Steps against the encoder's counts: exact to the fraction of a count, and a verdict at its count."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.setup import Setup
from pumpcore.travel import AHEAD, BEHIND, ENCODER_DEAD, WELL, Travel
from pumpcore.units import CLOCK_MASK

PER_TURN = 3_200  # 1.28 counts a step


def travel_of(steps_per_turn=PER_TURN, counts=0):
    """With one look behind it, so that `counts` is where the encoder stands."""
    travel = Travel(Setup(173_530, 50_000, steps_per_turn=steps_per_turn))
    assert travel.look(0, counts) == WELL
    return travel


@settings(max_examples=200, deadline=None)
@given(
    steps_per_turn=st.integers(1, 320_000),
    start=st.sampled_from([0, 1, CLOCK_MASK, 2**29 - 1, 2**29, CLOCK_MASK - 300]),
    looks=st.lists(st.tuples(st.integers(-3_000, 3_000), st.integers(-9_000, 9_000)), max_size=40),
)
def test_behind_is_what_the_steps_should_have_turned_less_what_was(steps_per_turn, start, looks):
    """steps * 4096 / steps per turn - counts, as an exact fraction; back as forth, across the encoder's wrap."""
    travel = travel_of(steps_per_turn, start)
    steps = counts = 0
    for more, moved in looks:
        steps, counts = steps + more, counts + moved
        travel.look(more, (start + counts) & CLOCK_MASK)
        assert travel.behind + Fraction(travel.rest, steps_per_turn) == Fraction(steps * 4_096, steps_per_turn) - counts
        assert 0 <= travel.rest < steps_per_turn


def test_the_verdicts_are_four():
    assert (WELL, BEHIND, AHEAD, ENCODER_DEAD) == (0, 1, 2, 3)


@pytest.mark.parametrize("start", [0, 1, 7_777, CLOCK_MASK])
def test_where_the_encoder_stands_at_power_on_means_nothing(start):
    travel = travel_of(counts=start)
    assert (travel.behind, travel.rest) == (0, 0)
    assert travel.look(0, (start + 1) & CLOCK_MASK) == WELL
    assert travel.behind == -1


def test_steps_before_the_first_reading_count():
    travel = Travel(Setup(173_530, 50_000, steps_per_turn=4_096))
    travel.look(10, 500)
    assert travel.behind == 10


@pytest.mark.parametrize(
    ("steps", "moved", "verdict"),
    [
        (64, 0, WELL),
        (164, 100, WELL),
        (165, 100, BEHIND),
        (0, -64, WELL),
        (0, -65, BEHIND),
        (0, 64, WELL),
        (0, 65, AHEAD),
        (100, 164, WELL),
        (100, 165, AHEAD),
        (-100, -36, WELL),
        (-100, -35, AHEAD),
        (-100, -164, WELL),
        (-100, -165, BEHIND),
    ],
)
def test_more_than_64_counts_apart(steps, moved, verdict):
    """4096 steps a turn: a count a step. What is behind is told at the second look at which it turns."""
    travel = travel_of(4_096, 5_000)
    assert travel.look(steps, 5_000 + moved) == (WELL if verdict == BEHIND else verdict)
    assert travel.behind == steps - moved
    assert travel.look(1, 5_000 + moved + 1) == verdict
    assert travel.behind == steps - moved


def test_the_same_number_again_is_not_known_yet_and_dead_at_the_twelfth():
    """Readings count as the same from the second one on: the first, at power-on, is the eleventh before the twelfth."""
    travel = travel_of(4_096)
    assert travel.same == 1
    assert [travel.look(100, 0) for _ in range(12)] == [WELL] * 10 + [ENCODER_DEAD] * 2
    assert travel.same == 12
    assert [travel.look(0, 1), travel.look(0, 2)] == [WELL, BEHIND]  # it lives, the motor does not
    assert travel.same == 0
    assert [travel.look(0, 2) for _ in range(12)] == [WELL] * 11 + [ENCODER_DEAD]


def test_an_encoder_that_dies_between_two_looks_is_no_stall():
    """Half of a stride of 200 counts is still seen, then nothing."""
    travel = travel_of(4_096)
    assert travel.look(200, 100) == WELL
    assert [travel.look(200, 100) for _ in range(12)] == [WELL] * 11 + [ENCODER_DEAD]


def test_two_looks_in_a_row_and_not_one_now_and_one_then():
    travel = travel_of(4_096)
    assert [travel.look(65, 0 - 1 & CLOCK_MASK), travel.look(0, 1), travel.look(65, 0)] == [WELL, WELL, WELL]


def test_a_dead_encoder_within_64_counts_is_well():
    travel = travel_of(4_096)
    assert [travel.look(2, 0) for _ in range(32)] == [WELL] * 32
    assert travel.look(1, 0) == ENCODER_DEAD


def test_ahead_is_told_however_often_the_reading_was_the_same():
    travel = travel_of(4_096)
    assert travel.look(0, 65) == AHEAD
    assert [travel.look(0, 65) for _ in range(20)] == [AHEAD] * 20
    assert travel.look(1, 65) == WELL


@pytest.mark.parametrize("per_turn", [PER_TURN, 320_000])
def test_a_motor_that_follows_is_well_for_ever_with_an_error_of_the_encoder(per_turn):
    """50 turns, off by up to 11 counts to either side, at each step's true place rounded down."""
    travel = travel_of(per_turn, 0)
    steps = 0
    for n in range(1, 2_000):
        more = per_turn // 40
        steps += more
        wobble = 11 if n % 2 else -11
        assert travel.look(more, (steps * 4_096 // per_turn + wobble) & CLOCK_MASK) == WELL
        assert -11 <= travel.behind <= 11


def test_begin_forgets_what_was_behind_and_its_fraction():
    travel = travel_of(PER_TURN)
    assert travel.look(101, 1) == WELL  # 129.28 counts, but only once yet
    assert (travel.behind, travel.rest) == (128, 101 * 4_096 % PER_TURN)
    travel.begin()
    assert (travel.behind, travel.rest) == (0, 0)
    assert travel.look(0, 2) == WELL
    assert travel.behind == -1
    assert travel.look(101, 3) == WELL  # and what was late as well
    assert travel.look(0, 4) == BEHIND


def test_a_stall_that_ends_and_comes_again():
    travel = travel_of(4_096)
    assert [travel.look(65, -1 & CLOCK_MASK), travel.look(1, 0)] == [WELL, BEHIND]
    travel.begin()
    assert travel.look(500, 499) == WELL
    assert [travel.look(70, 498), travel.look(1, 499)] == [WELL, BEHIND]


def test_begin_keeps_where_the_encoder_stands():
    travel = travel_of(4_096, 100)
    travel.look(0, 150)
    travel.begin()
    travel.look(0, 150)
    assert travel.behind == 0


def test_without_an_encoder_all_is_well():
    travel = travel_of(0)
    assert travel.look(100_000, 7) == WELL
    assert travel.look(-100_000, 9_999) == WELL
    assert travel.behind == 0
