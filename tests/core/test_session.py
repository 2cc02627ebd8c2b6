"""Sessions: the tag by Python's own hmac, when one opens and ends, and what somebody without the key may try."""

import hmac
import random

import pytest

from linked import HOST_NONCE, KEY, Hashing, Linked, frame, tagged
from pumpcore.session import MOST_NUMBERS, SILENCE_MS, Hash, Session
from pumpcore.units import CLOCK_MASK
from pumpcore.wire import FROM_HOST, Reader

FORGERIES = (10_000, pytest.param(100_000, marks=pytest.mark.long))


def opened(**how):
    pump = Linked(key=KEY, **how)
    assert pump.open() == "ok"
    return pump


# Known answers


def test_nonce_key_and_tag_are_what_the_head_of_the_file_says():
    """By Python's hmac, from the text alone."""
    session = Session(KEY, b"seed", Hashing())
    nonce = session.challenge(HOST_NONCE)
    assert nonce == hmac.digest(KEY, b"seedchallenge 1", "sha256")[:8]
    own = hmac.digest(KEY, b"session" + HOST_NONCE + nonce, "sha256")
    line = b">5 prove #" + hmac.digest(own, b">5 prove", "sha256")[:6].hex().upper().encode()
    reader = Reader(FROM_HOST)
    reader.read(bytearray(frame(line)), 0, 99)
    assert reader.whole and session.prove(0, reader)
    assert session.own == own


def test_a_session_as_bytes_on_the_line():
    """Worked out with `openssl dgst -sha256 -mac HMAC -macopt hexkey:...`, so that nothing can drift together."""
    pump = Linked(key=bytes(range(16)), seed=b"seed")
    assert pump.say(frame(b">1 open 0123456789ABCDEF")) == frame(b"<1 ok 5C9030BA859D1EE6")
    assert pump.say(frame(b">2 prove #D2D88928CFF6")) == frame(b"<2 ok")
    said = pump.say(frame(b">3 program 500 10000 100 #B7F8C2881E81"))
    assert said == frame(b"<3 ok 500 10000 100 7200 22450A8D")


def test_a_port_must_bring_its_own_hash():
    with pytest.raises(NotImplementedError):
        Hash().hmac(b"", b"")


# When one opens and ends


def test_without_a_key_there_are_none_and_everybody_may():
    pump = Linked()
    assert pump.ask(b"hello") == "ok 1 0 0 0"
    assert pump.ask(b"open 0123456789ABCDEF") == "no no-key"
    assert pump.ask(b"prove") == "no no-key"
    assert pump.ask(b"alive") == "ok"


def test_it_opens_with_the_key_and_is_told_by_hello_and_the_log():
    pump = opened()
    assert pump.ask(b"hello") == "ok 1 0 1 1"
    assert pump.log() == ["SESSION_OPENED"]
    pump.infuse()
    assert pump.state == "INFUSING"


@pytest.mark.parametrize("key", [KEY[:-1], KEY + b"!", b"another", b"\x00" * 16])
def test_another_key_opens_nothing_and_ends_nothing(key):
    pump = opened()
    own, pump.number = pump.link.session.own, 0
    good = pump.session
    assert pump.open(key=key) == "no session"
    assert pump.ask(b"alive") == "no session"
    pump.session, pump.number = good, 0
    assert pump.link.session.own == own
    assert pump.ask(b"alive") == "ok"


def test_a_proof_needs_a_challenge_a_tag_and_is_good_once():
    pump = Linked(key=KEY)
    assert pump.ask(b"prove") == "no session"
    assert pump.say(frame(tagged(KEY, b">0 prove"))) == frame(b"<0 no session")
    assert pump.open() == "ok"
    assert pump.prove() == "no session", "the challenge is used up; the session goes on"
    assert pump.ask(b"alive") == "ok"


def test_a_challenge_is_answered_by_nobody_but_the_next_one_takes_its_place():
    pump = Linked(key=KEY)
    first = pump.ask(b"open 0123456789ABCDEF").split()[1]
    pump.ask(b"open 0123456789ABCDEF")
    session = hmac.digest(KEY, b"session" + HOST_NONCE + bytes.fromhex(first), "sha256")
    assert pump.say(frame(tagged(session, b">0 prove"))) == frame(b"<0 no session")


def test_another_session_ends_the_one_before_it():
    pump = opened()
    old = pump.session
    assert pump.open() == "ok"
    new, pump.session = pump.session, old
    assert pump.ask(b"alive") == "no session"
    pump.session, pump.number = new, 0
    assert pump.ask(b"alive") == "ok"


def test_it_is_over_after_three_minutes_of_silence_to_the_millisecond():
    pump = opened()
    pump.wait(SILENCE_MS - 1, 60_000)
    assert pump.ask(b"silence") == "ok 0"  # that it was heard counts
    pump.wait(SILENCE_MS - 1, 60_000)
    assert pump.ask(b"hello").endswith(" 1")
    pump.step(1)
    assert pump.log()[-1] == "SESSION_ENDED"
    assert pump.ask(b"silence") == "no session"


def test_reading_and_what_is_refused_do_not_keep_it():
    pump = opened()
    assert pump.ask(b"silence") == "ok 0"
    line = frame(pump.text(b"silence", pump.number))
    for _ in range(9):
        pump.wait(SILENCE_MS // 9, 10_000)
        pump.ask(b"status")
        pump.say(line)  # the same once more: answered, and no sign of life
        assert pump.say(frame(b">5 silence #0123456789AB")) == frame(b"<5 no session")
        pump.say(frame(b">5 stop"))
    assert pump.link.session.own == b""


def test_it_is_over_after_so_many_numbers_however_few_frames_they_were():
    """Numbers begin anew after 65,536, and a frame may be 1000 ahead of the one before: 66 of these, and what was heard
    first would come next again."""
    one_by_one = opened()
    for i in range(MOST_NUMBERS):
        one_by_one.link.session.heard(0, 1)
        if i < MOST_NUMBERS - 1:
            assert not one_by_one.link.session.over(0)
    one_by_one.step()
    assert one_by_one.log()[-1] == "SESSION_ENDED"
    leaps = opened()
    first = frame(leaps.text(b"silence"))
    leaps.say(first)
    count = 0
    while leaps.link.session.own:
        leaps.number += 999
        count += leaps.ask(b"silence") == "ok 0"
    assert count == MOST_NUMBERS // 1_000
    assert b"no session" in leaps.say(first)


def test_each_session_has_its_own_numbers():
    pump = opened()
    pump.link.session.heard(0, MOST_NUMBERS - 10)
    pump.number = pump.link.last
    assert pump.open() == "ok"
    for _ in range(20):
        assert pump.ask(b"silence") == "ok 0"


def test_goodbye_ends_it():
    pump = opened()
    assert pump.ask(b"bye") == "ok"
    assert pump.ask(b"alive") == "no session"
    assert pump.ask(b"hello").endswith(" 1 0")


def test_a_challenge_is_never_the_same_twice():
    """Not in ten thousand, not after another power-on with another seed, not for another host's nonce."""
    nonces = set()
    for seed in (b"", b"1", b"2"):
        session = Session(KEY, seed, Hashing())
        nonces |= {session.challenge(HOST_NONCE) for _ in range(10_000)}
    assert len(nonces) == 30_000
    session = Session(KEY, b"", Hashing())
    session.challenges = CLOCK_MASK
    session.challenge(HOST_NONCE)
    assert session.challenges == 0


def test_the_session_outlives_the_wrap_of_the_clock():
    pump = opened(clock_ms=CLOCK_MASK - 1_000)
    pump.wait(SILENCE_MS - 1, 1_000)
    assert pump.ask(b"alive") == "ok"


# Somebody without the key


class Forger:
    """Has heard everything that was ever said, and says what he likes."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        earlier = opened(seed=b"yesterday")
        self.earlier = self.listen(earlier)
        self.pump = opened()
        self.replies = []
        self.heard = self.listen(self.pump)
        self.other = hmac.digest(b"another pump's key", b"session", "sha256")

    def listen(self, pump):
        """The frames of a session in which much was done."""
        lines = []
        digest = b"00000000"
        for words in (b"program 500 10000 100", b"confirm", b"start", b"rate 900", b"confirm", b"pause", b"resume",
                      b"silence", b"acknowledge", b"alive"):  # fmt: skip
            text = pump.text(words + b" " + digest if words == b"confirm" else words)
            lines.append(text)
            said = pump.say(frame(text))
            assert b" ok" in said
            digest = said.split()[-2]
        return lines

    def words(self):
        pump = self.pump
        word = self.random.choice((b"program 120000 99999000 120000", b"rate 120000", b"confirm", b"start", b"pause",
                                   b"resume", b"acknowledge", b"silence", b"reload", b"alive", b"bye"))  # fmt: skip
        return word + (b" %08X" % pump.link.waiting.digest if word == b"confirm" else b"")

    def next(self):
        """The number that comes next, or one near it."""
        return (self.pump.link.last + self.random.choice((1, 1, 2, self.random.randint(1, 1_000)))) % 65_536

    def random_tag(self):
        return b">%d %s #%012X" % (self.next(), self.words(), self.random.getrandbits(48))

    def no_tag(self):
        return b">%d %s" % (self.next(), self.words())

    def a_bit_off(self):
        text = bytearray(tagged(self.pump.session, b">%d %s" % (self.next(), self.words())))
        digits = b"0123456789ABCDEF"
        at = self.random.randint(1, 12)
        text[-at] = digits[digits.index(text[-at]) ^ 1 << self.random.randrange(4)]
        return bytes(text)

    def right_tag_of_another_frame(self):
        tag = tagged(self.pump.session, b">%d %s" % (self.next(), self.words()))[-14:]
        while True:
            text = b">%d %s" % (self.next(), self.words()) + tag
            if text != tagged(self.pump.session, text[:-14]):
                return text

    def replay(self):
        return self.random.choice(self.heard[:-1])

    def replay_of_an_earlier_session(self):
        return self.random.choice(self.earlier)

    def tag_of_another_key(self):
        return tagged(self.other, b">%d %s" % (self.next(), self.words()))

    def stale_number(self):
        """With the session's own key, as if the forger had it: but the number has passed."""
        number = (self.pump.link.last - self.random.randint(1, 60_000)) % 65_536
        return tagged(self.pump.session, b">%d %s" % (number, self.words()))

    def the_last_number(self):
        return tagged(self.pump.session, b">%d %s" % (self.pump.link.last, b"start"))


FORGING = (
    Forger.random_tag, Forger.no_tag, Forger.a_bit_off, Forger.right_tag_of_another_frame, Forger.replay,
    Forger.replay_of_an_earlier_session, Forger.tag_of_another_key, Forger.stale_number, Forger.the_last_number,
)  # fmt: skip


def forge(tries, seed):
    forger = Forger(seed)
    pump = forger.pump
    before, asked = pump.held(), list(pump.requests)
    kinds = dict.fromkeys(FORGING, 0)
    for i in range(tries):
        kind = FORGING[i % len(FORGING)]
        said = pump.say(frame(kind(forger)))
        assert b" no session " in said or b" no stale " in said, kind.__name__
        kinds[kind] += 1
        if i % 97 == 0:
            assert pump.held() == before
    assert pump.held() == before and pump.requests == asked
    assert all(kinds.values())
    return pump


@pytest.mark.parametrize("tries", FORGERIES)
def test_forged_replayed_and_stale_frames_are_not_taken(tries, record_property):
    pump = forge(tries, 1)
    record_property(
        "figure", f"forged, replayed and stale session frames: {tries:,} tried in {len(FORGING)} ways, 0 accepted"
    )
    assert pump.link.refused == tries % 65_536


def test_the_measure_of_forgeries_sees_one_that_is_taken():
    """A pump that looks at no more than the first half of a tag takes one with a wrong last digit."""
    forger = Forger(2)
    session = forger.pump.link.session

    def lets(reader):
        tag = session.hashing.hmac(session.own, bytes(reader.view[: reader.tag_at])).hex().upper().encode()
        return tag[:6] == bytes(reader.view[reader.tag_at + 2 : reader.tag_at + 8])

    session.lets = lets
    taken = 0
    for _ in range(50):
        before = forger.pump.held()
        forger.pump.say(frame(forger.a_bit_off()))
        taken += forger.pump.held() != before
    assert taken
