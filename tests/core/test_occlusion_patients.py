"""Patients who sit up are no occlusion: what a step may add, and what the restless need more."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocked import feed, line_of
from pumpcore.occlusion import BLOCK_MS


@settings(max_examples=80, deadline=None)
@given(at_pa=st.integers(-1_000, 9_000), step_pa=st.integers(-30_000, 30_000), before=st.integers(0, 50))
def test_a_patient_who_sits_up_is_no_occlusion(at_pa, step_pa, before):
    """One step of up to 30 kPa, and whatever follows stays there, at 1 mL/h."""
    line = line_of()
    found = feed(line, [at_pa] * before + [at_pa + step_pa] * 60)
    assert not any(found)
    assert line.g == 0


@settings(max_examples=80, deadline=None)
@given(at_pa=st.integers(-1_000, 9_000), steps=st.lists(st.integers(0, 4_300), max_size=7))
def test_nor_one_who_sits_up_behind_a_narrow_line(at_pa, steps):
    """Seven blocks in a row, up to the limit: 12,800 and six times 3200 of credit, less seven times 307, are 29,851."""
    line = line_of()
    levels = [at_pa + sum(steps[:n]) for n in range(len(steps) + 1)]
    assert not any(feed(line, levels + levels[-1:] * 100))
    assert line.g == 0


@pytest.mark.parametrize(("gain_pa", "g"), [(799, 12_784), (800, 12_800), (801, 12_800), (30_000, 12_800)])
def test_a_gain_is_clipped_either_way(gain_pa, g):
    """Up to what credit is left, which is 3200 a block after the first; down to 800 Pa."""
    line = line_of()
    feed(line, [0, gain_pa])
    assert line.g == g - 307
    line = line_of()
    feed(line, [0, 800, 1_600, 1_600 - gain_pa])
    assert line.g == 12_493 + 2_893 - g - 307


@pytest.mark.parametrize(
    ("rate", "clip", "grows"),
    [(1, 12_800, 3_200), (100, 12_800, 3_200), (156, 12_800, 3_200), (157, 12_800, 3_214), (1_000, 20_480, 20_480)],
)
def test_credit_grows_back_by_a_quarter_or_by_twice_the_climb(rate, clip, grows):
    """What a leap of 30 kPa took is there again after four blocks at a slow climb, after one at a fast one."""
    line = line_of(rate)
    assert (line.clip, line.credit) == (clip, clip)
    feed(line, [0, 30_000])
    assert line.credit == 0
    for n in range(1, 6):
        feed(line, [30_000], 5_000 + n * BLOCK_MS)
        assert line.credit == min(n * grows, clip)


def test_only_what_was_taken_uses_credit_up():
    """A gain of 300 Pa takes 4800, a fall nothing, and a fall gives nothing back but its block."""
    line = line_of()
    feed(line, [0, 300])
    assert line.credit == 8_000
    feed(line, [-300], 10_000)
    assert line.credit == 11_200
    feed(line, [-400], 15_000)
    assert line.credit == 12_800


@pytest.mark.parametrize(("falls", "fall_pa", "restless"), [(4, 451, 473), (5, 451, 587), (5, 450, 0)])
def test_the_fifth_fall_in_ten_blocks_is_of_a_restless_patient(falls, fall_pa, restless):
    """Each adds 120, and each block takes a 120th: 120, 119, 239, 238, 357, 355, 473, 470, 587 and so on."""
    line = line_of()
    levels = [0]
    for _ in range(falls):
        levels += [levels[-1] - fall_pa] * 2
    feed(line, levels[:-1])
    assert line.restless == restless
    h, h2, needed = (54_600, 75_600, 6) if restless > 480 else (31_200, 43_200, 4)
    for g, steps, climbing in [
        (h2, 0, True),
        (h2 - 1, 0, False),
        (h, needed, True),
        (h, needed - 1, False),
        (h - 1, needed, False),
    ]:
        line.g, line.steps = g, steps
        assert line.climbing() == climbing


@pytest.mark.parametrize("rate", [1, 100, 3_999])
@pytest.mark.parametrize(("restless", "more"), [(480, False), (481, True)])
def test_restless_is_more_than_a_fall_in_30_blocks(restless, more, rate):
    """Three quarters more of both thresholds, to the sixteenth of a Pa, and two steps more."""
    line = line_of(rate)
    line.restless, line.g = restless, line.h2
    assert line.climbing() == (not more)
    line.g = -(-line.h2 * 7 // 4)
    assert line.climbing()
    line.g -= 1
    assert line.climbing() == (not more)
    line.g, line.steps = -(-line.h * 7 // 4), line.steps_needed + 1
    assert line.climbing() == (not more)
    line.steps += 1
    assert line.climbing()
    line.g -= 1
    assert line.climbing() == (not more)


def test_restlessness_is_forgotten_over_10_minutes():
    """Ten falls in a row make 1163; 120 quiet blocks leave less than 480, and nothing is left below a 120th."""
    line = line_of()
    feed(line, [-500 * n for n in range(11)])
    assert line.restless == 1_163
    now_ms, quiet = 11 * BLOCK_MS, 0
    while line.restless > 480:
        feed(line, [-5_000], now_ms)
        now_ms += BLOCK_MS
        quiet += 1
    assert 60 < quiet <= 120
    feed(line, [-5_000] * 600, now_ms)
    assert line.restless == 119


def test_a_step_of_the_patients_has_not_filled_the_line():
    """5 kPa at once are clipped: 12,493 * 10 / 7 / 16 = 1115.4 Pa."""
    line = line_of()
    feed(line, [0, 5_000])
    assert line.climb_pa(5_000) == 1_115
    assert line.climb_pa(1_116) == 1_115
    assert line.climb_pa(1_114) == 1_114
