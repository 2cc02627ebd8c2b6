"""Air by the steps that carry it: one bubble, and fifteen minutes, to the picolitre and the millisecond."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.air import MINUTE_MS, Air
from pumpcore.setup import Setup
from pumpcore.units import CLOCK_MASK

AIR, CLEAR = 1_000, 0


def air_of(step_pl, **limits):
    return Air(Setup(step_pl, 50_000, **limits))


def look(air, permille, steps):
    """By steps: there is no encoder."""
    air.look(permille, steps, -1, 0)


def at(air, now_ms, permille, steps):
    """A step of the loop: the page is turned, then the detector is looked at."""
    air.follow(now_ms & CLOCK_MASK)
    look(air, permille, steps)


def fifths(**limits):
    """A step of 0.2 uL."""
    return air_of(200_000, **limits)


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


@pytest.mark.parametrize(("permille", "stops"), [(500, False), (501, True)])
def test_with_its_tail_in_the_middle_nothing_of_a_bubble_is_to_come(permille, stops):
    """34 uL are past; 6 would come after if the middle were still in air, and then that is the limit of 40."""
    air = fifths(bubble_ul=40, compliance_nl_kpa=10_000)
    air.recoil.pump(18_000)
    look(air, AIR, 0)
    look(air, permille, 170)
    assert air.bubble_too_large() == stops


@pytest.mark.parametrize(("permille", "window_ms", "wait_ms"), [
    (0, 360, 360), (1, 363, 90), (1_000, 1_000, 250), (1_000, 20, 5), (1_000, 16, 5), (1_000, 4, 4), (1_000, 0, 0),
])  # fmt: skip
def test_with_air_about_the_loop_comes_round_four_times_as_often(permille, window_ms, wait_ms):
    """But not sooner than after 5 ms, and never later than it would."""
    air = fifths()
    assert air.wait_ms(window_ms) == window_ms
    look(air, permille, 0)
    assert air.wait_ms(window_ms) == wait_ms


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


def test_a_start_begins_at_full_speed():
    air = elastic(250)
    air.begin()
    assert not air.recoil.creeps
