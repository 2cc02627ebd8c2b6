"""`pumphost.pump.Pump`: everything that can be asked of a pump, and whoever is not one."""

import dataclasses
import os
import threading

import pytest
from host.desk import Desk

from pumpcore import commands
from pumpcore.alarms import AIR_BUBBLE, ON_BATTERY
from pumpcore.events import EVENTS, SETTINGS_LOST, WATCHDOG
from pumpcore.session import SILENCE_MS
from pumpcore.waiting import LAPSES_MS
from pumphost.errors import BadInput
from pumphost.line import NoAnswer, Refused
from pumphost.pump import Event, Info, Pump, Reading, WrongVersion

KEY = bytes(range(16))


def pump_at(desk, key=b""):
    return Pump(desk, key, patience_s=0)


def run(desk, for_ms, every_ms=100):
    """Let the pump's clock go on."""
    for _ in range(for_ms // every_ms):
        desk.step(every_ms)


def test_what_pump_it_is():
    with pump_at(Desk()) as pump:
        assert pump.info() == Info(
            protocol=1,
            keyed=False,
            step_pl=173_530,
            reservoir_ml=50.0,
            most_rate_ml_h=1200.0,
            occlusion_kpa=40.0,
            bubble_ul=100,
        )


def test_an_infusion_in_two_steps_from_program_to_stop():
    with pump_at(Desk()) as pump:
        reading = pump.program(12.5, 10, kvo_ml_h=1)
        assert reading == Reading(12.5, 10.0, 1.0, 2_880, reading.digest)
        assert pump.status().waiting and pump.status().state == "IDLE"
        assert pump.confirm(reading.digest.lower()) == "READY"
        assert pump.start() == "INFUSING"
        status = pump.status()
        assert (status.state, status.rate_ml_h, status.alarm, status.waiting) == ("INFUSING", 12.5, "", False)
        assert status.left_s == pytest.approx(status.left_ml / 12.5 * 3_600, abs=0.05)
        assert pump.pause() == "PAUSED"
        assert pump.status().left_s is None
        reading = pump.rate(20)
        assert (reading.rate_ml_h, reading.vtbi_ml) == (20.0, pump.status().left_ml)
        assert pump.confirm(reading.digest) == "PAUSED"
        assert pump.resume() == "INFUSING"
        assert pump.status().rate_ml_h == 20.0
        assert pump.acknowledge() == "INFUSING"
        assert pump.silence() == "INFUSING"
        assert pump.stop() == "IDLE"
        assert pump.reload() == "IDLE"


def test_stop_of_a_pump_that_stands_is_as_good():
    with pump_at(Desk()) as pump:
        assert pump.stop() == "IDLE"
        assert pump.stop() == "IDLE"


def test_alarms_and_senses_in_a_persons_units():
    desk = Desk(bubble_ul=50)
    with pump_at(desk) as pump:
        pump.confirm(pump.program(100, 10).digest)
        pump.start()
        desk.inputs.air_permille, desk.inputs.pressure_pa, desk.inputs.housing_dc = 1_000, 12_345, 305
        run(desk, 5_000)
        standing, status, senses = pump.alarms(), pump.status(), pump.senses()
    assert (status.state, status.alarm, status.alarm_text) == ("ALARM", "AIR_BUBBLE", "Air in the line")
    assert (standing.shown, standing.reason, standing.free_ml) == ("AIR_BUBBLE", "AIR_BUBBLE", 0.0)
    assert "AIR_BUBBLE" in [row.name for row in standing.latched]
    assert (senses.pressure_kpa, senses.air_permille, senses.housing_c) == (12.345, 1_000, 30.5)
    assert (senses.battery_v, senses.on_mains, senses.clock_s) == (8.4, True, desk.clock_ms / 1_000)


@pytest.mark.parametrize(("cause", "value"), [(WATCHDOG, "WATCHDOG"), (SETTINGS_LOST, "SETTINGS_LOST")])
def test_why_a_pump_has_started_is_told_with_its_first_event(cause, value):
    desk = Desk(cause=cause)
    with pump_at(desk) as pump:
        assert next(iter(pump.events())) == Event(0, 0.0, "link", "BOOT", value)


def test_events_oldest_first_by_name():
    desk = Desk()
    with pump_at(desk) as pump:
        pump.confirm(pump.program(5, 10).digest)
        assert list(pump.events()) == [
            Event(0, 0.0, "link", "BOOT", ""),
            Event(1, 0.0, "request", "PROGRAM", "ACCEPTED"),
            Event(2, 0.0, "state", "READY", "IDLE"),
        ]
        with pytest.raises(Refused):
            pump.resume()
        assert [(event.code, event.value) for event in pump.events(3)] == [("RESUME", "REFUSED_HERE")]
        desk.inputs.on_mains = 0
        run(desk, 2_000)
        assert [(event.kind, event.code, event.value) for event in pump.events(4)] == [
            ("alarm", "ON_BATTERY", "raised")
        ]


def test_events_that_are_written_over_while_they_are_read_are_left_out():
    desk = Desk()
    with pump_at(desk) as pump:
        events = pump.events()
        first = next(events)
        for _ in range(EVENTS):
            desk.pump.link.events.note(desk.clock_ms, 4, 6)
        assert first.code == "BOOT"
        assert list(events) == []
        assert pump.counts().first_event == 1


def test_counts_of_what_was_no_frame_and_what_was_refused():
    desk = Desk()
    with pump_at(desk) as pump:
        desk.write(b">1 start *00000000\n")
        with pytest.raises(Refused):
            pump.start()
        assert pump.counts() == dataclasses.replace(pump.counts(), bad=1, refused=1)


@pytest.mark.parametrize("refusal", commands.REFUSALS.values())
def test_each_answer_of_the_controller_has_words(refusal):
    assert str(Refused("start", refusal)).startswith("start: ")
    assert "does not know" not in str(Refused("start", refusal))


def test_a_reason_of_a_newer_pump_is_shown_as_it_is():
    assert "the pump says 'moon', which this version does not know" in str(Refused("start", b"moon"))


REFUSED = {
    "not in this state": (lambda pump: pump.start(), "start: not while the pump is IDLE: program, then start"),
    "too fast for this pump": (lambda pump: pump.program(1_000, 10), "program: the rate is not one that this pump can"),
    "too fast a KVO": (lambda pump: pump.program(1, 10, 1_000), "program: the KVO rate is not one that this pump can"),
    "nothing waits": (lambda pump: pump.confirm("00000000"), "confirm: nothing waits to be confirmed"),
}


@pytest.mark.parametrize(("ask", "says"), REFUSED.values(), ids=REFUSED)
def test_what_the_pump_refuses_changes_nothing(ask, says):
    desk = Desk()
    desk.controller.setup.most_rate_cml_h = 50_000
    with pump_at(desk) as pump, pytest.raises(Refused, match=says):
        ask(pump)
    assert desk.controller.state == 0


def test_another_digest_and_one_that_has_waited_for_a_minute_are_refused():
    desk = Desk()
    with pump_at(desk) as pump:
        old = pump.program(5, 10).digest
        new = pump.program(5, 10).digest
        assert old != new
        with pytest.raises(Refused, match="the digest is not that of what waits"):
            pump.confirm(old)
        run(desk, LAPSES_MS)
        with pytest.raises(Refused, match="has lapsed after a minute"):
            pump.confirm(new)


BAD = {
    "rate": [(0, 1), (-5, 1), (1_200.01, 1), (float("nan"), 1), (float("inf"), 1), (1e308, 1), (0.001, 1), (5.005, 1)],
    "volume to be infused": [(1, 0), (1, 99_999.001), (1, float("nan")), (1, 0.0005), (1, 99_998.9995)],
    "KVO rate": [(1, 1, -1), (1, 1, 1_200.01), (1, 1, float("nan")), (1, 1, 0.015)],
}


@pytest.mark.parametrize(("name", "values"), [(name, values) for name in BAD for values in BAD[name]])
def test_a_value_that_cannot_be_is_never_sent(name, values):
    desk = Desk()
    with pump_at(desk) as pump:
        before = pump.line.attempts
        with pytest.raises(BadInput, match=f"^{name}: .* (must be|is finer than)"):
            pump.program(*values)
        assert pump.line.attempts == before


@pytest.mark.parametrize("digest", ["", "0", "XXXXXXXX", "0x123456", "123456789", "1234 678"])
def test_a_digest_that_is_none_is_never_sent(digest):
    with pump_at(Desk()) as pump, pytest.raises(BadInput, match="a digest has 8 hexadecimal digits"):
        pump.confirm(digest)


# Numbers and replies


def test_another_host_has_gone_on_meanwhile():
    """Its numbers are not ours: the pump is asked again which came last."""
    desk = Desk()
    with pump_at(desk) as first, pump_at(desk) as second:
        first.confirm(first.program(5, 10).digest)
        assert second.line.last < desk.pump.link.last
        assert second.start() == "INFUSING"
        assert first.pause() == "PAUSED"


def test_a_pump_that_was_off_meanwhile_begins_its_numbers_anew():
    desk = Desk()
    with pump_at(desk) as pump:
        pump.line.last = 5_000
        assert pump.program(5, 10).rate_ml_h == 5.0
        assert desk.pump.link.last == pump.line.last == 1


def test_stop_goes_through_with_any_number():
    desk = Desk()
    with pump_at(desk) as pump:
        pump.confirm(pump.program(5, 10).digest)
        pump.start()
        pump.line.last = 30_000
        assert pump.stop() == "IDLE"


# A key


def test_a_pump_with_a_key_does_what_whoever_has_it_says():
    desk = Desk(key=KEY)
    with pump_at(desk, KEY) as pump:
        assert pump.info().keyed
        assert pump.confirm(pump.program(5, 10).digest) == "READY"
        assert pump.start() == "INFUSING"
        assert pump.stop() == "IDLE"
        assert desk.pump.link.session.challenges == 1
    assert desk.pump.link.session.own == b"" and not desk.is_open
    with pump_at(desk) as pump:
        codes = [event.code for event in pump.events() if event.kind == "link"]
    assert codes == ["BOOT", "SESSION_OPENED"]


def test_without_the_key_or_with_another_one_can_look_and_stop():
    desk = Desk(key=KEY)
    with pump_at(desk, KEY) as pump:
        pump.confirm(pump.program(5, 10).digest)
        pump.start()
    with pump_at(desk) as pump:
        assert pump.status().state == "INFUSING"
        with pytest.raises(Refused, match="pause: the pump has a key, and none was given"):
            pump.pause()
        assert desk.controller.state == 2
        assert pump.stop() == "IDLE"
    with pump_at(desk, KEY) as pump:
        pump.confirm(pump.program(5, 10).digest)
        pump.start()
    with pump_at(desk, KEY[::-1]) as pump:
        with pytest.raises(Refused, match="key: the pump does not take it: is it another pump's"):
            pump.pause()
        assert pump.stop() == "IDLE"


def test_a_session_that_is_over_is_opened_anew():
    desk = Desk(key=KEY)
    with pump_at(desk, KEY) as pump:
        pump.confirm(pump.program(5, 10).digest)
        run(desk, SILENCE_MS, 1_000)
        assert pump.start() == "INFUSING"
        assert desk.pump.link.session.challenges == 2
        assert "SESSION_ENDED" in [event.code for event in pump.events()]


def test_a_lost_reply_of_a_handshake_is_no_wrong_key():
    desk = Desk(key=KEY)
    with pump_at(desk, KEY) as pump:
        passes = iter((True, False))  # the challenge comes, the proof's answer does not
        desk.damage = lambda line, way: [line] if way == "to" or next(passes, True) else []
        assert pump.program(5, 10).rate_ml_h == 5.0
        assert desk.pump.link.session.challenges == 2


def test_a_key_is_no_use_for_a_pump_without_one_and_does_no_harm():
    with pump_at(Desk(), KEY) as pump:
        assert not pump.info().keyed
        assert pump.program(5, 10).rate_ml_h == 5.0


# Coming and going


def test_a_host_that_says_it_is_there_is_missed_unless_it_says_goodbye():
    desk = Desk()
    with pump_at(desk) as pump:
        pump.alive()
    run(desk, 15_000)
    with pump_at(desk) as pump:
        assert pump.status().alarm == ""
        pump.alive()
        run(desk, 15_000)
        assert pump.status().alarm == "LINK_LOST"
        pump.alive()
        assert [event.code for event in pump.events()][-1] == "LINK_BACK"


def test_a_port_is_closed_whatever_happens():
    desk = Desk()
    with pytest.raises(ZeroDivisionError), pump_at(desk):
        _ = 1 / 0
    assert not desk.is_open
    desk = Desk()
    with pump_at(desk) as pump:
        pump.alive()
        desk.damage = lambda line, way: []
    assert not desk.is_open


def test_nobody_at_the_other_end():
    desk = Desk(damage=lambda line, way: [])
    with pytest.raises(NoAnswer, match="the pump does not answer: is it on, is this its port, is its firmware running"):
        pump_at(desk)
    assert not desk.is_open


class Impostor(Desk):
    """Speaks the wire, but what it says is made up: the fields to a word."""

    def __init__(self, **replies):
        self.replies = {word.encode(): reply for word, reply in replies.items()}
        super().__init__()

    def write(self, data):
        word = data.split()[1]
        if word not in self.replies:
            super().write(data)
            return
        writer = self.pump.link.writer
        writer.begin(int(data[1:].split()[0]), b"ok")
        for field in self.replies[word].split():
            writer.text(field.encode())
        writer.end()
        self.from_pump += writer.view[: writer.length]


@pytest.mark.parametrize("hello", ["2 0 0 0", "2 0 0 0 7 9", "9 1", "1 0 0 0 0", "one 0 0 0"])
def test_another_version_is_told_by_its_first_number(hello):
    desk = Impostor(hello=hello)
    with pytest.raises(WrongVersion, match="flash it"):
        pump_at(desk)
    assert not desk.is_open


@pytest.mark.parametrize(
    ("word", "reply", "ask"),
    [
        ("status", "99 0 0 0 0 0 0", lambda pump: pump.status()),
        ("status", "0 0 0 0 30 0 0", lambda pump: pump.status()),
        ("status", "x 0 0 0 0 0 0", lambda pump: pump.status()),
        ("alarms", f"{1 << 30} 0 0 0", lambda pump: pump.alarms()),
        ("event", "0 0 9 0 0", lambda pump: list(pump.events())),
        ("event", "0 0 0 0 0", lambda pump: list(pump.events())),
        ("event", "0 0 4 99 0", lambda pump: list(pump.events())),
        ("event", "0 0 3 1 99", lambda pump: list(pump.events())),
        ("start", "99", lambda pump: pump.start()),
        ("program", "a b c d E", lambda pump: pump.program(1, 1)),
    ],
)
def test_what_no_pump_of_this_version_says_is_one_line(word, reply, ask):
    with pump_at(Impostor(**{word: reply})) as pump, pytest.raises(WrongVersion, match="flash it"):
        ask(pump)


def test_the_numbers_of_alarms_are_those_of_the_table():
    with pump_at(Impostor(alarms=f"{1 << AIR_BUBBLE | 1 << ON_BATTERY} 2 2 1500")) as pump:
        standing = pump.alarms()
    assert [row.name for row in standing.latched] == ["AIR_BUBBLE", "ON_BATTERY"]
    assert standing.free_ml == 1.5


def test_over_a_real_port_of_the_system():
    """pyserial, a pseudo-terminal, and the pump in a thread that reads its other end."""
    pumps_end, ports_end = pytest.importorskip("pty").openpty()
    desk = Desk()

    def serve():
        while (data := os.read(pumps_end, 64)) != b"end":
            desk.write(data)
            os.write(pumps_end, desk.read(desk.in_waiting))

    server = threading.Thread(target=serve)
    server.start()
    try:
        with Pump(os.ttyname(ports_end)) as pump:
            assert pump.confirm(pump.program(5, 10).digest) == "READY"
            assert pump.start() == "INFUSING"
            assert pump.stop() == "IDLE"
            assert pump.line.attempts == 5
    finally:
        os.write(ports_end, b"end")
        server.join()
        os.close(pumps_end)
        os.close(ports_end)
