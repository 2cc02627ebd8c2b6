"""The guard's frames: their layout, their check, and what a bad, lost or repeated one does."""

import pytest

from desk import MOST_VTBI, RATE, Desk
from pumpcore.guard import (
    ANSWER_BYTES,
    BACKWARD,
    BAD_FRAME,
    CLOCKS,
    CONFIRM,
    DOSE,
    FRAME_BYTES,
    LATE_LOOP,
    MOVING,
    NO_ORDER,
    RAN_BACK,
    TITRATE,
    check_of,
    write_frame,
)


def test_the_layout_of_a_frame_byte_by_byte():
    frame = bytearray(FRAME_BYTES)
    write_frame(frame, 0x1AB, 0x3A0B0C0D, CONFIRM, 0x010203, 0x040506, 0x0708090A)
    assert frame[:16] == bytes.fromhex("04 AB 0D0C0B3A 030201 060504 0A090807")
    assert frame[16] | frame[17] << 8 == check_of(frame)


def test_the_bits_and_codes_by_heart():
    """They are read by another chip."""
    assert (MOVING, BACKWARD, CONFIRM, TITRATE) == (1, 2, 4, 8)
    assert (FRAME_BYTES, ANSWER_BYTES) == (18, 8)
    assert (DOSE, NO_ORDER, LATE_LOOP, CLOCKS, RAN_BACK, BAD_FRAME) == (1, 2, 3, 4, 5, 6)


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
        lambda frame: sealed(frame, 0, 16),
        lambda frame: sealed(frame, 5, 0x40),
        lambda frame: sealed(frame, 8, 2),
        lambda frame: sealed(sealed(sealed(frame, 6, 0xC1), 7, 0xD4), 8, 1),
        lambda frame: sealed(frame, 15, 6),
        lambda frame: sealed(frame, 1, (frame[1] - 2) & 0xFF),
        lambda frame: sealed(frame, 1, (frame[1] + 127) & 0xFF),
    ],
    ids=[
        "short",
        "long",
        "empty",
        "zeros",
        "ones",
        "flags",
        "a flag",
        "clock",
        "rate",
        "1200.01 mL/h",
        "vtbi",
        "older",
        "far ahead",
    ],
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


def test_all_four_flags_at_once_are_a_frame():
    desk = Desk()
    desk.tell(sealed(desk.frame(CONFIRM, 5_000, 100, 1_000), 0, 15))
    assert (desk.look(), desk.guard.bad_frames, desk.answer[3]) == (0, 0, desk.sequence & 0xFF)
    assert desk.guard.rate_cml_h == 5_000


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
