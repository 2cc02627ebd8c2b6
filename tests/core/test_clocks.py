"""One clock against the other: a jump at once, a drift within a minute, and neither for honest oscillators."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.clocks import Clocks
from pumpcore.units import CLOCK_MASK

MINUTE_MS = 60_000
STARTS = [(0, 0), (5, 900_000), (CLOCK_MASK - 30_000, 4), (4, CLOCK_MASK - 30_000), (CLOCK_MASK, 0), (0, 2**29)]


def differ(clocks, start, now_ms, second_ms):
    return clocks.differ((start[0] + now_ms) & CLOCK_MASK, (start[1] + second_ms) & CLOCK_MASK)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("gain_ms", "told"), [(199, False), (200, False), (201, True), (-200, False), (-201, True), (2**20, True)]
)
def test_a_jump_of_more_than_200_ms(start, gain_ms, told):
    clocks = Clocks()
    assert not differ(clocks, start, 0, 0)
    assert not differ(clocks, start, 10_000, 10_000)
    assert differ(clocks, start, 10_020 + gain_ms, 10_020) == told


@pytest.mark.parametrize("start", STARTS)
def test_it_is_told_once_and_then_they_agree(start):
    clocks = Clocks()
    differ(clocks, start, 0, 0)
    assert differ(clocks, start, 10_000, 9_000)
    assert not any(differ(clocks, start, now_ms, now_ms - 1_000) for now_ms in range(10_020, 200_000, 500))
    assert differ(clocks, start, 200_000, 200_000)
    assert not differ(clocks, start, 200_020, 200_020)


def drift(per_mille, minutes, start=(0, 0), every_ms=100):
    """Whether they ever differ, and how often, while one gains so much on the second clock."""
    clocks = Clocks()
    return sum(
        differ(clocks, start, second_ms + second_ms * per_mille // 1_000, second_ms)
        for second_ms in range(0, minutes * MINUTE_MS, every_ms)
    )


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("per_mille", [2, -2, 3, -3])
def test_a_slow_drift_is_begun_anew_each_minute(per_mille, start):
    """0.2 % and 0.3 % are 120 and 180 ms in a minute."""
    assert drift(per_mille, 30, start) == 0


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("per_mille", [10, -10])
def test_a_percent_is_told_within_a_minute(per_mille, start):
    """600 ms in a minute: told each 20.1 s."""
    assert drift(per_mille, 1, start) == 2
    assert drift(per_mille, 0, start) == 0


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("first_ms", "told"), [(59_999, True), (60_000, False), (60_001, False)])
def test_a_minute_is_one_of_the_second_clock(first_ms, told, start):
    """150 ms by its end are forgotten at the look that closes it; 51 ms more are then few, and else too many."""
    clocks = Clocks()
    differ(clocks, start, 0, 0)
    assert not differ(clocks, start, first_ms + 150, first_ms)
    assert differ(clocks, start, first_ms + 201, first_ms) == told


def test_the_next_minute_begins_where_the_last_was_closed():
    clocks = Clocks()
    differ(clocks, (0, 0), 0, 0)
    differ(clocks, (0, 0), 75_000, 75_000)
    assert not differ(clocks, (0, 0), 135_099, 134_999)
    assert not differ(clocks, (0, 0), 135_200, 135_000)
    assert not differ(clocks, (0, 0), 135_400, 135_000)
    assert differ(clocks, (0, 0), 135_401, 135_000)


def test_being_told_begins_a_minute_too():
    clocks = Clocks()
    differ(clocks, (0, 0), 0, 0)
    assert differ(clocks, (0, 0), 30_201, 30_000)
    assert not differ(clocks, (0, 0), 90_351, 89_999)  # 151 since
    assert differ(clocks, (0, 0), 90_402, 89_999)


@pytest.mark.parametrize("start", STARTS)
def test_a_clock_that_stands_is_told(start):
    clocks = Clocks()
    assert [differ(clocks, start, now_ms, 0) for now_ms in (0, 100, 200, 300)] == [False, False, False, True]
    clocks = Clocks()
    assert [differ(clocks, start, 0, second_ms) for second_ms in (0, 100, 200, 201)] == [False, False, False, True]


@settings(max_examples=100, deadline=None)
@given(
    now_ms=st.integers(0, CLOCK_MASK),
    second_ms=st.integers(0, CLOCK_MASK),
    waits=st.lists(st.integers(0, 400_000), min_size=1, max_size=60),
    jitter=st.lists(st.integers(0, 100), min_size=60, max_size=60),
)
def test_clocks_read_within_100_ms_of_each_other_never_differ(now_ms, second_ms, waits, jitter):
    """From anywhere, looked at whenever; a gain is at most 100 - 0 to either side."""
    clocks = Clocks()
    true_ms = 0
    for wait_ms, late_ms in zip(waits, jitter, strict=False):
        true_ms += wait_ms
        assert not differ(clocks, (now_ms, second_ms), true_ms + late_ms, true_ms)
