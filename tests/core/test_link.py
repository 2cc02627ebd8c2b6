"""The pump's end of the wire: who may, which number comes next, what is done once, and how much of it in a step."""

import random

import pytest

from linked import KEY, Linked, frame
from pumpcore.commands import ALWAYS, CHANGE, READ, TABLE
from pumpcore.link import AHEAD, BYTES
from pumpcore.pump import Serial
from pumpcore.states import PAUSE, SILENCE, STOP
from pumpcore.units import CLOCK_MASK
from pumpcore.wire import MOST_BYTES

FIELDS = {b"event": b" 0", b"open": b" 0123456789ABCDEF", b"program": b" 900 9000 90", b"rate": b" 900"}
CHANGES = [command.word for command in TABLE if command.gate == CHANGE]
READS = [command.word for command in TABLE if command.gate == READ]


def with_fields(word, pump):
    return word + (b" %08X" % pump.link.waiting.digest if word == b"confirm" else FIELDS.get(word, b""))


# Who may


@pytest.mark.parametrize("word", CHANGES)
@pytest.mark.parametrize("stands", ["IDLE", "INFUSING", "ALARM"])
def test_what_changes_something_is_refused_without_a_session_and_changes_nothing(word, stands):
    pump = Linked(key=KEY)
    pump.open()
    if stands != "IDLE":
        pump.infuse()
        pump.ask(b"rate 700")
    if stands == "ALARM":
        pump.inputs.pressure_pa = 50_000
        pump.step(1_000)
    else:
        pump.program() if stands == "IDLE" else None
    assert pump.state == stands
    pump.session = b""
    before, asked = pump.held(), len(pump.requests)
    assert pump.ask(with_fields(word, pump)) == "no session"
    assert pump.held() == before
    assert len(pump.requests) == asked


@pytest.mark.parametrize("word", READS)
def test_reading_is_open_to_anybody(word):
    pump = Linked(key=KEY)
    before = pump.held()
    assert pump.ask(with_fields(word, pump)).startswith("ok ")
    assert pump.held() == before


def test_stop_needs_no_session_and_no_number():
    for number in (0, 1, 4, 5, 6, 40_000, 65_535):
        pump = Linked(key=KEY)
        pump.open()
        pump.infuse()
        pump.session = b""
        assert pump.link.last == 3
        assert pump.ask(b"stop", number) == "ok 0"
        assert pump.state == "IDLE"
        assert pump.link.last == 3, "whoever has no session moves no number on"
        assert pump.ask(b"stop", number) == "no state"


def test_the_gates_of_the_table_are_all_looked_at_here():
    assert {command.gate for command in TABLE} == {READ, 1, CHANGE, ALWAYS}
    assert [command.word for command in TABLE if command.gate == ALWAYS] == [b"stop"]


# The order of numbers


@pytest.mark.parametrize(
    ("last", "number", "says"),
    [
        (0, 1, "ok 4"), (0, AHEAD, "ok 4"), (0, AHEAD + 1, "no stale"), (0, 0, "no stale"), (0, 65_535, "no stale"),
        (65_000, 464, "ok 4"), (65_000, 465, "no stale"), (65_535, 0, "ok 4"), (65_535, 999, "ok 4"),
        (65_535, 1_000, "no stale"), (5, 4, "no stale"), (5, 5, "no stale"), (5, 32_768, "no stale"),
    ],
)  # fmt: skip
def test_the_next_thousand_numbers_are_taken_and_no_others(last, number, says):
    pump = Linked()
    pump.infuse()
    pump.link.last = last
    before = pump.held()
    assert pump.ask(b"pause", number) == says
    assert pump.link.last == (number if says == "ok 4" else last)
    if says == "no stale":
        assert pump.held() == before


@pytest.mark.parametrize(
    ("number", "says"),
    [(5, "ok 0"), (6, "ok 0"), (1_006, "ok 0"), (40_000, "ok 0"), (64_540, "ok 0"), (64_541, "no stale"),
     (65_535, "no stale"), (0, "no stale"), (4, "no stale")],
)  # fmt: skip
def test_stop_is_taken_with_any_number_but_the_thousand_behind(number, says):
    """Also with the last one itself, which another host has had; a pump just switched on, with 0."""
    pump = Linked()
    pump.infuse()
    pump.link.last = 5
    assert pump.ask(b"stop", number) == says
    assert pump.ask(b"stop", number) == says, "and once more the same"
    assert [request for request, _ in pump.requests].count(STOP) == (says == "ok 0")


def test_the_same_frame_once_more_is_answered_with_the_same_line_and_not_done_again():
    pump = Linked()
    digest = pump.program()
    for words in (b"confirm " + digest, b"start", b"pause", b"resume", b"silence", b"stop", b"rate 1", b"alive"):
        line = frame(pump.text(words))
        said, before, asked = pump.say(line), pump.held(), len(pump.requests)
        pump.step(1_000)
        for _ in range(3):
            pump.say(frame(b">%d status" % 40_000))  # reading in between
            assert pump.say(line) == said
        assert pump.held() == before and len(pump.requests) == asked


def test_a_program_once_more_has_the_same_digest_and_what_waits_is_not_younger():
    pump = Linked()
    line = frame(pump.text(b"program 500 10000 100"))
    said = pump.say(line)
    pump.wait(40_000)
    assert pump.say(line) == said
    pump.wait(20_000)
    assert pump.link.waiting.request == 0
    assert pump.say(line) == said


def test_a_foreign_frame_with_the_last_number_is_stale():
    pump = Linked()
    pump.infuse()
    before = pump.held()
    assert pump.ask(b"pause", pump.number) == "no stale"
    assert pump.held() == before


def test_what_is_refused_by_the_state_has_had_its_number_and_what_is_wrong_has_not():
    pump = Linked()
    assert pump.ask(b"start", 1) == "no state"
    assert pump.link.last == 1
    for words, why in ((b"rate", "fields"), (b"nonsense", "unknown"), (b"start", "stale")):
        assert pump.ask(words, 2 if why != "stale" else 0) == f"no {why}"
        assert pump.link.last == 1
    assert pump.ask(b"confirm 00000000", 2) == "no lapsed"
    assert pump.link.last == 2


def test_numbers_of_reading_are_as_one_likes():
    pump = Linked()
    pump.infuse()
    for number in (0, 3, 4, 2, 65_535, 3):
        assert pump.ask(b"status", number).startswith("ok 2 ")
    assert pump.link.last == 3


# Steps


def test_a_request_of_a_key_comes_first_and_nothing_of_the_hosts_is_lost():
    pump = Linked()
    pump.infuse()
    pump.to_pump += frame(pump.text(b"resume"))
    for key in (PAUSE, SILENCE, SILENCE):
        pump.step(key=key)
        assert not pump.from_pump and pump.inputs.remote == 0
    assert pump.state == "PAUSED"
    assert pump.say(b"") == frame(b"<4 ok 2")
    assert pump.state == "INFUSING"
    for at_byte in range(1, 20):  # and in the midst of a frame
        line = frame(pump.text(b"silence"))
        pump.to_pump += line[:at_byte]
        pump.step()
        pump.to_pump += line[at_byte:]
        pump.step(key=SILENCE)
        assert pump.say(b"") == frame(b"<%d ok 2" % pump.number)


def test_a_long_frame_takes_several_steps_of_16_bytes_and_more_says_so():
    pump = Linked()
    line = frame(pump.text(b"program 120000 99999000 120000"))
    pump.to_pump += line
    steps = 0
    while not pump.from_pump:
        pump.step()
        steps += 1
        assert pump.link.more() == (steps <= len(line) // BYTES)
        assert pump.next_ms == pump.clock_ms or not pump.link.more()
    assert steps == -(-len(line) // BYTES)


def test_a_frame_of_just_16_bytes_asks_for_one_more_look():
    pump = Linked()
    pump.to_pump += frame(b">1 x").rjust(BYTES, b"\n")
    assert len(pump.to_pump) == BYTES
    pump.step()
    assert pump.from_pump and pump.link.more()
    pump.step()
    assert not pump.link.more()


def test_two_frames_in_one_piece_are_two_steps_and_two_replies():
    pump = Linked()
    lines = frame(b">1 x") + frame(b">2 y")
    assert pump.say(lines) == frame(b"<1 no unknown") + frame(b"<2 no unknown")
    pump.to_pump += (frame(b">1 x") + b"\n" * 20)[:BYTES]
    pump.step()
    assert pump.from_pump == frame(b"<1 no unknown")
    assert pump.link.more()


def test_without_traffic_nothing_is_said_and_the_controller_decides_when_to_run_next():
    pump = Linked()
    pump.step(1_000)
    assert not pump.from_pump and pump.link.said == 0
    assert 0 < (pump.next_ms - pump.clock_ms) & CLOCK_MASK <= 60_000


def test_a_flood_of_junk_neither_stops_the_motor_nor_is_answered():
    chance = random.Random(1)
    pump = Linked()
    pump.infuse(rate_cml_h=12_000)
    before = pump.held(), pump.ordered
    for _ in range(200):
        pump.to_pump += bytes(chance.randrange(256) for _ in range(BYTES))
        pump.step(20)
        assert not pump.from_pump
    assert pump.held() == before[0]
    assert pump.ordered > before[1]


def test_a_port_must_bring_its_own_ways():
    with pytest.raises(NotImplementedError):
        Serial().receive(bytearray(1))
    with pytest.raises(NotImplementedError):
        Serial().send(bytearray(1), 1)


def test_no_reply_is_longer_than_a_line():
    pump = Linked()
    pump.program()
    assert len(pump.link.again) == len(pump.link.writer.line) == MOST_BYTES
