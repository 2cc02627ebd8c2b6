"""What flows against what is pumped: a sensor in the line, at the pump's outlet, adds up what comes through it.

What the sensor counts and the steps do not is a surplus. Fluid that syringe and line had stored may come out as well:
no more than what they give way by, times the fall of the pressure. What comes while it falls, by more than a reading's
noise within 20 s and since the motor last changed its rate, is excused for good; the rest, once, while the pressure
stays below where the surplus began. Three things are made of that.

Free flow: the surplus, less a share of what is pumped (the sensor's error, the drive's) and less the sensor's zero
error, summed as a one-sided CUSUM; it is free flow from H_UL on, pumping or not. A stopper that slips gives 7 uL at
once and a roller sucks back 13: less than that.

Windows (Open PCA R6.4: after 5 min): more or less than pumped by 0.5 mL/h (R5.1) or 15 %. What slack and friction
swallow after a start is no under-infusion, and while next to nothing comes it is waited for what that comes to.

Nothing flows, less than a quarter of what is pumped, and the pressure has not risen for it: beyond the slack of a
start that is an empty reservoir, or a plunger at its end.

Booking: while it flows by itself, or could (door open, plunger loose, free flow found), the surplus is given out to
be booked, so that nobody is given twice what has come by itself. What was given out of a surplus past an open door
is not given out again if the surplus goes on past the closed one.

A sensor whose count stands still while the motor pumps is dead: one that works flickers. Until it counts again drops
are booked instead, where there are any (supply.py).
"""

from .setup import Setup
from .units import CLOCK_HALF, CLOCK_MASK, const, until_ms

WELL = const(0)
FREE = const(1)
OVER = const(2)
UNDER = const(3)
DEAD = const(4)
DRY = const(5)

H_UL, ROLLER_H_UL = const(30), const(50)
SHARE_PERMILLE, ROLLER_SHARE_PERMILLE = const(50), const(130)  # sensor 2 %, screw 1 %; rollers 8 %; assumed
ZERO_CML_H = const(3)  # assumed: 0.03 mL/h
FALL_PA, FALL_MS = const(1_000), const(10_000)  # assumed: readings of patients who move differ by 0.4 kPa in 10 s
MOST_FALL_PA = const(60_000)
WINDOW_MS = const(300_000)
WINDOW_NL, WINDOW_PERMILLE = const(42_000), const(150)  # 0.5 mL/h in 5 min
SLACK_NL = const(250_000)  # of a 50 mL syringe's start; senses.py
DRY_NL = const(300_000)  # slack, and a little more
DEAD_NL, DEAD_MS = const(50_000), const(60_000)
MOST_NL = const(500_000_000)


class Flow:
    """Volumes in nL. Without a flow sensor all is well always, and nothing is booked."""

    def __init__(self, setup: Setup) -> None:
        self.watched = setup.flow_sensor > 0
        rollers = setup.upstream_pa > 0
        self.h_nl = (ROLLER_H_UL if rollers else H_UL) * 1_000
        self.share_permille = ROLLER_SHARE_PERMILLE if rollers else SHARE_PERMILLE
        self.compliance_nl_kpa = setup.compliance_nl_kpa
        self.step_pl = setup.step_pl
        self.counted_nl = -1  # by the sensor, as read last; none yet
        self.rest_pl = self.share_rest = self.zero_rest = 0
        self.last_ms = self.last_pa = 0
        self.surplus_nl = 0  # of the CUSUM
        self.ref_pa = 0  # when it was last 0
        self.was_pa = self.older_pa = 0  # up to 10 s ago, and up to 20 s, but not before the last change of rate
        self.was_ms = 0
        self.fall_nl = 0  # excused of the fall since then
        self.stored_nl = 0  # what came in this look while the pressure fell
        self.excused_nl = 0  # all of that, since the surplus began
        self.found = False  # free flow, since the start
        self.open = False  # it flows by itself, or could
        self.open_nl = self.open_pa = self.booked_nl = 0
        self.seen_nl = 0  # of the surplus, when it last was open: that has been given out
        self.free_nl = 0  # to be booked, of this look
        self.slack_nl = SLACK_NL
        self.window_ms = -1  # since when; -1: none runs
        self.window_nl = self.pumped_nl = self.window_pa = 0
        self.dry_nl = self.dry_pa = 0  # pumped, and less than a quarter of it flowed; from this pressure on
        self.same_nl = 0
        self.same_ms = 0
        self.dead = False  # until it counts again, also past a start

    def begin(self) -> None:
        """The pump starts: what was before is no more."""
        self.surplus_nl = self.seen_nl = self.same_nl = self.dry_nl = 0
        self.found = False
        self.slack_nl = SLACK_NL
        self.window_ms = -1

    def change(self) -> None:
        """The motor runs at another rate from now on, or stands: if the pressure falls, then from here."""
        self.window_ms = -1
        self.older_pa = self.was_pa = self.last_pa
        self.was_ms = self.last_ms
        self.fall_nl = 0

    def look(self, now_ms: int, steps: int, flowed_nl: int, pressure_pa: int, loose: bool, pumping: bool) -> int:
        """WELL or what is wrong, `steps` after the last look; `loose` while nothing keeps fluid from flowing."""
        self.free_nl = 0
        if not self.watched:
            return WELL
        if self.counted_nl < 0:
            self.counted_nl = flowed_nl
            self.last_ms = self.same_ms = self.was_ms = now_ms
            self.ref_pa = self.was_pa = self.older_pa = pressure_pa
        moved_nl = (((flowed_nl - self.counted_nl) & CLOCK_MASK) ^ CLOCK_HALF) - CLOCK_HALF
        self.counted_nl = flowed_nl
        self.dead = self.dead and not moved_nl
        pl = self.rest_pl + max(steps, 0) * self.step_pl
        self.rest_pl = pl % 1_000
        pumped_nl = pl // 1_000
        free = self._free(now_ms, moved_nl, pumped_nl, pressure_pa)
        self._book(moved_nl - pumped_nl, pressure_pa, loose)
        self.last_ms, self.last_pa = now_ms, pressure_pa
        if free:
            return FREE
        if self._is_dead(now_ms, moved_nl, pumped_nl):
            self.dead = True
            return DEAD
        if self._dry(moved_nl, pumped_nl, pressure_pa):
            return DRY
        return self._window(now_ms, moved_nl, pumped_nl, pressure_pa) if pumping and steps >= 0 else WELL

    def _released_nl(self, from_pa: int, to_pa: int) -> int:
        """What syringe and line let go of at most as their pressure falls."""
        fall_pa = min(max(from_pa - to_pa, 0), MOST_FALL_PA)
        return self.compliance_nl_kpa // 10 * (fall_pa // 100)

    def _free(self, now_ms: int, moved_nl: int, pumped_nl: int, pressure_pa: int) -> bool:
        share = self.share_rest + pumped_nl * self.share_permille
        passed_ms = min(max(until_ms(self.last_ms, now_ms), 0), DEAD_MS)
        zero = self.zero_rest + passed_ms * ZERO_CML_H
        self.share_rest, self.zero_rest = share % 1_000, zero % 360
        gain_nl = moved_nl - pumped_nl - share // 1_000 - zero // 360
        self.stored_nl = self._stored(now_ms, gain_nl, pressure_pa)
        self.excused_nl = min(self.excused_nl + self.stored_nl, MOST_NL)
        self.surplus_nl = min(max(self.surplus_nl + gain_nl - self.stored_nl, 0), MOST_NL)
        if gain_nl <= 0 and not self.surplus_nl:
            self.ref_pa = pressure_pa
            self.excused_nl = 0
        may_come_nl = self._released_nl(self.ref_pa, pressure_pa) - self.excused_nl
        if self.surplus_nl - max(may_come_nl, 0) >= self.h_nl:
            self.found = True
        return self.found

    def _stored(self, now_ms: int, gain_nl: int, pressure_pa: int) -> int:
        """What has come in this look as the pressure falls: out of syringe and line, as far as they let go."""
        if until_ms(self.was_ms, now_ms) >= FALL_MS:
            self.older_pa, self.was_pa, self.was_ms = self.was_pa, pressure_pa, now_ms
            self.fall_nl = 0
        if gain_nl <= 0 or self.older_pa - pressure_pa < FALL_PA:
            return 0
        stored_nl = min(max(self._released_nl(self.older_pa, pressure_pa) - self.fall_nl, 0), gain_nl)
        self.fall_nl += stored_nl
        return stored_nl

    def _book(self, beside_nl: int, pressure_pa: int, loose: bool) -> None:
        """Give out what has come beside the steps and was not stored before."""
        self.seen_nl = min(self.seen_nl, self.surplus_nl)
        if not (loose or self.found):
            self.open = False
            return
        if not self.open:
            self.open = True
            if not self.seen_nl:
                self.open_nl, self.open_pa, self.booked_nl = 0, self.ref_pa, 0
            beside_nl = self.surplus_nl + self.stored_nl - self.seen_nl
        self.seen_nl = self.surplus_nl
        self.open_nl = min(max(self.open_nl + beside_nl, -MOST_NL), MOST_NL)
        due_nl = self.open_nl - self._released_nl(self.open_pa, pressure_pa) * 5 // 7  # told is the most of a kind
        self.free_nl = max(due_nl - self.booked_nl, 0)
        self.booked_nl += self.free_nl

    def _is_dead(self, now_ms: int, moved_nl: int, pumped_nl: int) -> bool:
        if moved_nl or not pumped_nl:
            self.same_nl = 0 if moved_nl else self.same_nl
            self.same_ms = now_ms if moved_nl else self.same_ms
            return False
        self.same_nl = min(self.same_nl + pumped_nl, DEAD_NL)
        return self.same_nl >= DEAD_NL and until_ms(self.same_ms, now_ms) >= DEAD_MS

    def _dry(self, moved_nl: int, pumped_nl: int, pressure_pa: int) -> bool:
        self.dry_nl = min(max(self.dry_nl + pumped_nl - 4 * max(moved_nl, 0), 0), MOST_NL)
        if not self.dry_nl:
            self.dry_pa = pressure_pa
        alive = self.same_nl < DEAD_NL
        return alive and self.dry_nl - self._released_nl(pressure_pa, self.dry_pa) >= DRY_NL

    def _window(self, now_ms: int, moved_nl: int, pumped_nl: int, pressure_pa: int) -> int:
        if self.window_ms < 0:
            self.window_ms, self.window_pa = now_ms, pressure_pa
            self.window_nl = self.pumped_nl = 0
            return WELL
        self.window_nl += moved_nl - pumped_nl
        self.pumped_nl += pumped_nl
        if until_ms(self.window_ms, now_ms) < WINDOW_MS:
            return WELL
        self.window_ms = -1
        most_nl = max(WINDOW_NL, self.pumped_nl // 1_000 * WINDOW_PERMILLE)
        over_nl = self.window_nl - self._released_nl(self.window_pa, pressure_pa)
        under_nl = -self.window_nl - self._released_nl(pressure_pa, self.window_pa)
        slack_nl = min(max(under_nl, 0), self.slack_nl)
        self.slack_nl -= slack_nl
        if over_nl > most_nl:
            return OVER
        return UNDER if under_nl - slack_nl > most_nl > self.dry_nl else WELL
