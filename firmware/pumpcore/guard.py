"""The independent guard (Open PCA Pump R7.1): its own clock, its own encoder, one power: to disable the motor.

It shares no code with the controller and may live on another chip: bytes in, bytes out, little-endian.

    frame    0       flags: MOVING and BACKWARD of an order, CONFIRM and TITRATE of a prescription
             1       sequence, one more in every frame, modulo 256
             2..5    the controller's clock, ms modulo 2**30
             6..8    rate_cml_h: prescribed with CONFIRM, else ordered now
             9..11   kvo_cml_h, and 12..15 vtbi_ul: read only with CONFIRM
             16..17  check of the rest, see `check_of`
    answer   0 motor enabled, 1 feed the watchdog, 2 reason, 3 sequence of the last good frame,
             4..7 uL moved since the prescription was confirmed, 0 if that is backwards

An order is told before the motor obeys it. CONFIRM at a standstill begins a prescription and its counts;
with TITRATE, or if the motor has orders, it changes the two rates and no more. Allowed is min(ordered,
prescribed) while MOVING, from VTBI on no more than KVO, and never more than CREDIT_UL above what has moved:
what was missed may still come, but not faster. In 1 ms at 0.01 mL/h flows a part: 25/9 pL, 1/360,000 uL.

A trip lasts until power-off, and the watchdog is fed all the same: a reset would end the latch. LATE_LOOP
alone starves it, since a hung controller needs the reset; it has to reach the guard too, and the pump comes
back IDLE with nothing programmed. Without a trip the watchdog is fed while good frames come.

On one chip with the controller a look falls into its loop. So what runs in each is written for speed: plain
comparisons instead of `min` and `max`, few locals (MicroPython takes a frame of more than 11 words from the heap),
constants of its own, which are folded. With the encoder's reading a look takes 0.7 ms of a Pico, it was 1.05.
"""

from .units import const

CLOCK_MASK = const(0x3FFFFFFF)  # clocks and encoder run modulo this plus one
CLOCK_HALF = const(0x20000000)
PL_PER_UL = const(1_000_000)

MOVING = const(1)  # the motor has orders
BACKWARD = const(2)  # to back off after an occlusion
CONFIRM = const(4)
TITRATE = const(8)
FRAME_BYTES = const(18)
ANSWER_BYTES = const(8)

DOSE = const(1)  # more has moved than is allowed
NO_ORDER = const(2)  # forward motion that nobody ordered
LATE_LOOP = const(3)  # the motor has orders and no good frame renews them
CLOCKS = const(4)  # the controller's and the guard's disagree
RAN_BACK = const(5)  # too far, or unasked
BAD_FRAME = const(6)
REASON_NAMES = ("", "DOSE", "NO_ORDER", "LATE_LOOP", "CLOCKS", "RAN_BACK", "BAD_FRAME")
MOST_RATE_CML_H = const(120_000)
TRIP_UL = const(50)  # assumed: half of 0.1 mL; the rest is for one look and the motor's stop
CREDIT_UL = const(10)  # assumed; with TRIP_UL and a look of 10 ms at 3.5 mL/s less than 0.1 mL
JUMP_PL = const(1_000_000_000)  # between two looks; 2.2 s of 1200 mL/h are 733 uL
HALF_BACK_PL = const(750_000_000)  # assumed: half of 1.5 mL; deadband 0.25 and stored 0.6 mL are less
SLACK_PL = const(50_000_000)  # assumed: backward unasked; or forward again, and backward is counted anew
JITTER_COUNTS = const(8)
STILL_MS = const(100)  # for the motor to stand
FRESH_MS = const(2_200)  # the longest window is 1 s, late by 0.99 of it
GRACE_MS = const(5_000)  # before the first frame
LONG_MS = const(1_000_000)  # longer is all the same
APART_MS = const(200)  # the clocks, and 1 percent
BAD_FRAMES = const(3)  # in a row
PARTS_PER_UL = const(360_000)
NINTHS_PER_UL = const(9_000_000)


def check_of(frame: bytearray) -> int:
    """Eight words of 16 bits, each with a weight of its own, modulo the prime 65,521."""
    x = frame[0] + (frame[1] << 8) + 3 * (frame[2] + (frame[3] << 8))
    x += 5 * (frame[4] + (frame[5] << 8)) + 7 * (frame[6] + (frame[7] << 8))
    x += 9 * (frame[8] + (frame[9] << 8)) + 11 * (frame[10] + (frame[11] << 8))
    x += 13 * (frame[12] + (frame[13] << 8)) + 15 * (frame[14] + (frame[15] << 8))
    return (x + 1) % 65_521


def _put(frame: bytearray, at: int, value: int) -> None:
    frame[at] = value & 0xFF
    frame[at + 1] = (value >> 8) & 0xFF
    frame[at + 2] = (value >> 16) & 0xFF
    frame[at + 3] = (value >> 24) & 0xFF


def _get(frame: bytearray, at: int) -> int:
    return frame[at] | frame[at + 1] << 8 | frame[at + 2] << 16


def write_frame(
    frame: bytearray, sequence: int, clock_ms: int, flags: int, rate_cml_h: int, kvo_cml_h: int, vtbi_ul: int
) -> None:
    frame[0] = flags
    frame[1] = sequence & 0xFF
    _put(frame, 2, clock_ms)
    _put(frame, 6, rate_cml_h)  # its fourth byte is overwritten
    _put(frame, 9, kvo_cml_h)
    _put(frame, 12, vtbi_ul)
    check = check_of(frame)
    frame[16] = check & 0xFF
    frame[17] = check >> 8


def _sound(frame: bytearray) -> bool:
    whole = len(frame) == FRAME_BYTES and frame[16] | frame[17] << 8 == check_of(frame)
    return whole and frame[0] <= 15 and frame[5] <= 0x3F and _get(frame, 6) <= MOST_RATE_CML_H and frame[15] <= 5


def _from(before: int, now: int) -> int:
    """From one reading modulo 2**30 to the next, either way, within 31 bits even where they wrap."""
    return (((now - before) & CLOCK_MASK) ^ CLOCK_HALF) - CLOCK_HALF


class Guard:
    """`pl_per_count`: what moves in one count of the encoder, entered apart from the controller's step. Rather
    low, by what calibrations and clocks may differ: 0.1 percent too much uses up TRIP_UL within 50 mL."""

    def __init__(self, pl_per_count: int) -> None:
        if not 100 <= pl_per_count <= 2_000_000:
            raise ValueError("pl_per_count is %d, must be 100 to 2000000" % pl_per_count)
        self.pl_per_count = pl_per_count
        self.now_ms = self.encoder = -1  # not read yet
        self.heard = self.confirmed = False  # a frame, a prescription
        self.excused = False  # BACKWARD was ordered since the last look
        self.sequence = self.bad_frames = self.silent_ms = 0
        self.ahead_ms = self.fast = self.slow = 0  # the controller's clock of the guard's; beyond 1 %, in 10 us
        self.reason = self.flags = self.ordered_cml_h = self.rate_cml_h = self.kvo_cml_h = self.vtbi_ul = 0
        self.allowed_ul = self.allowed_parts = self.moved_ul = self.moved_pl = 0  # by this prescription
        self.looked_ul = self.old_ul = 0  # allowed at the last look; since then by the prescription before
        self.still_ms = LONG_MS  # since forward motion was ordered
        self.settled = True  # at the last look
        self.owed = 0  # counts, turned back when asked
        self.crept = self.unasked = self.back = self.lowest = 0  # counts; the last two since it went forward

    def tell(self, now_ms: int, frame: bytearray) -> None:
        """Hear a frame. One whose sequence was heard already is none: a frozen loop renews nothing."""
        self._pass(now_ms)
        ahead = 255
        if _sound(frame):
            ahead = (frame[1] - self.sequence) & 0xFF if self.heard else 1
        if ahead > 127:
            self.bad_frames += 1
            if self.bad_frames >= BAD_FRAMES:
                self._trip(BAD_FRAME)
        elif ahead:
            self._compare_clocks(_get(frame, 2) | frame[5] << 24)
            self.heard = True
            self.sequence = frame[1]
            self.bad_frames = self.silent_ms = 0
            self._hear(frame)

    def look(self, now_ms: int, encoder_counts: int, answer: bytearray) -> None:
        """Run once, with the guard's clock and encoder, both modulo 2**30; fill the answer."""
        self._pass(now_ms)
        before = self.encoder
        self.encoder = encoder_counts
        self._watch(_from(before, encoder_counts) if before >= 0 else 0)
        answer[2] = reason = self.reason
        answer[0] = not reason
        answer[1] = reason != LATE_LOOP if reason else self.silent_ms <= (FRESH_MS if self.heard else GRACE_MS)
        answer[3] = self.sequence
        _put(answer, 4, self.moved_ul if self.moved_ul > 0 else 0)

    def _trip(self, reason: int) -> None:
        """The first reason stands."""
        if not self.reason:
            self.reason = reason

    def _pass(self, now_ms: int) -> None:
        """Time has gone by since the last frame or look, under the order that stood."""
        before_ms = self.now_ms
        passed_ms = _from(before_ms, now_ms) if before_ms >= 0 else 0
        if passed_ms < 0:
            return
        self.now_ms = now_ms
        silent_ms = self.silent_ms + passed_ms
        self.silent_ms = silent_ms if silent_ms < LONG_MS else LONG_MS
        flags = self.flags
        if flags and silent_ms > FRESH_MS:
            self._trip(LATE_LOOP)
        if flags == MOVING and self.confirmed:
            self._allow(passed_ms if passed_ms < FRESH_MS else FRESH_MS)
            self.still_ms = 0
            self.settled = False
        else:
            self.still_ms = min(self.still_ms + passed_ms, LONG_MS)

    def _allow(self, passed_ms: int) -> None:
        """Up to VTBI at one rate, then at KVO: for whole milliseconds, rather less than more."""
        rate_cml_h = self.rate_cml_h if self.rate_cml_h < self.ordered_cml_h else self.ordered_cml_h
        parts = rate_cml_h * passed_ms
        left_ul = self.vtbi_ul - self.allowed_ul
        if left_ul < 1_000:  # further off than one stretch goes
            left = max(max(left_ul, 0) * PARTS_PER_UL - self.allowed_parts, 0)
            if parts > left:
                parts = left + (parts - left) // rate_cml_h * min(rate_cml_h, self.kvo_cml_h)
        parts += self.allowed_parts
        self.allowed_ul += parts // PARTS_PER_UL
        self.allowed_parts = parts % PARTS_PER_UL

    def _compare_clocks(self, clock_ms: int) -> None:
        """Over no stretch may they part by more than APART_MS and 1 percent: each sum forgets the percent."""
        ahead_ms = (clock_ms - self.now_ms) & CLOCK_MASK
        gained = min(max(_from(self.ahead_ms, ahead_ms), -LONG_MS), LONG_MS) * 100 if self.heard else 0
        self.ahead_ms = ahead_ms
        self.fast = max(self.fast + gained - self.silent_ms, 0)
        self.slow = max(self.slow - gained - self.silent_ms, 0)
        if max(self.fast, self.slow) > APART_MS * 100:
            self._trip(CLOCKS)

    def _hear(self, frame: bytearray) -> None:
        """An order, a new prescription, or other rates for the one that stands: without one there are none."""
        flags = frame[0]
        if not flags & CONFIRM:
            self.flags = flags = flags & (MOVING | BACKWARD)
            self.ordered_cml_h = _get(frame, 6)
            if flags >= BACKWARD:
                self.excused = True
            return
        change = flags & TITRATE or self.flags
        if self.confirmed or not change:
            self.rate_cml_h = _get(frame, 6)
            self.kvo_cml_h = _get(frame, 9)
            if not change:
                self.confirmed = True
                self.vtbi_ul = _get(frame, 12) | frame[15] << 24
                self.old_ul += self.allowed_ul - self.looked_ul
                self.allowed_ul = self.allowed_parts = self.looked_ul = self.moved_ul = self.moved_pl = 0

    def _watch(self, counts: int) -> None:
        """Judge what the encoder moved between two looks."""
        asked = self.excused
        self.excused = self.flags >= BACKWARD
        if counts < 0 or self.lowest or self.unasked:  # nothing of it changes as the motor goes forward
            self._watch_the_way_back(counts, asked)
        if self.settled:
            self.crept = crept = max(self.crept + counts, 0)
            if crept > JITTER_COUNTS:
                self._trip(NO_ORDER)
        else:
            self.crept = 0
        self.settled = self.still_ms > STILL_MS  # so the next look begins after the motor had its time to stop
        if abs(counts) > JUMP_PL // self.pl_per_count:
            self._trip(DOSE)
        elif self.confirmed:
            self._watch_dose(counts, asked)

    def _watch_the_way_back(self, counts: int, asked: bool) -> None:
        slack = SLACK_PL // self.pl_per_count
        self.unasked = 0 if asked else max(self.unasked - counts, 0)
        self.back = max(self.back - counts, 0)
        self.lowest = max(self.lowest, self.back)
        if self.lowest - self.back >= slack:
            self.back = self.lowest = 0
        if self.unasked > slack or self.back > HALF_BACK_PL // self.pl_per_count * 2:
            self._trip(RAN_BACK)

    def _watch_dose(self, counts: int, back_asked: bool) -> None:
        if counts < 0 and back_asked:
            self.owed -= counts
            return
        if self.owed:
            counts = self._new(counts)
        pl = self.moved_pl + counts * self.pl_per_count
        moved_ul = self.moved_ul + pl // PL_PER_UL
        self.moved_pl = pl = pl % PL_PER_UL
        if self.old_ul:
            moved_ul -= min(max(moved_ul, 0), self.old_ul)  # this look also sees the prescription before
            self.old_ul = 0
        self.moved_ul = moved_ul
        over = moved_ul - self.allowed_ul
        over = (100 if over > 100 else -100 if over < -100 else over) * NINTHS_PER_UL
        over += pl * 9 - self.allowed_parts * 25  # ninths of a picolitre
        if over > TRIP_UL * NINTHS_PER_UL or abs(moved_ul) > 1_000_000_000:
            self._trip(DOSE)
        if over < -CREDIT_UL * NINTHS_PER_UL:
            self.allowed_ul = moved_ul + CREDIT_UL
            self.allowed_parts = pl * 9 // 25
        self.looked_ul = self.allowed_ul

    def _new(self, counts: int) -> int:
        """What of it is not the way back after backing off, which moves nothing new."""
        owed = min(max(counts, 0), self.owed)
        self.owed -= owed
        return counts - owed
