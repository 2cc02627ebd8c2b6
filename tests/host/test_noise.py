"""A noisy line: each command happens once, or not at all and that is said; and nothing else happens."""

import contextlib
import random
from collections import Counter

import pytest
from host.noise import Noise, Numbered

from pumpcore import states
from pumpcore.records import ACCEPTED, REFUSED_HERE
from pumphost.line import NoAnswer, Refused
from pumphost.pump import Pump

CYCLE = ("program", "confirm", "start", "pause", "rate", "confirm", "resume", "acknowledge", "stop", "reload")
REQUESTS = {
    "start": states.START,
    "pause": states.PAUSE,
    "resume": states.RESUME,
    "acknowledge": states.ACKNOWLEDGE,
    "stop": states.STOP,
    "reload": states.RELOAD,
}


class Host:
    """Gives commands in turn, and notes what it was told of each: its number, what it should have asked of the
    controller, and whether it was done, refused or left unanswered."""

    def __init__(self, desk, seed, key):
        self.desk = desk
        self.random = random.Random(seed)
        self.pump = Pump(desk, key, patience_s=0)
        self.reading = None
        self.confirms = 0  # PROGRAM or SET_RATE, once that waits
        self.told = {}

    def give(self, word):
        request = self.confirms if word == "confirm" else REQUESTS.get(word, 0)
        try:
            self.carry_out(word)
            outcome = "done"
        except Refused:
            outcome = "refused"
        except NoAnswer:
            outcome = "no answer"
        self.told[self.pump.line.last] = (word, request, outcome)
        return outcome

    def carry_out(self, word):
        if word == "program":
            asked = (self.random.randint(1, 9_999) / 100, self.random.randint(1, 99_999) / 1_000, 0.01)
            self.reading, self.confirms = None, 0
            self.reading = self.pump.program(*asked)
            assert (self.reading.rate_ml_h, self.reading.vtbi_ml, self.reading.kvo_ml_h) == asked
            self.confirms = states.PROGRAM
        elif word == "rate":
            self.reading, self.confirms = None, 0
            self.reading = self.pump.rate(self.random.randint(1, 9_999) / 100)
            self.confirms = states.SET_RATE
        elif word == "confirm":
            self.pump.confirm(self.reading.digest if self.reading else "00000000")
            assert self.desk.controller.dose.rate_cml_h == round(self.reading.rate_ml_h * 100)
        else:
            state = getattr(self.pump, word)()
            assert word == "acknowledge" or state == self.desk_state()

    def desk_state(self):
        return states.STATE_NAMES[self.desk.controller.state]

    def look(self):
        """A reply to a command that only reads is never an older one."""
        self.desk.seen = {self.desk_state()}
        with contextlib.suppress(NoAnswer):
            assert self.pump.status().state in self.desk.seen


def check(desk, host):
    """What the controller was asked, frame by frame, against what the host was told."""
    assert set(desk.taken) <= set(host.told), "the controller was asked what nobody has commanded"
    for number, (word, request, outcome) in host.told.items():
        took = desk.taken.get(number)
        if took is None:
            assert not (outcome == "done" and request), f"{word} was not done, and the host was told it was"
            continue
        assert took[0] == request, f"{word} was carried out as another request"
        stands = word == "stop" and took[1] == REFUSED_HERE  # IDLE: as good as stopped
        assert outcome != "done" or took[1] == ACCEPTED or stands, f"{word} was refused and called done"
        assert outcome != "refused" or took[1] != ACCEPTED, f"{word} was done and called refused"


def converse(commands, seed, share, key=b""):
    noise = Noise(seed, 0)
    desk = Numbered(damage=noise, key=key)
    host = Host(desk, seed, key)
    noise.share = share
    for i in range(commands):
        host.give(CYCLE[i % len(CYCLE)])
        if i % 3 == 0:
            host.look()
    check(desk, host)
    return noise, host, desk


def figure(commands, noise, host, desk):
    told = Counter(outcome for _, _, outcome in host.told.values())
    damaged = ", ".join(f"{count} {damage}" for damage, count in noise.count.items())
    return (
        f"noisy line, {noise.share:.0%} each way ({damaged}): {commands} commands in {host.pump.line.attempts} frames, "
        f"{len(desk.taken)} reached the controller once, 0 twice; {told['refused']} refused, "
        f"{told['no answer']} reported as unanswered"
    )


@pytest.mark.parametrize(("commands", "share"), [(10_000, 0.05), (1_000, 0.5), (1_000, 0.9)])
def test_a_command_happens_once_or_is_reported(commands, share, record_property):
    noise, host, desk = converse(commands, 1, share)
    record_property("figure", figure(commands, noise, host, desk))
    assert all(noise.count.values())
    outcomes = {outcome for _, _, outcome in host.told.values()}
    assert outcomes == ({"done"} if share < 0.1 else {"done", "refused", "no answer"})


def test_with_a_key_too_and_sessions_that_the_noise_may_spoil(record_property):
    noise, host, desk = converse(1_000, 2, 0.4, b"0123456789abcdef")
    record_property("figure", f"with a key, {figure(1_000, noise, host, desk)}")
    assert desk.pump.link.session.challenges >= 1
