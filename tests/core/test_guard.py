"""The guard, told frames and shown an encoder: what trips it, what never does, and what it allows, in fractions.

Unless a test says otherwise a count is 100 nL and the rate 360 mL/h: a count a millisecond, 100 uL a second.
"""

import ast
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore import guard as guard_module
from pumpcore.guard import (
    ANSWER_BYTES,
    BACKWARD,
    BAD_FRAME,
    CLOCKS,
    CONFIRM,
    CREDIT_UL,
    DOSE,
    FRAME_BYTES,
    LATE_LOOP,
    MOVING,
    NO_ORDER,
    RAN_BACK,
    REASON_NAMES,
    TITRATE,
    TRIP_UL,
    Guard,
    check_of,
    write_frame,
)
from pumpcore.units import CLOCK_MASK

PL = 100_000
COUNTS_PER_UL = 10
RATE = 36_000
FRESH = 2_200
MOST_VTBI = 99_999_000
DAY_MS = 86_400_000


class Desk:
    """A guard and somebody who tells it frames and turns its encoder. Clocks and encoder may start anywhere."""

    def __init__(self, pl_per_count=PL, now=0, clock=0, encoder=0, vtbi=MOST_VTBI, kvo=0, rate=RATE):
        self.guard = Guard(pl_per_count)
        self.now, self.clock, self.encoder = now, clock, encoder
        self.sequence = 250
        self.answer = bytearray(ANSWER_BYTES)
        self.look()
        if rate:
            self.confirm(rate, vtbi, kvo)

    def frame(self, flags, rate=0, kvo=0, vtbi=0):
        self.sequence += 1
        frame = bytearray(FRAME_BYTES)
        write_frame(frame, self.sequence, self.clock & CLOCK_MASK, flags, rate, kvo, vtbi)
        return frame

    def tell(self, frame):
        self.guard.tell(self.now & CLOCK_MASK, frame)

    def order(self, flags=0, rate=RATE):
        self.tell(self.frame(flags, rate))

    def confirm(self, rate=RATE, vtbi=MOST_VTBI, kvo=0, flags=CONFIRM):
        self.tell(self.frame(flags, rate, kvo, vtbi))

    def wait(self, ms):
        self.now += ms
        self.clock += ms

    def look(self, counts=0):
        """The reason, once the encoder has turned by `counts`."""
        self.encoder += counts
        self.guard.look(self.now & CLOCK_MASK, self.encoder & CLOCK_MASK, self.answer)
        assert self.answer[0] == (self.answer[2] == 0)
        return self.answer[2]

    def go(self, ms, counts, flags=MOVING, rate=RATE):
        """Order, wait, look: the reason."""
        self.order(flags, rate)
        self.wait(ms)
        return self.look(counts)

    @property
    def fed(self):
        return self.answer[1]

    @property
    def moved_ul(self):
        return int.from_bytes(self.answer[4:], "little")


# Frames


def test_the_layout_of_a_frame_byte_by_byte():
    frame = bytearray(FRAME_BYTES)
    write_frame(frame, 0x1AB, 0x3A0B0C0D, CONFIRM, 0x010203, 0x040506, 0x0708090A)
    assert frame[:16] == bytes.fromhex("04 AB 0D0C0B3A 030201 060504 0A090807")
    assert frame[16] | frame[17] << 8 == check_of(frame)


def test_the_check_weighs_every_word():
    """The words 1, 2, .. 8 with weights 1, 3, .. 15: 372, and 1 more. Modulo 65,521, so all ones are 64 * 14 + 1."""
    words = b"".join(number.to_bytes(2, "little") for number in range(1, 9))
    assert check_of(bytearray(words + b"xy")) == 373
    assert check_of(bytearray(b"\xff" * 18)) == 64 * 14 + 1
    assert check_of(bytearray(18)) == 1


def state(guard):
    return {name: value for name, value in vars(guard).items() if name != "bad_frames"}


@pytest.mark.parametrize("bit", range(8 * FRAME_BYTES))
@pytest.mark.parametrize("flags", [MOVING, CONFIRM])
def test_a_frame_with_one_bit_flipped_changes_nothing(bit, flags):
    desk = Desk()
    frame = desk.frame(flags, 5_000, 100, 1_000)
    frame[bit // 8] ^= 1 << bit % 8
    before = state(desk.guard)
    desk.tell(frame)
    assert state(desk.guard) == before
    assert desk.guard.bad_frames == 1


def sealed(frame, at, value):
    """`frame` with one byte changed and the check made right again."""
    frame[at] = value
    check = check_of(frame)
    frame[16], frame[17] = check & 0xFF, check >> 8
    return frame


@pytest.mark.parametrize(
    "spoil",
    [
        lambda frame: frame[:-1],
        lambda frame: frame + b"\0",
        lambda frame: bytearray(),
        lambda frame: bytearray(FRAME_BYTES),
        lambda frame: bytearray(b"\xff" * FRAME_BYTES),
        lambda frame: sealed(frame, 0, 16 | CONFIRM),
        lambda frame: sealed(frame, 5, 0x40),
        lambda frame: sealed(frame, 8, 2),
        lambda frame: sealed(frame, 15, 6),
        lambda frame: sealed(frame, 1, (frame[1] - 2) & 0xFF),
        lambda frame: sealed(frame, 1, (frame[1] + 127) & 0xFF),
    ],
    ids=["short", "long", "empty", "zeros", "ones", "flags", "clock", "rate", "vtbi", "older", "far ahead"],
)
def test_two_bad_frames_are_borne_and_a_third_in_a_row_trips(spoil):
    desk = Desk()
    before = state(desk.guard)
    for _ in range(2):
        desk.tell(spoil(desk.frame(CONFIRM, 1, 1, 1)))
        desk.sequence -= 1
    assert (state(desk.guard), desk.look()) == (before, 0)
    desk.order()
    for _ in range(3):
        assert desk.look() == 0
        desk.tell(spoil(desk.frame(CONFIRM, 1, 1, 1)))
        desk.sequence -= 1
    assert desk.look() == BAD_FRAME


def test_frames_may_be_lost_and_the_largest_fields_are_taken():
    desk = Desk(rate=0)
    desk.confirm(120_000, MOST_VTBI, 120_000)
    desk.sequence += 126
    desk.order(MOVING, 120_000)
    desk.look()
    assert desk.answer[3] == desk.sequence & 0xFF
    guard = desk.guard
    assert (guard.rate_cml_h, guard.kvo_cml_h, guard.vtbi_ul) == (120_000, 120_000, MOST_VTBI)
    assert (guard.flags, guard.ordered_cml_h, guard.reason) == (MOVING, 120_000, 0)


def test_a_frozen_loop_that_repeats_its_frame_renews_nothing():
    """Nor is it a bad frame: a mailbox may be read twice."""
    desk = Desk()
    frame = desk.frame(MOVING, RATE)
    for ms in range(0, 2_201, 100):
        desk.tell(frame)
        assert desk.look(100 if ms else 0) == 0
        desk.wait(100)
    desk.tell(frame)
    assert (desk.look(), desk.fed) == (LATE_LOOP, 0)


# Dose


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


def test_a_jump_of_the_encoder_trips():
    """1 mL is more than any 2.2 s; forwards, backwards, and as far as the counter goes."""
    for pl_per_count in (100, PL, 2_000_000):
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


# Clocks


@pytest.mark.parametrize("jump", [-1_000, -220, 220, 1_000])
@pytest.mark.parametrize("interval", [1, 1_990])
def test_a_jump_of_either_clock_trips_by_the_next_frame(jump, interval):
    desk = Desk()
    for _ in range(100):
        assert desk.go(interval, 0, flags=0) == 0
    desk.clock += jump
    desk.order(0)
    assert desk.look() == CLOCKS


@pytest.mark.parametrize("jump", [-200, 200])
def test_clocks_may_be_200_ms_apart(jump):
    desk = Desk()
    desk.clock += jump
    desk.order(0)
    assert desk.look() == 0
    desk.clock += jump // abs(jump)
    desk.order(0)
    assert desk.look() == CLOCKS


@pytest.mark.parametrize(("permille", "interval", "within"), [(50, 500, 60_000), (12, 1_990, 180_000)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_drift_of_5_percent_trips_within_a_minute_and_of_little_more_than_1_within_three(
    permille, interval, within, sign
):
    desk = Desk()
    while desk.look() == 0:
        desk.now += interval
        desk.clock = desk.now + desk.now * sign * permille // 1_000
        desk.order(0)
    assert desk.answer[2] == CLOCKS
    assert desk.now <= within


@pytest.mark.parametrize(("interval", "days"), [(60_000, 30), (1_990, 1), (20, 0.01)])
@pytest.mark.parametrize("permille", [-2, 2])
def test_drift_of_two_permille_never_trips(permille, interval, days):
    desk = Desk()
    while desk.now < days * DAY_MS:
        desk.now += interval
        desk.clock = desk.now + desk.now * permille // 1_000
        desk.order(0)
    assert desk.look() == 0


def test_a_clock_that_stands_trips_and_a_late_frame_does_not():
    desk = Desk()
    for late in (0, 150, 0, 190, 10) * 20:
        desk.wait(500)
        desk.clock -= late
        desk.order(0)
        desk.clock += late
        assert desk.look() == 0
    for _ in range(3):
        desk.now += 100
        desk.order(0)
    assert desk.look() == CLOCKS


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_every_counter_may_wrap(late):
    """Both clocks, apart by a millisecond either way, and the encoder in both directions."""
    start = CLOCK_MASK - 5_000
    desk = Desk(now=start, clock=start + late, encoder=CLOCK_MASK - 3_000)
    for _ in range(100):
        assert desk.go(100, 100) == 0
    assert (desk.moved_ul, desk.now > CLOCK_MASK, desk.encoder > CLOCK_MASK) == (1_000, True, True)
    for _ in range(70):
        assert desk.go(100, -100, flags=BACKWARD) == 0
    assert desk.encoder <= CLOCK_MASK
    assert desk.moved_ul == 1_000  # what was turned back when asked is owed, not given back
    for _ in range(70):
        assert desk.go(100, 100) == 0
    assert (desk.moved_ul, desk.encoder > CLOCK_MASK) == (1_000, True)


def test_a_time_that_is_past_is_no_time():
    desk = Desk(now=1_000)
    desk.order(MOVING)
    for _ in range(100):
        desk.guard.look(995, 0, desk.answer)
        desk.guard.look(1_000, 0, desk.answer)
    assert desk.guard.allowed_ul == desk.guard.allowed_parts == 0


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
    assert desk.look(-501) == RAN_BACK


def test_the_way_back_after_backing_off_moves_nothing_new_and_not_a_count_more():
    """100 uL forward, 500 back: those 500 may go at once, then what the rate allows and 50 above it."""
    desk = Desk()
    assert desk.go(1_000, 1_000) == 0
    assert desk.go(1_000, -5_000, flags=BACKWARD) == 0
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
    with pytest.raises(ValueError, match=f"pl_per_count is {pl_per_count}"):
        Guard(pl_per_count)


def test_every_reason_has_its_name():
    for code, name in enumerate(REASON_NAMES):
        assert name == "" if code == 0 else getattr(guard_module, name) == code


def test_it_shares_nothing_with_the_controller():
    tree = ast.parse(Path(guard_module.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [(node.level, node.module) for node in imports] == [(1, "units")]


# Anything may happen


class Allowed:
    """What a prescription allows, in exact microlitres and by its definition."""

    def __init__(self, rate, vtbi, kvo):
        self.rate, self.kvo, self.vtbi = rate, kvo, vtbi
        self.ul = self.moved = self.owed = Fraction(0)

    def flow(self, ms, ordered):
        rate = Fraction(min(self.rate, ordered), 360_000)
        kvo = min(rate, Fraction(self.kvo, 360_000))
        left = max(self.vtbi - self.ul, 0)
        self.ul += rate * ms if rate * ms <= left else left + kvo * (ms - left / rate)

    def look(self, moved, asked_back):
        if moved < 0 and asked_back:
            self.owed -= moved
            return
        again = min(max(moved, 0), self.owed)
        self.owed -= again
        self.moved += moved - again
        self.ul = min(self.ul, self.moved + CREDIT_UL)


rates = st.one_of(st.integers(1, 120_000), st.sampled_from([1, 120_000]))


@settings(max_examples=300, deadline=None)
@given(
    pl_per_count=st.integers(1_000, 2_000_000),
    rate=rates,
    vtbi=st.integers(1, 5_000),
    kvo=rates,
    steps=st.lists(
        st.tuples(
            st.integers(1, 2_000),
            st.one_of(st.none(), rates),
            st.one_of(st.none(), rates),
            st.floats(-0.3, 1.5),
            st.booleans(),
        ),
        max_size=60,
    ),
)
def test_while_enabled_no_more_moves_than_is_allowed_and_50_ul(pl_per_count, rate, vtbi, kvo, steps):
    """And it trips no earlier than that, but for the millisecond of KVO in which VTBI was met."""
    desk = Desk(pl_per_count, vtbi=vtbi, kvo=kvo, rate=rate)
    allowed = Allowed(rate, vtbi, kvo)
    asked_back = False
    for ms, ordered, titrated, share, looks in steps:
        if titrated and ordered:
            desk.order(MOVING, ordered)
            desk.confirm(titrated, 1, kvo)
            allowed.rate = titrated
        desk.order(MOVING if ordered else BACKWARD, ordered or 0)
        desk.wait(ms)
        if ordered:
            allowed.flow(ms, ordered)
        else:
            desk.order(BACKWARD)
            asked_back = True
        if not looks:
            continue
        due = allowed.ul - allowed.moved + TRIP_UL if share > 0 else Fraction(500)
        counts = int(due * 1_000_000 / pl_per_count * Fraction(share))
        reason = desk.look(counts)
        allowed.look(Fraction(counts * pl_per_count, 1_000_000), asked_back)
        asked_back = not ordered
        over = allowed.moved - allowed.ul
        if reason == DOSE:
            assert over > TRIP_UL - Fraction(1, 3) or abs(counts) * pl_per_count > 1_000_000_000
        if reason:
            return
        assert over <= TRIP_UL


class Honest:
    """A pump that does what it says. It moves at the ordered rate and stops at VTBI until its loop sees that."""

    def __init__(self, desk, draw):
        self.desk, self.draw = desk, draw
        self.ul = Fraction(0)  # by the encoder
        self.given = Fraction(0)  # of this prescription
        self.since_back = Fraction(0)
        self.noise = 0
        self.rate = self.vtbi = self.kvo = 0
        self.flags = self.ordered = 0
        self.dry = self.keeps_open = False
        self.next_look = draw(st.integers(1, 2_000))

    def move(self, ms):
        ul = Fraction(self.ordered * ms, 360_000)
        if self.flags == BACKWARD:
            self.ul -= ul
        elif self.flags == MOVING and not self.dry:
            if not self.keeps_open:
                ul = min(ul, self.vtbi - self.given)
            self.ul += ul
            self.given += ul
            self.since_back += ul

    def run(self, ms):
        """Let time go by; the guard looks when its timer says so."""
        while ms:
            part = min(ms, self.next_look)
            self.move(part)
            self.desk.wait(part)
            ms -= part
            self.next_look -= part
            if self.next_look == 0:
                self.look()
                self.next_look = self.draw(st.sampled_from([1, 10, 50, 333, 1_000, 2_000]))

    def look(self):
        noise = self.draw(st.integers(-2, 2))
        counts = self.ul * 1_000_000 // self.desk.guard.pl_per_count + noise
        assert REASON_NAMES[self.desk.look(counts - self.desk.encoder)] == ""

    def order(self, flags, rate):
        self.flags, self.ordered = flags, rate
        self.desk.order(flags, rate)

    def renew(self):
        """The loop runs and says again, or anew, what it orders."""
        self.keeps_open = self.flags == MOVING and self.given >= self.vtbi
        if self.keeps_open:
            kvo = min(self.kvo, self.rate)
            self.order(MOVING if kvo else 0, kvo)
        else:
            self.order(self.flags, self.ordered)

    def resume(self):
        self.order(MOVING, self.rate)
        self.renew()

    def do(self, what):
        most = 120_000
        if what == "program" and self.flags != MOVING:
            self.order(0, 0)
            self.rate, self.vtbi = self.draw(st.integers(1, most)), self.draw(st.integers(1, 3_000))
            self.kvo = self.draw(st.integers(0, most))
            self.given = Fraction(0)
            self.desk.confirm(self.rate, self.vtbi, self.kvo)
        elif what == "start" and self.rate:
            self.resume()
        elif what == "pause":
            self.order(0, 0)
        elif what == "titrate" and self.rate and self.flags != BACKWARD:
            self.rate = self.draw(st.integers(1, most))
            self.desk.confirm(self.rate, self.vtbi, self.kvo, CONFIRM | TITRATE)
            if self.flags == MOVING:
                self.resume()
        elif what == "dry":
            self.dry = not self.dry
        elif what == "back off" and self.flags == MOVING and self.since_back > 60:
            self.since_back = Fraction(0)
            self.order(BACKWARD, 30_600)
            self.run(1_000)
            self.order(0, 0)


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(1_000, 2_000_000))
def test_an_honest_pump_is_never_tripped(data, pl_per_count):
    """Any prescription, start, pause, titration, backing off, motor running dry; frames within 1.99 s. Each look of
    `Honest` asserts that nothing has tripped, and here that not one did."""
    honest = Honest(Desk(pl_per_count, rate=0), data.draw)
    honest.do("program")
    honest.do("start")
    deeds = ["program", "start", "pause", "titrate", "dry", "back off", "", "", "", ""]
    for _ in range(data.draw(st.integers(1, 60))):
        honest.do(data.draw(st.sampled_from(deeds)))
        honest.run(data.draw(st.sampled_from([1, 20, 300, 1_000, 1_990])))
        honest.renew()
    honest.look()
    assert honest.desk.guard.reason == 0


@pytest.mark.parametrize("window", [20, 1_000, 1_990])
@pytest.mark.parametrize("rate", [1, 500, 120_000])
def test_an_honest_pump_over_hours_is_never_tripped(window, rate):
    """A litre and a half, then KVO; the encoder read to whole counts."""
    desk = Desk(135_570, rate=rate, vtbi=1_500_000, kvo=rate)
    hours_ms = DAY_MS // 4 if window > 20 else DAY_MS // 200
    for now in range(window, hours_ms, window):
        desk.order(MOVING, rate)
        desk.wait(window)
        assert desk.look(now * rate * 1_000 // (360 * 135_570) - desk.encoder) == 0
