"""Nothing infuses that was not programmed and confirmed: whatever is said in whatever order, the motor gets orders only
for numbers that the pump has read back and that were confirmed by the digest of just that reading.

The book is kept here from what was said and what was answered, and knows nothing of how the pump keeps its own.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linked import KEY, Linked, frame
from pumpcore.records import ACCEPTED
from pumpcore.states import ACKNOWLEDGE, PAUSE, RESUME, SILENCE, START, STOP

RATES = (1, 500, 12_000, 120_000)


class Watched(Linked):
    """Looks at the motor after each step. `prescription` is (rate, KVO rate) once it is confirmed; `perhaps` what a
    confirmation under way may make of it."""

    def __init__(self, **how):
        self.prescription = self.perhaps = None
        self.reading = None  # (request word, rate, vtbi, kvo, digest) that may be confirmed
        super().__init__(**how)

    def step(self, after_ms=0, key=0):
        super().step(after_ms, key)
        outputs = self.outputs
        if not (outputs.segments or outputs.motor_cml_h or outputs.rate_cml_h):
            return
        allowed = set()
        for prescription in (self.prescription, self.perhaps):
            if prescription:
                allowed |= {prescription[0], min(prescription)}
        assert outputs.rate_cml_h in allowed, f"{outputs.rate_cml_h} is driven, confirmed is {self.prescription}"
        assert outputs.motor_cml_h == outputs.rate_cml_h

    # What a host may say

    def propose(self, words):
        said = self.ask(words).split()
        if said[0] == "ok":
            self.reading = (words.split()[0], *map(int, said[1:4]), said[5].encode())
            assert self.reading[1] == int(words.split()[1])

    def confirm(self, digest):
        reading = self.reading
        fits = reading and digest == reading[4]
        if fits:
            rate_only = reading[0] == b"rate" and self.prescription
            self.perhaps = (reading[1], self.prescription[1] if rate_only else reading[3])
        said = self.ask(b"confirm " + digest)
        if said.startswith("ok"):
            assert fits, "a digest was taken that is not that of the last reading"
            self.prescription, self.reading = self.perhaps, None
            dose = self.controller.dose
            assert (dose.rate_cml_h, dose.kvo_cml_h) == self.prescription
            assert reading[0] == b"rate" or dose.left_ul() == reading[2]
        self.perhaps = None

    def stopped(self, said):
        if said.startswith("ok"):
            self.prescription = self.reading = None


def program(pump, number):
    kvo = RATES[number // 4 % 4] if number & 16 else 0
    pump.propose(b"program %d %d %d" % (RATES[number % 4], 1 + number * 7, kvo))


def confirm(pump, number):
    pump.confirm(pump.reading[4] if pump.reading else b"%08X" % pump.link.waiting.digest)


def press(pump, number):
    key = (START, PAUSE, RESUME, STOP, ACKNOWLEDGE, SILENCE)[number % 6]
    pump.step(key=key)
    if key == STOP and pump.outputs.answer == ACCEPTED:
        pump.stopped("ok")


def block(pump, number):
    pump.inputs.pressure_pa = 50_000 * (number & 1)
    pump.step(10)


def junk(pump, number):
    line = bytearray(frame(pump.text(b"start")))
    line[number % len(line)] ^= 1 << number % 7
    assert b" ok" not in pump.say(line + b"\n>")


def lose_the_session(pump, number):
    pump.session = b""


DO = {
    "program": program,
    "rate": lambda pump, number: pump.propose(b"rate %d" % RATES[number % 4]),
    "confirm": confirm,
    "wrong digest": lambda pump, number: pump.confirm(b"%08X" % (pump.link.waiting.digest ^ 1 << number % 32)),
    "stop": lambda pump, number: pump.stopped(pump.ask(b"stop")),
    "key": press,
    "wait": lambda pump, number: pump.wait((1, 50, 3_000, 30_000, 60_000)[number % 5], 1_000),
    "block": block,
    "junk": junk,
    "open": lambda pump, number: pump.open(),
    "no session": lose_the_session,
}
WORDS = ["start", "pause", "resume", "acknowledge", "silence", "reload", "alive", "bye", "status"]
ACTIONS = st.tuples(
    st.sampled_from(
        [*WORDS, "program", "program", "confirm", "confirm", "start", "rate", "rate", "wrong digest", "stop", "key",
         "wait", "block", "junk"]
    ),
    st.integers(0, 4_000),
)  # fmt: skip
WITH_SESSIONS = st.one_of(ACTIONS, st.tuples(st.sampled_from(["open", "no session"]), st.just(0)))


def happen(pump, actions):
    """What the motor was ordered in steps."""
    for action, number in actions:
        if action in DO:
            DO[action](pump, number)
        else:
            pump.ask(action.encode())
    return pump.ordered


@settings(max_examples=300, deadline=None)
@given(actions=st.lists(ACTIONS, max_size=40))
def test_the_motor_turns_only_for_what_was_confirmed(actions):
    happen(Watched(), actions)


@settings(max_examples=150, deadline=None)
@given(actions=st.lists(WITH_SESSIONS, max_size=40))
def test_with_a_key_too(actions):
    happen(Watched(key=KEY), actions)


@settings(max_examples=150, deadline=None)
@given(actions=st.lists(ACTIONS.filter(lambda action: action[0] not in ("confirm",)), max_size=40))
def test_without_a_confirmation_it_never_turns(actions):
    assert happen(Watched(), actions) == 0


def test_the_actions_do_infuse():
    """What is said above is said of pumps that turn."""
    infuse = [("program", 1), ("confirm", 0), ("start", 0), ("wait", 2), ("rate", 2), ("confirm", 0), ("wait", 2)]
    pump = Watched()
    assert happen(pump, infuse) > 0
    assert pump.prescription == (12_000, 0)
    happen(pump, [("rate", 3), ("stop", 0), ("program", 1), ("confirm", 0), ("start", 0), ("confirm", 0)])
    assert pump.state == "INFUSING" and pump.controller.dose.rate_cml_h == 500


@pytest.mark.parametrize("wrong", ["digest", "rate"])
def test_the_book_notices_a_pump_that_does_not_keep_to_it(wrong):
    pump = Watched()
    if wrong == "digest":
        pump.link.reader.shows = lambda token, value: True
        with pytest.raises(AssertionError, match="a digest was taken"):
            happen(pump, [("program", 1), ("wrong digest", 0)])
    else:
        happen(pump, [("program", 1), ("confirm", 0), ("start", 0)])
        pump.controller.dose.set_rate(600)
        with pytest.raises(AssertionError, match="600 is driven"):
            pump.wait(100)
