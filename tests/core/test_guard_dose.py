"""The guard's dose: what rate, volume, KVO, pauses and changes allow, to a count of the encoder."""

import pytest

from desk import PL, RATE, Desk
from pumpcore.guard import BACKWARD, CONFIRM, DOSE, MOVING, NO_ORDER, RAN_BACK, TITRATE
from pumpcore.units import CLOCK_MASK


@pytest.mark.parametrize(("over", "reason"), [(0, 0), (1, DOSE)])
def test_dose_to_a_count(over, reason):
    """1 s at 100 uL/s and 50 uL are 1500 counts."""
    assert Desk().go(1_000, 1_500 + over) == reason


@pytest.mark.parametrize("pl_per_count", [100, 7_919, 135_570, 2_000_000])
@pytest.mark.parametrize("rate", [1, 7, 9_877, 120_000])
def test_dose_is_exact_over_many_looks(pl_per_count, rate):
    """After an hour in steps of 1 to 1999 ms the last count that fits is allowed and the next one trips."""
    desk = Desk(pl_per_count, rate=rate)
    end_ms = 3_600_000
    while desk.now < end_ms:
        due = (desk.now * rate * 1_000) // (360 * pl_per_count)
        assert desk.look(due - desk.encoder) == 0
        desk.order(MOVING, rate)
        desk.wait(min(1 + desk.now * 37 % 1_999, end_ms - desk.now))
    due = (desk.now * rate * 1_000 + 50 * 360_000_000) // (360 * pl_per_count)
    assert desk.look(due - desk.encoder) == 0
    assert desk.moved_ul == due * pl_per_count // 1_000_000
    assert desk.look(1) == DOSE


@pytest.mark.parametrize(("ordered", "rate", "counts"), [(RATE, 18_000, 500), (18_000, RATE, 500), (0, RATE, 0)])
def test_the_lower_of_order_and_prescription_counts(ordered, rate, counts):
    for over in (0, 1):
        assert Desk(rate=rate).go(1_000, counts + 500 + over, rate=ordered) == (DOSE if over else 0)


@pytest.mark.parametrize(("over", "reason"), [(0, 0), (1, DOSE)])
def test_a_pump_that_fell_behind_may_not_rush(over, reason):
    """It stood for 10 s under way. 10 uL are kept, with 50 uL above them: 600 counts at once."""
    desk = Desk()
    for _ in range(10):
        assert desk.go(1_000, 0) == 0
    assert desk.look(600 + over) == reason


def test_the_credit_is_10_ul_above_what_moved_to_a_nanolitre():
    desk = Desk(pl_per_count=1_000)
    assert desk.go(1_000, 999) == 0
    assert desk.look(60_000) == 0
    assert desk.look(1) == DOSE


def test_backing_off_that_turned_nothing_is_a_look_as_any_other():
    """100 uL were missed before it, of which 10 are kept: with 10 more of 100 ms and 50 above them, 700 counts."""
    desk = Desk()
    desk.order(MOVING)
    desk.wait(1_000)
    desk.order(BACKWARD)
    assert desk.look() == 0
    assert desk.go(100, 700) == 0
    assert desk.look(1) == DOSE


def test_what_was_missed_may_still_come_at_the_rate():
    """VTBI 1 mL, the motor stands for 60 s in the middle: the full volume is pumped all the same, and no more."""
    desk = Desk(vtbi=1_000)
    for second in range(70):
        assert desk.go(1_000, 0 if 5 <= second < 65 else 1_000) == 0
    assert desk.moved_ul == 1_000
    assert desk.look(500) == 0
    assert desk.look(1) == DOSE


@pytest.mark.parametrize(("kvo", "per_s"), [(0, 0), (3_600, 100), (RATE, 1_000), (2 * RATE, 1_000)])
def test_after_vtbi_only_kvo_and_never_above_the_rate(kvo, per_s):
    """100 uL at 100 uL/s, looked at after 3 s and told in between."""
    for over in (0, 1):
        desk = Desk(vtbi=100, kvo=kvo)
        desk.go(500, 500)
        desk.order(MOVING)
        desk.wait(1_000)
        assert desk.go(1_500, 500 + 2 * per_s + 500 + over) == (DOSE if over else 0)


def test_vtbi_met_within_a_millisecond_leaves_kvo_whole_milliseconds():
    """At 1200 mL/h 1 uL takes 3 ms: of 1000 ms 997 are left, at 1200 mL/h 332.33 uL."""
    for pl_above, reason in ((0, 0), (1_000, DOSE)):
        desk = Desk(pl_per_count=1_000, vtbi=1, kvo=120_000, rate=120_000)
        counts = (1_000_000 + 997 * 333_333 + 333 + 50_000_000 + pl_above) // 1_000
        assert desk.go(1_000, counts, rate=120_000) == reason


@pytest.mark.parametrize(("over", "reason"), [(0, 0), (1, DOSE)])
def test_the_rest_of_a_millisecond_in_which_vtbi_is_met_is_not_allowed(over, reason):
    """At 1000 mL/h 1 uL takes 3.6 ms: of 1000 ms 996 are left, at 500 mL/h 138.33 uL."""
    desk = Desk(pl_per_count=1_000, vtbi=1, kvo=50_000, rate=100_000)
    assert desk.go(1_000, 1_000 + 138_333 + 50_000 + over, rate=100_000) == reason
    assert all(isinstance(value, int) for value in vars(desk.guard).values())


def test_vtbi_is_met_from_within_a_microlitre():
    """0.5 uL, then 2 s more of the 100: not one count above them."""
    desk = Desk(vtbi=100)
    assert desk.go(5, 5) == 0
    assert desk.go(2_000, 995 + 500) == 0
    assert desk.look(1) == DOSE


def test_an_order_to_move_at_nothing_allows_nothing():
    """Also where VTBI is in."""
    desk = Desk(vtbi=100, kvo=RATE)
    assert desk.go(1_000, 1_000, rate=0) == DOSE
    desk = Desk(vtbi=100, kvo=RATE)
    assert desk.go(1_000, 1_000) == 0
    assert desk.go(1_000, 500, rate=0) == 0
    assert desk.look(1) == DOSE


def test_a_pause_allows_nothing_and_a_resume_goes_on():
    desk = Desk()
    assert desk.go(1_000, 1_000) == 0
    assert desk.go(1_000, 0, flags=0) == 0
    assert desk.go(1_000, 0, flags=0) == 0
    assert desk.go(1_000, 1_500) == 0
    assert desk.moved_ul == 250
    assert desk.look(1) == DOSE


def test_titration_changes_the_rate_and_keeps_the_counts():
    """With the motor under way CONFIRM is enough; at a standstill it takes TITRATE."""
    for flags in (CONFIRM, CONFIRM | TITRATE):
        desk = Desk(vtbi=300)
        assert desk.go(1_000, 1_000) == 0
        if flags & TITRATE:
            desk.order(0)
        desk.confirm(2 * RATE, 1_000_000, 0, flags)
        assert desk.go(500, 1_000, rate=2 * RATE) == 0
        assert desk.moved_ul == 200
        assert desk.go(2_000, 1_000 + 500, rate=2 * RATE) == 0
        assert desk.look(1) == DOSE


def test_a_lower_rate_holds_from_its_frame_on():
    desk = Desk()
    desk.go(500, 500)
    desk.confirm(3_600)
    desk.wait(1_000)
    assert desk.look(100 + 500) == 0
    assert desk.look(1) == DOSE


@pytest.mark.parametrize("flags", [CONFIRM, CONFIRM | TITRATE])
def test_no_change_of_a_prescription_that_is_not_there(flags):
    desk = Desk(rate=0)
    desk.order(0 if flags & TITRATE else MOVING)
    desk.confirm(flags=flags)
    assert not desk.guard.confirmed
    assert desk.go(100, 8) == 0
    assert desk.look(1) == NO_ORDER


def test_a_new_prescription_starts_at_nothing():
    """40 uL too much are forgotten with the old one; 10 uL of credit too."""
    for moved, again in ((1_400, 1_500), (0, 1_500)):
        desk = Desk(vtbi=100)
        assert desk.go(1_000, moved) == 0
        assert desk.go(1_000, 0, flags=0) == 0
        desk.confirm()
        assert desk.go(1_000, again) == 0
        assert desk.moved_ul == 150
        assert desk.look(1) == DOSE


def test_the_end_of_the_old_prescription_is_not_booked_to_the_new():
    """Motion for 2 s, stop, program and start between two looks: 200 uL belong to the old one, and 50 uL above."""
    for counts, reason in ((2_000, 0), (2_500, 0), (2_511, DOSE)):
        desk = Desk()
        desk.order(MOVING)
        desk.wait(2_000)
        desk.order(0)
        desk.confirm()
        desk.confirm()
        desk.order(MOVING)
        assert desk.look(counts) == reason
        assert desk.moved_ul == (counts - 2_000) // 10
        assert desk.look(2_501 - counts) == DOSE


def test_an_old_prescription_that_moved_nothing_leaves_nothing_to_the_new():
    """200 uL were allowed and none came: not one of them may come now."""
    desk = Desk()
    desk.order(MOVING)
    desk.wait(2_000)
    desk.order(0)
    desk.confirm()
    assert (desk.look(), desk.moved_ul) == (0, 0)
    assert desk.go(1_000, 1_500) == 0
    assert desk.look(1) == DOSE


def test_a_jump_of_the_encoder_trips():
    """1 mL is more than any 2.2 s; forwards, backwards, and as far as the counter goes."""
    for pl_per_count in (100, 1_001, PL, 2_000_000):  # 999,001 of 1001 pL are 1 mL and a picolitre
        most = 1_000_000_000 // pl_per_count
        for counts in (most, most + 1, CLOCK_MASK // 2):
            assert Desk(pl_per_count).go(1_000, counts) == DOSE
        assert Desk(pl_per_count).go(1_000, -most, flags=BACKWARD) == 0
        assert Desk(pl_per_count).go(1_000, -most - 1, flags=BACKWARD) == DOSE
        assert Desk(pl_per_count).go(1_000, -CLOCK_MASK // 2, flags=BACKWARD) == RAN_BACK


def test_the_count_does_not_leave_31_bits():
    desk = Desk()
    desk.guard.moved_ul = desk.guard.allowed_ul = 1_000_000_000
    assert desk.go(10, 0) == 0
    assert desk.go(100, 10) == DOSE


def test_an_order_that_nobody_renews_allows_no_more_than_its_life():
    """2.2 s, if frames come that late."""
    desk = Desk()
    desk.order(MOVING)
    desk.wait(10_000)
    desk.order(MOVING)
    assert desk.guard.allowed_ul == 220


def test_a_third_prescription_begins_as_the_second_did():
    desk = Desk()
    for _ in range(3):
        assert desk.go(1_000, 1_000) == 0
        desk.wait(10)  # what is allowed meanwhile is left to the next look
        desk.order()
        desk.confirm()
        assert desk.look() == 0
        assert desk.moved_ul == 0


def test_the_answer_tells_whole_microlitres_and_none_below_nothing():
    desk = Desk()
    desk.go(1_000, 10)
    assert desk.moved_ul == 1
    desk.look(-20)
    assert desk.moved_ul == 0
