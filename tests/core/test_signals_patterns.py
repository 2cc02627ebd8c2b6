"""Alarm signals against IEC 60601-1-8, and that it does not matter when they are looked at.

Assumed: IEC 60601-1-8, from memory. Its figures are written out here; none of the module's own is used.
"""

from bisect import bisect_right
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.alarms import HIGH, LOW, MEDIUM
from pumpcore.states import ALARM, DONE, INFUSING, KVO, PAUSED, READY
from pumpcore.units import CLOCK_MASK
from signalled import (
    HOUR_MS,
    MELODIES,
    MINUTE_MS,
    NEARLY_WRAPPED,
    NOTES_HZ,
    NOTHING,
    PRIORITIES,
    RECORD_MS,
    Rig,
    record_of,
    rests_of,
    spaces_of,
)

# The standard's figures


def test_a_high_priority_burst_is_twice_five_pulses(records):
    """75-200 ms long; 50-125 ms apart, one pulse left out between 3 and 4; 0.35-1.3 s between 5 and 6."""
    bursts = records[HIGH].bursts()
    assert len(bursts) >= 5
    for burst in bursts:
        assert len(burst) == 10
        lengths = {length_ms for _, length_ms, _ in burst}
        assert len(lengths) == 1
        pulse_ms = lengths.pop()
        assert 75 <= pulse_ms <= 200
        spaces = spaces_of(burst)
        assert 350 <= spaces[4] <= 1_300
        x = spaces[0]
        assert 50 <= x <= 125
        assert spaces[:4] == spaces[5:] == [x, x, 2 * x + pulse_ms, x]
    assert all(2_500 <= rest_ms <= 15_000 for rest_ms in rests_of(bursts))


def test_a_medium_priority_burst_is_three_pulses(records):
    """125-250 ms long and as far apart, again after 2.5-30 s."""
    bursts = records[MEDIUM].bursts()
    assert len(bursts) >= 5
    for burst in bursts:
        assert len(burst) == 3
        assert all(125 <= length_ms <= 250 for _, length_ms, _ in burst)
        assert len(set(spaces_of(burst))) == 1
        assert 125 <= spaces_of(burst)[0] <= 250
    assert all(2_500 <= rest_ms <= 30_000 for rest_ms in rests_of(bursts))


def test_a_low_priority_burst_is_two_pulses(records):
    """125-250 ms long and as far apart, again after more than 15 s."""
    bursts = records[LOW].bursts()
    assert len(bursts) == 3
    for burst in bursts:
        assert len(burst) == 2
        assert all(125 <= length_ms <= 250 for _, length_ms, _ in burst)
        assert 125 <= spaces_of(burst)[0] <= 250
    assert all(rest_ms > 15_000 for rest_ms in rests_of(bursts))


@pytest.mark.parametrize("priority", PRIORITIES)
def test_the_burst_plays_the_melody_of_infusion_from_the_start(records, priority):
    """Each note's fundamental within 150-1000 Hz."""
    bursts = records[priority].bursts()
    assert bursts[0][0][0] == 0
    for burst in bursts:
        assert [hz for _, _, hz in burst] == [NOTES_HZ[note] for note in MELODIES[priority]]
        assert all(150 <= hz <= 1_000 for _, _, hz in burst)


@pytest.mark.parametrize(("priority", "led", "least_mhz", "most_mhz"), [
    (HIGH, "red", 1_400, 2_800), (MEDIUM, "yellow", 400, 800),
])  # fmt: skip
def test_high_flashes_red_and_medium_yellow(records, priority, led, least_mhz, most_mhz):
    """At the standard's frequency, 20-60 % of the time, from the start and without a break."""
    flashes = records[priority].spans(led)
    periods = {later[0] - earlier[0] for earlier, later in pairwise(flashes)}
    assert len(periods) == 1
    period_ms = periods.pop()
    assert least_mhz <= 1_000_000 / period_ms <= most_mhz
    assert all(0.2 <= length_ms / period_ms <= 0.6 for _, length_ms, _ in flashes)
    assert flashes[0][0] == 0
    assert len(flashes) >= RECORD_MS // period_ms


@pytest.mark.parametrize(("priority", "led"), [(HIGH, "red"), (MEDIUM, "yellow"), (LOW, "cyan")])
def test_no_other_led_is_on(records, priority, led):
    dark = {"red", "yellow", "cyan"} - {led}
    assert not any(getattr(shown, name) for _, shown in records[priority].edges for name in dark)


def test_low_shows_cyan_all_the_time(records):
    assert records[LOW].lights() == [(0, (0, 0, 0)), (0, (0, 0, 1))]


# When it is looked at does not matter


@pytest.mark.parametrize("priority", PRIORITIES)
def test_looking_only_when_told_or_across_the_wrap_shows_the_same(records, priority):
    assert record_of(priority, each_ms=0).edges == records[priority].edges
    assert record_of(priority, NEARLY_WRAPPED).edges == records[priority].edges
    assert record_of(priority, NEARLY_WRAPPED, 0).edges == records[priority].edges


CHANGES = st.one_of(
    st.tuples(st.just("state"), st.sampled_from([READY, INFUSING, KVO, PAUSED, ALARM, DONE])),
    st.tuples(st.just("priority"), st.integers(0, 3)),
    st.tuples(st.just("alarm"), st.integers(1, 3)),
    st.tuples(st.just("link_up"), st.integers(0, 1)),
    st.tuples(st.just("silence"), st.integers(0, 1)),
    st.tuples(st.just("unconfirmed"), st.integers(0, 1)),
    st.tuples(st.just("touch"), st.none()),
)
CLOCKS = st.sampled_from([0, CLOCK_MASK - 1_000, CLOCK_MASK - 200_000, CLOCK_MASK // 2 - 1_000])


def play(clock_ms, script, walk):
    """Make each change of `script`, then `walk` its wait."""
    rig = Rig(clock_ms)
    for (what, value), wait_ms in script:
        if what in ("state", "priority", "link_up"):
            rig.look(**{what: value})
        elif what == "touch":
            rig.touch()
        else:
            getattr(rig, what)(value)
        walk(rig, wait_ms)
    return rig


def walk_at_random(seed, seen):
    """Look at moments of no meaning, and keep what was seen."""
    random = Random(seed)

    def walk(rig, wait_ms):
        end_ms = rig.now_ms + wait_ms
        while (then_ms := rig.now_ms + random.choice((1, 7, 180, 2_900, 70_000))) < end_ms:
            rig.now_ms = then_ms
            seen.append((rig.now_ms, rig.look()))
        rig.now_ms = end_ms
        rig.look()

    return walk


def check_script(clock_ms, script, seed, each_ms):
    edges = play(clock_ms, script, lambda rig, wait_ms: rig.run(wait_ms, each_ms)).edges
    assert play(clock_ms, script, Rig.run).edges == edges
    seen = []
    play(clock_ms, script, walk_at_random(seed, seen))
    for now_ms, shown in seen:
        assert shown == edges[bisect_right(edges, now_ms, key=lambda edge: edge[0]) - 1][1]
    assert not any(shown.silent and shown.hz for _, shown in edges)


@settings(max_examples=40, deadline=None)
@given(clock_ms=CLOCKS, script=st.lists(st.tuples(CHANGES, st.integers(0, 1_500)), max_size=8), seed=st.integers(0, 99))
def test_looking_each_ms_or_at_random_or_only_when_told_shows_the_same(clock_ms, script, seed):
    check_script(clock_ms, script, seed, 1)


@settings(max_examples=60, deadline=None)
@given(
    clock_ms=CLOCKS,
    script=st.lists(st.tuples(CHANGES, st.sampled_from([50, 2_000, 13_000, 50_000, 125_000])), max_size=8),
    seed=st.integers(0, 99),
)
def test_the_same_over_minutes_with_silences_and_reminders(clock_ms, script, seed):
    """Every edge is a multiple of 50 ms after what caused it, so each 50 ms is as good as each ms."""
    check_script(clock_ms, script, seed, 50)


@settings(max_examples=100, deadline=None)
@given(clock_ms=CLOCKS, script=st.lists(st.tuples(CHANGES, st.sampled_from([0, 777, 31_000, 130_000])), max_size=8))
def test_at_next_ms_something_changes_unless_nothing_will(clock_ms, script):
    def walk(rig, wait_ms):
        end_ms = rig.now_ms + wait_ms
        while rig.next_ms < end_ms:
            before, wait_ms = rig.shown, rig.next_ms - rig.now_ms
            rig.now_ms = rig.next_ms
            assert rig.look() != before or (wait_ms == 60_000 and before == NOTHING)
        rig.now_ms = end_ms
        rig.look()

    play(clock_ms, script, walk)


def test_when_nothing_will_change_the_next_look_is_in_a_minute():
    rig = Rig(NEARLY_WRAPPED)
    assert rig.look(state=INFUSING) == NOTHING
    assert rig.next_ms == 60_000


@pytest.mark.parametrize("priority", PRIORITIES)
def test_a_pattern_stays_in_step_for_weeks(records, priority):
    """Looked at every 50 min or so for 30 days, while the clock wraps twice; every number fits a small integer."""
    starts = records[priority].burst_starts()
    flashes = records[priority].spans("red") or records[priority].spans("yellow") or [(0,), (30_000,)]
    burst_ms, flash_ms = starts[1] - starts[0], flashes[1][0] - flashes[0][0]
    edges = records[priority].edges
    rig = Rig()
    rig.alarm(priority)
    while rig.now_ms < 30 * 24 * HOUR_MS:
        rig.now_ms += 3_000_017
        shown = rig.look()
        assert shown.hz == next(s.hz for at_ms, s in reversed(edges) if at_ms <= rig.now_ms % burst_ms)
        lights = next(s[1:4] for at_ms, s in reversed(edges) if at_ms <= rig.now_ms % flash_ms)
        assert shown[1:4] == lights
        assert all(abs(value) < 2**30 for value in vars(rig.signals).values())


# Changes


@pytest.mark.parametrize("priority", PRIORITIES)
def test_everything_is_off_at_once_when_the_alarm_is_over(priority):
    rig = Rig()
    rig.alarm(priority)
    assert rig.run(100).hz == NOTES_HZ[MELODIES[priority][0]]
    assert rig.look(priority=0) == NOTHING
    rig.run(MINUTE_MS)
    assert len(rig.spans("hz")) == 1


@pytest.mark.parametrize(("before", "after"), [(LOW, HIGH), (HIGH, MEDIUM), (MEDIUM, HIGH)])
def test_another_priority_begins_its_pattern_anew(records, before, after):
    rig = Rig()
    rig.alarm(before)
    rig.run(3_333)
    rig.look(priority=after)
    rig.run(RECORD_MS)
    since = [(at_ms - 3_333, shown) for at_ms, shown in rig.edges if at_ms >= 3_333]
    assert since == records[after].edges[1:]


def test_a_new_alarm_of_the_same_priority_begins_the_burst_anew_and_flashes_on(records):
    rig = Rig()
    rig.alarm(HIGH)
    rig.run(6_130)
    rig.alarm(HIGH)
    rig.run(RECORD_MS - 6_130)
    assert rig.burst_starts()[:3] == [0, 6_130, 6_130 + records[HIGH].burst_starts()[1]]
    assert rig.lights() == records[HIGH].lights()


def test_a_change_of_state_leaves_an_alarm_as_it_is(records):
    rig = Rig()
    rig.alarm(LOW)
    rig.run(100)
    rig.look(state=KVO)
    rig.run(RECORD_MS - 100)
    assert rig.edges == records[LOW].edges


# A clock that goes back


BACK_MS = [1, 20_000, 700_000, 3_000_000, 400_000_000]


@pytest.mark.parametrize("clock_ms", [0, 5_000_000, CLOCK_MASK - 1_000])
@pytest.mark.parametrize("back_ms", BACK_MS)
@pytest.mark.parametrize("priority", PRIORITIES)
def test_an_alarm_goes_on_from_where_it_was_when_the_clock_went_back(records, priority, back_ms, clock_ms):
    """And that is seen at the next step."""
    rig = Rig(clock_ms)
    rig.alarm(priority)
    rig.run(9_000)
    assert not rig.signals.stale(rig.clock, rig.state, rig.priority)
    rig.clock_ms -= back_ms
    assert rig.signals.stale(rig.clock, rig.state, rig.priority)
    rig.look()
    rig.run(RECORD_MS - 9_000)
    assert rig.edges == records[priority].edges


@settings(max_examples=60, deadline=None)
@given(
    script=st.lists(st.tuples(CHANGES, st.sampled_from([50, 13_000, 50_000, 125_000, 700_000])), max_size=8),
    back_ms=st.sampled_from(BACK_MS),
)
def test_silences_reminders_and_pauses_go_on_so_as_well(script, back_ms):
    """What is to last two minutes, or to be told after ten, does not last or wait for as long as the jump."""

    def walk(rig, wait_ms):
        rig.run(wait_ms)
        rig.clock_ms -= back_ms
        rig.look()

    assert play(1_000, script, walk).edges == play(1_000, script, Rig.run).edges
