"""Air of fifteen minutes, to the picolitre and the millisecond."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detected import AIR, CLEAR, air_of, at, fifths, look
from pumpcore.air import MINUTE_MS
from pumpcore.units import CLOCK_MASK


@pytest.mark.parametrize(("limit_ul", "too_much"), [(59, True), (60, True), (61, False)])
def test_small_bubbles_add_up(limit_ul, too_much):
    air = fifths(air_sum_ul=limit_ul)
    for _ in range(3):
        look(air, AIR, 100)
        look(air, CLEAR, 1_000)
        assert (air.bubble_ul, air.bubble_pl) == (0, 0)
    assert air.sum_ul == 60
    assert air.too_much() == too_much
    assert not air.bubble_too_large()


def test_clear_liquid_ends_a_bubble_with_its_rest_but_not_the_sum():
    """1.8 uL and 0.2 of another bubble: 2 uL of air."""
    air = fifths()
    look(air, AIR, 9)
    look(air, CLEAR, 9)
    assert (air.bubble_ul, air.bubble_pl, air.sum_ul, air.rest_pl) == (0, 0, 1, 800_000)
    look(air, AIR, 1)
    assert (air.bubble_ul, air.bubble_pl, air.sum_ul, air.rest_pl) == (0, 200_000, 2, 0)


@pytest.mark.parametrize(("bubbles", "too_much"), [(4_999, False), (5_000, True)])
def test_foam_is_air(bubbles, too_much):
    """Bubbles of 0.2 uL each, with liquid after each: none is ever a microlitre, and 5000 are 1 mL."""
    air = fifths()
    for _ in range(bubbles):
        look(air, AIR, 1)
        assert air.bubble_ul == 0
        look(air, CLEAR, 1)
    assert air.too_much() == too_much


def test_a_start_after_air_begins_without_the_bubble_and_keeps_the_sum():
    air = fifths(bubble_ul=1)
    look(air, AIR, 9)
    assert air.bubble_too_large()
    air.begin()
    assert (air.bubble_ul, air.bubble_pl, air.sum_ul, air.rest_pl) == (0, 0, 1, 800_000)
    assert not air.bubble_too_large()
    look(air, AIR, 5)
    assert (air.bubble_ul, air.sum_ul, air.rest_pl) == (1, 2, 800_000)


@pytest.mark.parametrize(
    "start_ms", [0, 1, CLOCK_MASK - 30_000, CLOCK_MASK + 1 - MINUTE_MS, CLOCK_MASK - 14 * MINUTE_MS, CLOCK_MASK]
)
@pytest.mark.parametrize("at_ms", [0, 30_000, 59_999])
def test_air_of_one_minute_counts_until_fifteen_after_its_beginning(start_ms, at_ms):
    """The minutes begin with the first look: what was seen in the first is over 15 min after that."""
    air = fifths()
    at(air, start_ms, CLEAR, 0)
    at(air, start_ms + at_ms, AIR, 100)
    for minute in range(1, 15):
        at(air, start_ms + minute * MINUTE_MS, CLEAR, 100)
    at(air, start_ms + 15 * MINUTE_MS - 1, CLEAR, 100)
    assert air.sum_ul == 20
    at(air, start_ms + 15 * MINUTE_MS, CLEAR, 100)
    assert air.sum_ul == 0


def test_air_of_the_next_minute_counts_a_minute_longer():
    air = fifths()
    at(air, 0, AIR, 100)
    at(air, 60_000, AIR, 50)
    for minute in range(2, 15):
        at(air, minute * MINUTE_MS, CLEAR, 0)
    assert air.sum_ul == 30
    at(air, 15 * MINUTE_MS, CLEAR, 0)
    assert air.sum_ul == 10
    at(air, 16 * MINUTE_MS - 1, CLEAR, 0)
    assert air.sum_ul == 10
    at(air, 16 * MINUTE_MS, CLEAR, 0)
    assert air.sum_ul == 0


@pytest.mark.parametrize(("rest_ms", "left_ul"), [(14, 20), (15, 0), (16, 0), (600, 0), (8_000, 0)])
@pytest.mark.parametrize("start_ms", [0, CLOCK_MASK - 90_000])
def test_after_a_rest_only_what_is_young_enough_counts(rest_ms, left_ul, start_ms):
    """Minutes nobody looked at pass as others do; after fifteen of them a new count of minutes begins."""
    air = fifths()
    at(air, start_ms, AIR, 100)
    now_ms = start_ms + rest_ms * MINUTE_MS
    at(air, now_ms, CLEAR, 0)
    assert air.sum_ul == left_ul
    at(air, now_ms + 59_999, AIR, 50)
    assert air.sum_ul == left_ul + 10
    for minute in range(1, 15):
        at(air, now_ms + minute * MINUTE_MS, CLEAR, 0)
    assert air.sum_ul == 10
    at(air, now_ms + 15 * MINUTE_MS, CLEAR, 0)
    assert air.sum_ul == 0


@pytest.mark.parametrize("rest_min", [15, 16, 20])
def test_a_rest_of_an_odd_length_begins_new_minutes_where_it_ends(rest_min):
    """From fifteen minutes on, they begin at the look after it and not at the beat of before."""
    air = fifths()
    at(air, 0, CLEAR, 0)
    now_ms = rest_min * MINUTE_MS + 30_500
    at(air, now_ms, AIR, 100)
    for minute in range(1, 15):
        at(air, now_ms + minute * MINUTE_MS, CLEAR, 0)
    at(air, now_ms + 15 * MINUTE_MS - 1, CLEAR, 0)
    assert air.sum_ul == 20
    at(air, now_ms + 15 * MINUTE_MS, CLEAR, 0)
    assert air.sum_ul == 0


def test_a_shorter_rest_keeps_the_beat():
    """14 min 30.5 s is in the fifteenth minute, which is over at 15 min and forgotten at 29."""
    air = fifths()
    at(air, 0, CLEAR, 0)
    at(air, 14 * MINUTE_MS + 30_500, AIR, 100)
    for minute in range(15, 29):
        at(air, minute * MINUTE_MS, CLEAR, 0)
    at(air, 29 * MINUTE_MS - 1, CLEAR, 0)
    assert air.sum_ul == 20
    at(air, 29 * MINUTE_MS, CLEAR, 0)
    assert air.sum_ul == 0


LOOKS = st.lists(
    st.tuples(
        st.one_of(
            st.integers(0, 30_000),
            st.integers(0, 200_000),
            st.sampled_from([59_999, 60_000, 839_999, 840_000, 840_001, 899_999, 900_000, 900_001, 5_000_000]),
        ),
        st.sampled_from([AIR, AIR, AIR, CLEAR]),
        st.integers(-2, 400),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(looks=LOOKS, start_ms=st.sampled_from([0, CLOCK_MASK - 1_000_000]), step_pl=st.integers(1, 235_000))
def test_the_sum_is_over_at_least_fourteen_and_at_most_fifteen_minutes(looks, start_ms, step_pl):
    """Air seen up to 14 min ago counts, air seen 15 min ago does not; less than a microlitre is carried over."""
    air = air_of(step_pl)
    now_ms, seen, bubble = start_ms, [], Fraction(0)
    for wait_ms, permille, steps in looks:
        now_ms += wait_ms
        at(air, now_ms, permille, steps)
        if permille == AIR:
            volume = Fraction(max(steps, 0) * step_pl, 1_000_000)
            bubble += volume
            seen.append((now_ms, volume))
        else:
            bubble = Fraction(0)
        young = sum(volume for when, volume in seen if now_ms - when <= 14 * MINUTE_MS)
        able = sum(volume for when, volume in seen if now_ms - when < 15 * MINUTE_MS)
        assert air.bubble_ul == bubble // 1
        assert young - 1 < air.sum_ul < able + 1
        assert air.rest_pl == sum(volume for _, volume in seen) % 1 * 1_000_000
        assert air.sum_ul == sum(air.minutes_ul)
        assert min(air.minutes_ul) >= 0


def test_time_goes_on_while_nothing_is_pumped():
    """Only the page is turned, and nothing looked at: the air of the first minute is forgotten on time."""
    air = fifths()
    at(air, 0, AIR, 100)
    for now_ms in range(0, 15 * MINUTE_MS, 1_000):
        air.follow(now_ms)
        assert air.sum_ul == 20
    air.follow(15 * MINUTE_MS)
    assert air.sum_ul == 0


def test_a_pause_longer_than_half_of_the_clock_forgets():
    """Ten days in steps of a minute, 2**30 ms are 12.4: what is followed at each step cannot be taken for young."""
    air = fifths()
    at(air, 0, AIR, 100)
    for minute in range(10 * 24 * 60 + 1):
        air.follow(minute * MINUTE_MS & CLOCK_MASK)
    assert air.sum_ul == 0
    at(air, 10 * 24 * 60 * MINUTE_MS, AIR, 50)
    assert air.sum_ul == 10
