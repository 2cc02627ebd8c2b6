"""The guard, whatever happens: no more moves than is allowed and 50 uL, and an honest pump is never tripped."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import DAY_MS, Desk
from pumpcore.guard import BACKWARD, CONFIRM, CREDIT_UL, DOSE, MOVING, REASON_NAMES, TITRATE, TRIP_UL


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
