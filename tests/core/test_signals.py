"""Alarm signals, read back as edges and held against IEC 60601-1-8.

Assumed: IEC 60601-1-8, from memory. Its figures are written out here; none of the module's own is used.
"""

from bisect import bisect_right
from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.alarms import HIGH, LOW, MEDIUM
from pumpcore.signals import Signals
from pumpcore.states import ALARM, DONE, IDLE, INFUSING, KVO, PAUSED, READY, STATE_NAMES
from pumpcore.units import CLOCK_MASK

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
RECORD_MS = 65_000  # a minute, and what is left of a burst then
PRIORITIES = (HIGH, MEDIUM, LOW)
NEARLY_WRAPPED = CLOCK_MASK - 5_000

NOTES_HZ = {"c": 262, "d": 294, "e": 330, "g": 392, "C": 523}
MELODIES = {HIGH: "CdgCdCdgCd", MEDIUM: "Cdg", LOW: "ec"}


class Shown(NamedTuple):
    hz: int
    red: int
    yellow: int
    cyan: int
    silent: int
    paused_too_long: int


NOTHING = Shown(0, 0, 0, 0, 0, 0)


class Rig:
    """Signals with a clock that starts at `clock_ms`; `now_ms` counts from there and never wraps."""

    def __init__(self, clock_ms=0):
        self.signals = Signals()
        self.clock_ms = clock_ms
        self.now_ms = 0
        self.state, self.priority, self.link_up = IDLE, 0, 1
        self.edges = [(0, NOTHING)]
        self.look()

    @property
    def clock(self):
        return (self.clock_ms + self.now_ms) & CLOCK_MASK

    @property
    def shown(self):
        s = self.signals
        return Shown(s.buzzer_hz, s.red, s.yellow, s.cyan, s.silent, s.paused_too_long)

    @property
    def next_ms(self):
        return self.now_ms + ((self.signals.next_ms - self.clock) & CLOCK_MASK)

    def look(self, raised=0, **changed):
        for name, value in changed.items():
            setattr(self, name, value)
        self.signals.look(self.clock, self.state, self.priority, raised, self.link_up)
        if self.edges[-1][0] == self.now_ms > 0:
            self.edges.pop()  # only the last of a millisecond counts
        if self.shown != self.edges[-1][1]:
            self.edges.append((self.now_ms, self.shown))
        return self.shown

    def alarm(self, priority):
        return self.look(priority=priority, raised=1 << 1)

    def silence(self, remote=0):
        self.signals.silence(self.clock, remote)
        return self.look()

    def touch(self):
        self.signals.touched(self.clock)
        return self.look()

    def unconfirmed(self, value):
        self.signals.unconfirmed = value
        return self.look()

    def run(self, wait_ms, each_ms=0):
        """Look every `each_ms` for `wait_ms`, or, without it, only when the signals ask for it."""
        end_ms = self.now_ms + wait_ms
        then_ms = self.now_ms + each_ms if each_ms else self.next_ms
        while then_ms < end_ms:
            self.now_ms = then_ms
            self.look()
            then_ms = self.now_ms + each_ms if each_ms else self.next_ms
        self.now_ms = end_ms
        return self.look()

    def spans(self, name):
        """[start, length, value] of what was on and went off again."""
        found, start_ms, value = [], 0, 0
        for at_ms, shown in self.edges:
            new = getattr(shown, name)
            if new != value:
                if value:
                    found.append((start_ms, at_ms - start_ms, value))
                start_ms, value = at_ms, new
        return found

    def lights(self):
        """What the LEDs show, edge by edge."""
        found = [(0, (0, 0, 0))]
        for at_ms, shown in self.edges:
            if shown[1:4] != found[-1][1]:
                found.append((at_ms, shown[1:4]))
        return found

    def bursts(self):
        """Pulses of the buzzer, apart where 2.5 s pass without one."""
        found = []
        for start_ms, length_ms, hz in self.spans("hz"):
            if not found or start_ms - sum(found[-1][-1][:2]) >= 2_500:
                found.append([])
            found[-1].append((start_ms, length_ms, hz))
        return found

    def burst_starts(self):
        return [burst[0][0] for burst in self.bursts()]


def record_of(priority, clock_ms=0, each_ms=1):
    rig = Rig(clock_ms)
    rig.alarm(priority)
    rig.run(RECORD_MS, each_ms)
    return rig


def spaces_of(burst):
    return [later[0] - sum(earlier[:2]) for earlier, later in pairwise(burst)]


def rests_of(bursts):
    return [later[0][0] - sum(earlier[-1][:2]) for earlier, later in pairwise(bursts)]


@pytest.fixture(scope="module")
def records():
    """A minute of each priority, looked at every millisecond."""
    return {priority: record_of(priority) for priority in PRIORITIES}


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


# Silence


def silenced(priority, remote=0, after_ms=5_000):
    rig = Rig()
    rig.alarm(priority)
    rig.run(after_ms)
    rig.silence(remote)
    return rig


@pytest.mark.parametrize("remote", [0, 1])
@pytest.mark.parametrize("priority", PRIORITIES)
def test_a_silence_lasts_two_minutes_and_ends_with_a_fresh_burst(priority, remote):
    rig = silenced(priority, remote, after_ms=100)
    rig.run(4 * MINUTE_MS)
    assert rig.spans("silent") == [(100, 120_000, 1)]
    assert rig.spans("hz")[0] == (0, 100, NOTES_HZ[MELODIES[priority][0]])
    assert rig.spans("hz")[1][0] == 120_100
    notes = [hz for _, _, hz in rig.spans("hz")[1 : len(MELODIES[priority]) + 1]]
    assert notes == [NOTES_HZ[note] for note in MELODIES[priority]]


@pytest.mark.parametrize("priority", PRIORITIES)
def test_in_a_silence_the_lights_go_on(records, priority):
    rig = silenced(priority)
    rig.run(RECORD_MS - 5_000)
    assert rig.spans("silent") == [] and rig.shown.silent == 1
    assert rig.lights() == records[priority].lights()


@pytest.mark.parametrize("now", [HIGH, MEDIUM, LOW])
def test_a_new_alarm_ends_the_silence_at_once(now):
    """Whatever priority is shown then."""
    rig = silenced(MEDIUM)
    rig.run(20_000)
    assert rig.alarm(now).silent == 0
    assert rig.shown.hz == NOTES_HZ[MELODIES[now][0]]
    rig.run(MINUTE_MS)
    assert rig.bursts()[1][0][0] == 25_000


def test_a_higher_priority_ends_the_silence_and_a_lower_one_does_not():
    rig = silenced(MEDIUM)
    assert rig.look(priority=LOW).silent == 1
    assert rig.look(priority=HIGH).silent == 0
    assert rig.shown.hz == NOTES_HZ["C"]


def test_a_lower_priority_begins_its_burst_when_the_silence_is_over():
    rig = silenced(HIGH)
    rig.run(50_000)
    rig.look(priority=MEDIUM)
    rig.run(3 * MINUTE_MS)
    assert rig.spans("silent") == [(5_000, 120_000, 1)]
    assert rig.bursts()[1][0][0] == 125_000
    assert len(rig.bursts()[1]) == 3


def test_a_lost_link_cancels_what_the_remote_side_asked_for():
    rig = silenced(HIGH, remote=1)
    rig.run(30_000)
    assert rig.look(link_up=0) == Shown(NOTES_HZ["C"], 1, 0, 0, 0, 0)
    rig.run(10_000)
    assert rig.bursts()[1][0][0] == 35_000
    assert len(rig.bursts()[1]) == 10


def test_a_lost_link_does_not_cancel_what_the_keys_asked_for():
    rig = silenced(HIGH, remote=0)
    rig.run(30_000)
    assert rig.look(link_up=0).silent == 1
    rig.run(3 * MINUTE_MS)
    assert rig.spans("silent") == [(5_000, 120_000, 1)]


@pytest.mark.parametrize("last", [0, 1])
def test_a_repeated_silence_lasts_two_minutes_from_then_and_belongs_to_who_asked_last(last):
    rig = silenced(HIGH, remote=1 - last)
    rig.run(100_000)
    rig.silence(last)
    rig.run(119_999)
    assert rig.shown.silent == 1
    assert rig.look(link_up=0).silent == 1 - last
    rig.run(1)
    assert rig.shown.silent == 0
    assert len(rig.spans("silent")) == 1


def test_a_silence_with_nothing_to_silence_is_ignored():
    """Nothing sounds, or a reminder still waits: an alarm that comes then is heard."""
    rig = Rig()
    assert rig.silence() == NOTHING
    rig.look(state=PAUSED)
    rig.run(60_000)
    assert rig.silence() == NOTHING
    assert rig.look(priority=HIGH).hz == NOTES_HZ["C"]


def test_a_silence_ends_with_its_alarm():
    rig = silenced(HIGH)
    rig.run(10_000)
    assert rig.look(priority=0) == NOTHING
    rig.run(10_000)
    assert rig.look(priority=HIGH).hz == NOTES_HZ["C"]


def test_a_silence_that_is_kept_up_for_weeks_ends_with_a_fresh_burst():
    rig = silenced(HIGH)
    for _ in range(16 * 24 * 60):
        rig.now_ms += MINUTE_MS
        rig.silence()
    rig.run(2 * MINUTE_MS)
    assert rig.shown.hz == NOTES_HZ["C"]
    assert len(rig.spans("silent")) == 1


# Reminders

REMINDED = [
    pytest.param(READY, 0, 120_000, 60_000, id="programmed and not started"),
    pytest.param(DONE, 0, 120_000, 60_000, id="done"),
    pytest.param(PAUSED, 0, 120_000, 30_000, id="paused"),
    pytest.param(PAUSED, 1, 30_000, 10_000, id="unconfirmed while paused"),
    pytest.param(INFUSING, 1, 30_000, 10_000, id="unconfirmed while infusing"),
    pytest.param(IDLE, 1, 30_000, 10_000, id="unconfirmed"),
]


def waiting(state, unconfirmed, at_ms=1_000):
    rig = Rig()
    rig.run(at_ms)
    rig.signals.unconfirmed = unconfirmed
    rig.look(state=state)
    return rig


@pytest.mark.parametrize(("state", "unconfirmed", "wait_ms", "period_ms"), REMINDED)
def test_a_reminder_sounds_after_its_wait_and_again_and_again(state, unconfirmed, wait_ms, period_ms):
    """Two notes, e c, and cyan from the first to the end of the last, nothing else."""
    rig = waiting(state, unconfirmed)
    rig.run(5 * MINUTE_MS)
    assert rig.burst_starts() == list(range(1_000 + wait_ms, 301_000 - 600, period_ms))
    for burst, cyan in zip(rig.bursts(), rig.spans("cyan"), strict=True):
        assert [hz for _, _, hz in burst] == [NOTES_HZ["e"], NOTES_HZ["c"]]
        assert all(length_ms <= 250 for _, length_ms, _ in burst)
        assert cyan[0] == burst[0][0]
        assert sum(cyan[:2]) == sum(burst[-1][:2])
    assert not rig.spans("red") + rig.spans("yellow") + rig.spans("silent")


def test_every_other_state_is_quiet():
    for state in range(len(STATE_NAMES)):
        if state not in (READY, PAUSED, DONE):
            assert waiting(state, 0).run(HOUR_MS) == NOTHING
            rig = waiting(state, 0)
            rig.run(HOUR_MS)
            assert rig.edges == [(0, NOTHING)]


@pytest.mark.parametrize(("state", "unconfirmed", "wait_ms", "period_ms"), REMINDED)
def test_a_touch_lets_a_reminder_wait_anew(state, unconfirmed, wait_ms, period_ms):
    """One that sounds stops; so does the cyan."""
    rig = waiting(state, unconfirmed)
    rig.run(wait_ms - 1_000)
    assert rig.touch() == NOTHING
    rig.run(wait_ms)
    assert rig.shown[:4] == (NOTES_HZ["e"], 0, 0, 1)
    rig.run(100)
    assert rig.touch() == NOTHING
    rig.run(wait_ms)
    assert rig.burst_starts() == [2 * wait_ms]
    assert rig.shown.hz == NOTES_HZ["e"]


def test_a_touch_leaves_an_alarm_as_it_is(records):
    rig = Rig()
    rig.alarm(HIGH)
    rig.run(1_234)
    rig.touch()
    rig.run(RECORD_MS - 1_234)
    assert rig.edges == records[HIGH].edges


@pytest.mark.parametrize(("before", "after"), [(PAUSED, READY), (DONE, READY), (INFUSING, PAUSED)])
def test_a_change_of_state_lets_a_reminder_wait_anew(before, after):
    rig = waiting(before, 0)
    rig.run(110_000)
    rig.look(state=after)
    rig.run(119_999)
    assert rig.spans("hz") == []
    assert rig.shown.hz == 0
    assert rig.run(1).hz == NOTES_HZ["e"]


def test_a_change_of_state_lets_an_unconfirmed_program_wait_anew():
    rig = waiting(INFUSING, 1)
    rig.run(29_000)
    rig.look(state=PAUSED)
    assert rig.run(29_999) == NOTHING
    assert rig.run(1).hz == NOTES_HZ["e"]


def test_a_confirmed_program_hands_back_to_the_reminder_of_the_state():
    rig = waiting(PAUSED, 1)
    rig.run(30_100)
    assert rig.shown.cyan == 1
    assert rig.unconfirmed(0) == NOTHING
    assert rig.run(119_999) == NOTHING
    assert rig.run(1).hz == NOTES_HZ["e"]


def test_an_alarm_takes_the_place_of_a_reminder_which_waits_anew_after_it():
    rig = waiting(PAUSED, 0)
    rig.run(119_000)
    assert rig.alarm(MEDIUM).yellow == 1
    rig.run(3 * MINUTE_MS)
    assert rig.spans("cyan") == []
    rig.look(priority=0)
    assert rig.run(119_999) == NOTHING
    assert rig.run(1).cyan == 1


def test_a_silenced_reminder_is_dark_too_and_comes_back_after_two_minutes():
    rig = waiting(PAUSED, 0)
    rig.run(120_100)
    assert rig.shown.hz == NOTES_HZ["e"]
    assert rig.silence() == NOTHING._replace(silent=1)
    rig.run(119_999)
    assert rig.shown == NOTHING._replace(silent=1)
    assert rig.run(1)[:5] == (NOTES_HZ["e"], 0, 0, 1, 0)


def test_after_a_touch_and_a_silence_the_later_of_the_two_counts():
    """An unconfirmed program reminds again after 30 s without a touch, and not in the two minutes of a silence."""
    rig = waiting(IDLE, 1)
    rig.run(30_000)
    rig.silence()
    rig.run(100_000)
    rig.touch()
    rig.run(20_000)
    assert rig.shown == NOTHING
    assert rig.spans("silent") == [(31_000, 120_000, 1)]
    rig.run(9_999)
    assert rig.shown == NOTHING
    assert rig.run(1).hz == NOTES_HZ["e"]


def test_a_silence_is_renewed_while_a_touched_reminder_waits():
    rig = waiting(IDLE, 1)
    rig.run(30_000)
    rig.silence()
    rig.touch()
    rig.run(10_000)
    rig.silence()
    rig.run(3 * MINUTE_MS)
    assert rig.spans("silent") == [(31_000, 130_000, 1)]
    assert rig.burst_starts()[:1] == [161_000]


def test_a_silenced_reminder_ends_its_silence_when_the_state_changes():
    rig = waiting(PAUSED, 0)
    rig.run(120_000)
    rig.silence()
    assert rig.look(state=INFUSING) == NOTHING


# A pause that lasts too long


def test_paused_too_long_after_ten_minutes_of_pause_whatever_else_happens():
    """Neither a touch nor an alarm puts it off; only leaving the pause does."""
    rig = Rig(CLOCK_MASK - 5 * MINUTE_MS)
    rig.look(state=PAUSED)
    rig.run(5 * MINUTE_MS)
    rig.touch()
    rig.unconfirmed(1)
    rig.alarm(LOW)
    rig.run(5 * MINUTE_MS - 1)
    assert rig.shown.paused_too_long == 0
    assert rig.run(1).paused_too_long == 1
    rig.run(40 * HOUR_MS, each_ms=HOUR_MS)
    assert rig.look(priority=0).paused_too_long == 1
    assert rig.look(state=INFUSING).paused_too_long == 0
    rig.look(state=PAUSED)
    rig.run(10 * MINUTE_MS - 1)
    assert rig.shown.paused_too_long == 0
    assert rig.run(1).paused_too_long == 1


def test_paused_too_long_stays_for_weeks():
    rig = Rig()
    rig.look(state=PAUSED)
    for _ in range(20 * 24):
        rig.now_ms += HOUR_MS
        assert rig.look().paused_too_long == 1


def test_next_ms_tells_when_a_pause_becomes_too_long():
    """A touch has moved the reminders off that moment."""
    rig = Rig()
    rig.look(state=PAUSED)
    rig.run(1_234)
    rig.touch()
    rig.run(11 * MINUTE_MS)
    assert next(at_ms for at_ms, shown in rig.edges if shown.paused_too_long) == 600_000
