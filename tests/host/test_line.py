"""Frames and their replies: sent again when nothing comes, taken for no other, and a port that cannot be had."""

import os

import pytest
import serial
from host.desk import Desk

from pumpcore.states import IDLE, INFUSING, PAUSED, READY, START
from pumphost.errors import BadInput
from pumphost.line import ATTEMPTS, Line, NoAnswer, PortError, Refused, open_port
from pumphost.pump import Pump


class Script:
    """Desk's damage, line by line: `to` and `from` are what becomes of the next lines, True to let one pass."""

    def __init__(self, **ways):
        self.ways = {way: list(marks) for way, marks in ways.items()}

    def __call__(self, line, way):
        marks = self.ways.get(way)
        return [line] if not marks or marks.pop(0) else []


def line_to(desk):
    return Line(desk, patience_s=0)


def ready(desk):
    """A pump that needs only START, and the line to it."""
    with Pump(desk, patience_s=0) as pump:
        pump.confirm(pump.program(5, 10).digest)
    line = line_to(desk)
    line.last = desk.pump.link.last
    return line


def test_a_command_and_what_comes_of_it():
    desk = Desk()
    line = ready(desk)
    assert line.ask(b"start") == [b"%d" % INFUSING]
    assert line.ask(b"pause") == [b"%d" % PAUSED]
    assert line.attempts == 2


@pytest.mark.parametrize("lost", [{"to": [0] * 4}, {"from": [0] * 4}, {"to": [0, 1, 0], "from": [0, 0]}])
def test_a_lost_frame_or_reply_is_asked_for_again_and_done_once(lost):
    desk = Desk()
    line = ready(desk)
    desk.damage = Script(**lost)
    assert line.ask(b"start") == [b"%d" % INFUSING]
    assert [request for request, _ in desk.requests].count(START) == 1
    assert 1 < line.attempts <= ATTEMPTS


def test_what_is_never_answered_may_have_happened_and_that_is_said():
    desk = Desk()
    line = ready(desk)
    desk.damage = Script(**{"from": [0] * ATTEMPTS})
    with pytest.raises(NoAnswer, match="start: no answer; it may have happened or not"):
        line.ask(b"start")
    assert desk.controller.state == INFUSING
    desk.damage = Script(to=[0] * ATTEMPTS)
    with pytest.raises(NoAnswer, match="the pump does not answer"):
        line.ask(b"status")


def test_a_reply_that_comes_late_is_not_that_of_another_command():
    """Of a status asked while READY only after START was asked."""
    desk = Desk()
    line = ready(desk)
    late = []
    desk.damage = lambda frame, way: late.append(frame) or [] if way == "from" else [frame]
    with pytest.raises(NoAnswer):
        line.ask(b"status")
    desk.damage = lambda frame, way: [*late, frame] if way == "from" else [frame]
    assert line.ask(b"start") == [b"%d" % INFUSING]
    assert line.ask(b"status")[0] == b"%d" % INFUSING


@pytest.mark.parametrize("junk", [b"\n\n", b">", b"<", b"<0 ok *00000000\n", bytes(range(256)), b"MicroPython\r\n"])
def test_junk_before_a_reply_does_not_hide_it(junk):
    desk = Desk()
    desk.damage = lambda frame, way: [junk, frame] if way == "from" else [frame]
    assert line_to(desk).ask(b"status")[0] == b"%d" % IDLE


def test_a_number_that_is_another_hosts_is_refused_before_anything_is_done():
    desk = Desk()
    line = ready(desk)
    line.last -= 1
    with pytest.raises(Refused, match="start: the pump has had this number") as caught:
        line.ask(b"start")
    assert caught.value.word == b"stale"
    assert desk.controller.state == READY


def test_a_session_that_ended_between_a_lost_reply_and_the_next_try_leaves_it_open():
    """START was done, its reply lost, and another has opened a session: asked once more with a new one, it would be
    done twice."""
    desk = Desk(key=b"k" * 16)
    with Pump(desk, b"k" * 16, patience_s=0) as pump:
        pump.confirm(pump.program(5, 10).digest)

        lost = []

        def lose_one(frame, way):
            if way == "to" or lost:
                return [frame]
            lost.append(frame)
            desk.pump.link.session.end()
            return []

        desk.damage = lose_one
        with pytest.raises(NoAnswer, match="the pump has gone on without a reply"):
            pump.start()
    assert [request for request, _ in desk.requests].count(START) == 1


def test_numbers_begin_anew_after_65535():
    desk = Desk()
    line = ready(desk)
    line.last = desk.pump.link.last = 65_534
    for word, state in ((b"start", INFUSING), (b"pause", PAUSED), (b"resume", INFUSING), (b"stop", IDLE)):
        assert line.ask(word) == [b"%d" % state]
        assert line.ask(b"status")[0] == b"%d" % state
    assert line.last == 2


class Broken(Desk):
    """A port that raises from some moment on."""

    fails = None

    def write(self, data):
        if self.fails == "write":
            raise serial.SerialException("write failed: [Errno 5] Input/output error")
        if self.fails == "timeout":
            raise serial.SerialTimeoutException("Write timeout")
        super().write(data)

    def read(self, size):
        if self.fails == "read":
            raise OSError(6, "Device not configured")
        return super().read(size)


@pytest.mark.parametrize("fails", ["write", "read"])
def test_a_cable_that_is_pulled_is_one_line(fails):
    desk = Broken()
    desk.fails = fails
    with pytest.raises(PortError, match="the port has gone"):
        line_to(desk).ask(b"status")


def test_a_port_that_takes_nothing_is_silence():
    desk = Broken()
    desk.fails = "timeout"
    with pytest.raises(NoAnswer):
        line_to(desk).ask(b"status")


@pytest.mark.parametrize(
    ("port", "says"),
    [
        ("/dev/there-is-none", "there is no /dev/there-is-none: `openinfuse ports` lists"),
        ("socket://127.0.0.1:1", "nothing listens at socket://127.0.0.1:1"),
        (".", ". is no serial port: `openinfuse ports` lists those that are here"),
        ("/dev/null", "/dev/null is no serial port"),
        (__file__, "is no serial port"),
    ],
)
def test_a_port_that_cannot_be_opened_is_one_line(port, says):
    with pytest.raises(PortError) as caught:
        open_port(port)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("port", "says"),
    [
        ("nonsense://x", "nonsense://x is no port: /dev/ttyACM0, COM3 or socket://HOST:PORT are such"),
        ("loop://?x=1", "loop://?x=1 is no port"),
        ("socket://127.0.0.1", "socket://127.0.0.1 is no port: socket://HOST:PORT is one"),
        ("socket://127.0.0.1:99999", "with a number up to 65535"),
    ],
)
def test_an_address_that_no_port_can_have_is_bad_input(port, says):
    with pytest.raises(BadInput) as caught:
        open_port(port)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_port_that_is_in_use_is_named():
    host_end, pump_end = pytest.importorskip("pty").openpty()
    name = os.ttyname(pump_end)
    with open_port(name), pytest.raises(PortError, match=f"{name} is in use: close the other program"):
        open_port(name)
    os.close(host_end)
    os.close(pump_end)


def test_no_permission_says_what_to_do(monkeypatch):
    def denied(*_, **__):
        raise serial.SerialException("[Errno 13] could not open port /dev/ttyACM0: [Errno 13] Permission denied")

    monkeypatch.setattr("serial.serial_for_url", denied)
    with pytest.raises(PortError, match="no permission for /dev/ttyACM0: on Linux, add yourself to the group dialout"):
        open_port("/dev/ttyACM0")
