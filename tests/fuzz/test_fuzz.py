"""50,000 lines that are nearly frames, the same ones each time; and that the checks find what is wrong on purpose.

`make fuzz` goes on where this ends, guided by what the code has run through, for millions.
"""

import random

import pytest

from oracles import CHECKS, SEEDS, TOKENS, check_link, check_reader, frame_of, frames_in
from pumpcore.wire import FROM_HOST, Reader

TRIES = {"reader": 34_000, "link": 8_000, "line": 8_000}


class Mutations:
    """Inputs made of the seeds by cutting, joining, flipping and filling in. The first byte of an input for `link` and
    `line` is not part of the stream and stays."""

    def __init__(self, target, seed):
        self.random = random.Random(seed)
        self.seeds = SEEDS[target]
        self.head = 0 if target == "reader" else 1

    def next(self):
        chance = self.random
        seed = chance.choice(self.seeds)
        stream = bytearray(seed[self.head :])
        if chance.random() < 0.4:
            stream += chance.choice(self.seeds)[self.head :]
        for _ in range(chance.choice((0, 1, 1, 2, 4))):
            self.mutate(stream)
        return seed[: self.head] + bytes(stream)

    def mutate(self, stream):
        chance = self.random
        at = chance.randrange(len(stream) + 1)
        kind = chance.randrange(6)
        if kind == 0 and at < len(stream):
            stream[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del stream[at : at + chance.randint(1, 4)]
        elif kind == 2:
            stream[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 3)))
        elif kind == 3:
            stream[at:at] = chance.choice(TOKENS)
        elif kind == 4:
            end = at + chance.randint(1, 12)
            stream[at:at] = stream[at:end]
        else:
            stream[at : at + 1] = b"%d" % chance.choice((0, 9, 10, 999, 1_001, 65_536, 2**30))


def first_found(target, check, tries, seed=1):
    """How many inputs it takes until `check` raises; None if it does not."""
    inputs = Mutations(target, seed)
    for i in range(tries):
        try:
            check(inputs.next())
        except Exception:
            return i + 1
    return None


@pytest.mark.parametrize("target", TRIES)
def test_no_input_breaks_what_must_hold(target, record_property):
    inputs = Mutations(target, 1)
    for _ in range(TRIES[target]):
        data = inputs.next()
        try:
            CHECKS[target](data)
        except Exception as error:
            raise AssertionError(f"{target}: {data!r}") from error
    record_property("figure", f"mutated frames: {TRIES[target]:,} at {target}, nothing but whole frames is taken")


def test_a_frame_is_what_the_head_of_wire_py_says():
    """Lines of firmware/README.md."""
    assert frame_of(b">1 program 500 10000 100 *A306D8CF") == (1, [b"program", b"500", b"10000", b"100"], b"")
    assert frame_of(b">1 program 500 10000 101 *A306D8CF") is None
    assert frames_in(b"x>3 start *3219864D\n>3 start *3219864D\r\n>3 st", FROM_HOST) == {
        20: (3, [b"start"], b""),
        40: (3, [b"start"], b""),
    }


# What is wrong on purpose


class SkipsTheCheckOfOneLength(Reader):
    def _checks(self, end):
        return end == 9 or super()._checks(end)


class KeepsTheLastTag(Reader):
    def _split(self, end):
        self.tag_at = self.tag_at or getattr(self, "kept", 0)
        self.kept = self.tag_at
        return super()._split(end)


class TakesLeadingZeros(Reader):
    def _integer(self, start, end):
        return super()._integer(start + (end - start == 2 and self.line[start] == 0x30), end)


class GoesOnWithWhatIsLeftOfATooLongLine(Reader):
    def read(self, data, at, end):
        at = super().read(data, at, end)
        self.length = max(self.length, 1) if self.bad and not self.whole else self.length
        return at


READERS = (SkipsTheCheckOfOneLength, KeepsTheLastTag, TakesLeadingZeros, GoesOnWithWhatIsLeftOfATooLongLine)


@pytest.mark.parametrize("reader", READERS)
def test_a_wrong_reader_is_found(reader, record_property):
    found = first_found("reader", lambda data: check_reader(data, reader), TRIES["reader"])
    assert found, f"{reader.__name__} went unnoticed in {TRIES['reader']} inputs"
    record_property("figure", f"a reader that {reader.__name__} is found by mutated frame {found}")


def any_digest(pump):
    pump.link.reader.shows = lambda token, value: True


def any_session(pump):
    pump.link.session.lets = lambda reader: True


def program_at_once(pump):
    waits = pump.link.waiting.program
    dose = pump.controller.dose
    pump.link.waiting.program = lambda now_ms, *fields: (waits(now_ms, *fields), dose.program(*fields))


def alive_starts(pump):
    link = pump.link
    link._alive = lambda: link._ask(pump.inputs, 2)


def two_lines(pump):
    send = pump.send
    pump.send = lambda line, count: (send(line, count), send(line, count))


PLANTS = (any_digest, any_session, program_at_once, alive_starts, two_lines)


@pytest.mark.parametrize("plant", PLANTS)
def test_a_wrong_link_is_found(plant):
    found = first_found("link", lambda data: check_link(data, plant), TRIES["link"])
    assert found, f"{plant.__name__} went unnoticed in {TRIES['link']} inputs"


def test_a_host_that_takes_any_reply_is_found(monkeypatch):
    monkeypatch.setattr("pumphost.line._belongs", lambda reply, command: True)
    assert first_found("line", CHECKS["line"], TRIES["line"])
