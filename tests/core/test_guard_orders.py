"""The guard's other trips: motion nobody ordered, orders nobody renews, turning back; and its latch."""

import ast
from pathlib import Path

import pytest

from desk import FRESH, PL, RATE, Desk
from pumpcore import guard as guard_module
from pumpcore.guard import (
    ANSWER_BYTES,
    BACKWARD,
    CONFIRM,
    DOSE,
    FRAME_BYTES,
    LATE_LOOP,
    MOVING,
    NO_ORDER,
    RAN_BACK,
    REASON_NAMES,
    Guard,
    write_frame,
)

# Orders


@pytest.mark.parametrize("flags", [0, BACKWARD, MOVING | BACKWARD])
def test_forward_motion_without_a_forward_order(flags):
    """Looks that begin within 100 ms of the stop do not count; after that 8 counts in all."""
    desk = Desk()
    assert desk.go(1_000, 1_000) == 0
    desk.order(flags)
    desk.wait(100)
    assert desk.look(9) == 0
    desk.wait(1)
    assert desk.look(9) == 0
    for _ in range(8):
        assert desk.go(100, 1, flags=flags) == 0
    assert desk.go(100, 1, flags=flags) == NO_ORDER


def test_jitter_and_an_order_begin_the_count_anew():
    desk = Desk()
    for _ in range(50):
        for counts in (2, -4, 4, -2):
            assert desk.go(200, counts, flags=0) == 0
        assert desk.go(200, 6, flags=0) == 0
        assert desk.go(200, 8) == 0


def test_an_order_between_two_looks_excuses_what_they_see():
    desk = Desk()
    desk.go(1_000, 0, flags=0)
    desk.order(MOVING)
    desk.wait(10)
    desk.order(0)
    desk.wait(500)
    assert desk.look(10) == 0
    assert desk.look(9) == NO_ORDER


def test_nothing_may_move_before_a_prescription():
    desk = Desk(rate=0)
    assert desk.go(100, 8) == 0
    assert desk.look(1) == NO_ORDER


@pytest.mark.parametrize("flags", [MOVING, BACKWARD])
def test_late_loop_to_a_millisecond(flags):
    for seen_by_look in (True, False):
        desk = Desk()
        desk.order(flags)
        desk.wait(FRESH)
        assert (desk.look(), desk.fed) == (0, 1)
        desk.wait(1)
        if not seen_by_look:
            desk.order(flags)
        assert (desk.look(), desk.fed) == (LATE_LOOP, 0)
        desk.order(flags)
        assert (desk.look(), desk.fed) == (LATE_LOOP, 0)


def test_a_silent_loop_at_a_standstill_starves_the_watchdog_and_no_more():
    desk = Desk()
    for ms, fed in ((FRESH, 1), (1, 0), (3_600_000, 0)):
        desk.wait(ms)
        assert (desk.look(), desk.fed) == (0, fed)
    desk.order(0)
    assert (desk.look(), desk.fed) == (0, 1)


def test_five_seconds_of_grace_before_the_first_frame():
    desk = Desk(rate=0)
    for ms, fed in ((5_000, 1), (1, 0)):
        desk.wait(ms)
        assert (desk.look(), desk.fed) == (0, fed)


def test_a_frame_may_come_before_the_first_look():
    guard, answer = Guard(PL), bytearray(ANSWER_BYTES)
    frame = bytearray(FRAME_BYTES)
    write_frame(frame, 77, 5, CONFIRM, RATE, 0, 100)
    guard.tell(1_000, frame)
    guard.look(1_001, 123_456, answer)
    assert answer == bytes([1, 1, 0, 77, 0, 0, 0, 0])


# Backward


def test_back_by_one_and_a_half_millilitres():
    """Without forward progress between them; the jitter of a standing motor is none."""
    desk = Desk()
    for _ in range(15):
        assert desk.go(1_000, -1_000, flags=BACKWARD) == 0
        assert desk.go(1_000, 8, flags=0) == 0
        assert desk.go(1_000, -8, flags=BACKWARD) == 0
    assert desk.go(1_000, -1, flags=BACKWARD) == RAN_BACK


def test_forward_progress_begins_the_count_anew():
    for forward, reason in ((499, RAN_BACK), (500, 0)):
        desk = Desk()
        for _ in range(10):
            assert desk.go(1_000, -1_000, flags=BACKWARD) == 0
        assert desk.go(1_000, forward) == 0
        for _ in range(5):
            assert desk.go(1_000, -1_000, flags=BACKWARD) == 0
        assert desk.go(1_000, -1_000, flags=BACKWARD) == reason
    for _ in range(9):
        assert desk.go(1_000, -1_000, flags=BACKWARD) == 0
    assert desk.go(1_000, -1, flags=BACKWARD) == RAN_BACK


@pytest.mark.parametrize(("pl_per_count", "slack", "half"), [
    (7_919, 6_313, 94_708),  # 6313.9 and 94,708.9
    (4_727, 10_577, 158_662),  # 158,663 counts are 0.75 mL and a picolitre
    (739, 67_658, 1_014_884),  # 67,659 counts are 50 uL and a picolitre
])  # fmt: skip
def test_to_a_count_for_an_encoder_that_divides_nothing(pl_per_count, slack, half):
    """Whole counts of 50 uL and of 0.75 mL: twice the latter may be turned back, and not one more."""
    for forward, reason in ((slack - 1, RAN_BACK), (slack, 0)):
        desk = Desk(pl_per_count, rate=120_000)
        for counts in (-half, -half):
            assert desk.go(1_000, counts, flags=BACKWARD) == 0
        assert desk.go(1_000, forward, rate=120_000) == 0
        assert desk.go(1_000, -forward, flags=BACKWARD) == 0
        assert desk.go(1_000, -1, flags=BACKWARD) == reason
    desk = Desk(pl_per_count)
    assert desk.go(1_000, -slack, flags=0) == 0
    assert desk.go(1_000, -1, flags=0) == RAN_BACK


@pytest.mark.parametrize("flags", [0, MOVING])
def test_back_by_50_ul_unasked(flags):
    desk = Desk()
    assert desk.go(1_000, -500, flags=flags) == 0
    assert desk.go(1_000, -1, flags=flags) == RAN_BACK


def test_the_look_that_sees_the_end_of_backing_off_excuses_it():
    desk = Desk()
    desk.order(BACKWARD)
    desk.wait(1_000)
    desk.order(0)
    desk.wait(1)
    assert desk.look(-5_000) == 0
    desk.wait(1)
    assert desk.look(-500) == 0
    assert desk.look(-1) == RAN_BACK


def test_backing_off_may_be_looked_at_more_often_than_ordered():
    desk = Desk()
    desk.order(BACKWARD)
    for _ in range(4):
        desk.wait(500)
        assert desk.look(-2_000) == 0


def test_the_way_back_after_backing_off_moves_nothing_new_and_not_a_count_more():
    """100 uL forward, 500 back: those 500 may go at once, then what the rate allows and 50 above it."""
    desk = Desk()
    assert desk.go(1_000, 1_000) == 0
    assert desk.go(1_000, -5_000, flags=BACKWARD) == 0
    for _ in range(20):
        assert desk.go(100, 0, flags=0) == 0
        assert desk.moved_ul == 100
    assert desk.go(1_000, 5_000 + 1_000 + 500) == 0
    assert desk.look(1) == DOSE


# The latch, and the module


def test_a_trip_is_for_good_and_the_first_reason_stays():
    desk = Desk()
    assert desk.go(1_000, 1_501) == DOSE
    for _ in range(10):
        desk.tell(bytearray(3))
        assert (desk.look(-9_000), desk.fed) == (DOSE, 1)
    desk.wait(100_000)
    desk.order(0)
    desk.confirm()
    assert desk.go(1_000, 1_000) == DOSE
    assert (desk.answer[0], desk.fed) == (0, 1)


@pytest.mark.parametrize("pl_per_count", [99, 2_000_001])
def test_an_encoder_that_cannot_be_is_refused(pl_per_count):
    with pytest.raises(ValueError, match=f"^pl_per_count is {pl_per_count}, must be 100 to 2000000$"):
        Guard(pl_per_count)


def test_every_reason_has_its_name():
    for code, name in enumerate(REASON_NAMES):
        assert name == "" if code == 0 else getattr(guard_module, name) == code


def test_it_shares_nothing_with_the_controller():
    tree = ast.parse(Path(guard_module.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [(node.level, node.module) for node in imports] == [(1, "units")]


def test_what_went_forward_again_does_not_count_as_back():
    """A count back and two forward leave nothing of it: a count of 100 nL, so 50 uL are 500."""
    desk = Desk(rate=0)
    assert [desk.look(counts) for counts in (-1, 2, -500)] == [0, 0, 0]
    assert desk.look(-1) == RAN_BACK
    desk = Desk()
    for counts in (-1, 2, -7_500, -7_500):
        desk.order(BACKWARD)
        assert desk.look(counts) == 0
    desk.order(BACKWARD)
    assert desk.look(-1) == RAN_BACK


def test_silence_is_counted_to_where_longer_is_all_the_same():
    desk = Desk()
    for _ in range(3):
        desk.wait(900_000)
        desk.look()
    assert desk.guard.silent_ms == 1_000_000
