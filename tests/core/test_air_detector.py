"""A bubble by the steps that carry it past the detector, to the picolitre."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detected import AIR, air_of, fifths, look


@pytest.mark.parametrize(("permille", "seen"), [(0, 0), (499, 0), (500, 0), (501, 0), (750, 6), (999, 9), (1_000, 20)])
def test_air_counts_from_half_of_the_window_on(permille, seen):
    """20 uL bring it from a clear line to where its head is seen: of these (p - 500) / p lie past the middle. In a
    full window it may be anywhere, so all count."""
    air = fifths()
    look(air, permille, 100)
    assert (air.bubble_ul, air.sum_ul) == (seen, seen)


def test_where_the_head_was_before_counts_too_and_then_all():
    """From 300 to 700 permille with 4 uL: half of them past the middle; then whole 4 uL, in whichever part."""
    air = fifths()
    look(air, 300, 100)
    look(air, 700, 20)
    assert air.bubble_ul == 2
    look(air, 1_000, 20)
    look(air, 600, 20)
    assert (air.bubble_ul, air.sum_ul) == (10, 10)


def test_what_of_a_step_lies_past_the_middle_is_known_to_a_nanolitre():
    """Of 2 uL from 0 to 750 permille a third, 666 nL. Of 5.999 nL from 499 to 999, where 499 of 500 lie past the
    middle, of 5 nL 4.99: 4."""
    air = fifths()
    look(air, 750, 10)
    assert (air.bubble_ul, air.bubble_pl) == (0, 666_000)
    air = air_of(857)
    look(air, 499, 0)
    look(air, 999, 7)
    assert (air.bubble_ul, air.bubble_pl) == (0, 4_000)


def test_a_tail_in_the_middle_of_the_window_is_still_air():
    """20 uL fill the window, and with 10 more it is half full: all of that has passed the middle."""
    air = fifths()
    look(air, AIR, 100)
    look(air, 500, 50)
    assert (air.bubble_ul, air.sum_ul) == (30, 30)


# A pump of 4 rollers with 3200 steps and 4096 counts a turn, a step of 133,240 pL: 426,368 nL a turn, 106,592 a roller.
ROLLERS = {"steps_per_turn": 3_200, "rollers": 4, "suck_back_permille": 120}
TURN, TURN_STEPS = 4_096, 3_200


def test_past_rollers_air_is_what_their_passages_bring_whatever_the_steps():
    """The first look tells where they stand. Two turns come, of which the encoder then takes one back."""
    air = air_of(133_240, bubble_ul=1_000, **ROLLERS)
    air.look(AIR, 0, 77, 0)
    air.look(AIR, TURN_STEPS, 77 + 2 * TURN, 0)
    assert (air.bubble_ul, air.bubble_pl, air.sum_ul) == (852, 736_000, 852)
    air.look(AIR, TURN_STEPS, 77 + TURN, 0)
    assert (air.bubble_ul, air.bubble_pl, air.sum_ul) == (426, 368_000, 426)


def test_of_the_rollers_share_only_what_is_past_the_middle_counts():
    """A passage of 106,592 nL from 300 to 700 permille: half of it."""
    air = air_of(133_240, **ROLLERS)
    air.look(300, 0, 0, 0)
    air.look(700, TURN_STEPS // 4, TURN // 4, 0)
    assert (air.bubble_ul, air.bubble_pl) == (53, 296_000)


WINDOW_UL = 10


def seen_at(past_ul, volume_ul):
    """Permille of a window of 10 uL, with the head `past_ul` beyond its edge."""
    covered = min(past_ul, WINDOW_UL) - max(past_ul - volume_ul, 0)
    return round(100 * max(min(covered, WINDOW_UL), 0))


@settings(max_examples=200, deadline=None)
@given(
    volume_ul=st.integers(3, 120),
    look_steps=st.integers(1, 20),
    late_steps=st.integers(0, 19),
    limit_ul=st.integers(20, 100),
)
def test_with_a_known_window_no_bubble_is_seen_larger_than_it_is_nor_later_than_a_look(
    volume_ul, look_steps, late_steps, limit_ul
):
    """Steps of 0.2 uL; looked at with up to 4 uL between, in a flow that is even. The limit is told when the head is
    past the detector's edge by it, and so is what is larger by one look, and by what the first look may miss."""
    air = air_of(200_000, bubble_ul=limit_ul, air_window_ul=WINDOW_UL)
    past, told = -late_steps * 0.2, None
    while past < volume_ul + 2 * WINDOW_UL:
        past += look_steps * 0.2
        look(air, seen_at(max(past, 0), volume_ul), look_steps)
        if told is None and air.bubble_too_large():
            told = past
    look_ul = look_steps * 0.2
    if told is None:
        assert volume_ul < limit_ul + look_ul + 0.1
    else:
        assert volume_ul >= limit_ul - 0.1
        assert limit_ul - 0.1 <= told <= limit_ul + 2 * look_ul + 0.1


@pytest.mark.parametrize(("permille", "window_ms", "wait_ms"), [
    (0, 360, 360), (1, 363, 90), (1_000, 1_000, 250), (1_000, 20, 5), (1_000, 16, 5), (1_000, 4, 4), (1_000, 0, 0),
])  # fmt: skip
def test_with_air_about_the_loop_comes_round_four_times_as_often(permille, window_ms, wait_ms):
    """But not sooner than after 5 ms, and never later than it would."""
    air = fifths()
    assert air.wait_ms(window_ms) == window_ms
    look(air, permille, 0)
    assert air.wait_ms(window_ms) == wait_ms


@settings(max_examples=100, deadline=None)
@given(step_pl=st.integers(1, 235_000), looks=st.lists(st.integers(-3, 4_500), max_size=30))
def test_a_bubble_is_its_steps_to_the_picolitre(step_pl, looks):
    air = air_of(step_pl)
    for steps in looks:
        look(air, AIR, steps)
    assert air.bubble_ul * 1_000_000 + air.bubble_pl == step_pl * sum(steps for steps in looks if steps > 0)
    assert 0 <= air.bubble_pl < 1_000_000
    assert (air.sum_ul, air.rest_pl) == (air.bubble_ul, air.bubble_pl)


def test_steps_back_make_no_air_and_take_none_away():
    air = fifths()
    look(air, AIR, 7)
    look(air, AIR, -5)
    assert (air.bubble_ul, air.bubble_pl) == (1, 400_000)


@pytest.mark.parametrize(("limit_ul", "steps", "stops"), [(100, 499, False), (100, 500, True), (101, 500, False)])
def test_a_bubble_is_too_large_from_its_limit_on(limit_ul, steps, stops):
    air = fifths(bubble_ul=limit_ul)
    for _ in range(steps):
        look(air, AIR, 1)
    assert air.bubble_too_large() == stops
    assert not air.too_much()
