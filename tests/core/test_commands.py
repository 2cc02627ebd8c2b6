"""Every command: who may give it, what goes with it, what comes back; and every reason to say no."""

import pytest

from linked import KEY, Linked, frame
from pumpcore import commands
from pumpcore.commands import ALWAYS, CHANGE, OPEN, READ, TABLE, WHY
from pumpcore.events import EVENTS
from pumpcore.setup import MOST_RATE_CML_H, MOST_VOLUME_UL
from pumpcore.states import SILENCE, STATE_NAMES

COMMANDS = {command.word: command for command in TABLE}

# Who may; fields that are right; what the pump says to them just after power-on.
ROWS = {
    b"hello": (READ, b"", "ok 1 0 0 0"),
    b"info": (READ, b"", "ok 173530 50000 120000 40000 100"),
    b"status": (READ, b"", "ok 0 0 0 0 0 0 0"),
    b"alarms": (READ, b"", "ok 0 0 0 0"),
    b"senses": (READ, b"", "ok 0 0 0 8400 230 1"),
    b"counts": (READ, b"", "ok 0 0 0 1"),
    b"event": (READ, b" 0", "ok 0 0 4 1 0"),
    b"open": (OPEN, b" 0123456789ABCDEF", "no no-key"),
    b"prove": (OPEN, b"", "no no-key"),
    b"alive": (CHANGE, b"", "ok"),
    b"bye": (CHANGE, b"", "ok"),
    b"program": (CHANGE, b" 500 10000 100", "ok 500 10000 100 7200 22450A8D"),
    b"rate": (CHANGE, b" 500", "no state"),
    b"confirm": (CHANGE, b" 00000000", "no lapsed"),
    b"start": (CHANGE, b"", "no state"),
    b"pause": (CHANGE, b"", "no state"),
    b"resume": (CHANGE, b"", "no state"),
    b"stop": (ALWAYS, b"", "no state"),
    b"acknowledge": (CHANGE, b"", "ok 0"),
    b"silence": (CHANGE, b"", "ok 0"),
    b"reload": (CHANGE, b"", "ok 0"),
}
REPLIES = {command.word: len(command.reply) for command in TABLE}


def test_the_table_and_these_rows_have_the_same_commands():
    assert {word: row[0] for word, row in ROWS.items()} == {command.word: command.gate for command in TABLE}
    assert len(COMMANDS) == len(TABLE)


@pytest.mark.parametrize("word", ROWS)
def test_what_is_said_after_power_on(word):
    _, fields, says = ROWS[word]
    assert Linked().ask(word + fields, number=1) == says


@pytest.mark.parametrize("word", ROWS)
def test_a_field_too_few_or_too_many_or_that_is_none_changes_nothing(word):
    pump = Linked()
    before = pump.held()
    right = ROWS[word][1]
    wrong = [right + b" 1", right + b" 00000000", right + b" -"]
    if right:
        first, *rest = right.split()
        bad = (b"-1", b"x", b"0" + first, b"1.5", first + b"0" * 9)
        wrong += [b"", *(b" " + b" ".join([field, *rest]) for field in bad)]
    for fields in wrong:
        assert pump.ask(word + fields, number=1) == "no fields"
        assert pump.held() == before
    assert pump.link.refused == len(wrong)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (b"program 1 1 0", "ok 1 1 0 360"),
        (b"program %d %d %d" % (MOST_RATE_CML_H, MOST_VOLUME_UL, MOST_RATE_CML_H), "ok 120000 99999000 120000 299997"),
        (b"program 1 %d 0" % MOST_VOLUME_UL, "ok 1 99999000 0 999999999"),
        (b"program 0 1 0", "no fields"),
        (b"program 1 0 0", "no fields"),
        (b"program 120001 1 0", "no fields"),
        (b"program 1 99999001 0", "no fields"),
        (b"program 1 1 120001", "no fields"),
    ],
)
def test_the_bounds_of_a_program(words, says):
    pump = Linked()
    assert pump.ask(words).startswith(says)
    assert (pump.link.waiting.request > 0) == says.startswith("ok")


def test_every_reply_has_the_fields_of_its_row():
    pump = Linked(key=KEY)
    pump.open()
    told = {}
    for words in (
        b"hello", b"info", b"status", b"alarms", b"senses", b"counts", b"event 0", b"open 0123456789ABCDEF", b"alive",
        b"acknowledge", b"silence", b"reload",
    ):  # fmt: skip
        told[words.split()[0]] = pump.ask(words)
    told[b"confirm"] = pump.ask(b"confirm " + pump.program())
    for words in (b"start", b"pause", b"resume", b"program 1 1 1", b"rate 5", b"stop", b"program 1 1 1", b"bye"):
        told[words.split()[0]] = pump.ask(words)
        if words == b"program 1 1 1" and pump.state == "INFUSING":
            assert told.pop(b"program") == "no state"
    pump.session = b""
    told[b"prove"] = pump.open()
    told[b"rate"] = rate_of_a_running_pump()
    assert set(told) == set(REPLIES)
    for word, said in told.items():
        assert said.split()[0] == "ok", word
        assert len(said.split()) - 1 == REPLIES[word], word


def rate_of_a_running_pump():
    pump = Linked()
    pump.infuse()
    return pump.ask(b"rate 700")


def test_a_command_with_a_request_asks_just_that_and_tells_the_state():
    for command in TABLE:
        if command.reply != ("state",) or command.word == b"confirm":
            continue
        pump = Linked()
        pump.infuse()
        before = len(pump.requests)
        said = pump.ask(command.word)
        assert [request for request, _ in pump.requests[before:]] == [command.request], command.word
        assert said == f"ok {STATE_NAMES.index(pump.state)}" or said == "no state"


def test_a_request_of_a_host_is_a_remote_one_and_a_key_is_not():
    pump = Linked()
    pump.ask(b"silence")
    assert pump.requests == [(SILENCE, 1)]
    pump.step(key=SILENCE)
    assert pump.requests == [(SILENCE, 1)] and pump.inputs.remote == 0


def refusals():
    """`(word, pump, words, number)`: one way to hear each of them."""
    plain, keyed, small, tested = Linked(), Linked(key=KEY), Linked(), Linked(signal_test=1)
    small.controller.setup.most_rate_cml_h = 1_000
    tested.ask(b"confirm " + tested.program())
    waits = Linked()
    waits.program()
    yield "unknown", plain, b"nonsense", 1
    yield "unknown", plain, b"Status", 1
    yield "fields", plain, b"rate", 1
    yield "session", keyed, b"alive", 1
    yield "session", keyed, b"prove", 1
    yield "stale", plain, b"alive", 65_535
    yield "digest", waits, b"confirm 00000000", 2
    yield "lapsed", plain, b"confirm 00000000", 1
    yield "no-key", plain, b"open 0123456789ABCDEF", 1
    yield "event", plain, b"event 1000000", 1
    yield "state", plain, b"start", 2
    yield "rate", small, b"program 1001 1 0", 1
    yield "kvo", small, b"program 1000 1 1001", 2
    yield "self-test", tested, b"start", 3


def test_every_reason_is_heard_and_counted():
    heard = set()
    for why, pump, words, number in refusals():
        before = pump.link.refused
        assert pump.ask(words, number) == f"no {why}"
        assert pump.link.refused == before + 1
        heard.add(why.encode())
    # The wire's own bound on a volume is the controller's: what would be `vtbi` is `fields` before.
    assert heard | {b"vtbi"} == set(WHY)


def test_a_rate_that_this_pump_cannot_give_is_refused_while_it_infuses():
    pump = Linked()
    pump.infuse()
    pump.controller.setup.most_rate_cml_h = 1_000
    assert pump.ask(b"rate 1001") == "no rate"
    assert pump.ask(b"rate 1000").startswith("ok 1000 ")


def test_a_word_for_each_answer_of_the_controller():
    assert commands.why_not(1) == b""
    assert [commands.why_not(answer) for answer in (2, 3, 4, 5, 7)] == b"state rate vtbi kvo self-test".split()
    assert commands.why_not(6) == commands.UNKNOWN


def test_counts_tells_of_lines_and_refusals_and_events():
    pump = Linked()
    pump.say(b">junk\n>\n")
    pump.ask(b"start")
    pump.ask(b"nonsense", number=1)
    assert pump.ask(b"counts") == "ok 2 2 0 2"  # BOOT, and a request that was refused
    pump.link.refused = 65_535
    pump.ask(b"nonsense", number=1)
    assert pump.ask(b"counts") == "ok 2 0 0 2"


def test_senses_tells_what_the_controller_got():
    pump = Linked()
    pump.inputs.pressure_pa, pump.inputs.air_permille, pump.inputs.battery_mv = -1_300, 120, 7_900
    pump.inputs.housing_dc, pump.inputs.on_mains = -12, 0
    pump.step(5_000)
    assert pump.ask(b"senses") == "ok 5000 -1300 120 7900 -12 0"


def test_the_largest_replies_are_whole_frames():
    """As far as their numbers reach, with a number of five digits."""
    pump = Linked(clock_ms=2**30 - 1)
    most = 2**30 - 1
    pump.controller.dose.pumped_ul = pump.controller.dose.free_ul = most - 1_000
    pump.link.reader.bad = pump.link.refused = 65_535
    pump.link.events.count = most - EVENTS
    pump.controller.alarms.latched = most
    pump.inputs.pressure_pa = -120_000
    for words in (b"hello", b"info", b"status", b"alarms", b"senses", b"counts", b"event %d" % (most - EVENTS - 1)):
        assert pump.ask(words, 65_535).startswith("ok")


def test_a_program_of_the_largest_values_in_a_session_is_a_frame():
    pump = Linked(key=KEY)
    pump.open()
    pump.link.last = 65_000
    text = pump.text(b"program 120000 99999000 120000", 65_535)
    assert len(frame(text)) == 62
    assert b" ok 120000 99999000 120000 " in pump.say(frame(text)[:-1] + b"\r\n")


def test_status_and_alarms_tell_of_an_alarm():
    pump = Linked()
    pump.infuse()
    pump.inputs.pressure_pa = 50_000
    pump.step(1_000)
    assert pump.state == "ALARM"
    said = pump.ask(b"status").split()
    assert (said[1], said[2], said[5]) == ("5", "0", "1")
    assert pump.ask(b"alarms").startswith("ok 2 1 1 ")
